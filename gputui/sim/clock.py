"""The clocks an embedded cloud can live by."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time as seconds since the epoch."""

    def now(self) -> float:
        """The present moment, in epoch seconds."""
        ...


class SystemClock:
    """The clock of this computer."""

    def now(self) -> float:
        """The present moment, in epoch seconds."""
        return time.time()


class ManualClock:
    """A clock that only moves when it is told to, so that a test decides what has happened."""

    def __init__(self, start: float) -> None:
        self._now = start

    def now(self) -> float:
        """The moment it was last moved to, in epoch seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by that many seconds; time does not run backwards."""
        if seconds < 0:
            raise ValueError("a clock cannot be advanced by less than nothing")
        self._now += seconds
