"""Makes text from outside safe to show, once, where bytes become values."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

REPLACED = "\N{REPLACEMENT CHARACTER}"
ODD_SPACE = "\N{OPEN BOX}"
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS_ALLOWED = 2
"""Combining marks kept after a base character: enough for real scripts, too few to overlap other lines."""
MOST_PER_CELL = 1 + _MARKS_ALLOWED
"""The most characters of clean text that one cell of a terminal takes."""

_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\N{SYMBOL FOR DELETE}"}


def clean(text: str) -> str:
    """Return `text` with every control, bidi, zero-width and other invisible character as a visible mark.

    Nothing is dropped: two different names never look the same because of a missing character. C0 controls become
    Unicode control pictures, odd spaces an open box, the rest U+FFFD. The result holds no character of the categories
    Cc Cf Cs Co Cn Zl Zp.
    """
    if text.isascii():
        return text if text.isprintable() else text.translate(_CONTROLS)
    if _plain().fullmatch(text):
        return text
    shown = text.translate(_shown())
    return shown if _pile().search(text) is None else _without_piles(text, shown)


def _without_piles(text: str, shown: str) -> str:
    kept: list[str] = []
    marks, is_mark = 0, _marks()
    for char, instead in zip(text, shown, strict=True):
        marks = marks + 1 if is_mark[char] else 0
        kept.append(REPLACED if marks > _MARKS_ALLOWED else instead)
    return "".join(kept)


class _Shown(dict[int, str]):
    """The replacement of each character, looked up once for all texts: output of machines can be megabytes."""

    def __missing__(self, code: int) -> str:
        shown = self[code] = _visible(chr(code))
        return shown


class _Marks(dict[str, bool]):
    """Which characters combine with the one before them."""

    def __missing__(self, char: str) -> bool:
        found = self[char] = bool(unicodedata.combining(char)) or unicodedata.category(char) in ("Mn", "Me")
        return found


@cache
def _shown() -> _Shown:
    return _Shown()


@cache
def _marks() -> _Marks:
    return _Marks()


@cache
def _pile() -> re.Pattern[str]:
    """More characters in a row than marks are allowed, all from ranges that contain combining marks."""
    return re.compile(
        "[\u0300-\u2fff\u3000-\u30ff\ua000-\uabff\ufb00-\uffff\U00010000-\U0001efff\U000e0000-\U000e0fff]{3}"
    )


@cache
def _plain() -> re.Pattern[str]:
    """Characters of which none is hidden, a space or a mark: only for speed, output of machines can be megabytes.

    Compiled on first use: that takes a millisecond, which startup does not have.
    """
    return re.compile(
        "[ -~¡-¬®-\u024f\u0391-\u03a1\u03a3-\u03ce\u0410-\u044f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
        "\u2190-\u2426\u2500-\u27bf\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]+"
    )


def _visible(char: str) -> str:
    code = ord(char)
    if 0x20 <= code < 0x7F:
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    if char in _INVISIBLE_LETTERS or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return REPLACED
    category = unicodedata.category(char)
    if category in _HIDDEN:
        return REPLACED
    return ODD_SPACE if category == "Zs" else char


def clean_tree(value: Json) -> Json:
    """Return a JSON value with every string in it, keys too, made safe by `clean`."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): clean_tree(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [clean_tree(entry) for entry in value]
    return value


def lines_of(text: str) -> list[str]:
    """Split outside text at its line breaks and clean each line: for bodies and logs, which have lines."""
    return [clean(line) for line in text.replace("\r\n", "\n").replace("\t", "    ").split("\n")]


def defused(text: str) -> str:
    """`text` with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" \u2423")[:1] in _FORMULAS and text.strip() else text


_FORMULAS = tuple("=+-@\t\r\n\u2409\u240a\u240d\uff1d\uff0b\uff0d\uff20")
"""What begins a formula or ends the cell before one: also as `clean` shows it, and in full-width form."""


def shorten(text: str, limit: int) -> str:
    """Cut `text` to at most `limit` characters, ending in an ellipsis if something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def as_object(value: Json) -> dict[str, Json]:
    """Return `value` if it is a JSON object, otherwise an empty one: for replies that may be malformed."""
    return value if isinstance(value, dict) else {}
