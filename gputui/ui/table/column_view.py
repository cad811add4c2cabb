"""Which columns of a table are in view, and how wide: what they have needed, what is wanted, and what was skipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from gputui.core.cells import Column
from gputui.core.rows import Ref, Row
from gputui.ui.table.columns import MEASURED_AT_ONCE, Layout, Widths, lay_out, skip_for


class ColumnView:
    """The columns of one table. `wide` shows the wide ones, too."""

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        self.columns = tuple(columns)
        self.wide = False
        self._widths = Widths(self.columns)
        self._skipped = 0

    def layout(self, window: int) -> Layout:
        """The columns that fit a window of this width."""
        return lay_out(self.columns, self._widths.needed, window, wide=self.wide, skipped=self._skipped)

    def skip(self, by: int, layout: Layout) -> None:
        """Go on by so many columns from where `layout` stands; the first stays."""
        if by < 0 or layout.cut:
            self._skipped = max(0, layout.before + by)

    def reveal(self, column: int, window: int) -> None:
        """Skip so many that this column is in view."""
        needed = self._widths.needed
        self._skipped = skip_for(column, self.columns, needed, window, wide=self.wide, skipped=self._skipped)

    def next_to(self, column: int | None, step: int) -> int | None:
        """The column beside this one; beyond either end lies None."""
        choices = [None, *(index for index, one in enumerate(self.columns) if self.wide or not one.wide)]
        at = choices.index(column) if column in choices else 0
        return choices[(at + step) % len(choices)]

    def measure(self, rows: Iterable[Row], now: float) -> None:
        """Make room for these rows, the first of them: further ones are measured when in view."""
        self._widths.measure(islice(rows, MEASURED_AT_ONCE), now)

    def measure_new(self, before: Mapping[Ref, Row], after: Mapping[Ref, Row], now: float) -> None:
        """Make room for rows that were not there."""
        self._widths.measure_new(before, after, now)
