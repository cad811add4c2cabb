"""`gputui watch` tells each change in one line, survives what happens meanwhile, and ends when it is told to."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from gputui.sim.faults import Fault
from gputui.sim.serve import Simulator
from tests.e2e.terminal import DEADLINE


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[Simulator]:
    """One calm cloud; what changes there is our doing."""
    with Simulator(calm=True, only=("scp",)) as served:
        config = tmp_path / "config" / "config.toml"
        config.parent.mkdir(mode=0o700)
        config.touch(mode=0o600)
        config.write_text(tomli_w.dumps(served.config()))
        yield served


@contextmanager
def watching(
    gputui: tuple[str, ...], environ: Mapping[str, str], folder: Path, *words: str
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*gputui, "watch", "--every", "1", *words],
        env={**environ, "TZ": "UTC"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_once(history: Path) -> None:
    """Wait until the list was read: its machines are then in history."""
    import sqlite3
    from contextlib import closing, suppress

    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{history}?mode=ro", uri=True)) as database:
            if database.execute("SELECT count(*) FROM machine").fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nothing was read")


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().removesuffix("\n")


def nodes(clouds: Simulator) -> list[Any]:
    return [node for node in clouds.world["scp"].nodes.values() if node.state == "RUNNING"]  # type: ignore[attr-defined]


def test_a_line_for_each_change_and_an_end_on_term(
    clouds: Simulator, gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path
) -> None:
    first, second, *_ = nodes(clouds)
    with watching(gputui, environ, tmp_path) as process:
        read_once(tmp_path / "state" / "history.db")
        first.state = "ERROR"
        at, said = line(process).split(" ", 1)
        assert said == f"samsung {first.name} RUNNING -> ERROR (bad)"
        assert at.endswith("+00:00")
        second.locked = not second.locked
        assert line(process).split(" ", 1)[1].startswith(f"samsung {second.name} lock ")
        process.send_signal(signal.SIGTERM)
        rest, complaints = process.communicate(timeout=DEADLINE)
        assert (process.returncode, rest, complaints) == (0, "", "")
    command = [*gputui, "get", "changes", "--since", "1h", "-o", "json"]
    told = subprocess.run(command, env=dict(environ), cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE)
    assert (told.returncode, told.stderr) == (0, "")
    records = json.loads(told.stdout)
    assert [(one["name"], one["what"], one["after"]) for one in records] == [
        (first.name, "state", "ERROR"),
        (second.name, "lock", "yes" if second.locked else "no"),
    ]
    assert {(one["profile"], one["provider"], one["view"]) for one in records} == {("samsung", "scp", "nodes")}


def test_a_filter_and_lines_for_programs(
    clouds: Simulator, gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path
) -> None:
    first, second, *_ = nodes(clouds)
    with watching(gputui, environ, tmp_path, "-o", "jsonl", "--filter", second.name) as process:
        read_once(tmp_path / "state" / "history.db")
        first.state = second.state = "STOPPED"
        told = json.loads(line(process))
        assert (told["name"], told["before"], told["after"]) == (second.name, "RUNNING", "STOPPED")
        assert told["id"] == second.id


def test_a_cloud_that_goes_and_comes_back_is_said_on_stderr(
    clouds: Simulator, gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path
) -> None:
    first, *_ = nodes(clouds)
    with watching(gputui, environ, tmp_path) as process:
        assert process.stderr is not None
        read_once(tmp_path / "state" / "history.db")
        clouds.faults["scp"].always(Fault("status", 503))
        assert process.stderr.readline().startswith("gputui: samsung: ")
        clouds.faults["scp"].clear()
        assert process.stderr.readline() == "gputui: samsung: can be read again\n"
        first.state = "ERROR"
        assert first.name in line(process)


def test_a_reader_that_has_gone_ends_it(
    clouds: Simulator, gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path
) -> None:
    first, *_ = nodes(clouds)
    with watching(gputui, environ, tmp_path) as process:
        assert process.stdout is not None
        read_once(tmp_path / "state" / "history.db")
        process.stdout.close()
        first.state = "ERROR"
        assert process.wait(DEADLINE) == 141
