"""Write records as JSON, JSON lines or a plain table."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TextIO

from gputui.core.records import Record
from gputui.core.text import MOST_PER_CELL, clean

WIDEST = 200
"""The maximum width of a text in a table, in terminal cells."""


def write_json(records: Iterable[Record], out: TextIO) -> None:
    """Write one list in ASCII with escapes, so that no text of a cloud can control the terminal."""
    lines = [json.dumps(record, ensure_ascii=True, allow_nan=False) for record in records]
    out.write("[" + ",".join(f"\n  {line}" for line in lines) + ("\n]\n" if lines else "]\n"))


def write_jsonl(records: Iterable[Record], out: TextIO) -> None:
    """Write one object per line."""
    for record in records:
        out.write(json.dumps(record, ensure_ascii=True, allow_nan=False) + "\n")


def write_table(
    titles: Sequence[str], lines: Sequence[Sequence[str]], out: TextIO, *, right: Sequence[bool], headers: bool = True
) -> None:
    """Write columns as wide as their widest text, two spaces apart, without trailing spaces.

    A text is cut at WIDEST cells: one of a megabyte would make every line a megabyte. The other formats keep it whole.
    """
    shown = [[_sized(text) for text in line] for line in ([titles, *lines] if headers else lines)]
    widths = [max((line[at][1] for line in shown), default=0) for at in range(len(titles))]
    for line in shown:
        cells = (_padded(*sized, widths[at], right[at]) for at, sized in enumerate(line))
        out.write("  ".join(cells).rstrip() + "\n")


def _sized(text: str) -> tuple[str, int]:
    """What is shown of a text, and its width."""
    shown = _short(text)
    return shown, width(shown)


def _short(text: str) -> str:
    if len(text) <= WIDEST and text.isascii() and text.isprintable():
        return text
    shown = clean(text[: WIDEST * MOST_PER_CELL])
    if len(text) <= WIDEST * MOST_PER_CELL and width(shown) <= WIDEST:
        return shown
    ends = accumulate(map(_cells, shown))
    return shown[: sum(end < WIDEST for end in ends)] + "…"


def _padded(text: str, taken: int, wanted: int, right: bool) -> str:
    space = " " * (wanted - taken)
    return space + text if right else text + space


def width(text: str) -> int:
    """Return the number of terminal cells that `text` takes: two for a wide character, none for a combining one."""
    return len(text) if text.isascii() else _width(text)


@lru_cache(4096)
def _width(text: str) -> int:
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
