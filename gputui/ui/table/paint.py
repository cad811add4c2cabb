"""The lines of a table as text with named styles, and the differences between two lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Any, NamedTuple

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from gputui.core.cells import EMPTY, Cell, Column, is_age, shown_text
from gputui.core.health import Health
from gputui.core.rows import Row
from gputui.ui.table.columns import GUTTER, Layout, Slot, fit, split, width_of
from gputui.ui.table.order import Sort, cell_at

_LEAST_BEHIND = 4
StyleOf = Callable[[str, bool, bool], Style]
"""Returns a style by name, on the cursor line or not, flashing or not."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters for one kind of terminal, and the translation of other texts for it."""

    bar: str = "▌"
    mark: str = "●"
    ellipsis: str = "…"
    rising: str = "↑"
    falling: str = "↓"
    before: str = "‹"
    after: str = "›"
    table: dict[int, str] = field(default_factory=dict)


def signs(*, ascii_only: bool) -> Signs:
    """Return the signs for a terminal with Unicode, or with ASCII only."""
    if not ascii_only:
        return Signs()
    table = {ord(health.glyph): health.ascii_glyph for health in Health}
    table |= {ord("–"): "-", ord("×"): "x", ord("…"): "~", ord("→"): ">", ord("·"): "."}
    return Signs(">", "*", "~", "^", "v", "<", ">", table)


class StyledSpan(NamedTuple):
    """A text with one style."""

    text: str
    look: str
    flashing: bool = False


class LineState(NamedTuple):
    """The look of a line apart from its row: lines with equal row and state differ at most in their ages."""

    layout: Layout
    cursor: bool = False
    marked: bool = False
    faded: bool = False
    flashing: frozenset[int] = frozenset()


@dataclass(slots=True)
class Line:
    """One screen line. `ages` are the texts of its `moments`; `strip` is created when first drawn."""

    row: Row | None
    dress: LineState
    pieces: tuple[StyledSpan, ...]
    moments: tuple[Cell, ...] = ()
    ages: tuple[str, ...] = ()
    strip: Strip | None = None

    def stands(self, row: Row, dress: LineState, now: float) -> bool:
        """Whether this line is still current for the row."""
        return self.row is row and self.dress == dress and self.ages == _ages(self.moments, now)

    def same(self, other: Line) -> bool:
        """Whether both lines look the same."""
        return self.pieces == other.pieces and self.dress.cursor == other.dress.cursor


class Painter:
    """Draws the rows and the header of one table as lines."""

    def __init__(self, columns: Sequence[Column[Any]], *, ascii_only: bool) -> None:
        self._columns = columns
        self._signs = signs(ascii_only=ascii_only)

    def row(self, row: Row, dress: LineState, now: float) -> Line:
        """Return the line of a row at `now` (epoch seconds)."""
        slots = dress.layout.slots
        cells = [cell_at(row, slot.column) for slot in slots]
        moments = tuple(filter(is_age, cells))
        mark = self._signs.mark if dress.marked else " "
        bar = self._signs.bar if dress.cursor else " "
        pieces = [StyledSpan(mark, "mark"), StyledSpan(f"{bar} "[: GUTTER - 1], "bar")]
        for slot, cell, text in zip(slots, cells, self._texts(slots, cells, now), strict=True):
            look = "stale" if dress.faded else f"tone-{cell.tone}"
            pieces.append(StyledSpan(text, look, slot.column in dress.flashing))
        return Line(row, dress, tuple(pieces), moments, _ages(moments, now))

    def _texts(self, slots: Sequence[Slot], cells: Sequence[Cell], now: float) -> Iterator[str]:
        """Yield what stands in each slot; a text that runs on has the room of the empty cells behind it, too."""
        rest = ""
        for at, (slot, cell) in enumerate(zip(slots, cells, strict=True)):
            if rest and cell is EMPTY:
                text, rest = split(rest, slot.span)
            elif cell.runs_on:
                empty = takewhile(lambda pair: pair[1] is EMPTY, zip(slots[at + 1 :], cells[at + 1 :], strict=True))
                last = next(iter(deque((each for each, _ in empty), 1)), slot)
                room = last.x + last.width - slot.x
                text, rest = split(self._fit(_within(shown_text(cell, now), room), room, right=False), slot.span)
            else:
                text = self._fit(shown_text(cell, now), slot.width, right=self._columns[slot.column].right)
            yield text + " " * (slot.span - width_of(text))

    def header(self, layout: Layout, sort: Sort | None) -> Line:
        """Return the titles, with an arrow at the sort column, and a sign on each side that hides columns."""
        known = self._signs
        pieces = [StyledSpan(f"{known.before if layout.before else '':<{GUTTER}}"[: layout.window], "header")]
        for slot in layout.slots:
            column = self._columns[slot.column]
            arrow = ""
            if sort is not None and sort.column == slot.column:
                arrow = known.falling if sort.reverse else known.rising
            title = self._fit(column.title, slot.width, right=column.right)
            if not column.right:
                title = title.rstrip()
            pieces.append(StyledSpan(f"{title}{arrow}"[: slot.span].ljust(slot.span), "header"))
        if layout.after:
            pieces = [*_cut(pieces, layout.window - 1), StyledSpan(known.after, "header")]
        return Line(None, LineState(layout), tuple(pieces))

    def _fit(self, text: str, width: int, *, right: bool) -> str:
        if self._signs.table:
            text = text.translate(self._signs.table)
        return fit(text, width, right=right, ellipsis=self._signs.ellipsis)


def draw(line: Line, style_of: StyleOf) -> Strip:
    """Return the line in its styles, as wide as the window."""
    if line.strip is None:
        cursor, window = line.dress.cursor, line.dress.layout.window
        segments = [
            Segment("".join(piece.text for piece in pieces), style_of(look, cursor, flashing))
            for (look, flashing), pieces in groupby(line.pieces, itemgetter(1, 2))
        ]
        rest = "header" if line.row is None else "tone-plain"
        line.strip = Strip(segments).crop_extend(0, window, style_of(rest, cursor, False))
    return line.strip


def differences(before: Line, after: Line, y: int) -> Iterator[Region]:
    """Yield the regions of screen line `y` to repaint; both lines have the same layout."""
    if before.same(after):
        return
    layout = after.dress.layout
    if before.dress.cursor != after.dress.cursor or len(before.pieces) != len(after.pieces) or after.row is None:
        yield Region(0, y, layout.window, 1)
        return
    if before.pieces[:2] != after.pieces[:2]:
        yield Region(0, y, GUTTER, 1)
    for slot, old, new in zip(layout.slots, before.pieces[2:], after.pieces[2:], strict=True):
        if old != new:
            yield Region(slot.x, y, slot.span, 1)


def _within(text: str, room: int) -> str:
    """Return a text that runs on, or where no word behind its first part would fit, that part whole."""
    first = text.partition(": ")[0]
    return first if width_of(first) <= room <= width_of(first) + _LEAST_BEHIND else text


def _cut(pieces: Sequence[StyledSpan], width: int) -> list[StyledSpan]:
    text = "".join(piece.text for piece in pieces)
    return [StyledSpan(set_cell_size(text, width), "header")] if width > 0 else []


def _ages(moments: Iterable[Cell], now: float) -> tuple[str, ...]:
    return tuple(shown_text(cell, now) for cell in moments)
