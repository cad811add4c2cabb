"""The rows of each list of the console, updated piece by piece."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from gputui.core.feed import FeedState, Phase, feed_state
from gputui.core.rows import Ref, Snapshot
from gputui.engine.cached.profile import Lists
from gputui.engine.cloud import Feed
from gputui.engine.feed_rows import PIECE, FeedRows
from gputui.engine.fleet_rows import FleetRows
from gputui.engine.history.records import Remembered
from gputui.engine.operations import Operations

_log = logging.getLogger(__name__)

FeedId = tuple[str, Feed]
"""A profile and a feed of it."""


class Feeds:
    """The rows of each list in use, by profile and feed, and those of the fleet.

    `moved` is called with the profile and feed of a list whenever some of it was updated. A list of which much has
    changed at once is updated in pieces, between which the event loop has its turn.
    """

    def __init__(
        self,
        lists: Mapping[str, Lists],
        operations: Operations,
        now: Callable[[], float],
        moved: Callable[[str, Feed], None],
    ) -> None:
        self.fleet = FleetRows()
        self._lists = lists
        self._operations = operations
        self._now = now
        self._moved = moved
        self._rows: dict[FeedId, FeedRows] = {}
        self._stands: dict[FeedId, tuple[Phase, bool]] = {}
        self._catching_up: asyncio.Task[None] | None = None

    def of(self, profile: str, feed: Feed) -> FeedRows:
        """The rows of one list, which may still be behind its newest snapshot."""
        rows = self._rows.get((profile, feed))
        if rows is None:
            cloud = self._lists[profile]
            view = cloud.provider.view(feed.view)
            rows = self._rows[profile, feed] = FeedRows(
                self._operations, worst_first=view is not None and view.health is not None
            )
            if view is not None and cloud.feeds_fleet(feed):
                self.fleet.follow(rows, view, profile)
            rows.update(cloud.snapshot(feed), self._now())
        return rows

    def listed(self, profile: str, feed: Feed) -> FeedRows:
        """The rows of a list that has just come on the screen: never those of an earlier reading that was dropped."""
        rows = self.of(profile, feed)
        rows.update(self._lists[profile].snapshot(feed), self._now())
        if rows.work():
            self._tell((profile, feed), rows)
        return rows

    def newest(self, profile: str, feed: Feed) -> FeedRows:
        """The rows of one list, completely up to date."""
        rows = self.of(profile, feed)
        rows.update(self._lists[profile].snapshot(feed), self._now())
        while rows.behind:
            rows.work()
        return rows

    def begin(self) -> None:
        """Show the cached lists, complete: they are what the first frame shows."""
        for profile in self._lists:
            for feed in self.machines(profile):
                self.newest(profile, feed)

    def connected(self, profile: str) -> None:
        """A profile is connected: its lists are those of its own views, which begin with the cached rows."""
        before = [self._rows.pop(key) for key in list(self._rows) if key[0] == profile]
        gone = {ref for rows in before for ref in rows.rows}
        for rows in before:
            rows.end()  # it holds all that was cached, and no collection would find the circle of it and its listener
        for feed in self.machines(profile):
            rows = self.of(profile, feed)
            rows.work()
            self._tell((profile, feed), rows)
            gone.difference_update(self._lists[profile].snapshot(feed).known)
        self.fleet.change({}, gone)

    def machines(self, profile: str) -> list[Feed]:
        """The lists of a profile that feed the fleet."""
        cloud = self._lists.get(profile)
        return [feed for feed in cloud.snapshots() if cloud.feeds_fleet(feed)] if cloud else []

    def holding(self, ref: Ref) -> Iterable[Feed]:
        """The lists that contain a row."""
        cloud = self._lists.get(ref.profile)
        shots = cloud.snapshots() if cloud else {}
        return (
            feed for feed, shot in shots.items() if feed.view == ref.view and (ref in shot.rows or ref in shot.ghosts)
        )

    async def recall(self, profile: str, feed: Feed, past: Mapping[str, Remembered]) -> None:
        """Show what history holds of the machines of a list, in pieces."""
        while self.of(profile, feed).behind:
            self._one_more_piece((profile, feed))
            await asyncio.sleep(0)
        refs = self.fleet.machines(profile, feed.view)
        for begin in range(0, len(refs), PIECE):
            self.fleet.recall(profile, feed.view, refs[begin : begin + PIECE], past)
            self._moved(profile, feed)
            await asyncio.sleep(0)

    def published(self, profile: str, feed: Feed, snapshot: Snapshot) -> None:
        """Update a list from its new snapshot."""
        now = self._now()
        self._stands[profile, feed] = _stand(feed_state(snapshot, now))
        rows = self.of(profile, feed)
        rows.update(snapshot, now)
        rows.work()
        self._tell((profile, feed), rows)

    def touched(self, ref: Ref) -> None:
        """Update the row whose operation has changed."""
        for (profile, feed), rows in list(self._rows.items()):
            if (profile, feed.view) == (ref.profile, ref.view):
                rows.update(self._lists[profile].snapshot(feed), self._now())
                rows.note([ref])
                rows.work()
                self._tell((profile, feed), rows)

    def time_passed(self) -> None:
        """Update what changes by the clock alone: a list that becomes stale, an operation that takes long.

        When nothing answers any more, nothing else would.
        """
        now = self._now()
        shots = {(name, feed): shot for name, cloud in self._lists.items() for feed, shot in cloud.snapshots().items()}
        self._rows = {key: rows for key, rows in self._rows.items() if key in shots}
        before, self._stands = self._stands, {key: _stand(feed_state(shot, now)) for key, shot in shots.items()}
        for key, rows in list(self._rows.items()):
            rows.update(shots[key], now)
            if rows.work() or before.get(key, self._stands[key]) != self._stands[key]:
                self._tell(key, rows)

    def _tell(self, key: FeedId, rows: FeedRows) -> None:
        self._moved(*key)
        if rows.behind and self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up(), name="catch up")

    async def _catch_up(self) -> None:
        try:
            while behind := [key for key, rows in self._rows.items() if rows.behind]:
                for key in behind:
                    await asyncio.sleep(0)
                    self._one_more_piece(key)
        finally:
            self._catching_up = None

    def _one_more_piece(self, key: FeedId) -> None:
        try:
            if key in self._rows and self._rows[key].work():
                self._moved(*key)
        except Exception:  # noqa: BLE001 - logged: a bug in a listener must not end it for all lists
            _log.exception("telling of %s of %s", key[1].view, key[0])

    async def aclose(self) -> None:
        """Stop updating."""
        if self._catching_up is not None:
            self._catching_up.cancel()
            with suppress(asyncio.CancelledError):
                await self._catching_up


def _stand(state: FeedState) -> tuple[Phase, bool]:
    """The part of a state that changes what is shown by the clock alone."""
    return state.phase, state.expired
