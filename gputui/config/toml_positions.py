"""Finds the line of a TOML key, which tomllib does not report."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

Keys = tuple[str, ...]
LONGEST_VALUE = 200
"""Lines up to which a value is followed: lines inside a longer one may be taken for keys, which does no harm."""


def line_of(text: str, keys: Keys) -> int | None:
    """The line (from 1) that sets the key at the path `keys`, or else the nearest table or value around it."""
    best: tuple[int, int] | None = None
    for number, found in _keys(text.replace("\r\n", "\n").split("\n")):
        depth = _common(found, keys)
        if depth and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def _common(found: Keys, keys: Keys) -> int:
    """How many of `keys` the path `found` of a line covers; 0 if it belongs elsewhere or is a neighbouring key."""
    depth = 0
    for ours, wanted in zip(found, keys, strict=False):
        if ours != wanted:
            break
        depth += 1
    # `[profiles.other]` or `other_key = 1` of the same table share a prefix, but do not contain the key.
    return depth if depth == len(found) or depth == len(keys) else 0


def _keys(lines: list[str]) -> Iterator[tuple[int, Keys]]:
    table: Keys = ()
    position = 0
    while position < len(lines):
        line = lines[position].strip()
        if line.startswith("["):
            table = _path(line) or table
            yield position + 1, table
        elif "=" in line and not line.startswith("#"):
            key, value = _split(line)
            if key:
                yield position + 1, table + key
                position += _lines_after(value, lines, position)
        position += 1


def _split(line: str) -> tuple[Keys, str]:
    """The key before the `=` that ends it (a quoted key may hold others) and the value's text."""
    at = line.find("=")
    while at != -1:
        key = _path(f"{line[:at]}= 0")
        if key:
            return key, line[at + 1 :]
        at = line.find("=", at + 1)
    return (), ""


def _lines_after(value: str, lines: list[str], position: int) -> int:
    """How many more lines the value that starts at `position` continues."""
    for extra in range(min(LONGEST_VALUE, len(lines) - position)):
        try:
            tomllib.loads("x = " + "\n".join([value, *lines[position + 1 : position + 1 + extra]]))
        except tomllib.TOMLDecodeError:
            continue
        return extra
    return 0


def _path(line: str) -> Keys:
    """The path of the one table header or key in `line`, by the real parser; empty if there is none."""
    try:
        inner: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    names: list[str] = []
    while True:
        if isinstance(inner, list) and inner:
            inner = inner[0]
        if not isinstance(inner, dict) or not inner:
            return tuple(names)
        name = next(iter(inner))
        names.append(name)
        inner = inner[name]
