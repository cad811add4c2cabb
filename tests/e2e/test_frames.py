"""Frames on a real pty: nothing is made for a terminal that takes nothing, and what was lost there is drawn again."""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from gputui.ui.terminal.driver import FALLBACK_SIZE
from tests.e2e.frames_app import SCREEN, STEPS
from tests.e2e.pty_child import PtyChild, wait_until

SCRIPT = ["-m", "tests.e2e.frames_app"]
HELD_UP = 0.25
"""Seconds: more than a busy machine takes, less than any waiting for the terminal."""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[PtyChild]:
    with PtyChild([sys.executable, *SCRIPT, f"{tmp_path}"]) as running:
        running.wait_for("ready")
        yield running


def test_for_a_terminal_that_takes_nothing_no_frame_is_made(child: PtyChild, tmp_path: Path) -> None:
    child.stop_reading()
    child.press("w")
    wait_until((tmp_path / "done").exists, "the end of the work")
    assert float((tmp_path / "done").read_text()) < HELD_UP, "the loop has not waited for the terminal"
    mark = len(child.output)
    child.press("a")
    child.read_on()
    child.wait_after(mark, "really?")
    assert len(child.output) - mark < STEPS * SCREEN / 4
    wait_until((tmp_path / "seen").exists, "the question to be seen")


def test_a_question_is_not_seen_before_the_terminal_has_taken_it(child: PtyChild, tmp_path: Path) -> None:
    child.stop_reading()
    child.press("w")
    wait_until((tmp_path / "done").exists, "the end of the work")
    child.press("aww")
    (tmp_path / "done").unlink()
    wait_until((tmp_path / "done").exists, "more work, behind the question")
    assert not (tmp_path / "seen").exists()
    child.read_on()
    wait_until((tmp_path / "seen").exists, "the question to be seen")


def test_what_another_size_for_a_moment_has_cut_off_is_drawn_again(child: PtyChild) -> None:
    """Of two changes of the size so soon after each other only the last is told: that it is what it was."""
    mark = len(child.output)
    fcntl.ioctl(child.master, termios.TIOCSWINSZ, struct.pack("HHHH", *FALLBACK_SIZE[::-1], 0, 0))
    child.wait_after(mark, "ready")


def test_whole_lines_are_sent_to_who_asks_for_them(child: PtyChild, tmp_path: Path) -> None:
    with PtyChild([sys.executable, *SCRIPT, f"{tmp_path}", "full"]) as full:
        full.wait_for("ready")
        sent = []
        for one in (child, full):
            mark = len(one.output)
            one.press("t")
            one.wait_after(mark, "R")
            sent.append(one.output[mark:])
    assert b"eady" not in sent[0]
    assert b"Ready" in sent[1]
