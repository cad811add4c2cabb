"""A profile that is not connected yet, as far as the console knows its lists: those of an earlier console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from gputui.core.feed import FeedState, feed_state, worst
from gputui.core.provider import Provider
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.cached.lists import CachedList, unread
from gputui.engine.cloud import Feed


class Lists(Protocol):
    """The lists of a profile, whether it is connected or not."""

    @property
    def provider(self) -> Provider[Any]:
        """Its views."""

    def snapshot(self, feed: Feed) -> Snapshot:
        """The newest snapshot of `feed`."""

    def snapshots(self) -> Mapping[Feed, Snapshot]:
        """The snapshots of all feeds."""

    def feeds_fleet(self, feed: Feed) -> bool:
        """Whether the rows of `feed` are part of the fleet."""

    def find(self, ref: Ref) -> Row | None:
        """The newest row with that ref."""

    def state(self, now: float) -> FeedState:
        """The state of the machine views."""


class CachedProfile:
    """The cached lists of a profile that is not connected yet."""

    def __init__(self, provider: str, lists: Iterable[CachedList], every: float) -> None:
        self.lists = {one.view.name: one for one in lists}
        views = tuple(one.view for one in self.lists.values())
        self.provider: Provider[Any] = Provider(provider, provider, (), unread, views)
        self._every = every
        self._snapshots = {Feed(name): one.snapshot(every) for name, one in self.lists.items()}

    def snapshot(self, feed: Feed) -> Snapshot:
        """The snapshot of `feed`; an empty one for any that is not cached."""
        return self._snapshots.get(feed) or Snapshot(every=self._every)

    def snapshots(self) -> Mapping[Feed, Snapshot]:
        """The snapshots of all cached lists."""
        return self._snapshots

    def feeds_fleet(self, feed: Feed) -> bool:
        """Whether it is one of the cached lists: these are of machines."""
        return feed in self._snapshots

    def find(self, ref: Ref) -> Row | None:
        """The cached row with that ref."""
        cached = self.lists.get(ref.view)
        return cached.rows.get(ref) if cached else None

    def state(self, now: float) -> FeedState:
        """The state of the cached lists: they are still to be read."""
        return worst((feed_state(shot, now) for shot in self._snapshots.values()), now)


NOTHING_CACHED = CachedProfile("", (), 0.0)
"""Of a profile whose lists no earlier console has left, or that is connected a second time."""
