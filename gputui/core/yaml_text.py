"""JSON values as YAML in block style; all text is in double quotes: no name turns into a number, a date or `no`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from gputui.core.records import Record
from gputui.core.text import Json

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_NOT_ASCII = re.compile(r'[^ -~]|["\\]')
_CONTROLS = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]|["\\]')


def write_yaml(records: Iterable[Record], out: TextIO) -> None:
    """Write one list in ASCII with escapes, so that no text of a cloud can control the terminal."""
    lines = [line for record in records for line in _item(record, _NOT_ASCII)]
    out.write("\n".join(lines) + "\n" if lines else "[]\n")


def yaml_lines(value: Json, *, ascii_only: bool = False) -> list[str]:
    """Return the lines of a document: what is no control character is not escaped, unless only ASCII is wanted."""
    return list(_block(value, _NOT_ASCII if ascii_only else _CONTROLS))


def _item(value: Json, escaped: re.Pattern[str]) -> Iterator[str]:
    mark = "- "
    for line in _block(value, escaped):
        yield mark + line
        mark = "  "


def _block(value: Json, escaped: re.Pattern[str]) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            name = key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _WORDS else _quoted(key, escaped)
            if isinstance(entry, dict | list) and entry:
                yield f"{name}:"
                yield from (f"  {line}" for line in _block(entry, escaped))
            else:
                yield f"{name}: {_scalar(entry, escaped)}"
    elif isinstance(value, list) and value:
        for entry in value:
            yield from _item(entry, escaped)
    else:
        yield _scalar(value, escaped)


def _scalar(value: Json, escaped: re.Pattern[str]) -> str:
    return _quoted(value, escaped) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str, escaped: re.Pattern[str]) -> str:
    """Return a double-quoted scalar, without surrogate pairs, which YAML does not join as JSON does."""

    def escape(found: re.Match[str]) -> str:
        character = found[0]
        if character in '"\\':
            return f"\\{character}"
        return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"

    return f'"{escaped.sub(escape, text)}"'
