"""The cursor and the marks of a table: refs of rows, never positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from gputui.core.ordered_refs import OrderedRefs
from gputui.core.rows import Ref, Row

_MOST_BEFORE = 50
"""Rows before the one where the cursor begins."""


class Selection:
    """The chosen row and the marked rows, kept through every refresh, sort and filter.

    `line` is the cursor's line, or its last one if its row is not shown any more: then no row is chosen, and the next
    step goes to a nearby one. From a row that only a filter hides, the cursor is away until it is shown again. Until a
    row is chosen, the cursor stays on the first line that verbs may be about, whichever row that is: those before it,
    as of a profile that cannot be read, are there to be seen.
    """

    def __init__(self) -> None:
        self.cursor: Ref | None = None
        self.line = 0
        self.marks: frozenset[Ref] = frozenset()
        self._held = False
        self._missed: Ref | None = None
        """The chosen row while the filter hides it."""

    def forget(self, gone: Iterable[Ref]) -> None:
        """Remove the marks of rows that no longer exist."""
        if self.marks:
            marks = self.marks.difference(gone)
            self.marks = marks if len(marks) != len(self.marks) else self.marks

    def settle(self, rows: Mapping[Ref, Row], order: OrderedRefs) -> None:
        """Find the chosen row in a new order."""
        refs = order.refs
        if self._held and self._stands(refs):
            return
        chosen = self.cursor if self._held and self.cursor is not None else self._missed
        self._missed = chosen if chosen in rows else None
        at = order.place(self._missed) if self._missed is not None else None
        if at is not None:
            self.line, self.cursor, self._missed, self._held = at, chosen, None, True
        elif self._held:
            self.cursor = None
        else:
            self.line = next((at for at, ref in enumerate(islice(refs, _MOST_BEFORE)) if not rows[ref].withheld), 0)
            self.cursor = refs[self.line] if refs else None

    def _stands(self, refs: Sequence[Ref]) -> bool:
        return self.line < len(refs) and refs[self.line] == self.cursor

    @property
    def held(self) -> bool:
        """Whether a row has been chosen, not just the first line."""
        return self._held

    def hold(self) -> None:
        """Choose the row under the cursor, instead of just the first line."""
        if not self._held and self.cursor is not None:
            self._held, self._missed = True, None

    def step(self, order: Sequence[Ref], lines: int) -> None:
        """Move by this many lines, stopping at the ends."""
        # With nothing chosen, the row that is now at the cursor's line counts as the one below it.
        above = 1 if self.cursor is None and lines > 0 else 0
        self.to_line(order, self.line + lines - above)

    def to_line(self, order: Sequence[Ref], line: int) -> None:
        """Choose the row on this line, or on the nearest one; without any, the next first row gets the cursor."""
        self._held = bool(order)
        if order:
            self.line = max(0, min(line, len(order) - 1))
            self.cursor, self._missed = order[self.line], None

    def choose(self, order: Sequence[Ref], ref: Ref | None) -> bool:
        """Choose this row; False, without a change, if it is not shown. None chooses nothing."""
        if ref is None:
            self.cursor, self._missed, self._held = None, None, True
            return True
        try:
            self.to_line(order, order.index(ref))
        except ValueError:
            return False
        return True
