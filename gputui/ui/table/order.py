"""Which rows of a snapshot a table shows, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from gputui.core.cells import EMPTY, Cell, Value, sort_key
from gputui.core.rows import Ref, Row

T = TypeVar("T")
Keep = Callable[[Row], bool]
SLICE = 1000
"""Rows that are prepared for sorting in one step."""
FILTERED_AT_ONCE = 200
"""Rows that are filtered in one step: a word is searched in all their cells, which are made for it."""


@dataclass(frozen=True, slots=True)
class Sort:
    """The sort column (its index), and whether the largest value comes first."""

    column: int
    reverse: bool = False


def next_sort(sort: Sort | None, column: int) -> Sort | None:
    """Return the order after a click on a title: smallest first, largest first, the given order (None)."""
    if sort is None or sort.column != column:
        return Sort(column)
    return None if sort.reverse else Sort(column, reverse=True)


def ordered(refs: Sequence[Ref], rows: Mapping[Ref, Row], keep: Keep | None, sort: Sort | None) -> list[Ref]:
    """Return those of `refs` whose rows `keep` accepts, in the given order or sorted by a column.

    Sorting is stable; rows without a value come last in both directions.
    """
    pieces = ordering(refs, rows, keep, sort)
    while True:
        try:
            next(pieces)
        except StopIteration as ended:
            return cast("list[Ref]", ended.value)


def ordering(
    refs: Sequence[Ref], rows: Mapping[Ref, Row], keep: Keep | None, sort: Sort | None
) -> Generator[None, None, list[Ref]]:
    """The same in steps: rows that are removed meanwhile may be included or not."""
    kept: list[Ref] = []
    for some in _slices(refs, SLICE if keep is None else FILTERED_AT_ONCE):
        here = (ref for ref in some if ref in rows)
        kept += here if keep is None else (ref for ref in here if keep(rows[ref]))
        yield
    if sort is None:
        return kept
    first: list[Ref] = []
    last: list[Ref] = []
    values: list[Value] = []
    for some in _slices(kept):
        for ref in some:
            value = cell_at(rows[ref], sort.column).value if ref in rows else None
            (first if _has(value) else last).append(ref)
            values += [value] if _has(value) else []
        yield
    places = yield from _sorted_places(values, reverse=sort.reverse)
    return [first[place] for place in places] + last


def _slices(some: Sequence[T], size: int = SLICE) -> Iterator[Sequence[T]]:
    return (some[at : at + size] for at in range(0, len(some), size))


def _sorted_places(values: Sequence[Value], *, reverse: bool) -> Generator[None, None, list[int]]:
    """Return the positions of the values in sorted order: runs are sorted, then merged pairwise."""
    kinds = set(map(type, values))
    keys: list[Any] = []
    for some in _slices(values):
        keys += _keys(some, kinds)
        yield
    runs: list[list[int]] = []
    for at in range(0, len(keys), SLICE):
        runs.append(sorted(range(at, min(at + SLICE, len(keys))), key=keys.__getitem__, reverse=reverse))
        yield
    while len(runs) > 1:
        pairs, runs = [runs[at : at + 2] for at in range(0, len(runs), 2)], []
        for pair in pairs:
            runs.append(sorted([place for run in pair for place in run], key=keys.__getitem__, reverse=reverse))
            yield
    return runs[0] if runs else []


def sorted_place(row: Row, sort: Sort, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the sort key that puts a row where `ordered` would; `given` is its place in the given order."""
    value = cell_at(row, sort.column).value
    if not _has(value):
        return (True, given)
    key = sort_key(value)
    return (False, _Falling(key) if sort.reverse else key, given)


@dataclass(frozen=True, slots=True)
class _Falling:
    """A key that sorts in descending order."""

    key: tuple[int, float, str]

    def __lt__(self, other: _Falling) -> bool:
        return other.key < self.key


def _has(value: Value) -> bool:
    """Whether the value can be sorted by: NaN equals nothing, and would break sorting."""
    return value is not None and value == value


def cell_at(row: Row, column: int) -> Cell:
    """Return the row's cell of this column; an empty one if the row is too short."""
    return row.cells[column] if column < len(row.cells) else EMPTY


def _keys(values: Sequence[Value], kinds: Collection[type]) -> Sequence[Any]:
    """Return the sort keys: plain values if all are of one kind, as they compare ten times faster than tuples."""
    if {int, float, bool}.issuperset(kinds):
        return values
    if kinds == {str}:
        keys = {value: sort_key(value)[2] for value in set(values)}  # most columns repeat few values
        return [keys[value] for value in values]
    return [sort_key(value) for value in values]
