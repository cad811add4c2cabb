"""Keeps the newest whole reading of each machine list on disk, for the first frame of the next console."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread

from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Snapshot
from gputui.engine.cached.encoding import Account, encoded
from gputui.engine.cached.files import CachedFiles
from gputui.engine.cloud import Cloud, Feed

AT_MOST_EVERY = 30.0
"""Seconds between two writings of a list that changes."""
UNCHANGED_EVERY = 300.0
"""The same of one that does not: only its age would be another."""
SETTLE_SECONDS = 2.0
"""From a reading until it is written: by then the console has shown it, which the thread would delay."""
LAST_SECONDS = 0.3
"""How long closing waits for what is still to be written."""
_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""A profile and a view of it."""


@dataclass(frozen=True, slots=True)
class _WholeReading:
    account: Account
    view: AnyView
    shot: Snapshot

    def outlived_by(self, newer: _WholeReading, changed: float, unchanged: float) -> bool:
        """Whether a newer reading is to be written in its place."""
        age = (newer.shot.taken_at or 0.0) - (self.shot.taken_at or 0.0)
        return age >= (unchanged if newer.shot.rows is self.shot.rows else changed)


class ListKeeper:
    """Listens to the readings of machine lists, at no cost for the event loop, and writes them in a thread."""

    def __init__(
        self, files: CachedFiles, account_of: Callable[[Cloud], Account], settle: float = SETTLE_SECONDS
    ) -> None:
        self._files = files
        self._account_of = account_of
        self._settle = settle
        self._newest: dict[Key, _WholeReading] = {}
        self._taken: dict[Key, _WholeReading] = {}
        """What was written last, or is to be written."""
        self._due: dict[Key, _WholeReading] = {}
        self._changed = Condition()
        self._thread: Thread | None = None
        self._closing = False

    def published(self, cloud: Cloud, feed: Feed, moved: Sequence[Ref], old: Snapshot, new: Snapshot) -> None:
        """Note a new snapshot of machines. One that is known to lack rows does not replace a whole one."""
        view = cloud.provider.view(feed.view)
        if view is None or new.taken_at is None or new.ghosts or any(gap.rows for gap in new.missing):
            return
        key = (cloud.name, feed.view)
        self._newest[key] = reading = _WholeReading(self._account_of(cloud), view, new)
        before = self._taken.get(key)
        if before is None or before.outlived_by(reading, AT_MOST_EVERY, UNCHANGED_EVERY):
            self._take(key, reading)

    def _take(self, key: Key, reading: _WholeReading) -> None:
        self._taken[key] = reading
        with self._changed:
            self._due[key] = reading
            if self._thread is None:
                self._thread = Thread(target=self._write_all, name="cached lists", daemon=True)
                self._thread.start()
            self._changed.notify()

    def aclose(self) -> None:
        """Write what has changed since, within a bound."""
        for key, reading in self._newest.items():
            if self._taken[key].outlived_by(reading, 0.0, AT_MOST_EVERY):
                self._take(key, reading)
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)

    def _write_all(self) -> None:
        """The thread: write until it is closed."""
        while due := self._next():
            (profile, view), reading = due
            shot = reading.shot
            lines = encoded(reading.account, profile, reading.view, shot.taken_at or 0.0, shot.rows.values())
            try:
                self._files.write(profile, view, lines)
            except Exception as error:  # noqa: BLE001 - logged: the next console begins without this list
                _log.warning("the list %s of %s is not kept: %s", view, profile, error)

    def _next(self) -> tuple[Key, _WholeReading] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._due or self._closing)
            self._changed.wait_for(lambda: self._closing, self._settle)
            return self._due.popitem() if self._due else None
