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


class Start(Protocol):
    """Starts `gputui` with these arguments; `environ` adds to the environment, None takes away from it."""

    def __call__(
        self, *arguments: str, size: tuple[int, int] = (80, 24), environ: Mapping[str, str | None] | None = None
    ) -> Terminal: ...


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Of the environment only what a login gives, with a home and folders of our own."""
    (tmp_path / "home").mkdir()
    tree = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    return tree | {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "GPUTUI_CONFIG_DIR": str(tmp_path / "config"),
        "GPUTUI_STATE_DIR": str(tmp_path / "state"),
    }


@pytest.fixture
def gputui() -> tuple[str, ...]:
    """The command."""
    return (sys.executable, "-m", "gputui.cli")


@pytest.fixture
def start(tmp_path: Path, environ: dict[str, str], gputui: tuple[str, ...]) -> Iterator[Start]:
    """Start consoles; all of them end with the test."""
    with ExitStack() as all_of_them:

        def begin(
            *arguments: str, size: tuple[int, int] = (80, 24), environ: Mapping[str, str | None] | None = None
        ) -> Terminal:
            wanted = {**given, **(environ or {})}
            whole = {name: value for name, value in wanted.items() if value is not None}
            columns, rows = size
            command = [*gputui, *arguments]
            return all_of_them.enter_context(
                Terminal(command, environ=whole, folder=tmp_path, columns=columns, rows=rows)
            )

        given = environ
        yield begin
