"""What is around a row: what holds it, with the other rows there, and what it holds itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from gputui.core.problem import Failed
from gputui.core.provider import Children
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.core.spans import spoken
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.evidence import Evidence, Topic
from gputui.engine.fleet import kind_of, reasons_of
from gputui.engine.history.history import History, HistoryError
from gputui.engine.history.records import Span
from gputui.engine.store import Store

MOST_CHILDREN = 8
_DAY, _SOON = 86_400.0, 3_600.0
_OLD_SECONDS = 30.0
_PIECE = 200


async def around(store: Store, cloud: Cloud, view: AnyView, row: Row) -> AsyncIterator[Evidence]:
    """What holds it and its neighbours there, then what it holds. A list that nobody keeps is read."""
    now = store.clock.now()
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
        name = f"{kind_of(outer)} {holder.name}"
        faulty = [peer for peer in peers if peer.health.faulty]
        words = f"{name}: {holder.state}, " if holder.state else f"{name}: "
        if len(peers) > 1:
            words += f"{len(faulty)} of {len(peers)} {_title(cloud, row)} bad or degraded"
            words += await _together(store.history, faulty, now)
        else:
            words += f"its only {_title(cloud, row).removesuffix('s')}"
        health = holder.health if outer.health is not None else None
        yield Evidence(Topic.AROUND, words, cloud.name, None, health, holder.ref)


async def _together(history: History, faulty: Sequence[Row], now: float) -> str:
    """How soon after one another the neighbours fell, if three or more did."""
    if len(faulty) < 3:
        return ""
    refs = {row.ref for row in faulty}
    try:
        changes = await history.changes(Span(now - _DAY, profile=faulty[0].ref.profile))
    except HistoryError:
        return ""
    fell: dict[Ref, float] = {}
    for change in changes:
        if change.ref in refs and change.health.faulty and not change.health_before.faulty:
            fell.setdefault(change.ref, change.at)
    times = sorted(fell.values())
    within = times[-1] - times[0] if times else 0.0
    return f"; {len(times)} fell within {spoken(max(1.0, within))}" if len(times) > 2 and within < _SOON else ""


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
    yield Evidence(Topic.AROUND, f"{len(held)} {inner.title.lower()}, {len(faulty)} bad or degraded", cloud.name)
    worst = sorted(held, key=lambda one: one.health.rank)
    for one in worst[:MOST_CHILDREN]:
        why = reasons_of(inner, one)
        words = ", ".join(filter(None, (one.state, *why)))
        yield Evidence(Topic.AROUND, f"{kind_of(inner)} {one.name}: {words}", cloud.name, None, one.health, one.ref)


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


def _title(cloud: Cloud, row: Row) -> str:
    view = cloud.provider.view(row.ref.view)
    return view.title.lower() if view else row.ref.view
