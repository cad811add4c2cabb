"""Consoles in real terminals: what starts them, with an environment and a home of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.e2e.terminal import Terminal
from tests.e2e.warm import Warm


class Start(Protocol):
    """Starts `gputui` with these arguments; `environ` adds to the environment, None takes away from it.

    With an environment of its own, or `cold`, it is a program from its first byte on; else it begins where Python has
    loaded it.
    """

    def __call__(
        self,
        *arguments: str,
        size: tuple[int, int] = (80, 24),
        environ: Mapping[str, str | None] | None = None,
        cold: bool = False,
    ) -> Terminal: ...


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """What programs that need not start from nothing are forked from."""
    with Warm(login(tmp_path_factory.mktemp("warm"))) as process:
        yield process


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Of the environment only what a login gives, with a home and folders of our own."""
    return login(tmp_path)


def login(folder: Path) -> dict[str, str]:
    """What a login gives, with everything of ours within a folder."""
    (folder / "home").mkdir()
    tree = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    return tree | {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "GPUTUI_CONFIG_DIR": str(folder / "config"),
        "GPUTUI_STATE_DIR": str(folder / "state"),
    }


@pytest.fixture
def gputui() -> tuple[str, ...]:
    """The command."""
    return (sys.executable, "-m", "gputui.cli")


@pytest.fixture
def start(tmp_path: Path, environ: dict[str, str], gputui: tuple[str, ...], warm: Warm) -> Iterator[Start]:
    """Start consoles; all of them end with the test."""
    with ExitStack() as all_of_them:

        def begin(
            *arguments: str,
            size: tuple[int, int] = (80, 24),
            environ: Mapping[str, str | None] | None = None,
            cold: bool = False,
        ) -> Terminal:
            wanted = {**given, **(environ or {})}
            whole = {name: value for name, value in wanted.items() if value is not None}
            columns, rows = size
            command = [*gputui, *arguments]
            more_packages = given.get("PYTHONPATH") != os.environ.get("PYTHONPATH")  # only a start of its own sees them
            start_of = None if cold or environ or more_packages else warm
            return all_of_them.enter_context(
                Terminal(command, environ=whole, folder=tmp_path, columns=columns, rows=rows, warm=start_of)
            )

        given = environ
        yield begin
