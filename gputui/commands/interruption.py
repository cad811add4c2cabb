"""Signals that end a command's work instead of the process, which still has to write or restore something."""

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
    """Records the signal that ended the work: `number` is None until then."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self.number: int | None = None
        self._numbers = numbers or INTERRUPTING

    @property
    def exit_code(self) -> int | None:
        """The exit code that a shell expects of a command ended by a signal."""
        return None if self.number is None else 128 + self.number

    def calls(self, stop: Callable[[], None]) -> AbstractContextManager[None]:
        """Make each of the signals call `stop` for the duration of the block; ignored signals stay ignored."""

        def heard(number: int) -> None:
            self.number = number
            stop()

        return on_signals(*((number, partial(heard, int(number))) for number in unignored(*self._numbers)))

    async def ends(self, work: Coroutine[Any, Any, T], begun: Callable[[], None] = lambda: None) -> T | None:
        """Return the result of `work`; None if a signal cancelled it. `begun` is called when the signal arrives."""

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
