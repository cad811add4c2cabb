"""The schedule of a cloud: future events and their times."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random

from gputui.sim.clock import Clock

Act = Callable[[], None]


class Scheduler:
    """Acts wait here until `tick()` finds them due; nothing changes between two ticks.

    Every request ticks its cloud first, so no background task is needed and a `ManualClock` makes a world repeatable.
    `pace` is the frequency of automatic events: 1 is the default, 2 twice as often, 0 never.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self.clock = clock
        self.random = random
        self.pace = 1.0
        self._agenda: list[tuple[float, int, Act]] = []
        self._count = 0
        self._present: float | None = None

    @property
    def now(self) -> float:
        """The current time: inside an act the time it was due, otherwise that of the clock."""
        return self.clock.now() if self._present is None else self._present

    def after(self, seconds: float, act: Act) -> None:
        """Run `act` that many seconds from now; inside an act, from the time it was due."""
        heapq.heappush(self._agenda, (self.now + seconds, self._count, act))
        self._count += 1

    def repeat(self, shortest: float, longest: float, act: Act) -> None:
        """Run `act` repeatedly, each time after a random pause between the two lengths."""
        if not self.pace:
            return

        def once() -> None:
            self.repeat(shortest, longest, act)
            act()

        self.after(self.random.uniform(shortest, longest) / self.pace, once)

    def tick(self) -> None:
        """Run what is due, in time order, including what becomes due meanwhile."""
        if self._present is not None:
            return  # an act that calls its own cloud must not start the next act before it has ended
        now = self.clock.now()
        try:
            while self._agenda and self._agenda[0][0] <= now:
                self._present, _, act = heapq.heappop(self._agenda)
                act()
        finally:
            self._present = None
