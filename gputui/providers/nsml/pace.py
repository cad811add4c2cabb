"""Spaces requests evenly, by when they are really sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

Left = Callable[[], None]
"""To be called when a request has been sent, or will not be; a second call does nothing."""


class Pace:
    """Lets one request pass, and the next one `interval` seconds after that was sent, in order of arrival.

    Turns by the clock alone would not do: after a stall of the loop all requests whose turn came meanwhile would be
    sent at once, and one that has to connect first would be sent together with the next.
    """

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
        self._next_at = float("-inf")
        self._turn = asyncio.Lock()

    async def __call__(self) -> Left:
        """Wait for this request's turn; the others wait until the returned function has been called."""
        if not self._interval:
            return _nothing
        await self._turn.acquire()
        try:
            while (wait := self._next_at - self._now()) > 0:
                await self._sleep(wait)
        except BaseException:
            self._turn.release()
            raise
        return self._leaving()

    def _leaving(self) -> Left:
        called = False

        def left() -> None:
            nonlocal called
            if not called:
                called = True
                self._next_at = self._now() + self._interval
                self._turn.release()

        return left


def _nothing() -> None:
    """Used when there is no interval."""
