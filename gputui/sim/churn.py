"""Machines that change by themselves at a given rate, for benchmark worlds."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, Literal, TypeVar

from gputui.sim.scheduler import Scheduler

ROUND_SECONDS = 5.0
ROUNDS_UNDER_WAY = 4
State = Literal["resting", "other", "moving"]
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of automatic changes.

    `pace` is the frequency of the usual incidents: 1 is the default, 0 is never. `changed` is the percentage of a
    cloud's machines that change every five seconds between two stable states, `changing` of those in transition at any
    moment.
    """

    pace: float = 1.0
    changed: float = 0.0
    changing: float = 0.0


USUAL = Rates()


@dataclass(frozen=True, slots=True)
class Turns(Generic[Thing]):
    """The machines of a cloud and how to change their state; `words` are the cloud's names of the three kinds."""

    things: Callable[[], Sequence[Thing]]
    state: Callable[[Thing], str]
    enter: Callable[[Thing, str], None]
    words: Mapping[State, str]

    def move(self, things: Iterable[Thing], before: State, after: State) -> None:
        """Move the machines that are still in state `before` to `after`."""
        for thing in things:
            if self.state(thing) == self.words[before]:
                self.enter(thing, self.words[after])


class Churn(Generic[Thing]):
    """Changes machines in rounds."""

    def __init__(self, life: Scheduler, turns: Turns[Thing], rates: Rates, random: Random) -> None:
        self._life = life
        self._turns = turns
        self._rates = rates
        self._random = random
        self._away: list[Thing] = []
        self._under_way: deque[list[Thing]] = deque()

    def begin(self) -> None:
        """Put the wanted number of machines in transition, and keep changing them while the cloud lives."""
        if not (self._rates.changed or self._rates.changing):
            return
        for _ in range(ROUNDS_UNDER_WAY):
            self._depart()
        self._life.after(ROUND_SECONDS, self._round)

    def _round(self) -> None:
        self._swap()
        self._turns.move(self._under_way.popleft(), "moving", "resting")
        self._depart()
        self._life.after(ROUND_SECONDS, self._round)

    def _swap(self) -> None:
        """Change the machines of the last round back, and others for the next round."""
        if self._away:
            self._turns.move(self._away, "other", "resting")
            self._away = []
        else:
            self._away = self._pick(self._rates.changed, "other")

    def _depart(self) -> None:
        self._under_way.append(self._pick(self._rates.changing / ROUNDS_UNDER_WAY, "moving"))

    def _pick(self, percent: float, state: State) -> list[Thing]:
        if not percent:
            return []
        things = self._turns.things()
        resting = [thing for thing in things if self._turns.state(thing) == self._turns.words["resting"]]
        picked = self._random.sample(resting, min(math.ceil(len(things) * percent / 100), len(resting)))
        self._turns.move(picked, "resting", state)
        return picked
