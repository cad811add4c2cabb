"""A clock that only moves when a test says so."""

from __future__ import annotations

import asyncio


class ManualClock:
    """Time stands still; `advance` lets it pass and ends the waits it covers."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._passed = asyncio.Event()
        self.waits: list[float] = []

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._passed.set()
        self._passed = asyncio.Event()

    async def wait(self, woken: asyncio.Event, seconds: float) -> None:
        self.waits.append(seconds)
        until = self._now + seconds
        while self._now < until and not woken.is_set():
            passed = asyncio.ensure_future(self._passed.wait())
            waking = asyncio.ensure_future(woken.wait())
            try:
                await asyncio.wait({passed, waking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                passed.cancel()
                waking.cancel()


async def until(condition: object, seconds: float = 20.0) -> None:
    """Let the loop run until `condition()` holds; fails loudly after real seconds."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
