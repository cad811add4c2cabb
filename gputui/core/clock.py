"""Time as a parameter, so that tests can control it."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """The wall clock, and a wait that an event can end early."""

    def now(self) -> float:
        """Epoch seconds."""

    async def wait(self, woken: asyncio.Event, seconds: float) -> None:
        """Return after `seconds`, or as soon as `woken` is set."""


class SystemClock:
    """The clock of this computer."""

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
