"""`gputui watch`: one plain line for each change that is observed, until it is ended; history is kept as it goes."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from gputui.commands.context import CliContext
from gputui.commands.ending import run_to_its_end
from gputui.commands.expressions import read_expression
from gputui.commands.interruption import Interruption
from gputui.commands.loading import connect_all
from gputui.commands.observed import line, observed_record
from gputui.commands.options import GlobalOptions, WatchOptions
from gputui.commands.profiles import configured
from gputui.config.profiles import Config, Profile
from gputui.core.cells import EMPTY
from gputui.core.clock import SystemClock
from gputui.core.feed import FeedState
from gputui.core.filter import Filter
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.fleet import LIVE, fleet_form
from gputui.engine.history.observer import observed
from gputui.engine.history.records import ObservedChange
from gputui.engine.history.telling import HistoryNews
from gputui.engine.journal import Journal
from gputui.engine.standings import Standing
from gputui.engine.store import Store, Tab

TICK_SECONDS = 1.0


def run_watch(asked: WatchOptions, options: GlobalOptions, ctx: CliContext) -> int:
    """Watch until interrupted or terminated; then 0. Returns 2 if there is nothing to watch."""
    found = configured(options, ctx)
    wanted = read_expression(asked.filter, ctx, found[1] if found else ())
    if found is None or wanted is None:
        return 2
    config, profiles = found
    run_to_its_end(lambda _: _watch(config, profiles, _Lines(ctx, wanted, asked), asked, ctx), 0)
    return 0


async def _watch(
    config: Config, profiles: Sequence[Profile], lines: _Lines, asked: WatchOptions, ctx: CliContext
) -> None:
    clock = SystemClock()
    tabs = [Tab(one.name, one.provider, read_only=True, every=asked.refresh or one.refresh_seconds) for one in profiles]
    journal = Journal(ctx.places.audit, ctx.user(), clock.now)
    store = Store(tabs, journal=journal, clock=clock, rng=random.Random())  # noqa: S311 - jitter, not secrecy
    lines.fleet = store.fleet.rows
    store.moved.add(lines.moved)
    store.watch_fleet(True)
    troubles = _Troubles(store, ctx)
    stopped = Interruption(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        await stopped.ends(_run(store, config, lines, troubles, ctx))
    finally:
        await store.aclose()


async def _run(store: Store, config: Config, lines: _Lines, troubles: _Troubles, ctx: CliContext) -> None:
    """Watch until cancelled. Raises OSError once nobody takes the lines any more."""
    await connect_all(store, config, ctx, read_only=True)
    while True:
        store.time_passed()
        troubles.look()
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_SECONDS):
                await lines.refused.wait()
        if lines.failure is not None:
            raise lines.failure


class _Lines:
    """Writes the changes among the rows that a filter keeps, or kept, each at once; `refused` is set if that fails.

    `fleet` are the machines as the fleet shows them: when a change is told, still as they were before.

    An error must not reach the poller that calls us: it would take it for its own.
    """

    def __init__(self, ctx: CliContext, wanted: Filter, asked: WatchOptions) -> None:
        self._ctx = ctx
        self._wanted = wanted
        self._json = asked.output == "jsonl"
        self.fleet: Mapping[Ref, Row] = {}
        self.failure: OSError | None = None
        self.refused = asyncio.Event()

    def moved(self, cloud: Cloud, feed: Feed, moved: Sequence[Ref], old: Snapshot, new: Snapshot) -> None:
        """Write what has changed since the reading before; the first reading is no change."""
        view = cloud.provider.view(feed.view)
        if old.taken_at is None or view is None:
            return
        now = self._ctx.now()
        kept = [ref for ref in moved if any(self._wanted.keeps(row, now) for row in self._rows(view, ref, old, new))]
        try:
            for change in observed(view, kept, old, new, now):
                self._ctx.out.write(f"{self._text(cloud, change)}\n")
            self._ctx.out.flush()
        except OSError as error:
            self.failure = error
            self.refused.set()

    def _rows(self, view: AnyView, ref: Ref, old: Snapshot, new: Snapshot) -> Iterator[Row]:
        """The row before and after, with what the fleet tells of it where the filter asks for that."""
        before, after, at = old.known.get(ref), new.known.get(ref), new.taken_at
        if before is not None:
            yield self.fleet.get(ref, before) if self._wanted.of_fleet else before
        if after is not None and not self._wanted.of_fleet:
            yield after
        elif after is not None:
            fell = before is None or before.health is not after.health
            standing = Standing(at, at, at) if fell else Standing(changed=at)
            yield fleet_form(view, ref.profile)(after, standing, LIVE, EMPTY)

    def _text(self, cloud: Cloud, change: ObservedChange) -> str:
        return json.dumps(observed_record(change, cloud.provider.name)) if self._json else line(change)


class _Troubles:
    """Says on stderr, once each time, which profile cannot be read, and when it can again."""

    def __init__(self, store: Store, ctx: CliContext) -> None:
        self._store, self._ctx = store, ctx
        self._told: dict[str, str] = {}
        self._history = HistoryNews(lambda: store.history, ctx.say)

    def look(self) -> None:
        """Say what has changed."""
        for name in self._store.tabs:
            trouble = _trouble(self._store.state(name))
            if trouble != self._told.get(name, ""):
                self._ctx.say(f"{name}: {trouble or 'can be read again'}")
                self._told[name] = trouble
        self._history.look()


def _trouble(state: FeedState) -> str:
    if state.problem is None:
        return ""
    return f"{state.problem} ({state.problem.remedy})" if state.problem.remedy else str(state.problem)
