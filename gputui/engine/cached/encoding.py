"""A machine list as lines of JSON, without wire models, raw objects and secrets, and back from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nsmallest
from itertools import chain, islice
from typing import Any

from gputui.core.cells import Cell, Column, Kind, Role, Value
from gputui.core.health import Health
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.core.text import clean
from gputui.engine.cached.lists import CachedList, cached_row, cached_view
from gputui.engine.fleet import STALE
from gputui.engine.live_rows import worst_place

VERSION = 2
MOST_ROWS = 5000
"""A longer list is kept in part: the rows that need attention first."""
_BLOCK = 200
"""Rows of one line, which is made and read in one piece, in some milliseconds; the first has more than a window."""
BROKEN = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
"""What reading a file raises that is none of ours, or was cut off."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose list it is: the provider, and the settings of the profile that are no secrets.

    A list is shown only to the same account: a profile may keep its name and lead to another cloud.
    """

    provider: str
    settings: Mapping[str, Any]

    def is_of(self, provider: str, own: Mapping[str, Any]) -> bool:
        """Whether a profile with this table is that account."""
        return provider == self.provider and all(own.get(name) == value for name, value in self.settings.items())


def encoded(account: Account, profile: str, view: AnyView, at: float, rows: Iterable[Row]) -> Iterator[str]:
    """The lines of a list: who and what it is, then its rows in blocks."""
    head = {
        "version": VERSION,
        "provider": account.provider,
        "settings": dict(account.settings),
        "profile": profile,
        "view": view.name,
        "title": view.title,
        "at": at,
        "health": view.health is not None,
        "state": view.state is not None,
        "columns": [_column(column) for column in view.columns],
    }
    yield json.dumps(head)
    kept = _seen_first(list(_worth_keeping(rows))) if view.health is not None else _worth_keeping(rows)
    while block := list(islice(kept, _BLOCK)):
        yield _block(block)


def _worth_keeping(rows: Iterable[Row]) -> Iterator[Row]:
    """At most as many rows as are kept, of a longer list the faulty ones first. What cannot be read is left out."""
    readable = [row for row in rows if row.item is not None]
    if len(readable) > MOST_ROWS:
        readable.sort(key=lambda row: not row.health.faulty)
    return islice(readable, MOST_ROWS)


def _seen_first(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows of a list that is shown worst first, with a block of those first that will be on top."""
    if len(rows) <= _BLOCK:
        return iter(rows)
    first = nsmallest(_BLOCK, rows, key=lambda row: worst_place(row, health=_as_cached(row.health)))
    chosen = {row.ref for row in first}
    return chain(first, (row for row in rows if row.ref not in chosen))


def _as_cached(health: Health) -> Health:
    """The health that a row of a cached list may still be said to have."""
    return health if health.faulty else Health.UNKNOWN


def _column(column: Column[Any]) -> dict[str, Any]:
    return {
        "title": column.title,
        "id": column.id,
        "right": column.right,
        "wide": column.wide,
        "max_width": column.max_width,
        "role": column.role.value if column.role else None,
        "kind": column.kind,
        "unit": column.unit,
    }


def _block(rows: Sequence[Row]) -> str:
    """One line: the different cells, and the rows, which name their cells by number."""
    numbers: dict[tuple[str, str], int] = {}
    cells: list[list[Any]] = []
    lines: list[list[Any]] = []
    for row in rows:
        own: list[int] = []
        for cell in row.cells:
            key = (cell.text, repr(cell.value))
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(cells)
                cells.append([cell.text, _plain(cell.value)])
            own.append(number)
        lines.append([row.ref.id, row.name, row.state, row.health.word, own])
    return json.dumps({"cells": cells, "rows": lines})


def _plain(value: Value) -> Any:
    return [value.isoformat()] if isinstance(value, datetime) else value


def decoded(text: str, profile: str, provider: str, own: Mapping[str, Any]) -> CachedList | None:
    """The list that `encoded` wrote, if it is one of that profile, with its first rows; None for anything else."""
    try:
        first, *blocks = text.splitlines()
        head = json.loads(first)
        account = Account(head["provider"], dict(head["settings"]))
        if head["version"] != VERSION or head["profile"] != profile or not account.is_of(provider, own):
            return None
        begun = CachedList(_view(head), float(head["at"]), {}, tuple(blocks))
        return with_more(begun, profile) if blocks else begun
    except BROKEN:
        return None


def with_more(cached: CachedList, profile: str) -> CachedList:
    """The list with its next block of rows. Raises ValueError and others of `BROKEN` where there is none."""
    block, *waiting = cached.waiting
    rows = {row.ref: row for row in _rows(json.loads(block), profile, cached.view)}
    return replace(cached, rows={**cached.rows, **rows}, waiting=tuple(waiting))


def _view(head: Mapping[str, Any]) -> AnyView:
    own = [_as_column(**column) for column in head["columns"]]
    health, state = head["health"] is True, head["state"] is True
    return cached_view(_text(head["view"]), _text(head["title"]), own, has_health=health, has_state=state)


def _as_column(
    *, title: str, id: str, right: bool, wide: bool, max_width: int, role: str | None, kind: Kind, unit: str
) -> Column[Any]:
    if kind not in ("text", "number", "flag", "moment"):
        raise ValueError(kind)
    return Column(
        _text(title),
        lambda _: Cell(""),
        right=right is True,
        wide=wide is True,
        max_width=max(1, int(max_width)),
        role=None if role is None else Role(role),
        id=_text(id),
        kind=kind,
        unit=_text(unit),
    )


def _rows(block: Mapping[str, Any], profile: str, view: AnyView) -> Iterator[Row]:
    """The rows of a block: every cell dimmed, and no verdict that looks fine."""
    cells = [Cell(_text(text), _value(value), "dim") for text, value in block["cells"]]
    count = 1 + (view.health is not None) + (view.state is not None) + len(view.columns)
    for id, name, state, word, numbers in block["rows"]:
        before = _HEALTHS[word]
        health = _as_cached(before)
        own = [cells[number] for number in numbers]
        if len(own) != count:
            raise ValueError("not one cell for each column")
        if not before.faulty and view.health is not None:
            own[1] = STALE
        yield cached_row(Ref(profile, view.name, _text(id)), _text(name), _text(state), health, tuple(own))


_HEALTHS: Mapping[str, Health] = {health.word: health for health in Health}


def _text(text: object) -> str:
    """A text, safe to show: what wrote the file may have been another program."""
    if not isinstance(text, str):
        raise TypeError(text)
    return clean(text)


def _value(value: Any) -> Value:
    if value is None or isinstance(value, _PLAIN):
        return value
    moment = datetime.fromisoformat(*value)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment


_PLAIN = (str, int, float)
