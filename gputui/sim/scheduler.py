"""The agenda of a cloud: what will happen, and when."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random

from gputui.sim.clock import Clock

Act = Callable[[], None]


class Scheduler:
    """Acts wait here until `tick()` finds them due; nothing moves between two ticks.

    Every request ticks its cloud first, so no background task is needed and a `ManualClock` makes a world repeatable.
    `pace` is how often things begin by themselves: 1 as usual, 2 twice as often, 0 never.
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
        """The moment being lived: inside an act the time it was due, else the clock's."""
        return self.clock.now() if self._present is None else self._present

    def after(self, seconds: float, act: Act) -> None:
        """Let `act` happen that many seconds from now; what an act plans counts from when the act was due."""
        heapq.heappush(self._agenda, (self.now + seconds, self._count, act))
        self._count += 1

    def repeat(self, shortest: float, longest: float, act: Act) -> None:
        """Let `act` happen by itself again and again, each time after a random pause between the two."""
        if not self.pace:
            return

        def once() -> None:
            self.repeat(shortest, longest, act)
            act()

        self.after(self.random.uniform(shortest, longest) / self.pace, once)

    def tick(self) -> None:
        """Run what is due, in time order, including what falls due while doing so."""
        if self._present is not None:
            return  # an act that asks its own cloud something must not start the next act before it has ended
        now = self.clock.now()
        try:
            while self._agenda and self._agenda[0][0] <= now:
                self._present, _, act = heapq.heappop(self._agenda)
                act()
        finally:
            self._present = None
