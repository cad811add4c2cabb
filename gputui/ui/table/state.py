"""What a table knows, without a screen: rows, their order, the filter, the cursor and the marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gputui.core.rows import Ref, Row
from gputui.ui.table.order import Keep, Sort, ordered
from gputui.ui.table.selection import Selection


class TableState:
    """The newest rows as they are shown; every change keeps cursor and marks on their own rows."""

    def __init__(self) -> None:
        self.rows: Mapping[Ref, Row] = {}
        self.order: list[Ref] = []
        self.keep: Keep | None = None
        self.sort: Sort | None = None
        self.selection = Selection()

    def take(self, rows: Mapping[Ref, Row]) -> None:
        """A new snapshot."""
        self.rows = dict(rows)
        self.arrange()

    def arrange(self) -> None:
        """Put the rows in order again, after rows, filter or sorting have changed."""
        self.order = ordered(self.rows, self.keep, self.sort)
        self.selection.settle(self.rows, self.order)

    def mark_only(self, refs: Iterable[Ref]) -> None:
        """Mark exactly these rows, as far as there are such."""
        self.selection.marks = frozenset(ref for ref in refs if ref in self.rows)

    @property
    def hidden_marks(self) -> int:
        """How many marked rows the filter hides."""
        marks = self.selection.marks
        return len(marks.difference(self.order)) if marks and self.keep is not None else 0
