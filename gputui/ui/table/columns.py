"""The positions of the columns of a table on the line, and their widths there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from rich.cells import cell_len, set_cell_size

from gputui.core.cells import Column
from gputui.core.text import MOST_PER_CELL, clean

GUTTER = 3
"""Mark, cursor bar, space."""
GAP = 2
SHRUNK = 12
"""Text columns shrink to this width before any column is hidden."""
COMFORTABLE = 16
"""Columns that may shrink do so to this width before a wide one is left out."""
ANCHOR = 30
"""The first column, the name, shrinks only to this, or to half of a narrow window."""
LEAST = 4
"""A column cut by the right edge is shown if at least this much of it fits."""


def width_of(text: str) -> int:
    """Return the cells that `text` takes on a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, *, right: bool, ellipsis: str) -> str:
    """Return `text` in exactly `width` cells: padded, or cut with an ellipsis."""
    if not text.isprintable():
        text = clean(text)
    text = enough(text, width)
    taken = width_of(text)
    if taken > width:
        cut = text[: width - 1] if text.isascii() else set_cell_size(text, width - 1)
        return cut + ellipsis
    space = " " * (width - taken)
    return space + text if right else text + space


def enough(text: str, width: int) -> str:
    """Return the part of a clean text that matters in `width` cells, so that no more of a long text is measured."""
    return text[: (width + 1) * MOST_PER_CELL]


def split(text: str, width: int) -> tuple[str, str]:
    """Return the part of a text that takes `width` cells at most, and the rest."""
    at = (
        len(text)
        if width_of(text) <= width
        else next(at for at in range(len(text)) if width_of(text[: at + 1]) > width)
    )
    return text[:at], text[at:]


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Which columns the user wants, by index: in what order, which never, and which wide ones always.

    The first column says whose row it is: it stays where it is, and is never hidden. An empty order is the given one.
    """

    order: tuple[int, ...] = ()
    hidden: frozenset[int] = frozenset()
    pinned: frozenset[int] = frozenset()

    def able(self, count: int) -> list[int]:
        """Return the columns that may be shown, from left to right."""
        return [index for index in self.order or range(count) if index not in self.hidden]

    def always(self, index: int, column: Column[Any]) -> bool:
        """Whether it is shown without the wide mode, however narrow the window is."""
        return index not in self.hidden and (not column.wide or index in self.pinned)


AS_GIVEN = ColumnChoice()


@dataclass(frozen=True, slots=True)
class Slot:
    """The position of a column: its index, first cell, width of its text, and width in total.

    `whole` is True if the window's edge does not cut it.
    """

    column: int
    x: int
    width: int
    span: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns on screen, left to right, and how many are hidden on either side."""

    slots: tuple[Slot, ...]
    window: int
    before: int = 0
    after: int = 0

    @property
    def cut(self) -> bool:
        """Whether there is more on the right than the window shows."""
        return self.after > 0 or (bool(self.slots) and not self.slots[-1].whole)

    def column_at(self, x: int) -> int | None:
        """Return the column at this cell of the line; None beside them."""
        return next((slot.column for slot in self.slots if slot.x <= x < slot.x + slot.span), None)


def lay_out(
    columns: Sequence[Column[Any]],
    needed: Sequence[int],
    window: int,
    *,
    wide: bool = False,
    skipped: int = 0,
    choice: ColumnChoice = AS_GIVEN,
    filled: Sequence[bool] = (),
) -> Layout:
    """Place columns in `window` cells: always the first, then as many as fit after skipping `skipped` others.

    Wide columns in which nothing stands, as `filled` says, leave their room to others.
    """
    room = max(1, window - GUTTER)
    shown = _shown(columns, needed, room, choice, filled, wide=wide)
    floors = _floors(columns, needed, shown)
    fits = _fitting(shown, floors, room) == len(shown)
    skipped = 0 if fits else max(0, min(skipped, len(shown) - 2))
    candidates = shown[:1] + shown[1 + skipped :]
    if not fits:
        floors[shown[0]] = min(floors[shown[0]], max(room // 2, LEAST))
    whole = candidates[: _fitting(candidates, floors, room)]
    widths = {index: needed[index] for index in shown} | _shrunk(needed, whole, floors, room)
    slots: list[Slot] = []
    x = GUTTER
    for index in candidates:
        left = window - x
        most = left if slots or fits else min(max(room // 2, LEAST), left)
        width = min(widths[index], most) if slots else max(1, min(widths[index], most))
        if slots and width < (widths[index] if columns[index].right else min(widths[index], LEAST)):
            break
        slots.append(Slot(index, x, width, min(width + GAP, max(left, width)), width == widths[index]))
        x += width + GAP
    return Layout(tuple(slots), window, before=skipped, after=len(candidates) - len(slots))


def _shown(
    columns: Sequence[Column[Any]],
    needed: Sequence[int],
    room: int,
    choice: ColumnChoice,
    filled: Sequence[bool],
    *,
    wide: bool,
) -> list[int]:
    """Return the columns to show: in wide mode all; else the ordinary ones, and wide ones while there is room."""
    able = choice.able(len(columns))
    if wide:
        return able
    shown = {index for index in able if choice.always(index, columns[index])}
    room += GAP - sum(_comfortable(columns[index], needed[index]) + GAP for index in shown)
    for index in able:
        if index in shown or (filled and not filled[index]):
            continue
        room -= _comfortable(columns[index], needed[index]) + GAP
        if room < 0:
            break
        shown.add(index)
    return [index for index in able if index in shown]


def _comfortable(column: Column[Any], needed: int) -> int:
    """Return the width to which a column may shrink for the sake of a wide one: all of it without a `least`."""
    return min(needed, max(COMFORTABLE, column.least)) if column.least else needed


def skip_for(
    column: int,
    columns: Sequence[Column[Any]],
    needed: Sequence[int],
    window: int,
    *,
    wide: bool,
    skipped: int,
    choice: ColumnChoice = AS_GIVEN,
    filled: Sequence[bool] = (),
) -> int:
    """Return how many columns to skip to make this one visible, fully if possible: the number closest to `skipped`."""
    found = skipped
    for whole in (False, True):
        for number in sorted(range(len(columns)), key=lambda number: abs(number - found)):
            slots = lay_out(columns, needed, window, wide=wide, skipped=number, choice=choice, filled=filled).slots
            if any(slot.column == column and slot.whole >= whole for slot in slots):
                found = number
                break
    return found


def _floors(columns: Sequence[Column[Any]], needed: Sequence[int], shown: Sequence[int]) -> dict[int, int]:
    """Return the minimum width of each column; numbers never shrink."""
    floors = {}
    for index in shown:
        usual = ANCHOR if index == shown[0] else SHRUNK
        least = max(columns[index].least or usual, width_of(columns[index].title))
        floors[index] = needed[index] if columns[index].right else min(needed[index], least)
    return floors


def _fitting(shown: Sequence[int], floors: Mapping[int, int], room: int) -> int:
    """Return how many of these columns, from the first on, fit into `room` at their minimum widths."""
    ends = accumulate(floors[index] + GAP for index in shown)
    return sum(end - GAP <= room for end in ends)


def _shrunk(needed: Sequence[int], shown: Sequence[int], floors: Mapping[int, int], room: int) -> dict[int, int]:
    """Return widths that fit into `room`, if shrinking the widest texts is enough."""
    widths = {index: needed[index] for index in shown}
    room -= GAP * (len(shown) - 1)
    limit = max(widths.values(), default=0)
    while sum(widths.values()) > room and limit > 0:
        limit -= 1
        for index in shown:
            widths[index] = min(widths[index], max(limit, floors[index]))
    return widths
