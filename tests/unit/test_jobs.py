"""Whose the terminal is, and what is left on it after OpenSSH: each guard alone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.ssh.shells import handover, jobs
from gputui.ssh.shells.traces import AFTER


@pytest.mark.parametrize(("owner", "background"), [(7, False), (8, True), (None, False)])
def test_the_terminal_is_ours_or_another_job_s_or_gone(
    monkeypatch: pytest.MonkeyPatch, owner: int | None, background: bool
) -> None:
    def tcgetpgrp(_: int) -> int:
        if owner is None:
            raise OSError
        return owner

    monkeypatch.setattr(os, "tcgetpgrp", tcgetpgrp)
    monkeypatch.setattr(os, "getpgrp", lambda: 7)
    assert jobs.in_background(0) is background


@pytest.mark.parametrize(
    ("background", "does"),
    [
        ([False], ["SIGSTOP"]),
        ([True, False, False], ["SIGSTOP", "waits"]),
        ([True, True, False], ["SIGSTOP", "waits", "SIGTTOU"]),
    ],
    ids=["brought back", "brought back a moment later", "continued in the background"],
)
def test_it_stops_until_the_terminal_is_ours(
    monkeypatch: pytest.MonkeyPatch, background: list[bool], does: list[str]
) -> None:
    done: list[str] = []

    async def sleep(_: float) -> None:
        done.append("waits")

    monkeypatch.setattr(os, "kill", lambda pid, number: done.append(number.name))
    monkeypatch.setattr(jobs, "in_background", lambda terminal: background.pop(0))
    monkeypatch.setattr(jobs, "asyncio", SimpleNamespace(sleep=sleep))
    asyncio.run(jobs.stop_until_foreground(0))
    assert (done, background) == (does, [])


@pytest.fixture
def ttou() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTTOU)
    yield
    signal.signal(signal.SIGTTOU, before)


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN, lambda *_: None])
def test_while_it_cleans_up_the_terminal_stops_nobody_and_then_all_is_as_before(ttou: None, before: Any) -> None:
    signal.signal(signal.SIGTTOU, before)
    with jobs.unstopped():
        assert signal.getsignal(signal.SIGTTOU) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTTOU) is before


def test_in_another_thread_there_are_no_signals_and_it_cleans_up_as_well(ttou: None) -> None:
    done: list[bool] = []

    def clean_up() -> None:
        with jobs.unstopped():
            done.append(True)

    thread = Thread(target=clean_up)
    thread.start()
    thread.join(10)
    assert done == [True]


@pytest.mark.parametrize(
    ("is_terminal", "term", "left"),
    [(True, "xterm", AFTER), (False, "xterm", b""), (True, "dumb", b""), (True, "", b"")],
)
def test_what_openssh_may_have_left_on_is_switched_off_where_there_is_a_terminal(
    is_terminal: bool, term: str, left: bytes
) -> None:
    read, write = os.pipe()
    terminal = SimpleNamespace(is_terminal=is_terminal, term=term, fd_in=-1, fd_out=write)
    handover._leave_no_trace(cast(Any, terminal))
    os.close(write)
    assert os.read(read, 65536) == left
    os.close(read)


@pytest.mark.parametrize(("ended", "status"), [(0, 0), (3, 3), (-15, 143)])
def test_a_program_that_a_signal_has_ended_has_a_shell_s_status(
    monkeypatch: pytest.MonkeyPatch, ended: int, status: int
) -> None:
    async def to_its_end(process: object) -> int:
        return ended

    async def started(*words: str) -> object:
        return object()

    monkeypatch.setattr(os, "isatty", lambda number: False)
    monkeypatch.setattr(handover, "to_its_end", to_its_end)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    terminal = SimpleNamespace(is_terminal=False, term="", fd_in=0, fd_out=1)
    assert asyncio.run(handover._run(["ssh"], cast(Any, terminal))) == status
