"""Which rows of a snapshot a table shows, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from gputui.core.cells import EMPTY, Cell, Value, natural, sort_key
from gputui.core.rows import Ref, Row

Keep = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column (its index), and whether the largest comes first."""

    column: int
    reverse: bool = False


def ordered(rows: Mapping[Ref, Row], keep: Keep | None, sort: Sort | None) -> list[Ref]:
    """The identities of the rows that `keep` lets through, in the given order or sorted by a column.

    Sorting is stable; a row without a value stands last, whichever way round.
    """
    if keep is None:
        refs, kept = list(rows), list(rows.values())
    else:
        chosen = [(ref, row) for ref, row in rows.items() if keep(row)]
        refs, kept = [ref for ref, _ in chosen], [row for _, row in chosen]
    if sort is None:
        return refs
    values = [cell_at(row, sort.column).value for row in kept]
    valued = [value is not None and value == value for value in values]  # NaN equals nothing and would break sorting
    first = list(compress(refs, valued))
    keys = _keys(list(compress(values, valued)))
    places = sorted(range(len(keys)), key=keys.__getitem__, reverse=sort.reverse)
    return [first[place] for place in places] + [ref for ref, has in zip(refs, valued, strict=True) if not has]


def cell_at(row: Row, column: int) -> Cell:
    """The row's cell under this column; an empty one where the row is too short."""
    return row.cells[column] if column < len(row.cells) else EMPTY


def _keys(values: Sequence[Value]) -> Sequence[Any]:
    """What to compare: plain values where all are of one kind, for they compare ten times faster than tuples."""
    kinds = set(map(type, values))
    if kinds <= {int, float, bool}:
        return values
    if kinds == {str}:
        keys = {value: natural(value) for value in set(values) if isinstance(value, str)}  # most columns repeat a few
        return [keys[value] for value in values if isinstance(value, str)]
    return [sort_key(value) for value in values]
