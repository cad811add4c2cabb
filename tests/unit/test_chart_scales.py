"""Scales of charts: units with few digits, round ticks, local times that do not overlap."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.ui.charts.scales import clock, number, time_ticks, unit_for, value_scale

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NOON = 1_769_997_600.0


@pytest.fixture
def seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("B", 5.4e10, "50.3 GiB"),
        ("B", 900, "900 B"),
        ("MB", 614_400, "614 GB"),
        ("ms", 240, "240 ms"),
        ("ms", 4200, "4.2 s"),
        ("%", 71.25, "71.2%"),
        ("cores", 2.6, "2.6 cores"),
        ("", 3, "3"),
        ("B", 1e300, f"{1e300 / 1024**5:.3g} PiB"),
    ],
)
def test_a_value_is_shown_in_the_unit_with_few_digits(unit: str, value: float, words: str) -> None:
    assert unit_for(unit, value).words(value) == words


@given(FINITE)
def test_a_figure_is_short(value: float) -> None:
    assert 0 < len(number(value)) <= 16


@pytest.mark.parametrize(
    ("least", "most", "top", "low", "high", "ticks"),
    [
        (60, 113, None, 0, 125, (0, 100)),
        (0, 0, None, 0, 1, (0, 0.5, 1)),
        (20, 71, 100, 0, 100, (0, 50, 100)),
        (20, 130, 100, 0, 150, (0, 100)),
        (-5, 5, None, -5, 5, (-5, 0, 5)),
    ],
)
def test_a_scale_begins_at_nought_and_ends_round(
    least: float, most: float, top: float | None, low: float, high: float, ticks: tuple[float, ...]
) -> None:
    scale = value_scale(least, most, 2, top)
    assert (scale.low, scale.high, scale.ticks) == (low, high, ticks)


@given(FINITE, FINITE, st.integers(1, 20), st.none() | FINITE)
def test_a_scale_holds_all_values_and_few_ticks(one: float, other: float, ticks: int, top: float | None) -> None:
    least, most = sorted((one, other))
    scale = value_scale(least, most, ticks, top)
    slack = 1e-6 * max(abs(scale.low), abs(scale.high))
    assert scale.low <= min(0.0, max(least, -1e300)) + slack
    assert scale.high >= max(0.0, min(most, 1e300)) - slack
    assert scale.low < scale.high
    assert 1 <= len(scale.ticks) <= ticks + 2
    assert list(scale.ticks) == sorted(set(scale.ticks))
    assert all(scale.low - slack <= tick <= scale.high + slack for tick in scale.ticks)


@given(st.floats(0, 4e9), st.floats(1, 2e8), st.integers(20, 200))
def test_times_are_in_the_window_in_order_and_apart(start: float, span: float, width: int) -> None:
    ticks = time_ticks(start, start + span, width)
    assert all(start <= tick.at <= start + span + 1e-6 for tick in ticks)
    cells = [(tick.at - start) / span * width for tick in ticks]
    for at, (one, other) in enumerate(itertools.pairwise(cells)):
        assert other - one >= len(ticks[at].label) + 1


@pytest.mark.usefixtures("seoul")
def test_times_are_local_and_round() -> None:
    labels = [tick.label for tick in time_ticks(NOON, NOON + 3600, 60)]
    assert labels == ["11:00", "11:10", "11:20", "11:30", "11:40", "11:50", "12:00"]
    day = [tick.label for tick in time_ticks(NOON, NOON + 86_400, 60)]
    assert day == ["12:00", "18:00", "02-03", "06:00"]
    assert datetime.fromtimestamp(NOON).strftime("%H:%M") == "11:00"
    assert [tick.label for tick in time_ticks(NOON, NOON + 40, 40)] == ["11:00:00", "11:00:15", "11:00:30"]
    assert (clock(NOON, 3600), clock(NOON, 86_400)) == ("11:00:00", "02-02 11:00")
