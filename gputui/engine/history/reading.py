"""Answers questions about the past from the history's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from gputui.core.health import Health
from gputui.core.rows import Ref
from gputui.engine.history.records import (
    MachinePast,
    ObservedChange,
    Remembered,
    Span,
    WatchedSpan,
    What,
    health_of,
)


def changes(database: sqlite3.Connection, span: Span) -> list[ObservedChange]:
    """The changes of a span, newest first. Raises sqlite3.Error."""
    wanted, given = "change.at >= ? AND change.at < ?", [span.since, span.until]
    more: list[str | int | float] = [*given]
    if span.profile:
        wanted += " AND machine.profile = ?"
        more.append(span.profile)
    if span.ref is not None:
        wanted += " AND change.machine = (SELECT id FROM machine WHERE profile = ? AND view = ? AND ref = ?)"
        more += span.ref
    found = database.execute(
        "SELECT change.at, profile, view, ref, name, what, before, after, change.health, health_before, not_before,"  # noqa: S608
        f" key FROM change JOIN machine ON machine.id = change.machine WHERE {wanted}"
        " ORDER BY change.at DESC, change.id DESC LIMIT ?",
        (*more, span.most),
    )
    return [_change(*row) for row in found]


def watched(database: sqlite3.Connection, span: Span) -> list[WatchedSpan]:
    """When each list was watched within a span, by anybody, oldest first. Raises sqlite3.Error."""
    found = database.execute(
        "SELECT profile, view, begun, ended FROM watched WHERE ended >= ? AND begun < ? AND (? IN ('', profile))"
        " ORDER BY profile, view, begun",
        (span.since, span.until, span.ref.profile if span.ref else span.profile),
    )
    times = (WatchedSpan(*row) for row in found)
    return merged(one for one in times if span.ref is None or one.view == span.ref.view)


def merged(times: Iterable[WatchedSpan]) -> list[WatchedSpan]:
    """Spans that touch or overlap as one, of spans in the order of their list and their beginning."""
    found: list[WatchedSpan] = []
    for one in times:
        last = found[-1] if found else None
        if last is not None and (last.profile, last.view) == (one.profile, one.view) and one.begun <= last.ended:
            found[-1] = WatchedSpan(last.profile, last.view, last.begun, max(last.ended, one.ended))
        else:
            found.append(one)
    return found


def past(database: sqlite3.Connection, ref: Ref) -> MachinePast:
    """Since when a machine is as it is. Raises sqlite3.Error."""
    found: Sequence[float | None] | None = database.execute(
        "SELECT state_since, health_since, last_well FROM machine WHERE profile = ? AND view = ? AND ref = ?",
        tuple(ref),
    ).fetchone()
    return MachinePast(*found) if found else MachinePast()


def remembered(database: sqlite3.Connection, profile: str, view: str) -> dict[str, Remembered]:
    """What is remembered of each machine of a list, by id. Raises sqlite3.Error."""
    found = database.execute(
        "SELECT ref, state, health, seen_at, state_since, health_since, last_well,"
        " (SELECT max(at) FROM change WHERE machine = machine.id AND what <> ?)"
        " FROM machine WHERE profile = ? AND view = ? AND gone = 0",
        (What.OPERATION.value, profile, view),
    )
    alike: dict[Remembered, Remembered] = {}
    by_id: dict[str, Remembered] = {}
    for ref, state, health, seen_at, *past, changed in found:
        one = Remembered(state, health, seen_at, MachinePast(*past), changed)
        by_id[ref] = alike.setdefault(one, one)  # most of a list has been so since the same reading
    return by_id


def _change(
    at: float,
    profile: str,
    view: str,
    ref: str,
    name: str,
    what: str,
    before: str,
    after: str,
    health: str,
    health_before: str,
    not_before: float | None,
    key: str,
) -> ObservedChange:
    kind = _WHAT.get(what, What.STATE)
    healths: tuple[Health, Health] = health_of(health), health_of(health_before)
    return ObservedChange(at, Ref(profile, view, ref), name, kind, before, after, *healths, not_before, key)


_WHAT = {what.value: what for what in What}
