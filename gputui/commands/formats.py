"""Write records as JSON, JSON lines, YAML or a plain table."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TextIO

from gputui.core.records import Record
from gputui.core.text import MOST_PER_CELL, Json, clean

WIDEST = 200
"""The maximum width of a text in a table, in terminal cells."""
_PLAIN_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPED = re.compile(r'[^ -~]|["\\]')


def write_json(records: Iterable[Record], out: TextIO) -> None:
    """Write one list in ASCII with escapes, so that no text of a cloud can control the terminal."""
    lines = [json.dumps(record, ensure_ascii=True, allow_nan=False) for record in records]
    out.write("[" + ",".join(f"\n  {line}" for line in lines) + ("\n]\n" if lines else "]\n"))


def write_jsonl(records: Iterable[Record], out: TextIO) -> None:
    """Write one object per line."""
    for record in records:
        out.write(json.dumps(record, ensure_ascii=True, allow_nan=False) + "\n")


def write_yaml(records: Iterable[Record], out: TextIO) -> None:
    """Write one list in block style; all text is in double quotes, so no name turns into a number, a date or `no`."""
    lines = [line for record in records for line in _yaml_item(record)]
    out.write("\n".join(lines) + "\n" if lines else "[]\n")


def _yaml_item(value: Json) -> Iterator[str]:
    mark = "- "
    for line in _yaml(value):
        yield mark + line
        mark = "  "


def _yaml(value: Json) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            name = key if _PLAIN_KEY.fullmatch(key) and key not in _YAML_WORDS else _quoted(key)
            if isinstance(entry, dict | list) and entry:
                yield f"{name}:"
                yield from (f"  {line}" for line in _yaml(entry))
            else:
                yield f"{name}: {_scalar(entry)}"
    elif isinstance(value, list) and value:
        for entry in value:
            yield from _yaml_item(entry)
    else:
        yield _scalar(value)


def _scalar(value: Json) -> str:
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """Return a double-quoted YAML scalar in ASCII, without surrogate pairs, which YAML does not join as JSON does."""

    def escaped(found: re.Match[str]) -> str:
        character = found[0]
        if character in '"\\':
            return f"\\{character}"
        return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"

    return f'"{_ESCAPED.sub(escaped, text)}"'


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
