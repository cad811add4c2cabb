"""The line of each value in a JSON text, so that errors can be reported by line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from gputui.core.text import clean

Path = tuple[str | int, ...]
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|\n')


@dataclass
class DocumentPlaces:
    """The line (from 1) of each key and entry, by its path, and the paths of duplicate keys."""

    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    repeated: list[tuple[Path, int]] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of what is at `path`, or of the nearest existing parent."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def places(text: str) -> DocumentPlaces:
    """Find the lines in a text that `json.loads` accepts."""
    found, line = DocumentPlaces(), 1
    at: list[str | int] = []
    in_key = False
    for mark in _MARKS.findall(text):
        if mark == "\n":
            line += 1
        elif mark in ("}", "]"):
            at.pop()
            in_key = False
        elif mark == ",":
            last = at[-1]
            in_key = isinstance(last, str)
            if isinstance(last, int):
                at[-1] = last + 1
        elif mark == ":":
            in_key = False
        elif in_key:
            at[-1] = str(json.loads(mark))
            _note(found, tuple(at), line)
        else:
            if at and isinstance(at[-1], int):
                found.lines.setdefault(tuple(at), line)
            if mark in ("{", "["):
                at.append("" if mark == "{" else 0)
                in_key = mark == "{"
    return found


def _note(found: DocumentPlaces, path: Path, line: int) -> None:
    if path in found.lines:
        found.repeated.append((path, line))
    found.lines[path] = line


def spelled(path: Path) -> str:
    """A path as people write it: `spec.ports[0].container`."""
    return clean("".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix("."))
