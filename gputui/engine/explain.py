"""Why a row is as it is: evidence from its list, its history, its neighbours and what was done to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from gputui.core.feed import feed_state
from gputui.core.health import Health
from gputui.core.problem import Failed
from gputui.core.provider import Children
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.core.spans import spoken
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.history.history import History, HistoryError
from gputui.engine.history.records import MachinePast, ObservedChange, Span, What
from gputui.engine.operations import Operation
from gputui.engine.store import Store

DAY = 86_400.0
MOST_CHANGES, MOST_CHILDREN = 5, 5
_OLD_SECONDS = 30.0
_PIECE = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line: what is known, who says so, and when that was (epoch seconds), if it has a time of its own."""

    text: str
    source: str
    at: float | None = None
    health: Health | None = None


async def explain(store: Store, row: Row) -> AsyncIterator[Evidence]:
    """The evidence about a row, the most telling first.

    What is around the row comes last: where nobody keeps the lists of it, they are read.
    """
    cloud = store.clouds.get(row.ref.profile)
    view = cloud.provider.view(row.ref.view) if cloud else None
    if cloud is None or view is None:
        return
    now = store.clock.now()
    past, changes = await _remembered(store.history, row.ref, now)
    for evidence in (
        _state(cloud, view, row, past, now),
        *_reasons(cloud, view, row),
        *_operations(store.operations.of(row.ref), now),
        *map(_change, changes),
        *_last_well(row, past),
        _reading(cloud, row, now),
    ):
        yield evidence
    async for evidence in _around(store, cloud, view, row, now):
        yield evidence


async def _remembered(history: History, ref: Ref, now: float) -> tuple[MachinePast, Sequence[ObservedChange]]:
    with suppress(HistoryError):
        return await history.past(ref), await history.changes(Span(now - DAY, ref=ref, most=MOST_CHANGES))
    return MachinePast(), ()


def _state(cloud: Cloud, view: AnyView, row: Row, past: MachinePast, now: float) -> Evidence:
    state = row.state or "without a state"
    meaning = f"{state}, which means {row.health.word}" if view.health is not None else state
    since = past.state_since
    if since is None:
        return Evidence(f"{meaning}; nobody saw it begin", cloud.name, None, row.health)
    return Evidence(f"{meaning}, for {spoken(now - since)}", cloud.name, since, row.health)


def _reasons(cloud: Cloud, view: AnyView, row: Row) -> list[Evidence]:
    if view.reasons is None or row.item is None:
        return []
    return [Evidence(reason, cloud.name) for reason in view.reasons(row.item) if reason]


def _operations(operation: Operation | None, now: float) -> list[Evidence]:
    if operation is None:
        return []
    health = Health.BAD if operation.failed else None
    return [Evidence(operation.words_at(now), "this console", operation.settled_at or operation.sent_at, health)]


def _change(change: ObservedChange) -> Evidence:
    return Evidence(change.text, "history", change.at, change.health if change.what is What.STATE else None)


def _last_well(row: Row, past: MachinePast) -> list[Evidence]:
    if past.last_well is None or row.health is Health.OK:
        return []
    return [Evidence("it was last seen well", "history", past.last_well)]


def _reading(cloud: Cloud, row: Row, now: float) -> Evidence:
    shots = [shot for feed, shot in cloud.snapshots().items() if feed.view == row.ref.view and row.ref in shot.rows]
    newest = max((shot for shot in shots if shot.taken_at), key=lambda shot: shot.taken_at or 0.0, default=None)
    if newest is None:
        return Evidence("it is in no current list", cloud.name)
    state = feed_state(newest, now)
    if state.problem is not None:
        return Evidence(f"the list cannot be read: {state.problem}", cloud.name, state.since, Health.UNKNOWN)
    return Evidence("all of this as the list had it", cloud.name, newest.taken_at)


async def _around(store: Store, cloud: Cloud, view: AnyView, row: Row, now: float) -> AsyncIterator[Evidence]:
    """What holds it and its neighbours there, then what it holds itself."""
    for other in cloud.provider.views:
        for child in other.children:
            if child.view == view.name and other.name != view.name:
                async for evidence in _holder(store, cloud, other, child, row, now):
                    yield evidence
    for child in view.children:
        inner = cloud.provider.view(child.view)
        if inner is not None and inner.health is not None:
            async for evidence in _held(cloud, inner, child, row, now):
                yield evidence


async def _holder(
    store: Store, cloud: Cloud, outer: AnyView, child: Children[Any], row: Row, now: float
) -> AsyncIterator[Evidence]:
    async for holder in _matching(await _rows(cloud, outer.name, now), lambda one: child.match(one.item, row.item)):
        of_it = partial(_belongs, child, holder)
        peers = [peer async for peer in _matching(await _rows(cloud, row.ref.view, now), of_it)]
        name = f"{_one(outer)} {holder.name}"
        faulty = [peer for peer in peers if peer.health.faulty]
        words = f"{name}: {holder.state}, " if holder.state else f"{name}: "
        if len(peers) > 1:
            words += f"{len(faulty)} of {len(peers)} {_title(cloud, row)} bad or degraded"
            words += await _together(store.history, faulty, now)
        else:
            words += f"its only {_title(cloud, row).removesuffix('s')}"
        yield Evidence(words, cloud.name, None, holder.health if outer.health is not None else None)


async def _together(history: History, faulty: Sequence[Row], now: float) -> str:
    """How soon after one another the neighbours fell, if three or more did."""
    if len(faulty) < 3:
        return ""
    refs = {row.ref for row in faulty}
    try:
        changes = await history.changes(Span(now - DAY, profile=faulty[0].ref.profile))
    except HistoryError:
        return ""
    fell: dict[Ref, float] = {}
    for change in changes:
        if change.ref in refs and change.health.faulty and not change.health_before.faulty:
            fell.setdefault(change.ref, change.at)
    times = sorted(fell.values())
    within = times[-1] - times[0] if times else 0.0
    return f"; {len(times)} fell within {spoken(max(1.0, within))}" if len(times) > 2 and within < DAY / 24 else ""


async def _held(cloud: Cloud, inner: AnyView, child: Children[Any], row: Row, now: float) -> AsyncIterator[Evidence]:
    async def of_its_own() -> Iterable[Row]:
        feed = Feed(inner.name, row.ref)
        await cloud.read(feed)
        return cloud.snapshot(feed).rows.values()

    rows = await (of_its_own() if child.fetch is not None else _rows(cloud, inner.name, now))
    held = [one async for one in _matching(rows, lambda one: child.match(row.item, one.item))]
    if not held:
        return
    faulty = [one for one in held if one.health.faulty]
    yield Evidence(f"{len(held)} {inner.title.lower()}, {len(faulty)} bad or degraded", cloud.name)
    for one in faulty[:MOST_CHILDREN]:
        why = inner.reasons(one.item) if inner.reasons is not None else ()
        yield Evidence(f"{one.name}: {', '.join((one.state, *why))}", cloud.name, None, one.health)


async def _rows(cloud: Cloud, view: str, now: float) -> Iterable[Row]:
    """The rows of a list as last read; it is read where nobody has lately."""
    at = cloud.snapshot(Feed(view)).taken_at
    if at is None or now - at > _OLD_SECONDS:
        await cloud.read(Feed(view))
    return cloud.snapshot(Feed(view)).rows.values()


async def _matching(rows: Iterable[Row], matches: Callable[[Row], bool]) -> AsyncIterator[Row]:
    """The readable rows that match, in pieces between which the event loop has its turn."""
    for at, row in enumerate(tuple(rows)):
        if at % _PIECE == _PIECE - 1:
            await asyncio.sleep(0)
        with suppress(Failed):  # a bug in a provider: the log has it
            if row.item is not None and matches(row):
                yield row


def _belongs(child: Children[Any], holder: Row, row: Row) -> bool:
    return child.match(holder.item, row.item)


def _one(view: AnyView) -> str:
    return view.title.lower().removesuffix("s")


def _title(cloud: Cloud, row: Row) -> str:
    view = cloud.provider.view(row.ref.view)
    return view.title.lower() if view else row.ref.view
