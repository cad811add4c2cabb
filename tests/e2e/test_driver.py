"""The driver on a real pty: the terminal comes back whatever happens, and a dead one ends the process."""

from __future__ import annotations

import asyncio
import inspect
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual import constants
from textual._parser import Parser
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from gputui.ui.terminal.driver import ConsoleDriver
from tests.clocks import until
from tests.e2e.pty_child import PtyChild, wait_until

SCRIPT = str(Path(__file__).with_name("driver_app.py"))
LEFT = "\x1b[?1049l"
CURSOR_SHOWN = "\x1b[?25h"
SLACK = 4.0
"""Seconds a busy machine may add to the second we promise."""
KITTY = "\x1b[>25u"


def start(*arguments: str, ignored: tuple[int, ...] = ()) -> PtyChild:
    return PtyChild([sys.executable, SCRIPT, *arguments], ignored=ignored)


@pytest.fixture
def child() -> Iterator[PtyChild]:
    with start("plain") as running:
        running.wait_for("ready")
        yield running


def assert_restored(child: PtyChild) -> None:
    """The alternate screen is left, the cursor shown, typed characters echo and lines are edited again."""
    child.wait_for(CURSOR_SHOWN)
    text = child.output.decode()
    assert text.rindex(LEFT) > text.rindex("\x1b[?1049h")
    assert text.rindex(CURSOR_SHOWN) > text.rindex("\x1b[?25l")
    assert text.rindex("\x1b[<u") > text.rindex(KITTY)
    assert text.rindex("\x1b[?2004l") > text.rindex("\x1b[?2004h")
    local = child.attributes()[3]
    assert local & termios.ECHO and local & termios.ICANON and local & termios.ISIG


def test_exit_restores_the_terminal_and_keeps_the_code(child: PtyChild) -> None:
    assert not child.attributes()[3] & termios.ICANON
    child.press("q")
    assert child.wait_exit() == 7
    assert_restored(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_a_signal_restores_the_terminal(child: PtyChild, number: signal.Signals) -> None:
    os.kill(child.pid, number)
    assert child.wait_exit() == 128 + number
    assert_restored(child)


def test_stopped_in_the_middle_of_a_frame_the_terminal_draws_again(child: PtyChild) -> None:
    child.press("z")
    child.wait_for(LEFT)
    child.wait_for(CURSOR_SHOWN)
    text = child.output.decode()
    assert text.rindex("\x1b[?2026l") > text.rfind("\x1b[?2026h")  # which may never have been sent


def test_keys_arrive_also_those_of_several_bytes(child: PtyChild) -> None:
    child.press("\x1b[A")
    child.wait_for("went-up")
    child.press("é")
    child.wait_for("accent")
    child.press("\x1b")  # alone: only the passing of time tells it from a sequence
    child.wait_for("escaped")


def test_broken_bytes_do_not_end_the_input(child: PtyChild) -> None:
    os.write(child.master, b"\xff\xfe\xc3")
    child.press("\x1b[A")
    child.wait_for("went-up")


def test_suspended_the_terminal_is_somebody_elses_and_comes_back(child: PtyChild) -> None:
    mark = len(child.output)
    child.press("s")
    child.wait_for("lent-out")
    assert LEFT in child.output[mark:].decode()
    assert child.attributes()[3] & termios.ICANON
    mark = len(child.output)
    child.press("words\n")
    child.wait_after(mark, "back-with-words")
    assert b"NEVER-SHOWN" not in child.output
    assert not child.attributes()[3] & termios.ICANON
    child.press("\x1b[A")
    child.wait_after(mark, "went-up")  # the new input thread reads
    child.press("q")
    assert child.wait_exit() == 7
    assert_restored(child)


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)], ids=["hang-up heard", "hang-up ignored"])
def test_a_terminal_that_hangs_up_ends_the_process(ignored: tuple[int, ...]) -> None:
    with start("plain", ignored=ignored) as child:
        child.wait_for("ready")
        child.hang_up()
        gone = time.monotonic()
        assert child.wait_exit() == 128 + signal.SIGHUP
        assert time.monotonic() - gone < 1 + SLACK


def test_told_to_go_on_while_it_leaves_it_still_leaves() -> None:
    """Also for good: the terminal is not taken once more, and no thread is left that nobody would end."""
    with start("continued") as child:
        child.wait_for("ready")
        child.press("q")
        assert child.wait_exit() == 7
        assert child.output.count(b"\x1b[?1049h") == 1
        assert_restored(child)


async def test_what_was_read_together_arrives_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the thread is between two keys: of a text that is pasted the first is not there alone."""
    app = App[None]()
    driver = ConsoleDriver(app)
    arrived: list[Message] = []
    monkeypatch.setattr(app, "post_message", arrived.append)
    process = driver.process_message

    def slowly(message: Message) -> None:
        process(message)
        threading.Event().wait(0.05)

    monkeypatch.setattr(driver, "process_message", slowly)
    driver.fileno, keyboard = os.pipe()
    driver._key_thread = threading.Thread(target=driver.run_input_thread)
    driver._key_thread.start()
    os.write(keyboard, b"sudo")
    try:
        await until(lambda: arrived)
        assert "".join(message.key for message in arrived if isinstance(message, Key)) == "sudo"
    finally:
        await asyncio.to_thread(driver.disable_input)


async def test_without_input_the_thread_sleeps_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where silence will mean something is there a timeout (a lone Escape is told by it), and only one."""
    timeouts: list[float | None] = []

    def watched(*arguments: Any) -> Any:
        timeouts.append(arguments[3])
        return select.select(*arguments)

    monkeypatch.setattr("gputui.ui.terminal.driver.select", SimpleNamespace(select=watched))
    driver = ConsoleDriver(App())
    arrived: list[Message] = []
    monkeypatch.setattr(driver, "process_message", arrived.append)
    driver.fileno, keyboard = os.pipe()
    thread = driver._key_thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    os.write(keyboard, b"a")
    try:
        wait_until(lambda: len(arrived) == 1, "the key arrives")
        os.write(keyboard, b"\x1b")
        wait_until(lambda: len(arrived) == 2, "the escape arrives")
        wait_until(lambda: len(timeouts) == 4, str(timeouts))
    finally:
        driver.disable_input()
    assert not thread.is_alive()
    before, after_a, after_escape, at_last = timeouts
    assert before is after_a is at_last is None
    assert after_escape is not None and 0 < after_escape <= constants.ESCAPE_DELAY


def test_a_stalled_terminal_does_not_stop_the_loop(tmp_path: Path) -> None:
    note = tmp_path / "note"
    with start("plain", str(note)) as child:
        child.wait_for("ready")
        child.stop_reading()
        child.press("w")
        wait_until(lambda: note.exists() and bool(note.read_text()), "200 kB are written though nobody reads")
        assert int(note.read_text().split()[0]) > 50_000
        mark = len(child.output)
        child.read_on()
        wait_until(lambda: child.output[mark:].count(b"x") >= 190_000, "what was held back arrives")
        child.press("q")
        assert child.wait_exit() == 7
        assert_restored(child)


def test_leaving_a_stalled_terminal_does_not_hang_and_restores_it(tmp_path: Path) -> None:
    """What it could not take of the frames is dropped: it goes on with what brings it back."""
    note = tmp_path / "note"
    with start("plain", str(note)) as child:
        child.wait_for("ready")
        child.stop_reading()
        child.press("w")
        wait_until(lambda: note.exists() and bool(note.read_text()), "the flood is written")
        child.press("q")
        assert child.wait_exit() == 7
        child.read_on()
        assert_restored(child)


def test_the_mouse_is_off_unless_asked_for(child: PtyChild) -> None:
    assert b"\x1b[?1000h" not in child.output
    with start("plain", "--mouse") as other:
        other.wait_for("ready")
        assert b"\x1b[?1000h" in other.output
        other.press("q")
        assert other.wait_exit() == 7
        assert b"\x1b[?1000l" in other.output


def test_the_kitty_protocol_can_be_left_out() -> None:
    with start("plain-keys") as child:
        child.wait_for("ready")
        child.press("q")
        assert child.wait_exit() == 7
        assert KITTY.encode() not in child.output
        assert b"\x1b[<u" not in child.output


def test_what_we_use_of_textuals_inside_is_where_we_think() -> None:
    """Moved names would fail at run time in a user's terminal; here they fail first."""
    assert list(inspect.signature(LinuxDriver.__init__).parameters) == list(
        inspect.signature(ConsoleDriver.__init__).parameters
    )
    source = inspect.getsource(LinuxDriver)
    for used in ("self._file = sys.__stderr__", "self.fileno =", "self._key_thread.join()", "self._run_input_thread"):
        assert used in source
    assert "self.run_input_thread()" in inspect.getsource(LinuxDriver._run_input_thread)
    assert {"feed", "tick"} <= {name for name, _ in inspect.getmembers(XTermParser)}
    assert issubclass(XTermParser, Parser)
