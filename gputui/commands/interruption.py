"""Signals that end what a command does, and not the process: it has something left to write, or to put back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

from gputui.core.signals import on_signals, unignored

T = TypeVar("T")
INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Which signal has ended what runs: `number` is None for as long as none has."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self.number: int | None = None
        self._numbers = numbers or INTERRUPTING

    @property
    def exit_code(self) -> int | None:
        """What a shell expects of a command that a signal has ended."""
        return None if self.number is None else 128 + self.number

    def calls(self, stop: Callable[[], None]) -> AbstractContextManager[None]:
        """Have each of the signals call `stop` for the time of the block; what is ignored stays so."""

        def heard(number: int) -> None:
            self.number = number
            stop()

        return on_signals(*((number, partial(heard, int(number))) for number in unignored(*self._numbers)))

    async def ends(self, work: Coroutine[Any, Any, T], begun: Callable[[], None] = lambda: None) -> T | None:
        """What `work` comes to; None where one of the signals has cancelled it. `begun` is called with the signal."""

        def stop() -> None:
            begun()
            task.cancel()

        task = asyncio.ensure_future(work)
        with self.calls(stop):
            try:
                return await task
            except asyncio.CancelledError:
                if self.number is None:
                    raise
                return None
