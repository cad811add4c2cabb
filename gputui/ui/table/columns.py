"""How wide the columns of a table are and where each stands on the line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, zip_longest
from typing import Any

from rich.cells import cell_len, set_cell_size

from gputui.core.cells import Column, shown_text
from gputui.core.rows import Ref, Row
from gputui.core.text import MOST_PER_CELL, clean

GUTTER = 3
"""Mark, cursor bar, space."""
GAP = 2
SHRUNK = 12
"""Columns of text give way down to this width before any has to leave the screen."""
ANCHOR = 30
"""The first column, the name, gives way down to this only, or to half of a narrow window."""
LEAST = 4
"""A column cut by the right edge is shown while this much of it fits."""
AGE_WIDTH = 5
MEASURED_AT_ONCE = 1000


def width_of(text: str) -> int:
    """Cells that `text` takes on a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, *, right: bool, ellipsis: str) -> str:
    """`text` in exactly `width` cells: padded, or cut with an ellipsis."""
    if not text.isprintable():
        text = clean(text)
    text = _enough(text, width)
    taken = width_of(text)
    if taken > width:
        cut = text[: width - 1] if text.isascii() else set_cell_size(text, width - 1)
        return cut + ellipsis
    space = " " * (width - taken)
    return space + text if right else text + space


def _enough(text: str, width: int) -> str:
    """What of a clean text decides how it looks in so many cells: of one of thousands no more is measured."""
    return text[: (width + 1) * MOST_PER_CELL]


class Widths:
    """The width that each column has needed so far: it only grows, so that a refresh never makes a table jump."""

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        self._limits = [max(column.max_width, width_of(column.title)) for column in columns]
        self.needed = [width_of(column.title) for column in columns]

    def measure(self, rows: Iterable[Row], now: float) -> bool:
        """Make room for these rows; whether a column grew."""
        needed, before = self.needed, sum(self.needed)
        for row in rows:
            for index, (cell, limit) in enumerate(zip(row.cells, self._limits, strict=False)):
                text = cell.text
                if text:
                    taken = len(text) if text.isascii() else cell_len(_enough(text, limit))
                else:
                    taken = max(AGE_WIDTH, len(shown_text(cell, now))) if cell.value is not None else 0
                if taken > needed[index]:
                    needed[index] = min(taken, limit)
        return sum(needed) != before

    def measure_new(self, before: Mapping[Ref, Row], after: Mapping[Ref, Row], now: float) -> None:
        """Make room for rows that were not there, the first of them: further ones are measured when in view."""
        pairs = zip_longest(after.values(), before.values())
        new = (row for row, old in pairs if row is not None and row is not old)
        self.measure(islice(new, MEASURED_AT_ONCE), now)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a column stands: its index, the cell it begins at, the cells of its text, and of all it covers.

    `whole` says that the window's edge cuts nothing off.
    """

    column: int
    x: int
    width: int
    span: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns on the screen, left to right, and how many are out of it on either side."""

    slots: tuple[Slot, ...]
    window: int
    before: int = 0
    after: int = 0

    @property
    def cut(self) -> bool:
        """Whether there is more to the right than the window shows."""
        return self.after > 0 or (bool(self.slots) and not self.slots[-1].whole)


def lay_out(
    columns: Sequence[Column[Any]], needed: Sequence[int], window: int, *, wide: bool = False, skipped: int = 0
) -> Layout:
    """Place columns in `window` cells: the first always, then from the one after `skipped` others as many as fit."""
    room = max(1, window - GUTTER)
    shown = _shown(columns, needed, room, wide=wide)
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


def _shown(columns: Sequence[Column[Any]], needed: Sequence[int], room: int, *, wide: bool) -> list[int]:
    """The columns to show: in wide mode all; else the ordinary ones, and wide ones as far as there is room left."""
    if wide:
        return list(range(len(columns)))
    shown = [index for index, column in enumerate(columns) if not column.wide]
    room += GAP - sum(needed[index] + GAP for index in shown)
    for index, column in enumerate(columns):
        room -= needed[index] + GAP if column.wide else 0
        if room < 0:
            break
        if column.wide:
            shown.append(index)
    return sorted(shown)


def skip_for(
    column: int, columns: Sequence[Column[Any]], needed: Sequence[int], window: int, *, wide: bool, skipped: int
) -> int:
    """How many columns to skip so that this one is in view, whole if it can be: the choice nearest to `skipped`."""
    found = skipped
    for whole in (False, True):
        for choice in sorted(range(len(columns)), key=lambda choice: abs(choice - found)):
            slots = lay_out(columns, needed, window, wide=wide, skipped=choice).slots
            if any(slot.column == column and slot.whole >= whole for slot in slots):
                found = choice
                break
    return found


def _floors(columns: Sequence[Column[Any]], needed: Sequence[int], shown: Sequence[int]) -> dict[int, int]:
    """Down to what width each column gives way; numbers never do."""
    floors = {}
    for index in shown:
        least = ANCHOR if index == shown[0] else max(SHRUNK, width_of(columns[index].title))
        floors[index] = needed[index] if columns[index].right else min(needed[index], least)
    return floors


def _fitting(shown: Sequence[int], floors: Mapping[int, int], room: int) -> int:
    """How many of these columns, from the first on, `room` takes at their least widths."""
    ends = accumulate(floors[index] + GAP for index in shown)
    return sum(end - GAP <= room for end in ends)


def _shrunk(needed: Sequence[int], shown: Sequence[int], floors: Mapping[int, int], room: int) -> dict[int, int]:
    """Widths that fit `room` where the widest texts giving way is enough for it."""
    widths = {index: needed[index] for index in shown}
    room -= GAP * (len(shown) - 1)
    limit = max(widths.values(), default=0)
    while sum(widths.values()) > room and limit > 0:
        limit -= 1
        for index in shown:
            widths[index] = min(widths[index], max(limit, floors[index]))
    return widths
