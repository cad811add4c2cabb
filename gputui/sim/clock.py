"""The clocks of a simulated cloud."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Returns the time as seconds since the epoch."""

    def now(self) -> float:
        """Return the current time in epoch seconds."""
        ...


class SystemClock:
    """The clock of this computer."""

    def now(self) -> float:
        """Return the current time in epoch seconds."""
        return time.time()


class ManualClock:
    """A clock that moves only when advanced, so that a test decides what has happened."""

    def __init__(self, start: float) -> None:
        self._now = start

    def now(self) -> float:
        """Return the current time in epoch seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by that many seconds; negative values are an error."""
        if seconds < 0:
            raise ValueError("a clock cannot be advanced by less than nothing")
        self._now += seconds
