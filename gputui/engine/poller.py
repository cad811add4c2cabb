"""Reads one list repeatedly: it never overlaps itself, never raises, never gives up."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace

from gputui.core.clock import Clock
from gputui.core.feed import HUNG_SECONDS, STALE_AFTER_INTERVALS
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.reading import AnyView, RowMaker
from gputui.core.rows import Listing, Ref, Row, Snapshot
from gputui.core.slices import Slices
from gputui.engine.backoff import backoff
from gputui.engine.changing import can_be_followed
from gputui.engine.narrow import laid_over, still_newer
from gputui.engine.taking import taken

BUSY_EVERY = 1.5
BUSY_SHARE = 0.2
"""At most this share of the time is spent on reading a list quickly."""
HIDDEN_FACTOR = 3.0
_SLOWER = 2.0
"""So many times as long as the last good one a reading may take before it is taken to hang."""
_log = logging.getLogger(__name__)


class Poller:
    """Keeps the snapshot of one view fresh and calls `publish` with each new one.

    While a row of a shown list is changing, the list is read every 1.5 s, less often if a reading takes long, and not
    faster at all where the API has narrower readings, which `engine/following.py` makes. A list that is neither `shown`
    nor `in_fleet` (shown as part of the fleet) is read a third as often. `proven` says whether the profile's keys have
    worked elsewhere since the start. `begun` is the snapshot before the first reading. The snapshot says when it is
    read next.
    """

    def __init__(
        self,
        profile: str,
        view: AnyView,
        fetch: Callable[[], Awaitable[Listing[object]]],
        *,
        every: float,
        clock: Clock,
        rng: random.Random,
        publish: Callable[[Snapshot, Snapshot], None],
        proven: Callable[[], bool] = lambda: False,
        provider: str = "",
        begun: Snapshot | None = None,
    ) -> None:
        self.snapshot = begun or Snapshot(every=every)
        self._shown = False
        self._in_fleet = False
        self._profile = profile
        self._view = view
        self._maker = RowMaker(view, profile, provider)
        self._fetch = fetch
        self._every = every
        self._clock = clock
        self._rng = rng
        self._publish = publish
        self._proven = proven
        self._failures = self._refusals = 0
        self._took = self._took_well = 0.0
        self._woken = asyncio.Event()

    @property
    def shown(self) -> bool:
        """Whether this list is on the screen."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        self._shown = shown
        self._expect_sooner()

    @property
    def in_fleet(self) -> bool:
        """Whether the fleet, and with it these rows, is on the screen."""
        return self._in_fleet

    @in_fleet.setter
    def in_fleet(self, in_fleet: bool) -> None:
        self._in_fleet = in_fleet
        self._expect_sooner()

    def _expect_sooner(self) -> None:
        """When the pace quickens, rows become stale after three of the shorter intervals from now."""
        shot, now = self.snapshot, self._clock.now()
        if shot.taken_at is not None:
            every = (now - shot.taken_at) / STALE_AFTER_INTERVALS + self._pace()
            if every < shot.every:
                self.snapshot = replace(shot, every=every)

    def wake(self) -> None:
        """Read now, whatever the delay; if a reading is in progress, right after it."""
        self._woken.set()

    async def run(self) -> None:
        """Read for ever; ends only by cancellation, which never interrupts a request that is being sent."""
        while True:
            self._woken.clear()
            try:
                await self.read()
            except Exception:  # noqa: BLE001 - logged: a bug in a listener must not end the reading
                _log.exception("telling of %s of %s", self._view.name, self._profile)
            await self._clock.wait(self._woken, (self.snapshot.next_at or 0.0) - self._clock.now())

    async def read(self) -> None:
        """Read once and publish the result, with the time of the next reading."""
        started = self._clock.now()
        patience = max(HUNG_SECONDS, _SLOWER * self._took_well)
        self.snapshot = replace(self.snapshot, asked_at=started, hung_at=started + patience)
        try:
            listing = await self._fetch()
            found, duplicates = await self._maker.rows(listing, self.snapshot.rows, Slices())
            after = taken(self.snapshot, listing, found, duplicates, started)
        except asyncio.CancelledError:
            self.snapshot = replace(self.snapshot, asked_at=None, hung_at=None)
            raise
        except Failed as failed:
            after = replace(self.snapshot, problem=failed.problem)
        except Exception as error:  # noqa: BLE001 - a bug in a provider affects its own tab only; logged
            _log.exception("reading %s of %s", self._view.name, self._profile)
            after = replace(self.snapshot, problem=Problem(Cause.BUG, f"{type(error).__name__}: see the log"))
        before = self.snapshot
        self._settle(still_newer(before, after), started)
        self._publish(before, self.snapshot)

    def lay_over(self, found: Mapping[Ref, Row], gone: Collection[Ref], started: float) -> None:
        """Take over what a narrow reading that began at `started` has found, or found to be gone."""
        before = self.snapshot
        self.snapshot = laid_over(before, found, gone, started)
        if self.snapshot is not before:
            self._publish(before, self.snapshot)

    def _settle(self, after: Snapshot, started: float) -> None:
        """Keep a new snapshot, with what depends on the clock: since when it fails, and when it is read next."""
        now = self._clock.now()
        self._took = now - started
        failing = after.problem is not None
        self._took_well = self._took_well if failing else self._took
        self._failures = self._failures + 1 if failing else 0
        refused = after.problem is not None and after.problem.cause is Cause.CREDENTIALS
        self._refusals = self._refusals + 1 if refused else 0
        # The actual interval, the reading's duration included: a slow reading does not make a list stale.
        every = after.every if failing and after.taken_at is not None else self._pace() + (now - started)
        since = (self.snapshot.failed_since or started) if failing else None
        self.snapshot = replace(after, every=every, failed_since=since)
        self.snapshot = replace(self.snapshot, next_at=now + self.delay(), asked_at=None, hung_at=None)

    def delay(self) -> float:
        """Seconds until the next reading, depending on how the last one ended."""
        problem = self.snapshot.problem
        if problem is None:
            return self._steady() * self._rng.uniform(0.9, 1.1)
        proven = self.snapshot.taken_at is not None or self._proven()
        jitter = self._rng.uniform(0.5, 1.0)
        return backoff(problem, self._failures, self._every, jitter, proven=proven, refusals=self._refusals)

    def _steady(self) -> float:
        if (
            self._shown
            and not can_be_followed(self._view)
            and any(row.health is Health.CHANGING for row in self.snapshot.rows.values())
        ):
            quickly = max(BUSY_EVERY, self._took / BUSY_SHARE)
            return min(self._every, quickly) if self._view.every is None else self._every
        return self._pace()

    def _pace(self) -> float:
        """The interval of a list in which nothing is changing."""
        return self._every if self._shown or self._in_fleet else self._every * HIDDEN_FACTOR
