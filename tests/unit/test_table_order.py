"""Order and filter: sorted by typed values, stable, what has no value last."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.cells import Cell, Value, sort_key
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table.order import Keep, Sort, ordered, sorted_place


def rows_of(values: list[Value]) -> dict[Ref, Row]:
    made = [Row(Ref("p", "v", str(n)), f"n{n}", "", Health.OK, (Cell(str(v), v),)) for n, v in enumerate(values)]
    return {row.ref: row for row in made}


def order(rows: dict[Ref, Row], sort: Sort | None = None, keep: Keep | None = None) -> list[Ref]:
    return ordered(list(rows), rows, keep, sort)


def ids(refs: list[Ref]) -> list[int]:
    return [int(ref.id) for ref in refs]


def test_without_sorting_the_given_order_stays() -> None:
    assert ids(order(rows_of([3, 1, 2]))) == [0, 1, 2]


@pytest.mark.parametrize(
    ("values", "rising", "falling"),
    [
        ([10, 9, 100], [1, 0, 2], [2, 0, 1]),
        (["b", "A", "c"], [1, 0, 2], [2, 0, 1]),
        ([None, 2, None, 1], [3, 1, 0, 2], [1, 3, 0, 2]),
        ([1.5, 1, True, math.nan, 0], [4, 1, 2, 0, 3], [0, 1, 2, 4, 3]),
        ([1, "x", 0], [2, 0, 1], [1, 0, 2]),
        ([10**400, 1], [1, 0], [0, 1]),
        ([], [], []),
    ],
    ids=["numbers", "text", "missing last", "floats, not a number last", "mixed", "huge", "none"],
)
def test_sorting(values: list[Value], rising: list[int], falling: list[int]) -> None:
    assert ids(order(rows_of(values), Sort(0))) == rising
    assert ids(order(rows_of(values), Sort(0, reverse=True))) == falling


def test_the_youngest_comes_first_when_ages_rise() -> None:
    old, young = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
    assert ids(order(rows_of([old, young]), Sort(0))) == [1, 0]


def test_a_row_too_short_for_the_column_stands_last() -> None:
    rows = rows_of([2, 1])
    short = Row(Ref("p", "v", "9"), "short", "", Health.OK, ())
    assert ids(order({short.ref: short, **rows}, Sort(0))) == [1, 0, 9]


VALUES = st.one_of(
    st.none(),
    st.integers(-5, 5),
    st.floats(-5, 5),
    st.booleans(),
    st.text("abAB", max_size=2),
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
SIMPLE = st.one_of(st.lists(st.integers()), st.lists(st.text(max_size=3)), st.lists(VALUES))
ODD: Callable[[Row], bool] = lambda row: int(row.ref.id) % 2 == 1  # noqa: E731


@given(SIMPLE, st.booleans(), st.booleans())
def test_the_quick_ways_give_the_order_of_the_sort_key(values: list[Value], reverse: bool, filtered: bool) -> None:
    rows = rows_of(values)
    kept = [ref for ref, row in rows.items() if not filtered or ODD(row)]
    valued = [ref for ref in kept if rows[ref].cells[0].value is not None]
    valued.sort(key=lambda ref: sort_key(rows[ref].cells[0].value), reverse=reverse)
    expected = valued + [ref for ref in kept if rows[ref].cells[0].value is None]
    sort = Sort(0, reverse)
    assert order(rows, sort, ODD if filtered else None) == expected
    given = {ref: (at,) for at, ref in enumerate(rows)}
    assert sorted(kept, key=lambda ref: sorted_place(rows[ref], sort, given[ref])) == expected
