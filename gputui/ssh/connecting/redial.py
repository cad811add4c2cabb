"""Dial servers that drop handshakes under load (MaxStartups): few at a time, and again after growing pauses."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar
from weakref import WeakValueDictionary

from gputui.core.problem import Failed

AT_ONCE = 4
"""Handshakes at a time with one address and port: sshd drops some from ten on, in its default configuration."""
PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2, 3.2, 3.2)
"""Seconds before each further attempt, on average; the real pauses differ, so that those dropped together do not
come back together."""
T = TypeVar("T")


class HandshakeDropped(Failed):
    """The server closed the connection before it proved its key: nothing secret was sent, and it may be busy."""


class Redial:
    """The handshakes under way, by the place that they are made with."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        pauses: Sequence[float] = PAUSES,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._at_once = at_once
        self._pauses = pauses
        self._chance = chance
        self._turns: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    async def until_taken(self, place: Hashable, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `attempt` when it is this one's turn, made again a few times if it was dropped."""
        async with self._turns.setdefault(place, asyncio.Semaphore(self._at_once)):
            for pause in self._pauses:
                try:
                    return await attempt()
                except HandshakeDropped:
                    # The turn is kept meanwhile: those that wait for it would only be dropped as well.
                    await asyncio.sleep(pause * (0.5 + self._chance()))
            return await attempt()
