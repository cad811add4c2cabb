"""A signal ends what a command does, and what was to happen on it before happens on it again afterwards."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from gputui.commands.interruption import Interruption


async def _hangs() -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()
    return "done"


async def _done() -> str:
    await asyncio.sleep(0)
    return "done"


async def test_a_signal_ends_it_and_leaves_no_handler_behind() -> None:
    before = signal.getsignal(signal.SIGTERM)
    interruption = Interruption()
    assert await interruption.ends(_hangs()) is None
    assert (interruption.number, interruption.exit_code) == (signal.SIGTERM, 143)
    assert signal.getsignal(signal.SIGTERM) is before


async def test_what_ends_by_itself_gives_what_it_gives() -> None:
    interruption = Interruption()
    assert (await interruption.ends(_done()), interruption.exit_code) == ("done", None)


async def test_whoever_cancels_us_otherwise_is_obeyed() -> None:
    task = asyncio.create_task(Interruption().ends(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption().calls(lambda: None):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_only_the_signals_that_are_named_are_heard() -> None:
    """A person's ctrl+c goes to what runs on a machine, where only the others end the command here."""
    before = signal.getsignal(signal.SIGINT)
    for named, heard in (((), True), ((signal.SIGTERM, signal.SIGHUP), False)):
        with Interruption(*named).calls(lambda: None):
            assert (signal.getsignal(signal.SIGINT) is not before) is heard
