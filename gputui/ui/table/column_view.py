"""The visible columns of a table and their widths, from the needed widths, the wide mode, and the skipped columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from gputui.core.cells import Column
from gputui.core.rows import Ref, Row
from gputui.ui.table.columns import AS_GIVEN, Layout, lay_out, skip_for
from gputui.ui.table.widths import MEASURED_AT_ONCE, Widths


class ColumnView:
    """The columns of one table. `wide` also shows the wide ones; `choice` is which the user wants."""

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        self.columns = tuple(columns)
        self.wide = False
        self.choice = AS_GIVEN
        self._widths = Widths(self.columns)
        self._skipped = 0

    def layout(self, window: int) -> Layout:
        """Return the columns that fit a window of this width."""
        return lay_out(
            self.columns,
            self._widths.needed,
            window,
            wide=self.wide,
            skipped=self._skipped,
            choice=self.choice,
            filled=self._widths.filled,
        )

    def skip(self, by: int, layout: Layout) -> None:
        """Skip further columns, starting from `layout`; the first column stays."""
        if by < 0 or layout.cut:
            self._skipped = max(0, layout.before + by)

    def reveal(self, column: int, window: int) -> None:
        """Skip columns so that this one is visible."""
        self._skipped = skip_for(
            column,
            self.columns,
            self._widths.needed,
            window,
            wide=self.wide,
            skipped=self._skipped,
            choice=self.choice,
            filled=self._widths.filled,
        )

    def next_to(self, column: int | None, step: int) -> int | None:
        """Return the column next to this one; None before the first and after the last."""
        able = self.choice.able(len(self.columns))
        choices = [None, *(index for index in able if self.wide or self.choice.always(index, self.columns[index]))]
        at = choices.index(column) if column in choices else 0
        return choices[(at + step) % len(choices)]

    def measure(self, rows: Iterable[Row], now: float) -> None:
        """Widen the columns for the first of these rows: the others are measured when they become visible."""
        self._widths.measure(islice(rows, MEASURED_AT_ONCE), now)

    def measure_new(self, before: Mapping[Ref, Row], after: Mapping[Ref, Row], now: float) -> None:
        """Widen the columns for new rows."""
        self._widths.measure_new(before, after, now)

    def settle(self, rows: Mapping[Ref, Row], in_view: Iterable[Row], now: float) -> bool:
        """Shrink columns whose widest rows have been gone for a while; return whether one shrank."""
        return self._widths.settle(rows, in_view, now)
