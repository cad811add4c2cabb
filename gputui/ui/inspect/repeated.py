"""A reading that is made again and again while its screen is shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable


class Repeated:
    """Reads at once, then after the seconds that `every` says each time (None: only when woken), until it is over."""

    def __init__(self, once: Callable[[], Awaitable[bool]], every: Callable[[], float | None]) -> None:
        self._once = once
        self._every = every
        self._wake = asyncio.Event()

    def again(self) -> None:
        """Read now."""
        self._wake.set()

    async def run(self) -> None:
        """Go on until a reading says that it was the last one."""
        over = False
        while not over:
            self._wake.clear()
            over = await self._once()
            if not over:
                # Not wait_for, which loses a cancellation that comes together with what it waits for.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._every()):
                        await self._wake.wait()
