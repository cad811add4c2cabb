"""A steady pace of requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Lets one caller pass every `interval` seconds, in the order of their coming."""

    def __init__(
        self,
        interval: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = interval
        self._now = now
        self._sleep = sleep
        self._free_at = float("-inf")

    async def __call__(self) -> None:
        """Wait for this caller's turn. The turn is taken before waiting, so no two callers share one."""
        now = self._now()
        turn = max(now, self._free_at)
        self._free_at = turn + self._interval
        if turn > now:
            await self._sleep(turn - now)
