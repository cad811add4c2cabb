"""The widths that the columns of a table need: they grow at once, and shrink after a while, in one step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice, zip_longest
from typing import Any

from rich.cells import cell_len

from gputui.core.cells import AT_LEAST, NONE_TEXT, Cell, Column, is_age, shown_text
from gputui.core.rows import Ref, Row
from gputui.ui.table.columns import enough, width_of

AGE_WIDTH = 5
_ODD_ENDS = ("", " ", AT_LEAST)
"""Of an age, and of a text before one."""
MEASURED_AT_ONCE = 150
"""Rows that are measured before they are on the screen: their cells are made for it."""
PATIENCE, MOST_PATIENCE = 10.0, 320.0
"""Seconds for which a column stays wider than its rows need; doubled each time that it had to grow again."""


class Widths:
    """The width that each column needs, and the row that needs it.

    A refresh does not shift a table: a column whose widest row is gone shrinks only after some time, and where such
    rows come and go, ever more seldom.
    """

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        self._columns = columns
        self._limits = [max(column.max_width, width_of(column.title)) for column in columns]
        self.needed = [width_of(column.title) for column in columns]
        self.filled = [False for _ in columns]
        """Which columns anything stands in, of the rows that were measured."""
        self._widest: list[Ref | None] = [None for _ in columns]
        self._loose_since: float | None = None
        self._patience = PATIENCE
        self._shrunk = False

    def measure(self, rows: Iterable[Row], now: float) -> bool:
        """Widen the columns for these rows; return whether one grew."""
        needed, before = self.needed, sum(self.needed)
        above: list[Cell | None] = [None for _ in needed]
        for row in rows:
            for index, (cell, limit) in enumerate(zip(row.cells, self._limits, strict=False)):
                if cell is above[index]:
                    continue  # many cells of a column are one object
                above[index] = cell
                text = cell.text
                plain = text.isascii() and text[-1:] not in _ODD_ENDS and not cell.runs_on
                taken = len(text) if plain else _taken(cell, limit, now)
                self.filled[index] = self.filled[index] or (taken > 0 and text != NONE_TEXT)
                if taken >= needed[index]:
                    needed[index], self._widest[index] = min(taken, limit), row.ref
        grown = sum(needed) != before
        if grown and self._shrunk:
            self._patience, self._shrunk = min(2 * self._patience, MOST_PATIENCE), False
        return grown

    def measure_new(self, before: Mapping[Ref, Row], after: Mapping[Ref, Row], now: float) -> None:
        """Widen the columns for the first of the new rows: the others are measured when they become visible."""
        pairs = zip_longest(after.values(), before.values())
        new = (row for row, old in pairs if row is not None and row is not old)
        self.measure(islice(new, MEASURED_AT_ONCE), now)

    def settle(self, rows: Mapping[Ref, Row], in_view: Iterable[Row], now: float) -> bool:
        """Shrink columns that have been too wide for a while; return whether one did.

        Only then are rows measured: the first ones, and those in view.
        """
        if not self._loose(rows, now):
            self._loose_since = None
            return False
        if self._loose_since is None or now < self._loose_since:
            self._loose_since = now
        if now - self._loose_since < self._patience:
            return False
        fresh = Widths(self._columns)
        fresh.measure(chain(islice(rows.values(), MEASURED_AT_ONCE), in_view), now)
        shrunk = fresh.needed != self.needed
        self.needed, self._widest, self._loose_since = fresh.needed, fresh._widest, None
        self.filled = [one or other for one, other in zip(self.filled, fresh.filled, strict=True)]
        self._shrunk = self._shrunk or shrunk
        return shrunk

    def _loose(self, rows: Mapping[Ref, Row], now: float) -> bool:
        """Whether the row that has made a column as wide as it is no longer needs that."""
        for index, ref in enumerate(self._widest):
            row = rows.get(ref) if ref is not None else None
            cell = row.cells[index] if row is not None and index < len(row.cells) else None
            if ref is not None and (cell is None or _taken(cell, self._limits[index], now) < self.needed[index]):
                return True
        return False


def _taken(cell: Cell, limit: int, now: float) -> int:
    text = cell.text
    if cell.runs_on:
        return 0
    if is_age(cell):
        before = cell_len(text) if text != AT_LEAST else 0
        return max(AGE_WIDTH + before, cell_len(shown_text(cell, now)))
    if text:
        return len(text) if text.isascii() else cell_len(enough(text, limit))
    return 0
