"""What the terminal shows and what it shall show, cell by cell, and the text that leads from one to the other."""

from __future__ import annotations

from typing import TypeAlias

from textual._compositor import ChopsUpdate, LayoutUpdate

from gputui.ui.terminal.cells import CellRow, Cells, ScreenCell
from gputui.ui.terminal.frame_text import Pen, frame_text, move
from gputui.ui.terminal.looks import PLAIN
from gputui.ui.terminal.runs import runs_of

Update: TypeAlias = "LayoutUpdate | ChopsUpdate"
_UNKNOWN = ScreenCell("", PLAIN, None, "")
"""What stands on a terminal that another program had."""


class ScreenModel:
    """Takes Textual's updates at any time; `frame` is asked for when the terminal can take one.

    `erases` tells that the terminal erases in the ground of its pen. The wrapping of lines must be off.
    """

    def __init__(self, *, erases: bool = True) -> None:
        self._erases = erases
        self._cells = Cells()
        self._width = 0
        self._pen = Pen()
        self._wanted: list[CellRow] = []
        self._shown: list[CellRow] | None = None
        """None where it is not known what the terminal shows."""

    def resize(self, width: int, height: int) -> None:
        """Begin anew if the terminal has another size than before."""
        if (width, height) != (self._width, len(self._wanted)):
            self._width = width
            self._wanted = [[self._cells.plain] * width for _ in range(height)]
            self._shown = None

    def forget(self) -> None:
        """The terminal may show anything: another program had it, or its size has changed."""
        self._shown = None

    def take(self, update: Update) -> None:
        """Remember what an update draws."""
        if isinstance(update, LayoutUpdate):
            self._take_lines(update)
        else:
            self._take_spans(update)

    def frame(self, cursor: tuple[int, int] | None = None) -> str:
        """Return the text that makes the terminal show what it shall, empty if it does.

        `cursor` is the column and line where the cursor must be in the end; None if nobody looks for it.
        """
        if not self._wanted:
            return ""
        text = ""
        if self._shown is None:  # all cells are drawn; nothing is emptied first, as that would blink
            text, self._pen = "\x1b[m", Pen()
            self._shown = [[_UNKNOWN] * self._width for _ in self._wanted]
        runs = [
            run
            for y, (old, new) in enumerate(zip(self._shown, self._wanted, strict=True))
            if old is not new
            for run in runs_of(y, old, new, erases=self._erases)
        ]
        self._shown = [*self._wanted]
        drawn, self._pen = frame_text(runs, self._width, self._pen) if runs else ("", self._pen)
        return text + drawn + self._moved(cursor)

    def _moved(self, cursor: tuple[int, int] | None) -> str:
        if cursor is None:
            return ""
        look, y, x = self._pen
        self._pen = Pen(look, cursor[1], cursor[0])
        return move(y, x, cursor[1], cursor[0])

    def _take_lines(self, update: LayoutUpdate) -> None:
        for y, line in enumerate(update.strips[: len(self._wanted) - update.region.y], update.region.y):
            row = [*self._wanted[y]]
            self._put(row, update.region.x, self._cells.row(line))
            self._wanted[y] = self._mended(row)

    def _take_spans(self, update: ChopsUpdate) -> None:
        for y, start, end in update.spans:
            if y >= len(self._wanted):
                continue
            row = [*self._wanted[y]]
            for last, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is not None and x < end and last > start:
                    first = max(x, start)
                    self._put(row, first, self._cells.row((strip,))[first - x : min(last, end) - x])
            self._wanted[y] = self._mended(row)

    def _put(self, row: CellRow, x: int, cells: CellRow) -> None:
        """Lay cells into a row, as many of them as it has room for."""
        fitting = cells[: max(0, self._width - x)]
        row[x : x + len(fitting)] = fitting

    def _mended(self, row: CellRow) -> CellRow:
        """Return the row without halves of wide characters: what is left of one that was drawn over is blank."""
        if not self._cells.any_wide:
            return row
        before: ScreenCell | None = None
        for x, cell in enumerate(row):
            if before is not None and before.second is not cell and before.second is not None:
                row[x - 1] = self._cells.blank(before.look)
            if cell.is_second and (before is None or before.second is not cell):
                cell = row[x] = self._cells.blank(cell.look)
            before = cell
        if before is not None and before.second is not None:
            row[-1] = self._cells.blank(before.look)
        return row
