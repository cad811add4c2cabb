"""The cursor and the marks of a table: identities of rows, never positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from gputui.core.rows import Ref, Row

NEARBY = 64


class Selection:
    """Which row is chosen and which are marked, through every refresh, sort and filter.

    `line` is where the cursor stands, or stood when its row went away: then nothing is chosen, and the next
    step lands nearby. Until somebody chooses a row, the cursor stays on the first line, whatever comes to stand there.
    """

    def __init__(self) -> None:
        self.cursor: Ref | None = None
        self.line = 0
        self.marks: frozenset[Ref] = frozenset()
        self._held = False

    def settle(self, rows: Mapping[Ref, Row], order: Sequence[Ref]) -> None:
        """Find the same rows again in a new order."""
        if not all(ref in rows for ref in self.marks):
            self.marks = frozenset(ref for ref in self.marks if ref in rows)
        if not self._held:
            self.line, self.cursor = 0, order[0] if order else None
        elif self.cursor is not None and not self._stands(order):
            self._find(rows, order)

    def _stands(self, order: Sequence[Ref]) -> bool:
        return self.line < len(order) and order[self.line] == self.cursor

    def _find(self, rows: Mapping[Ref, Row], order: Sequence[Ref]) -> None:
        cursor, self.cursor = self.cursor, None
        if cursor is None or cursor not in rows:
            return
        # Rows mostly move by a few lines; looking through all of them comes last.
        for start, end in ((max(0, self.line - NEARBY), self.line + NEARBY), (0, len(order))):
            with suppress(ValueError):
                self.line = order.index(cursor, start, end)
                self.cursor = cursor
                return

    @property
    def held(self) -> bool:
        """Whether a row has been chosen, and not only the first line."""
        return self._held

    def hold(self) -> None:
        """The row under the cursor is meant, and no longer the first line."""
        self._held = self._held or self.cursor is not None

    def step(self, order: Sequence[Ref], lines: int) -> None:
        """Move by this many lines, not past the ends."""
        # With nothing chosen, the row that stands where the cursor was is the one below it.
        above = 1 if self.cursor is None and lines > 0 else 0
        self.to_line(order, self.line + lines - above)

    def to_line(self, order: Sequence[Ref], line: int) -> None:
        """Choose the row on this line, or on the nearest there is."""
        if order:
            self._held = True
            self.line = max(0, min(line, len(order) - 1))
            self.cursor = order[self.line]

    def choose(self, order: Sequence[Ref], ref: Ref | None) -> bool:
        """Choose this row; False, and nothing is changed, where it is not shown. None chooses nothing."""
        if ref is None:
            self.cursor, self._held = None, True
            return True
        try:
            self.to_line(order, order.index(ref))
        except ValueError:
            return False
        return True
