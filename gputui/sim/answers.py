"""JSON responses with long lists: an unchanged row is neither built nor encoded again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from starlette.responses import JSONResponse

Body = dict[str, object]
Thing = TypeVar("Thing")
SPARE_ROWS = 1000


class Row(Body):
    """A body that caches its encoding."""

    __slots__ = ("_text",)

    @property
    def text(self) -> bytes:
        """Return the body as JSON; its content must not change after the first call."""
        try:
            return self._text
        except AttributeError:
            self._text: bytes = encoded(dict(self))
            return self._text


class Rows(Generic[Thing]):
    """The rows of objects of one kind; `marks` of an object compare as equal while its body is the same."""

    def __init__(self, marks: Callable[[Thing], object], body: Callable[[Thing], Body]) -> None:
        self._marks = marks
        self._body = body
        self._kept: dict[int, tuple[Thing, object, Row]] = {}
        self._most = 0

    def of(self, things: Iterable[Thing]) -> list[Row]:
        """Return a row for each object."""
        rows = [self._row(thing) for thing in things]
        self._most = max(self._most, len(rows))
        if len(self._kept) > 2 * self._most + SPARE_ROWS:  # most of them are of objects that are gone
            self._kept.clear()
        return rows

    def _row(self, thing: Thing) -> Row:
        marks = self._marks(thing)
        kept = self._kept.get(id(thing))
        if kept is not None and kept[1] == marks:
            return kept[2]
        row = Row(self._body(thing))
        self._kept[id(thing)] = (thing, marks, row)  # keeps a reference to the object, so that its id is not reused
        return row


class Answer(JSONResponse):
    """A response that is a list, or an object with a list in it."""

    def render(self, content: object) -> bytes:
        """Return the same bytes as plain JSON encoding."""
        if isinstance(content, list):
            return _listed(content)
        if not isinstance(content, dict):
            return encoded(content)
        return b"{" + b",".join(encoded(key) + b":" + _value(value) for key, value in content.items()) + b"}"


def encoded(value: object) -> bytes:
    """Encode as compact JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _value(value: object) -> bytes:
    return _listed(value) if isinstance(value, list) else encoded(value)


def _listed(rows: list[object]) -> bytes:
    return b"[" + b",".join(row.text if isinstance(row, Row) else encoded(row) for row in rows) + b"]"
