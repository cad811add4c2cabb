"""Why a row is as it is: evidence from its list, its history, its neighbours and what was done to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gputui.core.exit_codes import with_exit_codes_in_words
from gputui.core.feed import FeedState, feed_state
from gputui.core.health import Health
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.core.spans import spoken
from gputui.engine.audit import AuditEntry
from gputui.engine.cloud import Cloud
from gputui.engine.evidence import Evidence, Topic
from gputui.engine.fleet import reasons_of
from gputui.engine.history.history import HistoryError
from gputui.engine.history.reading import merged
from gputui.engine.history.records import MachinePast, ObservedChange, Span, WatchedSpan, What
from gputui.engine.neighbours import around
from gputui.engine.store import Store

DAY = 86_400.0
MOST_CHANGES, MOST_CHILDREN, MOST_DONE = 5, 5, 3
_ASKED = 50
"""Changes of a day asked for, so that a fault among them is seen although fewer are shown."""


@dataclass(frozen=True, slots=True)
class RowPast:
    """What is remembered of a row: of a day its changes, newest first, when it was watched, and what was done to it."""

    past: MachinePast = field(default_factory=MachinePast)
    changes: Sequence[ObservedChange] = ()
    watched: Sequence[WatchedSpan] = ()
    done: Sequence[AuditEntry] = ()


async def explain(store: Store, row: Row) -> AsyncIterator[Evidence]:
    """The evidence about a row, the most telling first.

    What is around the row comes last: where nobody keeps the lists of it, they are read.
    """
    for evidence in known(store, row, await remembered(store, row.ref)):
        yield evidence
    cloud, view = store.clouds.get(row.ref.profile), store.view(row.ref)
    if cloud is not None and view is not None:
        async for evidence in around(store, cloud, view, row):
            yield evidence


def known(store: Store, row: Row, past: RowPast) -> Iterator[Evidence]:
    """The evidence that needs no reading."""
    cloud, view, now = store.clouds.get(row.ref.profile), store.view(row.ref), store.clock.now()
    if cloud is None or view is None:
        return
    yield _state(cloud, view, row, past.past, now)
    yield from _reasons(cloud, view, row)
    yield from _gpus(store, row.ref)
    yield from _done(store, row.ref, past.done, now)
    yield from (_change(change) for change in past.changes[:MOST_CHANGES])
    yield from _well(row, past, now)
    yield _reading(cloud, row, now)


async def remembered(store: Store, ref: Ref) -> RowPast:
    """Ask history and the journal; nothing where they cannot be read."""
    now, history = store.clock.now(), store.history
    found = RowPast(done=await _journal(store, ref, now))
    with suppress(HistoryError):
        span = Span(now - DAY, ref=ref, most=_ASKED)
        changes = [change for change in await history.changes(span) if change.what is not What.OPERATION]
        watched = [one for one in await history.watched(span) if one.view == ref.view]
        return RowPast(await history.past(ref), changes, watched, found.done)
    return found


async def _journal(store: Store, ref: Ref, now: float) -> list[AuditEntry]:
    """The newest changes of the row that anybody has asked for in a day, newest first."""
    with suppress(OSError):
        entries = await store.journal.entries(since=datetime.fromtimestamp(now - DAY, UTC))
        return [entry for entry in reversed(entries) if _is_about(entry, ref)][:MOST_DONE]
    return []


def _is_about(entry: AuditEntry, ref: Ref) -> bool:
    targets = entry.record["targets"]
    of_view = entry.profile == ref.profile and entry.intent.get("view") == ref.view
    return of_view and isinstance(targets, list) and any(isinstance(t, dict) and t.get("id") == ref.id for t in targets)


def _state(cloud: Cloud, view: AnyView, row: Row, past: MachinePast, now: float) -> Evidence:
    state = row.state or "without a state"
    meaning = f"{state}, which means {row.health.word}" if view.health is not None else state
    since = past.state_since
    words = "nobody saw it begin" if since is None else f"for {spoken(now - since)}"
    told = f"{meaning}, {words}" if since is not None else f"{meaning}; {words}"
    return Evidence(Topic.STATE, told, cloud.name, since, row.health if view.health is not None else None)


def _reasons(cloud: Cloud, view: AnyView, row: Row) -> list[Evidence]:
    return [Evidence(Topic.WHY, with_exit_codes_in_words(reason), cloud.name) for reason in reasons_of(view, row)]


def _gpus(store: Store, ref: Ref) -> list[Evidence]:
    taken = store.gpu_verdicts.of(ref)
    if taken is None:
        return []
    words = taken.verdict.words or "all of them are fine"
    return [Evidence(Topic.GPUS, words, "the machine", taken.at, taken.verdict.health)]


def _done(store: Store, ref: Ref, entries: Sequence[AuditEntry], now: float) -> Iterator[Evidence]:
    operation = store.operations.of(ref)
    if operation is not None:
        health = Health.BAD if operation.failed else None
        at = operation.settled_at or operation.sent_at
        yield Evidence(Topic.CHANGE, operation.words_at(now), "this console", at, health)
    for entry in entries:
        if operation is None or entry.id != operation.entry:
            ended = f", {entry.end}" if entry.end else ""
            words = f"{entry.verb} by {entry.who}: {entry.outcome or 'unknown whether it arrived'}{ended}"
            yield Evidence(Topic.CHANGE, words, "journal", entry.at.timestamp())


def _change(change: ObservedChange) -> Evidence:
    health = change.health if change.what is What.STATE else None
    return Evidence(Topic.LATELY, change.text, "history", change.at, health)


def _well(row: Row, past: RowPast, now: float) -> list[Evidence]:
    """When it was last well; of a row that is well, whether it always was, as far as anybody watched."""
    if row.health is not Health.OK:
        well = past.past.last_well
        return [] if well is None else [Evidence(Topic.WELL, "it was last seen well", "history", well)]
    if not past.watched:
        return []
    fault = next((change for change in past.changes if change.health.faulty), None)
    if fault is not None:
        return [Evidence(Topic.WELL, f"its last fault: {fault.text}", "history", fault.at)]
    seconds = sum(min(one.ended, now) - max(one.begun, now - DAY) for one in merged(past.watched))
    return [Evidence(Topic.WELL, f"no fault of it in the {spoken(seconds)} it was watched of the last day", "history")]


def _reading(cloud: Cloud, row: Row, now: float) -> Evidence:
    state = reading_of(cloud, row.ref, now)
    if state is None or state.age is None:
        return Evidence(Topic.DATA, "it is in no current list", cloud.name)
    if state.problem is not None:
        words = f"the list cannot be read: {state.problem}"
        return Evidence(Topic.DATA, words, cloud.name, state.since, Health.UNKNOWN)
    return Evidence(Topic.DATA, "all of this as the list had it", cloud.name, now - state.age)


def reading_of(cloud: Cloud, ref: Ref, now: float) -> FeedState | None:
    """The state of the newest list that has the row; None if none has."""
    shots = [shot for feed, shot in cloud.snapshots().items() if feed.view == ref.view and ref in shot.rows]
    newest = max((shot for shot in shots if shot.taken_at), key=lambda shot: shot.taken_at or 0.0, default=None)
    return None if newest is None else feed_state(newest, now)
