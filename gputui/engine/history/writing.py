"""Writes readings and operations into the history's database, each change once however many processes see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gputui.core.health import Health
from gputui.engine.history.database import size, transaction
from gputui.engine.history.facts import compared
from gputui.engine.history.records import Facts, ListReading, ObservedChange

DAY = 86_400.0
MISSED_READINGS = 3
"""A list counts as watched for so many intervals after its last reading."""
LEAST_TOLERANCE = 60.0
BEAT_SECONDS = 20.0
"""How often it is noted that a list is being watched, if nothing has changed: less than the tolerance."""
_PRUNED_AT_ONCE = 20_000
_KEPT = 0.9
"""The part of the largest size to which a file that has outgrown it is cut."""

_FACTS = ", ".join(Facts._fields[1:])


@dataclass(slots=True)
class _OwnSpan:
    """A span of watching of this process: its row, its end, and its end as written."""

    number: int
    until: float
    written: float


class Writing:
    """One process's view of the database: it knows which spans of watching are its own. Methods raise sqlite3.Error."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._spans: dict[tuple[str, str], _OwnSpan] = {}

    def note(self, reading: ListReading) -> None:
        """Write what a reading shows. Within a transaction."""
        before = self._watched_until(reading.profile, reading.view)
        tolerance = max(MISSED_READINGS * reading.every, LEAST_TOLERANCE)
        unseen = before if before is not None and reading.at - before > tolerance else None
        for facts in reading.rows:
            self._row(reading, facts, unseen, known=before is not None)
        for ref in self._gone(reading):
            self._went(reading, ref, unseen)
        self._watch(reading, tolerance)

    def note_operation(self, change: ObservedChange) -> None:
        """Write what became of an operation, unless another process has. Within a transaction."""
        ref, run = change.ref, self._database.execute
        run(
            "INSERT OR IGNORE INTO machine (profile, view, ref, name, state, health, address, other_address, lock,"
            " owner, seen_at, gone) VALUES (?, ?, ?, ?, '', ?, '', '', '', '', 0, 1)",
            (ref.profile, ref.view, ref.id, change.name, Health.UNKNOWN.word),
        )
        found = run("SELECT id FROM machine WHERE profile = ? AND view = ? AND ref = ?", tuple(ref)).fetchone()
        words = (change.before, change.after, change.health.word, change.health_before.word, None, change.key)
        run(_CHANGE, (change.at, found[0], change.what.value, *words))

    def prune(self, now: float, days: float, most_bytes: int) -> None:
        """Delete what is too old, and the oldest of what is too much. In transactions of its own."""
        oldest = now - days * DAY
        while self._delete("change", "at < ?", oldest):
            pass
        with transaction(self._database):
            self._database.execute("DELETE FROM watched WHERE ended < ?", (oldest,))
            self._database.execute(
                "DELETE FROM machine WHERE gone = 1 AND seen_at < ? AND id NOT IN (SELECT machine FROM change)",
                (oldest,),
            )
        if size(self._database) > most_bytes:
            while size(self._database) > most_bytes * _KEPT and self._delete("change", "?", True):
                pass
        self._database.execute("PRAGMA incremental_vacuum").fetchall()

    def _delete(self, table: str, which: str, value: float | bool) -> int:
        """Delete some of the oldest rows; return how many."""
        with transaction(self._database):
            oldest = f"SELECT id FROM {table} WHERE {which} ORDER BY at LIMIT {_PRUNED_AT_ONCE}"  # noqa: S608
            done = self._database.execute(f"DELETE FROM {table} WHERE id IN ({oldest})", (value,))  # noqa: S608
            return done.rowcount

    def _watched_until(self, profile: str, view: str) -> float | None:
        found = self._database.execute(
            "SELECT max(ended) FROM watched WHERE profile = ? AND view = ?", (profile, view)
        ).fetchone()
        until: float | None = found[0]
        return until

    def _watch(self, reading: ListReading, tolerance: float) -> None:
        """Note that the list was being watched until now."""
        feed = (reading.profile, reading.view)
        own = self._spans.get(feed)
        if own is None or reading.at - own.until > tolerance or not self._extended(own, reading):
            added = self._database.execute(
                "INSERT INTO watched (profile, view, begun, ended) VALUES (?, ?, ?, ?)", (*feed, reading.at, reading.at)
            )
            self._spans[feed] = _OwnSpan(int(added.lastrowid or 0), reading.at, reading.at)

    def _extended(self, own: _OwnSpan, reading: ListReading) -> bool:
        own.until = reading.at
        if not reading.rows and not reading.gone and reading.at - own.written < BEAT_SECONDS:
            return True
        return self._write_end(own)

    def _write_end(self, own: _OwnSpan) -> bool:
        own.written = own.until
        done = self._database.execute("UPDATE watched SET ended = max(ended, ?) WHERE id = ?", (own.until, own.number))
        return bool(done.rowcount)

    def finish(self) -> None:
        """Write until when each list was watched. Within a transaction."""
        for own in self._spans.values():
            self._write_end(own)

    def _gone(self, reading: ListReading) -> Iterator[str]:
        yield from reading.gone
        if reading.all_of_it:
            listed = {facts.id for facts in reading.rows}
            known = self._database.execute(
                "SELECT ref FROM machine WHERE profile = ? AND view = ? AND gone = 0", (reading.profile, reading.view)
            ).fetchall()
            yield from (ref for (ref,) in known if ref not in listed)

    def _row(self, reading: ListReading, facts: Facts, unseen: float | None, *, known: bool) -> None:
        stored = self._stored(reading, facts.id)
        if stored is None:
            self._came(reading, facts, unseen, known=known)
            return
        before = stored.facts
        if stored.seen_at >= reading.at or (not stored.gone and before == facts):
            return
        self._tell(stored.number, reading.at, unseen, None if stored.gone else before, facts)
        since = _since(reading.at, before, facts, gone=bool(stored.gone))
        self._database.execute(_UPDATE, (*facts[1:], reading.at, *since, stored.number))

    def _came(self, reading: ListReading, facts: Facts, unseen: float | None, *, known: bool) -> None:
        """A machine that was never seen: an event only if its list had been watched before."""
        since = reading.at if known else None
        well = reading.at if facts.health == Health.OK.word else None
        added = self._database.execute(
            "INSERT INTO machine (profile, view, ref, name, state, health, address, other_address, lock, owner,"
            " seen_at, state_since, health_since, last_well) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (reading.profile, reading.view, *facts, reading.at, since, since, well),
        )
        if known:
            self._tell(int(added.lastrowid or 0), reading.at, unseen, None, facts)

    def _went(self, reading: ListReading, ref: str, unseen: float | None) -> None:
        stored = self._stored(reading, ref)
        if stored is None or stored.gone or stored.seen_at >= reading.at:
            return
        self._tell(stored.number, reading.at, unseen, stored.facts, None)
        self._database.execute("UPDATE machine SET gone = 1, seen_at = ? WHERE id = ?", (reading.at, stored.number))

    def _tell(self, machine: int, at: float, unseen: float | None, before: Facts | None, after: Facts | None) -> None:
        """Write what changed of one machine in one reading."""
        now = after.health if after else Health.OFF.word
        earlier = before.health if before else Health.UNKNOWN.word
        for what, was, became in compared(before, after):
            self._database.execute(_CHANGE, (at, machine, what.value, was, became, now, earlier, unseen, ""))

    def _stored(self, reading: ListReading, ref: str) -> _Stored | None:
        found = self._database.execute(
            f"SELECT id, seen_at, gone, {_FACTS} FROM machine WHERE profile = ? AND view = ? AND ref = ?",  # noqa: S608
            (reading.profile, reading.view, ref),
        ).fetchone()
        if found is None:
            return None
        number, seen_at, gone, *texts = found
        return _Stored(number, seen_at, gone, Facts(ref, *texts))


class _Stored(NamedTuple):
    """A machine as it is remembered. `seen_at` is when it last changed."""

    number: int
    seen_at: float
    gone: int
    facts: Facts


_CHANGE = (
    "INSERT OR IGNORE INTO change (at, machine, what, before, after, health, health_before, not_before, key)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE machine SET name = ?, state = ?, health = ?, address = ?, other_address = ?, lock = ?, owner = ?,"
    " seen_at = ?, state_since = coalesce(?, state_since), health_since = coalesce(?, health_since),"
    " last_well = coalesce(?, last_well), gone = 0 WHERE id = ?"
)


def _since(at: float, before: Facts, after: Facts, *, gone: bool) -> tuple[float | None, float | None, float | None]:
    """What is to be noted as beginning now: the state, the health; and that it was well until now."""
    return (
        at if gone or before.state != after.state else None,
        at if gone or before.health != after.health else None,
        at if Health.OK.word in (before.health, after.health) else None,
    )
