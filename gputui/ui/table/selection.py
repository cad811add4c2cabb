"""The cursor and the marks of a table: refs of rows, never positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gputui.core.ordered_refs import OrderedRefs
from gputui.core.rows import Ref, Row


class Selection:
    """The chosen row and the marked rows, kept through every refresh, sort and filter.

    `line` is the cursor's line, or its last one if its row was removed: then no row is chosen, and the next step goes
    to a nearby one. Until a row is chosen, the cursor stays on the first line, whichever row that is.
    """

    def __init__(self) -> None:
        self.cursor: Ref | None = None
        self.line = 0
        self.marks: frozenset[Ref] = frozenset()
        self._held = False

    def forget(self, gone: Iterable[Ref]) -> None:
        """Remove the marks of rows that no longer exist."""
        if self.marks:
            marks = self.marks.difference(gone)
            self.marks = marks if len(marks) != len(self.marks) else self.marks

    def settle(self, rows: Mapping[Ref, Row], order: OrderedRefs) -> None:
        """Find the chosen row in a new order."""
        refs = order.refs
        if not self._held:
            self.line, self.cursor = 0, refs[0] if refs else None
        elif self.cursor is not None and not self._stands(refs):
            at = order.place(self.cursor) if self.cursor in rows else None
            if at is None:
                self.cursor = None
            else:
                self.line = at

    def _stands(self, refs: Sequence[Ref]) -> bool:
        return self.line < len(refs) and refs[self.line] == self.cursor

    @property
    def held(self) -> bool:
        """Whether a row has been chosen, not just the first line."""
        return self._held

    def hold(self) -> None:
        """Choose the row under the cursor, instead of just the first line."""
        self._held = self._held or self.cursor is not None

    def step(self, order: Sequence[Ref], lines: int) -> None:
        """Move by this many lines, stopping at the ends."""
        # With nothing chosen, the row that is now at the cursor's line counts as the one below it.
        above = 1 if self.cursor is None and lines > 0 else 0
        self.to_line(order, self.line + lines - above)

    def to_line(self, order: Sequence[Ref], line: int) -> None:
        """Choose the row on this line, or on the nearest one."""
        if order:
            self._held = True
            self.line = max(0, min(line, len(order) - 1))
            self.cursor = order[self.line]

    def choose(self, order: Sequence[Ref], ref: Ref | None) -> bool:
        """Choose this row; False, without a change, if it is not shown. None chooses nothing."""
        if ref is None:
            self.cursor, self._held = None, True
            return True
        try:
            self.to_line(order, order.index(ref))
        except ValueError:
            return False
        return True
