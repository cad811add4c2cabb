"""The data of a console: the profiles in order, their lists, what changed, and the operations."""

from __future__ import annotations

import asyncio
import random
from collections import ChainMap, deque
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from gputui.core.clock import Clock
from gputui.core.feed import FeedState, feed_state, not_connected
from gputui.core.health import Health
from gputui.core.listeners import Listeners
from gputui.core.problem import Problem
from gputui.core.provider import Client, Provider
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row, Snapshot
from gputui.core.schema import field_names
from gputui.core.slices import Slices
from gputui.core.traffic import Traffic
from gputui.engine.cached.completing import completed
from gputui.engine.cached.keeper import ListKeeper
from gputui.engine.cached.lists import CachedList
from gputui.engine.cached.profile import NOTHING_CACHED, CachedProfile, Lists
from gputui.engine.changes import Change, changes
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.earlier_changes import earlier_changes
from gputui.engine.feeds import Feeds
from gputui.engine.fleet_rows import FleetRows
from gputui.engine.following import Follower
from gputui.engine.history.history import History, HistoryError, NoHistory
from gputui.engine.history.observer import Observer
from gputui.engine.journal import Journal
from gputui.engine.live_rows import LiveRows
from gputui.engine.operations import Operation, Operations
from gputui.engine.perform import Intent, Result, perform
from gputui.engine.row_diff import differing
from gputui.engine.taken_verdicts import TakenVerdicts

MOST_CHANGES = 500
ANSWER_SECONDS = 2.0
"""Seconds that closing waits for replies to what is being sent."""
CLOSING_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Tab:
    """One profile as the tab line shows it, before and after its provider has been loaded."""

    name: str
    provider: str
    protected: bool = False
    read_only: bool = False
    every: float = 5.0
    problem: Problem | None = None
    failed_at: float | None = None


class Store:
    """The console's data.

    Listeners of `changed` get the profile and feed of each new snapshot, on the event loop; those of `moved` what of a
    list of machines is new, different or gone; those of `operation_moved` each operation with a new outcome, and those
    of `change_failed` each that failed after it was sent.
    """

    def __init__(
        self,
        tabs: Iterable[Tab],
        *,
        journal: Journal,
        clock: Clock,
        rng: random.Random,
        cached: Mapping[str, Sequence[CachedList]] = MappingProxyType({}),
    ) -> None:
        self.tabs: dict[str, Tab] = {tab.name: tab for tab in tabs}
        self.clouds: dict[str, Cloud] = {}
        self.changes: deque[Change | Operation] = deque(maxlen=MOST_CHANGES)
        self.clock = clock
        self.changed: Listeners[[str, Feed]] = Listeners()
        self.moved: Listeners[[Cloud, Feed, Sequence[Ref], Snapshot, Snapshot]] = Listeners()
        self.operation_moved: Listeners[[Operation]] = Listeners()
        self.change_failed: Listeners[[Operation]] = Listeners()
        self.operations = Operations(clock.now, self._operation_moved)
        self.journal = journal
        self.history: History = NoHistory()
        self.gpu_verdicts = TakenVerdicts()
        self._keeper: ListKeeper | None = None
        self._follower = Follower(self.clouds, self.operations, clock, self.resume)
        self._rng = rng
        self._fleet_watched = False
        held = ((name, cached.get(name, ()), tab) for name, tab in self.tabs.items())
        self._cached = {name: CachedProfile(tab.provider, lists, tab.every) for name, lists, tab in held}
        self.lists: Mapping[str, Lists] = ChainMap[str, Any](self.clouds, self._cached)
        """The lists of every profile: those of its cloud, or cached ones before it is connected."""
        self._feeds = Feeds(self.lists, self.operations, clock.now, self.changed)
        self._feeds.begin()
        self._performing: set[asyncio.Task[tuple[Result, ...]]] = set()
        self._writing: set[asyncio.Task[None]] = set()
        self._recalling: set[asyncio.Task[None]] = set()

    def remember(self, history: History) -> None:
        """Keep a history from now on, and show what it holds of the last minutes."""
        self.history = history
        observer = Observer(history, self.find, self.clock.now)
        self.moved.add(observer.published)
        self.operation_moved.add(observer.operation)
        self._in_background(self._recall_changes(history), self._recalling)

    async def _recall_changes(self, history: History) -> None:
        if found := await earlier_changes(history, self.clock.now(), self.tabs):
            self.changes.extendleft(found)
            self.changed(found[0].ref.profile, Feed(""))

    def keep_lists(self, keeper: ListKeeper) -> None:
        """Have each machine list kept for the next console from now on."""
        self.moved.add(keeper.published)
        self._keeper = keeper

    def connect(self, name: str, provider: Provider[Any], client: Client, traffic: Traffic | None = None) -> Cloud:
        """Take over the connection of a profile, whose requests are counted in `traffic`, and start to read it."""
        tab = self.tabs[name]
        cloud = Cloud(
            name,
            provider,
            client,
            every=tab.every,
            protected=tab.protected,
            read_only=tab.read_only,
            clock=self.clock,
            rng=self._rng,
            publish=self._published,
            cached=self._cached.pop(name, NOTHING_CACHED).lists,  # each is needed until its list is read
            traffic=traffic,
        )
        self.clouds[name] = cloud
        cloud.show_in_fleet(self._fleet_watched)
        cloud.start()
        self._feeds.connected(name)
        return cloud

    async def complete_cached(self) -> None:
        """Show the cached rows that the first frame has done without; to be awaited before anything is connected."""
        slices = Slices()
        for name, cached in self._cached.items():
            if not any(one.waiting for one in cached.lists.values()):
                continue
            lists = [await completed(one, name, slices) for one in cached.lists.values()]
            self._cached[name] = CachedProfile(self.tabs[name].provider, lists, self.tabs[name].every)
            for feed, snapshot in self._cached[name].snapshots().items():
                self._feeds.published(name, feed, snapshot)

    def fail(self, name: str, problem: Problem) -> None:
        """Mark a profile that cannot connect at all: its tab says why."""
        self.tabs[name] = replace(self.tabs[name], problem=problem, failed_at=self.clock.now())
        self._tell_profile(name)
        self.changed(name, Feed(""))

    def state(self, name: str) -> FeedState:
        """The state of a profile's machines: that of its worst list; without one, failing or still to be read."""
        tab, now = self.tabs[name], self.clock.now()
        state = self.lists[name].state(now)
        return state if tab.problem is None else not_connected(tab.problem, now, tab.failed_at, state)

    def time_passed(self) -> None:
        """Update each list whose state changes by the clock alone."""
        self._feeds.time_passed()
        for name in self.tabs:
            self._tell_profile(name)

    def _tell_profile(self, name: str) -> None:
        """Show in the fleet whether the machines of a profile can be read."""
        self.fleet.tell(name, self.state(name))

    def watch_fleet(self, watched: bool) -> None:
        """Set whether the fleet is on the screen: if so, the machines of every profile are read at full pace."""
        self._fleet_watched = watched
        for cloud in self.clouds.values():
            cloud.show_in_fleet(watched)

    def find(self, ref: Ref) -> Row | None:
        """The newest row with that ref."""
        lists = self.lists.get(ref.profile)
        return lists.find(ref) if lists else None

    def shown(self, ref: Ref) -> Row | None:
        """The same row as it may be shown: without an outdated verdict, with an operation in progress."""
        feeds = self._feeds.holding(ref)
        newest = max(feeds, key=lambda feed: self.lists[ref.profile].snapshot(feed).taken_at or 0.0, default=None)
        return self.rows(ref.profile, newest).get(ref) if newest else None

    def expired(self, name: str, feed: Feed) -> bool:
        """Whether a list is too old to be trusted."""
        lists = self.lists.get(name)
        return lists is not None and feed_state(lists.snapshot(feed), self.clock.now()).expired

    def view(self, ref: Ref) -> AnyView | None:
        """The view that a row belongs to."""
        cloud = self.clouds.get(ref.profile)
        return cloud.provider.view(ref.view) if cloud else None

    @property
    def field_names(self) -> tuple[str, ...]:
        """The ids of the columns of all connected profiles: what a filter takes besides the fields of every list."""
        return field_names(view for cloud in self.clouds.values() for view in cloud.provider.views)

    def live_rows(self, name: str, feed: Feed) -> LiveRows:
        """The rows of one list, in its order, to listen to."""
        return self._feeds.listed(name, feed)

    @property
    def fleet(self) -> FleetRows:
        """All machines of all profiles with the fleet's columns, worst first, to listen to."""
        return self._feeds.fleet

    def machine_feeds(self) -> list[tuple[str, Feed]]:
        """The lists that feed the fleet, with their profiles."""
        return [(name, feed) for name in self.tabs for feed in self._feeds.machines(name)]

    def rows(self, name: str, feed: Feed) -> Mapping[Ref, Row]:
        """The rows of one list as they may be shown now."""
        return self._feeds.newest(name, feed).rows

    def machines(self, name: str) -> Mapping[Ref, Row]:
        """The machine rows of one profile as they may be shown now."""
        return {ref: row for feed in self._feeds.machines(name) for ref, row in self.rows(name, feed).items()}

    def faults(self, name: str) -> tuple[int, int]:
        """How many machines of a profile are bad, and how many degraded."""
        found = [self._feeds.of(name, feed) for feed in self._feeds.machines(name)]
        return sum(rows.count(Health.BAD) for rows in found), sum(rows.count(Health.DEGRADED) for rows in found)

    def perform(self, *intents: Intent) -> asyncio.Future[tuple[Result, ...]]:
        """Carry out what was confirmed, one intent for each list; cancelling the caller does not interrupt it."""
        task = asyncio.create_task(perform(intents, self.journal, self.operations, self.clock.now))
        self._performing.add(task)
        task.add_done_callback(self._performing.discard)
        return asyncio.shield(task)

    def _published(self, cloud: Cloud, feed: Feed, old: Snapshot, new: Snapshot) -> None:
        newer = new.taken_at != old.taken_at or new.rows is not old.rows
        if newer and feed.parent is None:
            moved = differing(old.known, new.known)
            if cloud.feeds_fleet(feed):
                self.moved(cloud, feed, moved, old, new)
                if old.taken_at is None:
                    self._in_background(self._recall(cloud.name, feed), self._recalling)
            if old.taken_at is not None:
                self.changes.extend(self._seen(cloud, feed, moved, old, new))
        self.operations.observe(cloud.name, feed.view, new)
        if cloud.feeds_fleet(feed):
            self._tell_profile(cloud.name)
        self._feeds.published(cloud.name, feed, new)
        self._follower.published(cloud, feed, new)

    async def _recall(self, name: str, feed: Feed) -> None:
        """Ask history, once for each list, since when its machines are as they are."""
        with suppress(HistoryError):
            await self._feeds.recall(name, feed, await self.history.remembered(name, feed.view))

    def _seen(self, cloud: Cloud, feed: Feed, moved: list[Ref], old: Snapshot, new: Snapshot) -> list[Change]:
        """What changed; many rows gone at once make one line."""
        before, after, now = old.known, new.known, self.clock.now()
        whole = all(ref in after for ref in moved) or new.whole
        found = changes(moved, before, after, now, whole=whole)
        view = cloud.provider.view(feed.view)
        if new.gone and view is not None:
            name = f"{new.gone} of {len(before)} {view.title.lower()}"
            found.append(Change(now, Ref(cloud.name, feed.view, ""), name, "listed", "", Health.OFF))
        return found

    async def resume(self) -> None:
        """Continue to follow operations of earlier or parallel consoles that have not ended."""
        try:
            found = await self.journal.unfinished()
        except OSError:
            return
        self.operations.reconcile({record.entry: record.send_status for record in found if record.targets})
        for record in found:
            cloud = self.clouds.get(record.profile)
            view = cloud.provider.view(record.view) if cloud else None
            action = next((one for one in (view.actions if view else ()) if one.name == record.verb), None)
            if action is not None and not self.operations.knows(record.entry):
                for operation in (*record.operations(action), *record.warnings(action)):
                    self.operations.begin(operation)

    def _operation_moved(self, before: Operation | None, operation: Operation) -> None:
        if before is None or before.outcome != operation.outcome:
            self.changes.append(operation)
            self.operation_moved(operation)
            known = before is None and operation.adopted and operation.failed  # a bad end that is out of the journal
            if not operation.open and not operation.refused and not known:
                self._in_background(self._settle(operation))
            if operation.failed and not operation.seen:
                self.change_failed(operation)
        if before is not None and operation.seen and not before.seen:
            self._in_background(self._saw(operation))
        self._follower.wake()
        self._feeds.touched(operation.ref)
        self.changed(operation.ref.profile, Feed(operation.ref.view))

    def _in_background(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]] | None = None) -> None:
        kept = self._writing if tasks is None else tasks
        task = asyncio.create_task(work)
        kept.add(task)
        task.add_done_callback(kept.discard)

    async def _settle(self, operation: Operation) -> None:
        """Record how it ended; if that fails, it is checked once more after a restart."""
        profile, verb, target = operation.ref.profile, operation.action.name, _target(operation)
        with suppress(OSError):
            await self.journal.settle(operation.entry, profile, verb, target, operation.outcome, bad=operation.failed)

    async def _saw(self, operation: Operation) -> None:
        """Record that its bad end was seen; if that fails, it is reported once more after a restart."""
        with suppress(OSError):
            await self.journal.saw(operation.entry, operation.ref.profile, operation.action.name, _target(operation))

    @property
    def sending(self) -> bool:
        """Whether a change is being sent and not answered yet."""
        return bool(self._performing)

    async def aclose(self) -> None:
        """Wait briefly for changes being sent, then close all connections and the journal."""
        if self._performing:
            await asyncio.wait(self._performing, timeout=ANSWER_SECONDS)
        for recalling in self._recalling:
            recalling.cancel()
        await self._follower.aclose()
        await self._feeds.aclose()
        await asyncio.gather(*(cloud.aclose() for cloud in self.clouds.values()), return_exceptions=True)
        if self._performing:
            # Their connections are closed; their outcome is recorded as unknown.
            await asyncio.wait(self._performing, timeout=CLOSING_SECONDS)
        for task in self._performing:
            task.cancel()
        await asyncio.gather(*self._performing, *self._writing, return_exceptions=True)
        self.journal.aclose()
        self.history.aclose()
        if self._keeper is not None:
            self._keeper.aclose()


def _target(operation: Operation) -> dict[str, str]:
    return {"id": operation.ref.id, "name": operation.name}
