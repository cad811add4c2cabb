"""Time as a parameter, so that tests can own it."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """The wall clock, and a wait that something can cut short."""

    def now(self) -> float:
        """Epoch seconds."""

    async def wait(self, woken: asyncio.Event, seconds: float) -> None:
        """Return after `seconds`, or as soon as `woken` is set."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    async def wait(self, woken: asyncio.Event, seconds: float) -> None:
        """Return after `seconds`, or as soon as `woken` is set."""
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            return
