"""Terminals that do not know their size, and giving one back from beside a loop that hangs: each guard alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gputui.ssh.shells.terminal import Terminal
from gputui.ssh.shells.traces import AFTER
from gputui.ui.terminal import driver as module
from gputui.ui.terminal.driver import CUT_SHORT, MODES_BACK, ConsoleDriver


@pytest.mark.parametrize(
    ("size", "told"), [((200, 50), (200, 50)), ((0, 24), (80, 24)), ((120, 0), (80, 24)), (None, (80, 24))]
)
def test_a_terminal_that_does_not_know_its_size_has_the_usual_one(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int] | None, told: tuple[int, int]
) -> None:
    def get_terminal_size(_: int) -> os.terminal_size:
        if size is None:
            raise OSError
        return os.terminal_size(size)

    monkeypatch.setattr(os, "get_terminal_size", get_terminal_size)
    assert Terminal(0, 1, "xterm").size() == told
    assert driver(SimpleNamespace(fileno=lambda: 1))._get_terminal_size() == told


@pytest.mark.parametrize("ends", [(True, True), (True, False), (False, True), (False, False)])
def test_a_terminal_is_one_on_both_of_its_ends(monkeypatch: pytest.MonkeyPatch, ends: tuple[bool, bool]) -> None:
    monkeypatch.setattr(os, "isatty", lambda number: ends[number])
    assert Terminal(0, 1, "xterm").is_terminal is all(ends)


# ---------------------------------------------------------------------- giving it back


def driver(file: Any, **state: Any) -> ConsoleDriver:
    """A driver as it is at that moment, without the console around it."""
    made = ConsoleDriver.__new__(ConsoleDriver)
    usual: dict[str, Any] = {
        "_file": file,
        "_given_back": False,
        "_lent": False,
        "_usual": None,
        "_outlet": None,
        "_entered": False,
        "attrs_before": None,
        "kitty": True,
        "drawn": 0,
    }
    made.__dict__.update(usual | state)
    made.fileno = -1
    return made


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The terminal as a pipe: `seen` is what was written to it."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    monkeypatch.setattr(module, "in_background", lambda number: False)

    def seen() -> bytes:
        try:
            return os.read(read, 65536)
        except BlockingIOError:
            return b""

    yield SimpleNamespace(fileno=lambda: write, seen=seen)
    os.close(read)
    os.close(write)


@pytest.mark.parametrize(
    ("given_back", "lent", "written"),
    [
        (False, False, CUT_SHORT.encode() + MODES_BACK),
        (True, False, b""),
        (False, True, AFTER),
        (True, True, AFTER),
    ],
    ids=["ours", "given back already", "lent", "lent after it was given back"],
)
def test_from_another_thread_it_is_given_back_as_whoever_has_it_left_it(
    screen: Any, given_back: bool, lent: bool, written: bytes
) -> None:
    driver(screen, _given_back=given_back, _lent=lent).give_back_now()
    assert screen.seen() == written


def test_another_job_s_terminal_is_left_alone(screen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "in_background", lambda number: True)
    driver(screen).give_back_now()
    assert screen.seen() == b""
    driver(None).give_back_now()


# ---------------------------------------------------------------------- writing


class Outlet:
    backlog = 3

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, data: str) -> int:
        self.written.append(data)
        return len(data)

    def free(self, then: Any) -> bool:
        return False


def test_what_is_written_is_counted_and_without_a_terminal_there_is_nothing_to_wait_for() -> None:
    outlet = Outlet()
    made = driver(None, _outlet=outlet)
    made.write("abc")
    assert (outlet.written, made.drawn, made.backlog, made.free(print)) == (["abc"], 3, 3, False)
    ended = driver(None)
    ended.write("abc")
    assert (ended.drawn, ended.backlog, ended.free(print)) == (0, 0, True)


@pytest.mark.parametrize(("kitty", "asked"), [(True, True), (False, False)])
def test_the_kitty_protocol_is_asked_for_only_where_it_may_be(kitty: bool, asked: bool) -> None:
    outlet = Outlet()
    made = driver(None, _outlet=outlet, kitty=kitty)
    made.write("\x1b[>1u")
    made.write("plain")
    assert outlet.written == (["\x1b[>1u", "plain"] if asked else ["plain"])


@pytest.mark.parametrize("entered", [True, False])
def test_the_outline_that_is_there_is_not_cleared_by_entering_the_screen_again(entered: bool) -> None:
    outlet = Outlet()
    made = driver(None, _outlet=outlet, _entered=entered)
    made.write(module.ALTERNATE_SCREEN)
    assert outlet.written == ([] if entered else [module.ALTERNATE_SCREEN])


# ---------------------------------------------------------------------- stopping


class Stopping:
    """What a SIGTSTP makes the driver do, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **state: Any) -> None:
        self.done: list[str] = []
        usual: dict[str, Any] = {
            "_ending": False,
            "_continued_at": float("-inf"),
            "_auto_restart": True,
            "_taken": True,
            "_continued": False,
            "_splash": SimpleNamespace(withdraw=lambda: None),
        }
        self.driver = driver(None, **usual | state)
        monkeypatch.setattr(os, "kill", lambda pid, number: self.done.append(number.name))
        monkeypatch.setattr(self.driver, "suspend_application_mode", self.suspend)
        monkeypatch.setattr(self.driver, "_sigcont_application", lambda: self.done.append("goes on"))
        self.meanwhile = ""

    def suspend(self) -> None:
        self.done.append("gives back")
        if self.meanwhile:
            setattr(self.driver, self.meanwhile, True)

    def stop(self) -> list[str]:
        self.driver._sigtstp_application()
        return self.done


def test_it_gives_the_terminal_back_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Stopping(monkeypatch).stop() == ["gives back", "SIGSTOP"]


@pytest.mark.parametrize("state", [{"_taken": False}, {"_auto_restart": False}])
def test_where_another_has_the_terminal_it_only_stops(monkeypatch: pytest.MonkeyPatch, state: dict[str, Any]) -> None:
    assert Stopping(monkeypatch, **state).stop() == ["SIGSTOP"]


def test_while_it_ends_it_does_not_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Stopping(monkeypatch, _ending=True).stop() == []


@pytest.mark.parametrize(("ago", "stops"), [(-0.001, True), (0.001, False)])
def test_just_continued_it_does_not_stop_again(monkeypatch: pytest.MonkeyPatch, ago: float, stops: bool) -> None:
    monkeypatch.setattr(module, "monotonic", lambda: 100.0)
    since = 100.0 - module.SAME_TICK + ago
    assert Stopping(monkeypatch, _continued_at=since).stop() == ["gives back", "SIGSTOP"] * stops


@pytest.mark.parametrize("meanwhile", ["_continued", "_ending"])
def test_told_to_go_on_before_it_has_stopped_it_goes_on(monkeypatch: pytest.MonkeyPatch, meanwhile: str) -> None:
    stopping = Stopping(monkeypatch)
    stopping.meanwhile = meanwhile
    assert stopping.stop() == ["gives back", "goes on"]


@pytest.mark.parametrize("background", [True, False])
def test_pending_output_is_discarded_unless_another_job_has_the_terminal(
    screen: Any, monkeypatch: pytest.MonkeyPatch, background: bool
) -> None:
    flushed: list[int] = []
    instead: list[str] = []
    outlet = SimpleNamespace(drain=lambda seconds: False, write_instead=instead.append)
    monkeypatch.setattr(module, "in_background", lambda number: background)
    monkeypatch.setattr(module.termios, "tcflush", lambda number, which: flushed.append(which))
    driver(screen, _outlet=outlet)._see_it_out()
    assert (len(flushed), instead) == (0 if background else 1, [CUT_SHORT + MODES_BACK.decode()])
    driver(screen, _outlet=SimpleNamespace(drain=lambda seconds: True))._see_it_out()
    driver(None, _outlet=outlet)._see_it_out()
    assert len(instead) == 1


@pytest.mark.parametrize(
    ("state", "background", "does"),
    [
        ({"_stopping": True, "_must_signal_resume": True}, True, []),
        ({"_ending": True, "_must_signal_resume": True}, True, []),
        ({"_auto_restart": False, "_must_signal_resume": True}, True, []),
        ({"_must_signal_resume": True}, True, ["stops again"]),
        ({"_must_signal_resume": True}, False, ["takes it"]),
        ({}, False, ["repairs it"]),
        ({"_taken": False}, False, []),
    ],
    ids=["not stopped yet", "ending", "lent", "in the background", "stopped", "never stopped", "not ours"],
)
def test_told_to_go_on_the_terminal_is_taken_only_where_it_was_given_back(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], background: bool, does: list[str]
) -> None:
    done: list[str] = []
    at: list[float] = []
    usual = {"_stopping": False, "_ending": False, "_auto_restart": True, "_must_signal_resume": False, "_taken": True}
    made = driver(None, **{**usual, "_continued": False, "_continued_at": 0.0, **state})
    monkeypatch.setattr(module, "in_background", lambda number: background)
    monkeypatch.setattr(module, "stop_for_output", lambda: done.append("stops again"))
    monkeypatch.setattr(
        made, "resume_application_mode", lambda: done.append("takes it") or at.append(made._continued_at)
    )
    monkeypatch.setattr(made, "_reassert", lambda: done.append("repairs it"))
    monkeypatch.setattr(module, "monotonic", lambda: 9.0)
    made._sigcont_application()
    assert (done, made._continued, made._continued_at) == (does, "_stopping" in state, 9.0)
    assert at == [float("inf")] * ("takes it" in does), "meanwhile nothing stops it"
