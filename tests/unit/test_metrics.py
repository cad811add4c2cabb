"""Series over time: what belongs together, what is a gap, which reading a time has."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from gputui.core.metrics import known, runs, step, value_at

TIMES = st.lists(st.integers(0, 2_000), max_size=60).map(sorted)
VALUES = st.none() | st.floats()


@st.composite
def points(draw: st.DrawFn) -> tuple[tuple[float, float | None], ...]:
    return tuple((float(at), draw(VALUES)) for at in draw(TIMES))


def every(seconds: float, *values: float | None) -> tuple[tuple[float, float | None], ...]:
    return tuple((at * seconds, value) for at, value in enumerate(values))


def test_a_missing_reading_ends_a_run() -> None:
    assert list(runs(every(30, 1, 2, None, 3))) == [[(0, 1), (30, 2)], [(90, 3)]]
    assert list(runs(every(30, 1, math.nan, 3))) == [[(0, 1)], [(60, 3)]]


def test_points_that_are_left_out_end_a_run_too() -> None:
    some = [*every(30, 1, 2, 3), (180.0, 4.0), (210.0, 5.0)]
    assert list(runs(some)) == [[(0, 1), (30, 2), (60, 3)], [(180, 4), (210, 5)]]
    late = [(0.0, 1.0), (30.0, 2.0), (85.0, 3.0)]  # one that came a little late is no gap
    assert len(list(runs(late))) == 1


@given(points())
def test_runs_hold_each_reading_once_and_never_bridge_a_gap(some: tuple[tuple[float, float | None], ...]) -> None:
    found = list(runs(some))
    assert [point for run in found for point in run] == known(some)
    assert all(run for run in found)
    for run in found:
        for (at, _), (later, _) in itertools.pairwise(run):
            assert later - at <= 1.9 * step(some)
            assert all(value is not None for between, value in some if at < between < later)


def test_a_time_has_the_reading_beside_it_and_a_gap_none() -> None:
    some = every(30, 1.0, 2.0, None, 4.0)
    assert [value_at(some, at) for at in (-10, 0, 14, 16, 60, 95, 119)] == [1.0, 1.0, 1.0, 2.0, None, 4.0, 4.0]
    assert value_at(some, 121) is None
    assert value_at((), 0) is None


@given(points(), st.floats(-100, 2_100))
def test_a_reading_of_a_time_is_one_of_the_readings(some: tuple[tuple[float, float | None], ...], at: float) -> None:
    value = value_at(some, at)
    assert value is None or value in [reading for _, reading in known(some)]
