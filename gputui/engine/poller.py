"""Reading one list again and again: it never overlaps itself, never raises, never gives up."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from gputui.core.clock import Clock
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.reading import AnyView, rows
from gputui.core.rows import Listing, Ref, Row, Snapshot
from gputui.engine.backoff import backoff
from gputui.engine.fleet import as_stale

BUSY_EVERY = 1.5
HIDDEN_FACTOR = 3.0
MISSING_KEPT = 600.0
"""Seconds for which a row stays that a list without all its parts does not have."""
_log = logging.getLogger(__name__)


class Poller:
    """Keeps the snapshot of one view fresh and tells `publish` of each new one.

    `urgent` says whether an operation on this view is being followed; then, and while something is changing by
    itself, it reads every 1.5 s. A view that is not `shown` is read three times as slowly. `proven` says whether the
    profile's keys have worked elsewhere since the start. `due` is the moment of the next reading.
    """

    def __init__(
        self,
        profile: str,
        view: AnyView,
        fetch: Callable[[], Awaitable[Listing[object]]],
        *,
        every: float,
        clock: Clock,
        chance: random.Random,
        publish: Callable[[Snapshot, Snapshot], None],
        urgent: Callable[[], bool] = lambda: False,
        proven: Callable[[], bool] = lambda: False,
    ) -> None:
        self.snapshot = Snapshot(every=every)
        self.shown = False
        self.due = clock.now()
        self._profile = profile
        self._view = view
        self._fetch = fetch
        self._every = every
        self._clock = clock
        self._chance = chance
        self._publish = publish
        self._urgent = urgent
        self._proven = proven
        self._failures = 0
        self._missing_since: dict[Ref, float] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Read now, whatever the delay; while a reading is under way, right after it."""
        self._woken.set()

    async def run(self) -> None:
        """Read for ever; ends by cancellation only, which never reaches a request in flight."""
        while True:
            self._woken.clear()
            await self.read()
            delay = self.delay()
            self.due = self._clock.now() + delay
            await self._clock.wait(self._woken, delay)

    async def read(self) -> None:
        """Read once and publish what came of it."""
        before = self.snapshot
        started = self._clock.now()
        try:
            listing = await self._fetch()
            found, duplicates = rows(self._view, self._profile, listing)
        except Failed as failed:
            self._failed(failed.problem)
        except Exception as error:  # noqa: BLE001 - a bug of a provider costs its own tab only, and is logged whole
            _log.exception("reading %s of %s", self._view.name, self._profile)
            self._failed(Problem(Cause.BUG, f"{type(error).__name__}: see the log"))
        else:
            kept = {ref: _kept(before.rows.get(ref), row) for ref, row in found.items()}
            kept |= self._unread(before, kept, partial=bool(listing.notice), now=started)
            self._failures = 0
            # A list that takes long to read (one request a second) is not stale for that reason alone.
            every = max(self._every, self._clock.now() - started)
            self.snapshot = Snapshot(kept, started, every, notice=listing.notice, duplicates=duplicates)
        self._publish(before, self.snapshot)

    def _unread(self, before: Snapshot, kept: Mapping[Ref, Row], *, partial: bool, now: float) -> dict[Ref, Row]:
        """Rows that a list does not have which is known to lack some: stale for a while, then taken to be gone."""
        missing = [row for ref, row in before.rows.items() if ref not in kept] if partial else []
        self._missing_since = {row.ref: self._missing_since.get(row.ref, now) for row in missing}
        return {row.ref: as_stale(row) for row in missing if now - self._missing_since[row.ref] < MISSING_KEPT}

    def _failed(self, problem: Problem) -> None:
        self._failures += 1
        since = self.snapshot.failed_since or self._clock.now()
        self.snapshot = replace(self.snapshot, problem=problem, failed_since=since)

    def delay(self) -> float:
        """Seconds until the next reading, from how the last one ended."""
        problem = self.snapshot.problem
        if problem is None:
            return self._steady() * self._chance.uniform(0.9, 1.1)
        proven = self.snapshot.taken_at is not None or self._proven()
        return backoff(problem, self._failures, self._every, self._chance.uniform(0.5, 1.0), proven=proven)

    def _steady(self) -> float:
        busy = self._urgent() or (
            self.shown and any(row.health is Health.CHANGING for row in self.snapshot.rows.values())
        )
        if busy:
            return min(self._every, BUSY_EVERY) if self._view.every is None else self._every
        return self._every if self.shown else self._every * HIDDEN_FACTOR


def _kept(before: Row | None, row: Row) -> Row:
    """The row as it was if nothing at all has changed: verbs and their ends are read off more than is shown."""
    if before is None or before != row or before.item != row.item or before.raw != row.raw:
        return row
    return before
