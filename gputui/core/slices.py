"""Long work on the event loop, done in slices between which everything else has its turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

LONGEST_SLICE = 0.004
"""Seconds. Half of what a key press may wait, because two readings often run at once."""


class Slices:
    """The time slices of one piece of work: `over` says that the slice is used up, `pause` begins the next one."""

    __slots__ = ("_now", "_seconds", "_until")

    def __init__(self, seconds: float = LONGEST_SLICE, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._seconds = seconds
        self._until = now() + seconds

    def over(self) -> bool:
        """Whether the work should pause before going on."""
        return self._now() > self._until

    async def pause(self) -> None:
        """Give the loop its turn, then begin a new slice."""
        await asyncio.sleep(0)
        self._until = self._now() + self._seconds
