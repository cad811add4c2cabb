"""Lays out groups of fields: labels as narrow as they can be, in two columns if the window is wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, TypeAlias

from rich.cells import cell_len

from gputui.core.text import clean, shorten
from gputui.ui.widgets.styles import Line, Part, StyleName
from gputui.ui.widgets.wrapping import LONGEST_LINE, LONGEST_TEXT, wrapped

TWO_COLUMNS, TWO_GROUPS = 100, 150
"""Cells from which on fields stand in two columns, and groups of sentences beside each other."""
_GUTTER, _GAP = 2, 2
_MOST_LABEL = 3
"""A label takes at most this part of its column; a longer one stands above its text."""
Form: TypeAlias = Literal["columns", "beside", "whole"]


@dataclass(frozen=True, slots=True)
class DetailField:
    """One field; `note` says where its text is from, and `opens` is what Enter shows (None: nothing)."""

    label: str
    text: str
    style: StyleName = ""
    note: str = ""
    opens: object = None
    label_style: StyleName = "dim"


@dataclass(frozen=True, slots=True)
class DetailGroup:
    """Fields under a title, or without one; in a wide window they stand in two columns.

    Sentences need more room: a group `beside` another such group shares a wide window with it, a `whole` one does not.
    """

    title: str
    fields: tuple[DetailField, ...]
    form: Form = "columns"


@dataclass(frozen=True, slots=True)
class FieldSpot:
    """Where a field stands, in lines and cells, and which it is, by group and field."""

    y: int
    x: int
    height: int
    width: int
    group: int
    field: int


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """The lines, and the place of each field in the order of its groups."""

    lines: list[Line]
    spots: list[FieldSpot]


def laid_out(groups: Sequence[DetailGroup], width: int, *, wrap: bool = True) -> FieldLayout:
    """Lay groups out for lines of `width` cells; without `wrap` each field is one line, however long."""
    layout = FieldLayout([], [])
    two = wrap and width >= TWO_COLUMNS
    half = (width - _GAP) // 2
    at = 0
    while at < len(groups):
        group = groups[at]
        if layout.lines and group.title:
            layout.lines.append(())
        if wrap and width >= TWO_GROUPS and [one.form for one in groups[at : at + 2]] == ["beside", "beside"]:
            columns = [_block(groups, one, range(len(groups[one].fields)), half, wrap) for one in (at, at + 1)]
            _beside(layout, [_titled(groups[at].title, columns[0]), _titled(groups[at + 1].title, columns[1])], half)
            at += 2
            continue
        if group.title:
            layout.lines.append(((group.title, "head"),))
        count = len(group.fields)
        if two and group.form == "columns" and count > 1:
            split = _middle([_height(field, half) for field in group.fields])
            ranges = (range(split), range(split, count))
            _beside(layout, [_block(groups, at, part, half, wrap) for part in ranges], half)
        else:
            _beside(layout, [_block(groups, at, range(count), width, wrap)], width)
        at += 1
    return layout


def bounded_groups(groups: Sequence[DetailGroup], way: str) -> list[DetailGroup]:
    """Return the groups with clean texts of bounded length; what is left out is said, and `way` tells how to get it."""
    left, found, dropped = LONGEST_TEXT, list[DetailGroup](), 0
    for group in groups:
        kept = [_bounded(field, way) for field in group.fields]
        fitting = 0
        while fitting < len(kept) and left > 0:
            left -= len(kept[fitting].label) + len(kept[fitting].text) + 8
            fitting += 1
        dropped += len(kept) - fitting
        if fitting:
            found.append(DetailGroup(clean(group.title), tuple(kept[:fitting]), group.form))
    if dropped:
        words = f"{dropped:,} {'field' if dropped == 1 else 'fields'} more{way}"
        found.append(DetailGroup("", (DetailField("…", words, "degraded"),)))
    return found


def _bounded(field: DetailField, way: str) -> DetailField:
    text, label = clean(field.text[:LONGEST_LINE]), clean(shorten(field.label, LONGEST_LINE // 100))
    left = len(field.text) - LONGEST_LINE
    note = f"… {left:,} characters more{way}" if left > 0 else clean(field.note)
    return DetailField(label, text, field.style, note, field.opens, field.label_style)


def _block(
    groups: Sequence[DetailGroup], at: int, which: range, width: int, wrap: bool
) -> tuple[list[Line], list[FieldSpot]]:
    """The lines of some fields of a group, and their spots, in a column of its own."""
    fields = groups[at].fields
    room = label_room([fields[number] for number in which], width)
    lines: list[Line] = []
    spots: list[FieldSpot] = []
    for number in which:
        own = list(_lines(fields[number], room, width, wrap))
        spots.append(FieldSpot(len(lines), 0, len(own), width, at, number))
        lines += own
    return lines, spots


def label_room(fields: Sequence[DetailField], width: int) -> int:
    """Return the cells for labels: those of the widest, but no more than a part of the column."""
    most = max(4, (width - _GUTTER) // _MOST_LABEL)
    return max((length for field in fields if (length := cell_len(field.label)) <= most), default=0)


def _lines(field: DetailField, room: int, width: int, wrap: bool) -> Iterator[Line]:
    gutter: Part = (" " * _GUTTER, "")
    label = cell_len(field.label)
    note: Line = ((f"   {field.note}", "dim"),) if field.note else ()
    if not wrap:
        yield (gutter, (field.label + " " * (room - label + _GAP), field.label_style), (field.text, field.style), *note)
        return
    if label > room:
        yield from ((gutter, *line) for line in wrapped(((field.label, field.label_style),), width - _GUTTER))
        before: Part = (" " * room, "")
    else:
        before = (field.label + " " * (room - label), field.label_style)
    space: Part = (" " * (_GAP if room else 0), "")
    text: Part = (field.text, field.style)
    pieces = wrapped((text,), max(8, width - _GUTTER - room - len(space[0]))) or [()]
    for number, piece in enumerate(pieces):
        first = before if not number else (" " * room, before[1])
        line: Line = (gutter, first, space, *piece)
        if number == len(pieces) - 1 and note:
            if _width((*line, *note)) <= width:
                line = (*line, *note)
            else:
                yield line
                line = (gutter, (" " * room, ""), space, (shorten(field.note, max(4, width - room - 6)), "dim"))
        yield line


def _height(field: DetailField, width: int) -> int:
    return 1 + cell_len(field.text) // max(8, width * 2 // 3)


def _middle(heights: Sequence[int]) -> int:
    """Return how many fields the left column gets: the left one is never shorter by a field."""
    total, taken = sum(heights), 0
    for number, height in enumerate(heights, 1):
        taken += height
        if 2 * taken >= total:
            return number
    return len(heights)


def _titled(title: str, block: tuple[list[Line], list[FieldSpot]]) -> tuple[list[Line], list[FieldSpot]]:
    lines, spots = block
    moved = [FieldSpot(spot.y + 1, spot.x, spot.height, spot.width, spot.group, spot.field) for spot in spots]
    return [((title, "head"),), *lines], moved


def _beside(layout: FieldLayout, blocks: Sequence[tuple[list[Line], list[FieldSpot]]], half: int) -> None:
    """Put blocks beside each other below what is laid out already."""
    top = len(layout.lines)
    for number, (_, spots) in enumerate(blocks):
        x = number * (half + _GAP)
        layout.spots.extend(FieldSpot(top + s.y, x, s.height, s.width, s.group, s.field) for s in spots)
    if len(blocks) == 1:
        layout.lines.extend(blocks[0][0])
        return
    for left, right in zip_longest(blocks[0][0], blocks[1][0], fillvalue=()):
        layout.lines.append((*left, (" " * (half + _GAP - _width(left)), ""), *right) if right else left)


def _width(line: Line) -> int:
    return sum(cell_len(text) for text, _ in line)
