"""One live profile: its provider, its connection, and the newest snapshot of each list in use."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gputui.core.clock import Clock
from gputui.core.feed import FeedState, feed_state, worst
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Children, Client, Provider
from gputui.core.reading import AnyView
from gputui.core.rows import Listing, Ref, Row, Snapshot
from gputui.core.traffic import Traffic
from gputui.engine.cached.lists import CachedList
from gputui.engine.poller import Poller


@dataclass(frozen=True, slots=True)
class Feed:
    """Which list: a view of the cloud, or the children of one row if those are read separately."""

    view: str
    parent: Ref | None = None


Publish = Callable[["Cloud", Feed, Snapshot, Snapshot], None]


class Cloud:
    """The live side of one profile. Machine views are read all the time, other views while they are shown."""

    def __init__(
        self,
        name: str,
        provider: Provider[Any],
        client: Client,
        *,
        every: float,
        protected: bool = False,
        read_only: bool = False,
        clock: Clock,
        rng: random.Random,
        publish: Publish,
        cached: Mapping[str, CachedList] = MappingProxyType({}),
        traffic: Traffic | None = None,
    ) -> None:
        self.name = name
        self.provider = provider
        self.client = client
        self.protected = protected
        self.read_only = read_only
        self.traffic = traffic or Traffic()
        self._every = every
        self._clock = clock
        self._rng = rng
        self._publish = publish
        self._cached = dict(cached)
        self._fleet_shown = False
        self._pollers: dict[Feed, Poller] = {}
        self._tasks: dict[Feed, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Start to read the machine views: they feed the fleet whether shown or not."""
        for view in self.provider.views:
            if view.machine:
                self._poller(Feed(view.name))

    def show_in_fleet(self, shown: bool) -> None:
        """Set whether the fleet is on the screen: if so, machine views are read at full pace too."""
        self._fleet_shown = shown
        for feed, poller in self._pollers.items():
            if self.feeds_fleet(feed) and poller.in_fleet is not shown:
                poller.in_fleet = shown
                if shown:
                    poller.wake()

    def feeds_fleet(self, feed: Feed) -> bool:
        """Whether the rows of `feed` are part of the fleet."""
        return feed.parent is None and self._view(feed).machine

    def show(self, feed: Feed, parent: Row | None = None) -> None:
        """`feed` is now on the screen: read it at full pace; `parent` is the row it belongs to."""
        known = feed in self._pollers
        poller = self._poller(feed, parent)
        poller.shown = True
        if known:
            poller.wake()

    def hide(self, feed: Feed) -> None:
        """`feed` has left the screen: a machine view slows down, any other stops."""
        poller = self._pollers.get(feed)
        if poller is None:
            return
        poller.shown = False
        if not self.feeds_fleet(feed):
            self._tasks.pop(feed).cancel()
            if feed.parent is not None:
                del self._pollers[feed]

    def snapshot(self, feed: Feed) -> Snapshot:
        """The newest snapshot of `feed`; an empty one before its first reading."""
        poller = self._pollers.get(feed)
        return poller.snapshot if poller else Snapshot(every=self._interval(self._view(feed)))

    def find(self, ref: Ref) -> Row | None:
        """The newest row with that ref, in whatever list; otherwise one that is not taken to be gone yet."""
        shots = [poller.snapshot for feed, poller in self._pollers.items() if feed.view == ref.view]
        found = (shot.rows.get(ref) for shot in shots)
        ghosts = (shot.ghosts[ref].row for shot in shots if ref in shot.ghosts)
        return next((row for row in found if row is not None), None) or next(ghosts, None)

    def snapshots(self) -> Mapping[Feed, Snapshot]:
        """The snapshots of all feeds."""
        return {feed: poller.snapshot for feed, poller in self._pollers.items()}

    def refresh(self, view: str | None = None) -> None:
        """Read one view, or all that are in use, again now; whatever the client has cached is dropped first."""
        getattr(self.client, "forget", _nothing)()
        for feed in self._tasks:
            if view is None or feed.view == view:
                self._pollers[feed].wake()

    def watched(self, feed: Feed) -> bool:
        """Whether a list is on the screen, by itself or in the fleet."""
        poller = self._pollers.get(feed)
        return poller is not None and (poller.shown or poller.in_fleet)

    def lay_over(self, view: str, found: Mapping[Ref, Row], gone: Collection[Ref], started: float) -> None:
        """Show what was read without its list, or found to be gone, in every list that has it."""
        for poller in [poller for feed, poller in self._pollers.items() if feed.view == view]:
            poller.lay_over(found, gone, started)

    def state(self, now: float) -> FeedState:
        """The state of this profile's machine views: that of the worst."""
        shots = (poller.snapshot for feed, poller in self._pollers.items() if self.feeds_fleet(feed))
        return worst((feed_state(shot, now) for shot in shots), now)

    def _view(self, feed: Feed) -> AnyView:
        view = self.provider.view(feed.view)
        if view is None:
            raise KeyError(f"{self.provider.name} has no view {feed.view}")
        return view

    def _interval(self, view: AnyView) -> float:
        return max(self._every, view.every or 0.0)

    async def read(self, feed: Feed) -> None:
        """Read a list once, shown or not; one that is being polled is read sooner."""
        if feed in self._tasks:
            self._pollers[feed].wake()
            return
        poller = self._pollers.get(feed)
        if poller is None:
            poller = self._pollers[feed] = self._made(feed, None)
        await poller.read()

    def _poller(self, feed: Feed, parent: Row | None = None) -> Poller:
        poller = self._pollers.get(feed)
        if poller is None:
            poller = self._pollers[feed] = self._made(feed, parent)
        if feed not in self._tasks:
            self._tasks[feed] = asyncio.create_task(poller.run(), name=f"poll {self.name}/{feed.view}")
        return poller

    def _made(self, feed: Feed, parent: Row | None) -> Poller:
        view = self._view(feed)
        poller = Poller(
            self.name,
            view,
            self._fetch(feed, view, parent),
            every=self._interval(view),
            clock=self._clock,
            rng=self._rng,
            begun=self._begun(feed, view),
            publish=lambda old, new: self._publish(self, feed, old, new),
            provider=self.provider.name,
            proven=lambda: any(poller.snapshot.taken_at is not None for poller in self._pollers.values()),
        )
        poller.in_fleet = self._fleet_shown and self.feeds_fleet(feed)
        return poller

    def _begun(self, feed: Feed, view: AnyView) -> Snapshot | None:
        """What an earlier console has left of a list."""
        cached = self._cached.pop(feed.view, None) if self.feeds_fleet(feed) else None
        return cached.snapshot(self._interval(view), view) if cached else None

    def _fetch(self, feed: Feed, view: AnyView, parent: Row | None) -> Callable[[], Awaitable[Listing[Any]]]:
        if feed.parent is None:
            return lambda: view.fetch(self.client)
        children, of = self.children_of(feed.parent.view, feed.view), feed.parent
        if children is None or children.fetch is None:
            raise Failed(Problem(Cause.BUG, f"{of} has no {feed.view} of its own to read"))
        fetch = children.fetch

        async def read() -> Listing[Any]:
            row = self.find(of) or parent
            if row is None:
                raise Failed(Problem(Cause.MISSING, "the row these belong to is no longer listed"))
            return await fetch(self.client, row.item)

        return read

    def children_of(self, parent_view: str, view: str) -> Children[Any] | None:
        """The drill-down from rows of `parent_view` to `view`, if there is one."""
        parent = self.provider.view(parent_view)
        return next((child for child in (parent.children if parent else ()) if child.view == view), None)

    async def aclose(self) -> None:
        """Stop reading and close the connection."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        await self.client.aclose()


def _nothing() -> None:
    """What `forget` does for a client that caches nothing."""
