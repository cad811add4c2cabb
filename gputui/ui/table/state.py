"""The state of a table, without a screen: rows, their order, the filter, the cursor and the marks."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping
from typing import Any, TypeAlias

from gputui.core.ordered_refs import FEW, OrderedRefs
from gputui.core.rows import Ref, Row
from gputui.ui.table.order import Keep, Sort, cell_at, ordering, sorted_place
from gputui.ui.table.selection import Selection

Place: TypeAlias = tuple[Any, ...]
"""A row's position in the given order: its sort key, which is unique."""
Put: TypeAlias = Mapping[Ref, tuple[Row, Place]]
"""Rows to show, each with its place, instead of their old versions."""


class TableState:
    """The newest rows as shown; every change keeps cursor and marks on their rows.

    A change of few rows filters and moves only these. `version` changes whenever rows, their order or the marks may
    have.
    """

    def __init__(self) -> None:
        self.rows: dict[Ref, Row] = {}
        self.keep: Keep | None = None
        self.sort: Sort | None = None
        self.selection = Selection()
        self.version = 0
        self._places: dict[Ref, Place] = {}
        self._given = self._shown = OrderedRefs(self._places.__getitem__)
        self._shown_as: tuple[Keep | None, Sort | None] = (None, None)
        self._arranging: Generator[None, None, list[Ref]] | None = None
        self._since: dict[Ref, None] = {}
        self._sorted: dict[Ref, Place] = {}
        self._hidden_marks: int | None = None

    @property
    def order(self) -> list[Ref]:
        """The rows that are shown, from top to bottom."""
        return self._shown.refs

    def take(self, rows: Mapping[Ref, Row], places: Mapping[Ref, Place] | None = None) -> None:
        """Set a whole list in its given order. `places` are its sort keys, needed if it is updated by `change`."""
        self.rows = dict(rows)
        self._places = {ref: places[ref] if places else (at,) for at, ref in enumerate(rows)}
        self._given = OrderedRefs(self._places.__getitem__, rows)
        self.selection.forget(ref for ref in self.selection.marks if ref not in rows)
        self.arrange()

    def change(self, put: Put, gone: Iterable[Ref]) -> None:
        """Insert or replace these rows, each with its place, and remove others."""
        gone = [ref for ref in gone if ref in self.rows]
        apart, alone = self._shown is not self._given, len(put) + len(gone) <= FEW
        moved: list[Ref] = []
        if apart and alone:
            moved = [ref for ref, (row, place) in put.items() if not self._stays(ref, row, place)]
            self._shown.discard([ref for ref in (*moved, *gone) if ref in self.rows])
        self._put(put, gone)
        self.selection.forget(gone)
        if self.arranging:
            self._since.update(dict.fromkeys((*put, *gone)))
        if apart and alone:
            keep = self._shown_as[0]
            self._shown.add([ref for ref in moved if keep is None or keep(self.rows[ref])])
        elif apart:
            self.arrange()
        self._settle()

    def _stays(self, ref: Ref, row: Row, place: Place) -> bool:
        """Whether this new version of a row certainly stays on its line."""
        before, (keep, sort) = self.rows.get(ref), self._shown_as
        if before is None or keep is not None or sort is None or self._places[ref] != place:
            return False
        return cell_at(before, sort.column).value == cell_at(row, sort.column).value

    def _put(self, put: Put, gone: Collection[Ref]) -> None:
        moved = [ref for ref, (_, place) in put.items() if self._places.get(ref) != place]
        self._given.discard([*gone, *(ref for ref in moved if ref in self.rows)])
        for ref in (*put, *gone):
            self._sorted.pop(ref, None)
        for ref in gone:
            del self.rows[ref], self._places[ref]
        for ref, (row, place) in put.items():
            self.rows[ref], self._places[ref] = row, place
        self._given.add(moved)

    def arrange(self) -> None:
        """Sort the rows again, after the filter or the sorting has changed."""
        self.begin_arranging()
        self.finish_arranging()

    def begin_arranging(self) -> None:
        """Sort in steps: until it is finished, the rows are shown in the old order."""
        self._since = {}
        self._arranging = ordering(list(self._given.refs), self.rows, self.keep, self.sort)

    @property
    def arranging(self) -> bool:
        """Whether rows are still shown in the old order."""
        return self._arranging is not None

    def go_on_arranging(self) -> bool:
        """Do one step; return whether there are more. The last one shows the result."""
        if self._arranging is None:
            return False
        try:
            next(self._arranging)
        except StopIteration as ended:
            self._arranging = None
            self._show(ended.value)
        return self._arranging is not None

    def finish_arranging(self) -> None:
        """Do all remaining steps."""
        while self.go_on_arranging():
            pass

    def _show(self, refs: list[Ref]) -> None:
        keep, sort = self._shown_as = self.keep, self.sort
        self._sorted = {}
        if keep is None and sort is None:
            self._shown = self._given
        else:
            since = self._since
            self._shown = OrderedRefs(self._shown_place, [ref for ref in refs if ref not in since] if since else refs)
            self._shown.add([ref for ref in since if ref in self.rows and (keep is None or keep(self.rows[ref]))])
        self._since = {}
        self._settle()

    def _settle(self) -> None:
        self._noted()
        self.selection.settle(self.rows, self._shown)

    def _shown_place(self, ref: Ref) -> Place:
        given, sort = self._places[ref], self._shown_as[1]
        if sort is None:
            return given
        place = self._sorted.get(ref)
        if place is None:
            place = self._sorted[ref] = sorted_place(self.rows[ref], sort, given)
        return place

    def apart_from(self, rows: Mapping[Ref, Row], places: Mapping[Ref, Place]) -> set[Ref]:
        """Return the rows that are another object than in `rows`, have another place, or are in only one of both."""
        mine, known = self.rows, self._places
        found = {ref for ref, row in rows.items() if mine.get(ref) is not row or known[ref] is not places[ref]}
        return found.union(ref for ref in mine if ref not in rows)

    def place_of(self, ref: Ref) -> Place:
        """Return the place of a row in the given order."""
        return self._places[ref]

    def line_of(self, ref: Ref) -> int | None:
        """Return the line of a row; None if it is not shown."""
        return self._shown.place(ref) if ref in self.rows else None

    def mark_only(self, refs: Iterable[Ref]) -> None:
        """Mark exactly these rows, ignoring unknown ones."""
        self.selection.marks = frozenset(ref for ref in refs if ref in self.rows)
        self._noted()

    def _noted(self) -> None:
        self.version += 1
        self._hidden_marks = None

    @property
    def hidden_marks(self) -> int:
        """The number of marked rows that the filter hides."""
        if self._hidden_marks is None:
            marks = self.selection.marks
            self._hidden_marks = len(marks.difference(self.order)) if marks and self.keep is not None else 0
        return self._hidden_marks
