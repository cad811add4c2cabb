"""Which rows of a snapshot a table shows, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from gputui.core.cells import EMPTY, Cell, Value, sort_key
from gputui.core.rows import Ref, Row

Keep = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column (its index), and whether the largest comes first."""

    column: int
    reverse: bool = False


def ordered(refs: Sequence[Ref], rows: Mapping[Ref, Row], keep: Keep | None, sort: Sort | None) -> list[Ref]:
    """Those of `refs` whose rows `keep` lets through, in the given order or sorted by a column.

    Sorting is stable; a row without a value stands last, whichever way round.
    """
    kept = [ref for ref in refs if keep(rows[ref])] if keep is not None else list(refs)
    if sort is None:
        return kept
    values = [cell_at(rows[ref], sort.column).value for ref in kept]
    valued = [_has(value) for value in values]
    first = list(compress(kept, valued))
    keys = _keys(list(compress(values, valued)))
    places = sorted(range(len(keys)), key=keys.__getitem__, reverse=sort.reverse)
    return [first[place] for place in places] + [ref for ref, has in zip(kept, valued, strict=True) if not has]


def sorted_place(row: Row, sort: Sort, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """What puts one row where `ordered` would; `given` is its place in the given order."""
    value = cell_at(row, sort.column).value
    if not _has(value):
        return (True, given)
    key = sort_key(value)
    return (False, _Falling(key) if sort.reverse else key, given)


@dataclass(frozen=True, slots=True)
class _Falling:
    """A key that stands before the smaller ones."""

    key: tuple[int, float, str]

    def __lt__(self, other: _Falling) -> bool:
        return other.key < self.key


def _has(value: Value) -> bool:
    """Whether there is something to sort by: what is not a number equals nothing, and would break sorting."""
    return value is not None and value == value


def cell_at(row: Row, column: int) -> Cell:
    """The row's cell under this column; an empty one where the row is too short."""
    return row.cells[column] if column < len(row.cells) else EMPTY


def _keys(values: Sequence[Value]) -> Sequence[Any]:
    """What to compare: plain values where all are of one kind, for they compare ten times faster than tuples."""
    kinds = set(map(type, values))
    if kinds <= {int, float, bool}:
        return values
    if kinds == {str}:
        keys = {value: sort_key(value)[2] for value in set(values)}  # most columns repeat a few
        return [keys[value] for value in values]
    return [sort_key(value) for value in values]
