"""Cells sort as what they are and show what they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.cells import Cell, age, gpus, moment, number, shown_text, sort_key

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VALUES = st.one_of(
    st.none(), st.integers(), st.just(10**400), st.floats(allow_nan=False), st.booleans(), st.text(), st.just(NOW)
)


@given(st.lists(VALUES))
def test_any_values_sort_together_and_nothing_comes_last(values: list[object]) -> None:
    ordered = sorted(values, key=sort_key)  # type: ignore[arg-type]
    nones = [value is None for value in ordered]
    assert nones == sorted(nones)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3600, "1h"),
        (3660 * 3, "3h3m"),
        (36000, "10h"),
        (86400 * 41, "41d"),
        (-5, "0s"),
    ],
)
def test_age(seconds: int, text: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW.timestamp()) == text


def test_a_moment_is_drawn_as_its_age_and_keeps_its_value() -> None:
    cell = moment(NOW)
    assert shown_text(cell, NOW.timestamp() + 120) == "2m"
    assert cell.value == NOW


def test_gpus_count_as_a_number() -> None:
    assert gpus(8, "H100") == Cell("8×H100", 8)
    assert gpus(None, None).value is None
    assert number(2.5, " GB").text == "2.5 GB"


def test_names_sort_as_people_count() -> None:
    names = ["run/2.10", "run/2.9", "Run/2.1", "run/10.0"]
    assert sorted(names, key=sort_key) == ["Run/2.1", "run/2.9", "run/2.10", "run/10.0"]
