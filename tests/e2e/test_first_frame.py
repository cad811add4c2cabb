"""The first frame in a real terminal: the rows of an earlier console, whatever hangs beneath this one."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gputui.core.cells import Column, Role, gpus, verdict, words
from gputui.core.health import Health
from gputui.core.provider import View
from gputui.core.rows import Ref, Row
from gputui.engine.cached.encoding import Account, encoded
from gputui.engine.cached.files import CachedFiles
from tests.e2e.conftest import Start
from tests.e2e.steps import leave
from tests.e2e.terminal import Terminal

HEAVY = frozenset(
    (
        "asyncssh",
        "csv",
        "email",
        "httpx",
        "importlib.metadata",
        "keyring",
        "pydantic",
        "sqlite3",
        "stamina",
        "textual.widgets._text_area",
        "zipfile",
    )
)
NOTED = """
import sys
from gputui.ui.app import ConsoleApp
begin = ConsoleApp._begin
def noted(self):
    open("loaded", "w").write(" ".join(sys.modules))
    begin(self)
ConsoleApp._begin = noted
from gputui.commands.process import run
run()
"""
BLOCKED = "import threading; threading.Event().wait(60)\n"


def keep_a_list(folder: Path, url: str) -> None:
    """What a console over that cloud leaves behind."""
    view = View[Any, Any](
        "nodes",
        "Nodes",
        lambda _: pytest.fail("read"),
        str,
        str,
        (Column("GPU", lambda _: gpus(8, "H100"), role=Role.GPU),),
        state=str,
        health=lambda _: Health.OK,
        machine=True,
    )
    rows = [
        Row(
            Ref("hosted", "nodes", name),
            name,
            state,
            health,
            (words(name), verdict(health), words(state), gpus(8, "H100")),
            item=object(),
        )
        for name, state, health in (("node-1", "RUNNING", Health.OK), ("node-2", "ERROR", Health.BAD))
    ]
    account = Account("hostedai", {"base_url": url})
    CachedFiles(folder / "state" / "lists").write(
        "hosted", "nodes", encoded(account, "hosted", view, time.time() - 185, rows)
    )


def configure(folder: Path, url: str) -> None:
    path = folder / "config" / "config.toml"
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_text(f'[profiles.hosted]\nprovider = "hostedai"\nbase_url = "{url}"\ntoken = "abcdefgh"\n')


@pytest.mark.parametrize("hangs", ["the server", "an import"])
def test_rows_of_an_earlier_console_are_in_the_first_frame(
    start: Start, tmp_path: Path, environ: dict[str, str], hangs: str
) -> None:
    """Nothing answers: neither the cloud, which accepts and stays silent, nor, in turn, the import of what reads it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        configure(tmp_path, url)
        keep_a_list(tmp_path, url)
        if hangs == "an import":
            for name in ("pydantic", "httpx"):
                (tmp_path / "blocked").mkdir(exist_ok=True)
                (tmp_path / "blocked" / f"{name}.py").write_text(BLOCKED)
            environ["PYTHONPATH"] = f"{tmp_path / 'blocked'}:{environ.get('PYTHONPATH', '')}"
        with start() as console:
            console.wait_for("node-1")
            assert "✖ bad" in console.line("node-2")
            assert "? stale" in console.line("node-1")
            assert "as of 3m ago" in console.screen
            assert " ok" not in console.screen
            console.press("X")
            console.wait_for("its list has not been read yet")
            assert leave(console) == 0


def test_the_first_frame_is_drawn_before_anything_heavy_is_imported(tmp_path: Path, environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        configure(tmp_path, url)
        keep_a_list(tmp_path, url)
        with Terminal([sys.executable, "-c", NOTED], environ=environ, folder=tmp_path) as console:
            console.wait_for("node-1")
            console.wait_until((tmp_path / "loaded").exists, "the first frame")
            assert not HEAVY & {*(tmp_path / "loaded").read_text().split()}
