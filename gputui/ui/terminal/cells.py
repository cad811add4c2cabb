"""The cells of a screen: one object for all that are equal, so that rows are compared by identity."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import split_graphemes
from rich.style import Style
from textual.strip import Strip

from gputui.ui.terminal.looks import PLAIN, Look, look_of

_FIRST_EMOJI = 0x1F000
_MOST_STYLES, _MOST_CELLS = 4096, 20_000
"""Of each so many, after which they are forgotten: a colour or a text that never comes again must not stay."""


@dataclass(eq=False, slots=True)
class ScreenCell:
    """A character, with the marks that combine with it, and its look. A wide one is two cells, the second without text.

    `sure` tells that every terminal gives it the width that Textual does.
    """

    text: str
    look: Look
    ink: Look | None
    """Its look; None if only its ground is seen."""
    paper: str
    """The paper of its look."""
    sure: bool = True
    second: ScreenCell | None = None
    """Of a wide character its second cell."""
    is_second: bool = False


CellRow: TypeAlias = list[ScreenCell]
"""All cells of a line. A row is never changed, but replaced by another."""


class _Drawn(dict[str, ScreenCell]):
    """The cells of one look, by their texts."""

    def __init__(self, look: Look, blanks: dict[str, ScreenCell]) -> None:
        super().__init__()
        self._look = look
        self._blanks = blanks

    def __missing__(self, text: str) -> ScreenCell:
        cell = self[text] = self._made(text) if text != " " or self._look.blank_ground is None else self._blank()
        return cell

    def wide(self, text: str) -> tuple[ScreenCell, ScreenCell]:
        """Return both cells of a wide character."""
        cell = self[text]
        if cell.second is None:
            look = self._look
            cell.second = ScreenCell("", look, look, look.paper, sure=cell.sure, is_second=True)
        return cell, cell.second

    def _made(self, text: str) -> ScreenCell:
        sure = len(text) == 1 and ord(text) < _FIRST_EMOJI and not unicodedata.combining(text)
        return ScreenCell(text, self._look, self._look, self._look.paper, sure=sure)

    def _blank(self) -> ScreenCell:
        """Return the one of its ground: another colour of the text is not seen."""
        ground = self._look.blank_ground or ""
        if ground not in self._blanks:
            self._blanks[ground] = ScreenCell(" ", Look(ground=ground), None, ground)
        return self._blanks[ground]


class Cells:
    """Makes cells. Those of one `Cells` are the same object if they look the same."""

    def __init__(self) -> None:
        self.any_wide = False
        """Whether there has been a wide character: without one no cell depends on its neighbours."""
        self._by_style: dict[Style | None, _Drawn] = {}
        self._by_look: dict[Look, _Drawn] = {}
        self._blanks: dict[str, ScreenCell] = {}
        self._narrow: set[str] = set()
        """Characters known to take one cell beside any others."""

    @property
    def plain(self) -> ScreenCell:
        """The cell of an empty terminal."""
        return self._of(None)[" "]

    def blank(self, look: Look) -> ScreenCell:
        """Return a space on the ground of that look."""
        return self._with_look(look)[" "]

    def row(self, strips: Iterable[Strip]) -> CellRow:
        """Return the cells of strips side by side."""
        row: CellRow = []
        for strip in strips:
            for text, style, control in strip:
                if control:
                    continue
                drawn = self._by_style.get(style) or self._of(style)
                if text.isascii() or self._narrow.issuperset(text):
                    row += map(drawn.__getitem__, text)
                else:
                    self._draw(row, drawn, text)
        return row

    def _draw(self, row: CellRow, drawn: _Drawn, text: str) -> None:
        """Add a text of which a character may be wide, or combine with the one before it."""
        for start, end, width in split_graphemes(text)[0]:
            piece = text[start:end]
            if width == 2:
                self.any_wide = True
                row += drawn.wide(piece)
            elif width == 1:
                row.append(drawn[piece])
                if end - start == 1:
                    self._narrow.add(piece)
            elif row and not row[-1].is_second:
                row[-1] = self._with_look(row[-1].look)[row[-1].text + piece]

    def _of(self, style: Style | None) -> _Drawn:
        if len(self._by_style) > _MOST_STYLES or sum(map(len, self._by_look.values())) > _MOST_CELLS:
            self._by_style.clear()
            self._by_look.clear()
        drawn = self._by_style[style] = self._with_look(PLAIN if style is None else look_of(style))
        return drawn

    def _with_look(self, look: Look) -> _Drawn:
        if look not in self._by_look:
            self._by_look[look] = _Drawn(look, self._blanks)
        return self._by_look[look]
