"""How a session ends, each way alone; and how often a machine is told of another size."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.core.problem import Failed
from gputui.ssh.session_result import EndReason
from gputui.ssh.shells import menu, resizes
from gputui.ssh.shells import session as module
from gputui.ssh.shells.attachment import DetachReason
from gputui.ssh.shells.resizes import Resizes
from gputui.ssh.shells.session import Session
from gputui.ssh.shells.sessions import SessionEntry, Sessions


class Shell:
    """A shell that only counts how often it was closed."""

    exit_status: int | None = None
    exit_signal = ""
    unseen = 7

    def __init__(self, **ends: Any) -> None:
        self.__dict__.update(ends)
        self.closes = 0

    def close(self) -> None:
        self.closes += 1

    def last_line(self) -> str:
        return "$ make"

    def last_words(self) -> list[str]:
        return ["killed"]


def session(shell: Shell | None, why: str = "") -> Session:
    made = Session(cast(Any, SimpleNamespace(why_lost=lambda: why)), clock=lambda: 5.0)
    made._shell = cast(Any, shell)
    return made


def terminal(*, is_terminal: bool = True) -> Any:
    return SimpleNamespace(is_terminal=is_terminal)


@pytest.mark.parametrize(
    ("parting", "how", "closes"),
    [
        (DetachReason.HUNG_UP, EndReason.HUNG_UP, 1),
        (DetachReason.DISCONNECT, EndReason.DISCONNECTED, 1),
        (DetachReason.DETACH, EndReason.DETACHED, 0),
    ],
)
async def test_a_session_lives_on_only_where_it_was_detached(
    monkeypatch: pytest.MonkeyPatch, parting: DetachReason, how: EndReason, closes: int
) -> None:
    async def show(*_: object, **__: object) -> DetachReason:
        return parting

    monkeypatch.setattr(module, "show", show)
    shell = Shell(closed=asyncio.get_running_loop().create_future())
    ending = await session(shell).run(terminal(), detachable=True)
    assert (ending.how, ending.exit_status, shell.closes) == (how, None, closes)


async def test_without_a_terminal_no_shell_is_opened() -> None:
    with pytest.raises(Failed, match="a shell needs a terminal"):
        await session(None).run(terminal(is_terminal=False))


@pytest.mark.parametrize(
    ("ends", "why", "status", "reason", "how"),
    [
        ({"exit_status": 0, "exit_signal": "HUP"}, "", 0, "exit status 0", EndReason.EXITED),
        ({"exit_signal": "TERM\x1b"}, "", 255, "killed by SIGTERM␛", EndReason.EXITED),
        ({"exit_signal": "TERM"}, "", 143, "killed by SIGTERM", EndReason.EXITED),
        ({}, "a\x1b", None, "connection lost after 0 s: a␛", EndReason.LOST),
        ({}, "", None, "connection lost after 0 s: the machine ended the connection", EndReason.LOST),
    ],
)
def test_how_its_shell_ended_is_said(
    ends: dict[str, Any], why: str, status: int | None, reason: str, how: EndReason
) -> None:
    ending, words = session(Shell(**ends), why).over()
    assert (ending.exit_status, ending.reason, ending.how, words) == (status, reason, how, ["killed"])


def test_one_that_was_never_opened_has_nothing_to_show_nor_to_close() -> None:
    unopened = session(None)
    unopened.close()
    assert (unopened.unseen, unopened.last_line, unopened.is_over) == (0, "", False)
    assert (session(Shell()).unseen, session(Shell()).last_line) == (7, "$ make")


async def test_disconnecting_ends_the_shell_also_where_others_use_the_connection() -> None:
    shell, told = Shell(), list[Any]()
    sessions = Sessions(cast(Any, None), told.append)
    entry = SessionEntry(cast(Any, None), session(shell))
    sessions._entries.append(entry)
    for _ in range(2):
        sessions.disconnect(entry)
    await sessions.aclose()
    assert (shell.closes, sessions.entries, told) == (2, (), [])


def test_a_key_that_is_cut_by_a_read_has_gone_to_the_machine_and_is_no_key() -> None:
    key = menu.LeaveKey()
    assert key.split(b"\x1b[93;") == (b"\x1b[93;", b"", b"")
    assert key.split(b"5ux") == (b"5ux", b"", b"")


# ---------------------------------------------------------------------- sizes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A loop whose time the test owns, and what it is to do later."""
    loop = SimpleNamespace(now=100.0, later=[])
    loop.time = lambda: loop.now

    def call_later(wait: float, work: Any) -> Any:
        handle = SimpleNamespace(wait=round(wait, 6), work=work, cancelled=False)
        handle.cancel = lambda: setattr(handle, "cancelled", True)
        loop.later.append(handle)
        return handle

    loop.call_later = call_later
    monkeypatch.setattr(resizes, "asyncio", SimpleNamespace(get_running_loop=lambda: loop))
    return loop


def test_a_size_is_told_once_at_once_and_then_ten_times_a_second_at_most(clock: Any) -> None:
    size, told = SimpleNamespace(now=(80, 24)), list[Any]()
    made = Resizes(cast(Any, SimpleNamespace(size=lambda: size.now)), told.append)
    made.check()
    assert told == []  # it is as it was
    for columns in (81, 82, 83):
        size.now = (columns, 24)
        made.check()
    assert told == [(81, 24)]
    (later,) = clock.later
    assert later.wait == 0.1
    clock.now += 0.1
    later.work()
    assert told == [(81, 24), (83, 24)]
    made.check()
    assert len(clock.later) == 2
    made.close()
    assert clock.later[-1].cancelled
    assert len(told) == 2


def test_after_a_pause_a_size_is_told_at_once(clock: Any) -> None:
    size, told = SimpleNamespace(now=(80, 24)), list[Any]()
    made = Resizes(cast(Any, SimpleNamespace(size=lambda: size.now)), told.append)
    for columns in (81, 82):
        size.now = (columns, 24)
        made.check()
        clock.now += 0.1
    made.check()
    assert (told, clock.later) == ([(81, 24), (82, 24)], [])
    made.close()
