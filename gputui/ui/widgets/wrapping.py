"""Wrap text of any length for a window: first limited, then broken at spaces, at a cost bounded by what is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from rich.cells import cell_len, get_character_cell_size

from gputui.core.text import MOST_PER_CELL, clean
from gputui.ui.widgets.styles import Line, Part

_HANGING = "    "
"""Before a text that has no room behind what it belongs to."""

LONGEST_LINE, LONGEST_TEXT, MOST_LINES = 20_000, 100_000, 20_000
"""Limits of a reader: characters per line, characters in total, and lines; wrapping that takes a frame or two."""


def bounded(lines: Iterable[Line], *, end: bool = False, way: str = "") -> list[Line]:
    """Return the first lines, or with `end` the last ones, cleaned; omitted text is announced by a line.

    `way` tells how to get the rest.
    """
    cut = partial(_cut, way=way)
    whole = lines if isinstance(lines, Sequence) and not end else list(lines)
    if end:
        last = list(_so_many(map(cut, reversed(whole)), len(whole), way))
        return [line for parts in reversed(last) for line in parts]
    return [line for parts in _so_many(map(cut, whole), len(whole), way) for line in parts]


def _so_many(cut: Iterable[Sequence[Line]], count: int, way: str) -> Iterator[Sequence[Line]]:
    taken = 0
    for at, parts in enumerate(cut):
        if taken >= LONGEST_TEXT or at >= MOST_LINES:
            left = count - at
            yield [_more(f"{left:,} {'line' if left == 1 else 'lines'}", way)]
            return
        yield parts
        taken += sum(len(text) for line in parts for text, _ in line)


def _cut(line: Line, way: str) -> list[Line]:
    """Return the cleaned line, followed by a line with the number of characters omitted from a long one."""
    shown: Line = tuple((clean(text[:LONGEST_LINE]), style) for text, style in line)
    left = sum(max(0, len(text) - LONGEST_LINE) for text, _ in line)
    return [shown, _more(_size(left), way)] if left else [shown]


def _more(how_much: str, way: str) -> Line:
    rest = way or ", not shown here"
    return ((f"  … {how_much} more{rest}", "degraded"),)


def _size(characters: int) -> str:
    return f"{characters:,} characters" if characters < 10_000 else f"{characters // 1000:,} kB"


def wrapped(line: Line, width: int) -> list[Line]:
    """Return the line, or several if it does not fit: continuations are indented like its text if there is room.

    If what stands before the text leaves it no room, the space between them goes; if that is not enough, the text
    begins on a line of its own.
    """
    if not line or _fits("".join(text for text, _ in line), width):
        return [line]
    *before, (text, style) = line
    indent = sum(cell_len(part) for part, _ in before)
    if indent > width * 2 // 3:
        return _beneath(_trimmed(before), (text, style), width)
    pieces = list(_pieces(text, width - indent))
    first: Line = (*before, (pieces[0], style))
    return [first, *(((" " * indent, ""), (piece, style)) for piece in pieces[1:])]


def _beneath(heading: Line, part: Part, width: int) -> list[Line]:
    """Return the heading with its text close behind it, or else on lines of its own."""
    text, style = part
    close: Line = (*heading, ("  ", ""), part)
    if _fits("".join(text for text, _ in close), width):
        return [close]
    pieces = _pieces(text, width - len(_HANGING)) if text.strip(" ") else ()
    return [*wrapped(heading, width), *(((_HANGING, ""), (piece, style)) for piece in pieces)]


def _trimmed(before: Sequence[Part]) -> Line:
    """Return parts without the spaces that lead to what follows."""
    *others, (text, style) = before
    return (*others, (text.rstrip(" "), style))


def _fits(text: str, width: int) -> bool:
    if text.isascii():
        return len(text) <= width
    return len(text) <= width * MOST_PER_CELL and cell_len(text) <= width


def _pieces(text: str, width: int) -> Iterator[str]:
    """Break at spaces, measured in cells; within a word only if the word is longer than a line, which is then filled.

    Folded names (`gpu-[001-006,008]`) have no spaces: such a word is broken behind a comma, if one is in its second
    half. A fingerprint or an address that fits is never broken.
    """
    at, ascii_only = 0, text.isascii()
    while True:
        end = at + width if ascii_only else _end(text, at, width)
        if end >= len(text):
            break
        blank = text.rfind(" ", at, end + 1)
        whole = text.find(" ", blank + 1, blank + 2 + width) >= 0 or len(text) <= blank + 1 + width
        cut = blank if blank > at and (whole or blank - at > width // 2) else _within(text, at, max(end, at + 1))
        yield text[at:cut].rstrip(" ")
        while cut < len(text) and text[cut] == " ":
            cut += 1
        at = cut
    yield text[at:]


def _within(text: str, at: int, end: int) -> int:
    """Return where to break a word of which `at` to `end` fits a line."""
    comma = text.rfind(",", (at + end) // 2, end) + 1
    return comma or end


def _end(text: str, at: int, width: int) -> int:
    """Return the end of what fits from `at` on; the end of the text if all of it does."""
    taken = 0
    for end in range(at, len(text)):
        taken += get_character_cell_size(text[end])
        if taken > width:
            return end
    return len(text)
