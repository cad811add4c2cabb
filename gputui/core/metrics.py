"""Metrics over time as a query returns them: series with their limits, the window they were asked for, and gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import TypeAlias

Point: TypeAlias = "tuple[float, float | None]"
"""Epoch seconds and a value; None where there was no reading."""
RANGE = "range"
"""The input of a query that holds the value of the chosen range."""
_LARGEST = 1e290
"""What is larger is no reading: sums and scales of such would have no end."""
_SLACK = 1.9
"""Two readings belong together if no more usual steps lie between them: one may be late, none may be missing."""


@dataclass(frozen=True, slots=True)
class Range:
    """How far back a query reads: the value it is given for it, its name, and after how many seconds to read again."""

    value: str
    label: str
    every: float


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that a series is held against: what is requested, what is the most, where it scales."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over time, oldest first. Those of one `label` and `unit` are drawn together; `part` tells them apart.

    `ceiling` is the highest value there can be. The unit `B` is bytes.
    """

    label: str
    unit: str
    points: tuple[Point, ...]
    ceiling: float | None = None
    part: str = ""
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurements:
    """What a query read of one row: series, the window that was asked for, and what is missing, in words.

    `at` is when it was read, where the window goes on beyond that.
    """

    series: tuple[Series, ...]
    start: float | None = None
    end: float | None = None
    missing: str = ""
    at: float | None = None


def is_known(value: float | None) -> bool:
    """Whether there is a value that can be drawn."""
    return value is not None and abs(value) <= _LARGEST  # no NaN either


def known(points: Sequence[Point]) -> list[tuple[float, float]]:
    """The readings among the points."""
    return [(at, value) for at, value in points if value is not None and is_known(value)]


def step(points: Sequence[Point]) -> float:
    """The usual time between two points in seconds; 0 if there are fewer than two."""
    gaps = [later - at for (at, _), (later, _) in pairwise(points) if later > at]
    return median_low(gaps) if gaps else 0.0


def runs(points: Sequence[Point]) -> Iterator[list[tuple[float, float]]]:
    """Yield the readings without a gap between them: a missing or unknown one ends a run."""
    most = step(points) * _SLACK
    run: list[tuple[float, float]] = []
    for at, value in points:
        if run and (at - run[-1][0] > most or not is_known(value)):
            yield run
            run = []
        if value is not None and is_known(value):
            run.append((at, value))
    if run:
        yield run


def value_at(points: Sequence[Point], at: float) -> float | None:
    """The reading nearest to a time, unless the nearest point has none or is further away than a usual step."""
    if not points:
        return None
    nearest, value = min(points, key=lambda point: abs(point[0] - at))
    return value if is_known(value) and abs(nearest - at) <= max(1.0, step(points)) else None
