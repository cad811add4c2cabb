"""The instrument itself: it sees what a careless program shows, leaves behind and never ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

CARELESS = "\\x1b[?1049h\\x1b[?25l\\x1b[?2004h\\x1b[?1000h\\x1b[>1u\\x1b]52;c;eA==\\x07\\x1b[31mALL OVER"
Run = Callable[[str], Terminal]


@pytest.fixture
def run(tmp_path: Path, environ: dict[str, str]) -> Run:
    return lambda code: Terminal([sys.executable, "-c", code], environ=environ, folder=tmp_path)


def test_it_sees_all_that_is_left_behind(run: Run) -> None:
    code = f"""
import os, signal, time, tty
signal.signal(signal.SIGHUP, signal.SIG_IGN)
tty.setraw(0)
print('{CARELESS}', flush=True)
os.fork() and os._exit(3)
time.sleep(60)
"""
    with run(code) as terminal:
        terminal.wait_for("ALL OVER")
        assert terminal.emulator.painted
        assert terminal.wait_exit() == 3
        left = " · ".join(terminal.left_behind)
        for word in ("mode 1000", "mode 1049", "mode 2004", "cursor", "kitty", "stty", "a process"):
            assert word in left
        assert terminal.emulator.clipboard == ["c;eA=="]


def test_it_finds_nothing_where_nothing_is_left(run: Run) -> None:
    with run("print('before'); print('\\x1b[?1049hother', flush=True); input(); print('\\x1b[?1049l')") as terminal:
        terminal.wait_for("other")
        assert "before" not in terminal.screen
        terminal.press("enter")
        assert terminal.wait_exit() == 0
        assert terminal.left_behind == []
        assert terminal.lines[0] == "before"


def test_questions_are_answered_and_cut_sequences_wait_for_their_end(run: Run) -> None:
    code = """
import os, sys, time, tty
tty.setraw(0)
for piece in ("\\x1b[?20", "26$", "p"):
    sys.stdout.write(piece); sys.stdout.flush(); time.sleep(0.05)
print(repr(os.read(0, 100)), flush=True)
"""
    with run(code) as terminal:
        terminal.wait_for(r"b'\\x1b\[\?2026;2\$y'")


def test_a_hang_up_is_one(run: Run) -> None:
    with run("import time; print('here', flush=True); time.sleep(60)") as terminal:
        terminal.wait_for("here")
        terminal.hang_up()
        assert terminal.wait_exit(within=5) == -signal.SIGHUP
