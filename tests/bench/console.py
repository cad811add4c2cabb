"""The console and the bare app on a pty, for one measurement."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.clouds import RUN, Clouds
from tests.bench.recording import Recording

ROOT = Path(__file__).parents[2]
QUIT = "\x03\x03"
REFRESH = 5
BACK = "\x1b"
CURSOR = re.compile(r"^.?▌ *(\S+).*", re.MULTILINE)


def environ(folder: Path) -> dict[str, str]:
    """The whole environment of a program under measurement: a modern terminal, and a home of its own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "HOME": f"{folder}",
        "GPUTUI_CONFIG_DIR": f"{folder}",
        "GPUTUI_STATE_DIR": f"{folder / 'state'}",
        "PYTHONPATH": f"{ROOT}",
    }


@contextmanager
def console(clouds: Clouds, refresh: float = REFRESH) -> Iterator[Recording]:
    """The console over these clouds, just started."""
    command = [sys.executable, "-c", RUN, "--config", f"{clouds.config}", "--refresh", f"{refresh}"]
    with Recording(command, environ(clouds.folder)) as running:
        yield running


@contextmanager
def watched_console(clouds: Clouds, report: Path, *, stacks: bool = False) -> Iterator[Recording]:
    """The same with its loop watched; the report is there once it has been left."""
    ours = [sys.executable, "-m", "tests.bench.watched", f"{report}", *(["--stacks"] if stacks else [])]
    with Recording(
        [*ours, "--", "--config", f"{clouds.config}", "--refresh", f"{REFRESH}"], environ(clouds.folder)
    ) as running:
        yield running


@contextmanager
def bare_app(folder: Path) -> Iterator[Recording]:
    """The framework alone, just started."""
    with Recording([sys.executable, "-m", "tests.bench.bare_app"], environ(folder)) as running:
        yield running


def all_rows(machines: int) -> str:
    """What stands on the screen once all rows do."""
    return rf"\b(?:{machines}|{machines:,}) live"


def chosen_line(screen: str) -> str:
    """The row under the cursor; empty where there is none."""
    found = CURSOR.search(screen)
    return found[0] if found else ""


def chosen(screen: str) -> str:
    """The name of the row under the cursor; empty where there is none."""
    found = CURSOR.search(screen)
    return found[1] if found else ""
