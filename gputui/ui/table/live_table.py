"""A live table: rows are identified by ref, drawn line by line, and repainted only where something changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer

from gputui.core.cells import Column
from gputui.core.rows import Ref, Row
from gputui.ui.table.arranger import Arranger
from gputui.ui.table.canvas import LineCanvas
from gputui.ui.table.column_view import ColumnView
from gputui.ui.table.columns import Layout
from gputui.ui.table.flash import Fading
from gputui.ui.table.keys import TABLE_BINDINGS
from gputui.ui.table.order import Keep, Sort, next_sort
from gputui.ui.table.paint import Line, LineState, Painter
from gputui.ui.table.state import Place, Put, TableState
from gputui.ui.table.styles import COMPONENTS, TABLE_CSS

LINES_KEPT = 500


class LiveTable(LineCanvas, can_focus=True):
    """Rows of snapshots with a cursor and marks, which are refs.

    `columns[i]` is the column of `row.cells[i]`. `now` returns epoch seconds for drawing ages. `flash` highlights
    changed cells for a moment.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    DEFAULT_CSS = TABLE_CSS
    BINDINGS: ClassVar[list[BindingType]] = list(TABLE_BINDINGS)
    ALLOW_SELECT = False

    class Said(Message):
        """The base of this table's messages."""

        def __init__(self, table: LiveTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> LiveTable:
            """The table, for `@on` selectors."""
            return self.table

    class Moved(Said):
        """The cursor moved to another row; None if it is on none."""

        def __init__(self, table: LiveTable, ref: Ref | None) -> None:
            super().__init__(table)
            self.ref = ref

    class Opened(Said):
        """Enter was pressed on this row."""

        def __init__(self, table: LiveTable, ref: Ref) -> None:
            super().__init__(table)
            self.ref = ref

    class MarksChanged(Said):
        """The marks have changed."""

    class Rearranged(Said):
        """The user wants another order of the rows, or other columns."""

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        *,
        now: Callable[[], float],
        ascii_only: bool = False,
        flash: bool = True,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self._now = now
        self._state = TableState()
        self._stale: frozenset[str] = frozenset()
        self._flashes = Fading(self._begin_timer, self.redraw, on=flash)
        self.column_view = ColumnView(self.columns)
        self._painter = Painter(self.columns, ascii_only=ascii_only)
        self._arranger = Arranger(self._state, self._change, self.redraw)
        self._known_lines: dict[Ref, Line] = {}

    # ---- rows

    def show(
        self, rows: Mapping[Ref, Row], *, places: Mapping[Ref, Place] | None = None, stale: frozenset[str] = frozenset()
    ) -> None:
        """Show a whole list in its given order. The rows of `stale` profiles lose their colours.

        `places` are its sort keys, needed if it is updated by `change`.
        """
        before, self._stale = self._state.rows, stale
        with self._change():
            self._state.take(rows, places)
        self.column_view.measure_new(before, rows, self._now())
        self._drawn_anew(before)

    def change(self, put: Put, gone: Iterable[Ref], *, stale: frozenset[str] = frozenset()) -> None:
        """Show these rows, each at its place, instead of their old versions, and remove others; the rest stays."""
        before = {ref: row for ref in put if (row := self._state.rows.get(ref)) is not None}
        self._stale = stale
        with self._change():
            self._state.change(put, gone)
        self.column_view.measure((row for row, _ in put.values()), self._now())
        self._drawn_anew(before)

    def _drawn_anew(self, before: Mapping[Ref, Row]) -> None:
        self._flashes.note(before, self._state.rows, self._state.order[self.top : self.top + self.lines_in_view])
        self.redraw()

    def _begin_timer(self, every: float, call: Callable[[], None]) -> Timer | None:
        return self.set_interval(every, call) if self.is_attached else None

    def set_filter(self, keep: Keep | None) -> None:
        """Show only rows that `keep` accepts; None shows all. It is called for new and changed rows."""
        self._state.keep = keep
        self._arranger.begin()

    def sort_by(self, column: int | None, reverse: bool = False) -> None:
        """Sort by a column, an index into `columns`; None restores the given order."""
        self._state.sort = None if column is None else Sort(column, reverse)
        if column is not None and self.size:
            self.column_view.reveal(column, self.scrollable_content_region.width)
        self._arranger.begin()

    def rearrange(self, sort: Sort | None) -> None:
        """Sort as the user wants it."""
        self.sort_by(sort.column if sort else None, sort.reverse if sort else False)
        self.post_message(self.Rearranged(self))

    def finish_arranging(self) -> None:
        """Finish reordering at once, as a key must apply to the requested order."""
        self._arranger.finish()

    @property
    def sorting(self) -> Sort | None:
        """The column to sort by; None for the given order."""
        return self._state.sort

    @property
    def wide(self) -> bool:
        """Whether the wide columns are also shown."""
        return self.column_view.wide

    @wide.setter
    def wide(self, wide: bool) -> None:
        self.column_view.wide = wide
        self.redraw()

    @property
    def rows(self) -> Mapping[Ref, Row]:
        """All rows of the snapshot, including those hidden by the filter."""
        return self._state.rows

    @property
    def shown_refs(self) -> Sequence[Ref]:
        """The rows that pass the filter, from top to bottom."""
        return tuple(self._state.order)

    @property
    def shown_count(self) -> int:
        """The number of rows that pass the filter."""
        return len(self._state.order)

    @property
    def total_count(self) -> int:
        """The number of rows."""
        return len(self._state.rows)

    # ---- cursor and marks

    @property
    def cursor_ref(self) -> Ref | None:
        """The chosen row; None if there is none, for example after it was removed."""
        return self._state.selection.cursor

    def choose(self, ref: Ref | None) -> bool:
        """Put the cursor on this row; False if it is not shown. None removes the cursor."""
        with self._move():
            return self._state.selection.choose(self._state.order, ref)

    def to_line(self, line: int) -> None:
        """Put the cursor on this line, or on the nearest one."""
        with self._move():
            self._state.selection.to_line(self._state.order, line)

    @property
    def marks(self) -> frozenset[Ref]:
        """The marked rows, including those hidden by the filter."""
        return self._state.selection.marks

    @property
    def hidden_marks(self) -> int:
        """The number of marked rows that the filter hides."""
        return self._state.hidden_marks

    def set_marks(self, refs: Iterable[Ref]) -> None:
        """Mark exactly these rows, ignoring unknown ones."""
        with self._change():
            self._state.mark_only(refs)
        self.redraw()

    @contextmanager
    def _move(self) -> Iterator[None]:
        """Wrap a cursor move by the user: scrolls to the cursor."""
        with self._change():
            yield
            if self.cursor_ref is not None:
                self.reveal(self._state.selection.line)
        self.redraw()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Wrap a change of the state: afterwards sends messages about cursor and marks."""
        selection = self._state.selection
        cursor, marks, seen = selection.cursor, selection.marks, self.in_view(selection.line)
        yield
        self.fit_lines()
        if seen and selection.cursor is not None:
            self.reveal(selection.line)
        if selection.cursor != cursor:
            self.post_message(self.Moved(self, selection.cursor))
        if selection.marks is not marks and selection.marks != marks:
            self.post_message(self.MarksChanged(self))

    # ---- keys and mouse

    def action_step(self, lines: int) -> None:
        """Move the cursor by lines, not past the ends."""
        with self._move():
            self._state.selection.step(self._state.order, lines)

    def action_page(self, pages: int) -> None:
        """Move the cursor by screens."""
        self.action_step(pages * max(1, self.lines_in_view - 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self.to_line(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.to_line(self.shown_count - 1)

    def action_mark(self) -> None:
        """Toggle the row's mark, and move to the next row."""
        if self.cursor_ref is not None:
            self.set_marks(self.marks ^ {self.cursor_ref})
            self.action_step(1)

    def action_mark_all(self) -> None:
        """Mark all rows that are shown, in addition to those already marked."""
        self.set_marks(self.marks.union(self._state.order))

    def action_clear_marks(self) -> None:
        """Remove all marks, including those the filter hides."""
        self.set_marks(())

    def action_open(self) -> None:
        """Send a message to open this row."""
        if self.cursor_ref is not None:
            self.post_message(self.Opened(self, self.cursor_ref))

    def action_skip_columns(self, columns: int) -> None:
        """Show further columns; the first stays."""
        self.column_view.skip(columns, self.layout_in_view)
        self.redraw()

    def action_sort_next(self, step: int) -> None:
        """Sort by the next column; before the first and after the last is the given order."""
        column = self.column_view.next_to(self.sorting.column if self.sorting else None, step)
        self.rearrange(None if column is None else Sort(column))

    def action_sort_way(self, reverse: bool) -> None:
        """Reverse the sorting; if not sorted, sort by the first column."""
        self.rearrange(Sort(self.sorting.column if self.sorting else 0, reverse))

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked row; a title sorts by its column: smallest first, largest first, as given."""
        self.finish_arranging()
        column, line = self.layout_in_view.column_at(event.x), self.top + event.y - 1
        if event.widget is self and event.y and line < self.shown_count:
            self.to_line(line)
        elif event.widget is self and not event.y and column is not None:
            self.rearrange(next_sort(self.sorting, column))

    # ---- drawing

    def on_resize(self) -> None:
        """Keep the cursor visible in a smaller window, or one that was hidden while rows moved."""
        if self.cursor_ref is not None:
            self.reveal(self._state.selection.line)

    def line_count(self) -> int:
        """Return the number of rows shown."""
        return self.shown_count

    def prepare(self, lines: range) -> None:
        """Fit the columns to these rows; most are already measured."""
        rows = [self._state.rows[self._state.order[line]] for line in lines]
        known, now = self._known_lines, self._now()
        self.column_view.measure((row for row in rows if row.ref not in known or known[row.ref].row is not row), now)
        if self.column_view.settle(self._state.rows, rows, now):
            known.clear()  # rows out of sight are measured again when they come back

    def layout_for(self, width: int) -> Layout:
        """Return the columns that fit."""
        layout = self.column_view.layout(width)
        return self.layout_in_view if layout == self.layout_in_view else layout

    def header_line(self, layout: Layout) -> Line:
        """The titles."""
        return self._painter.header(layout, self.sorting)

    def line_at(self, line: int, layout: Layout) -> Line:
        """Return the line of a row; the same object if nothing about it changed."""
        ref = self._state.order[line]
        row, now = self._state.rows[ref], self._now()
        dress = LineState(
            layout,
            cursor=ref == self.cursor_ref,
            marked=ref in self.marks,
            faded=ref.profile in self._stale and bool(ref.view),
            flashing=self._flashes.of(ref),
        )
        known = self._known_lines.get(ref)
        if known is not None and known.stands(row, dress, now):
            return known
        drawn = self._painter.row(row, dress, now)
        self._known_lines.pop(ref, None)
        self._known_lines[ref] = drawn
        if len(self._known_lines) > LINES_KEPT:
            del self._known_lines[next(iter(self._known_lines))]
        return drawn

    def notify_style_update(self) -> None:
        """The theme or the focus has changed."""
        self._known_lines.clear()
        super().notify_style_update()
