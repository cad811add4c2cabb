"""Follows what is changing: the targets of open operations until they settle, and changing rows while they are shown.

Reads one item alone, or only those in some states, where a cloud allows it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from gputui.core.clock import Clock
from gputui.core.gaps import Gap
from gputui.core.problem import Failed
from gputui.core.reading import rows
from gputui.core.rows import Listing, Ref, Row, Snapshot
from gputui.engine.changing import ChangingRows, can_be_followed, can_follow, narrow_pace, read_changing
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.operations import SLOW_EVERY, Operation, Operations

FAST_EVERY = 2.0
FAST_SECONDS = 60.0
"""For this long after it was sent, a change is read every 2 s."""
STEADY_EVERY = 5.0
JOURNAL_EVERY = 10.0
"""Seconds between two reads of the journal while operations of other consoles are open."""
_log = logging.getLogger(__name__)


class Of(Enum):
    """What is read of a list if not a single item: all of it, or what is changing in it."""

    ALL = "all"
    CHANGING = "changing"


Subject = tuple[str, Feed, Ref | Of]
"""What one reading covers: a profile, a list of it, and one item or a part of the list."""


def pace(operation: Operation, now: float) -> float:
    """Seconds between two readings of an operation's target."""
    if operation.slow(now):
        return SLOW_EVERY
    return FAST_EVERY if now - operation.sent_at < FAST_SECONDS else STEADY_EVERY


@dataclass(slots=True)
class _Reading:
    """When a subject was read last, how many reads in a row failed, and the read in progress."""

    read_at: float
    failures: int = 0
    task: asyncio.Task[None] | None = None

    def due_at(self, every: float) -> float:
        return self.read_at + min(SLOW_EVERY, every * 2.0 ** min(self.failures, 10))


class Follower:
    """Keeps reading the target of each open operation. It starts with the first `wake` and costs nothing when idle."""

    def __init__(
        self,
        clouds: Mapping[str, Cloud],
        operations: Operations,
        clock: Clock,
        look_into_journal: Callable[[], Awaitable[None]],
    ) -> None:
        self._clouds = clouds
        self._operations = operations
        self._clock = clock
        self._look_into_journal = look_into_journal
        self._readings: dict[Subject, _Reading] = {}
        self._changing: dict[tuple[str, Feed], ChangingRows] = {}
        self._journal_read_at = clock.now()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something about the operations has changed: check what to read."""
        self._woken.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="follow changes")

    def published(self, cloud: Cloud, feed: Feed, snapshot: Snapshot) -> None:
        """Follow what the new snapshot of a list shows as changing."""
        view = cloud.provider.view(feed.view)
        if feed.parent is not None or view is None or not can_be_followed(view):
            return
        changing = self._changing.setdefault((cloud.name, feed), ChangingRows())
        changing.update(snapshot.rows, self._clock.now())
        if changing.fresh(self._clock.now()):
            self.wake()

    async def aclose(self) -> None:
        """Stop reading."""
        under_way = [reading.task for reading in self._readings.values() if reading.task is not None]
        tasks = [task for task in (self._task, *under_way) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._adopt()
                wait = self._read_what_is_due()
            except Exception:  # noqa: BLE001 - a bug must not end following altogether; logged
                _log.exception("following changes")
                wait = SLOW_EVERY
            await self._clock.wait(self._woken, wait)

    async def _adopt(self) -> None:
        """Other consoles may meanwhile have got a reply to, or settled, the operations they began."""
        theirs = any(one.adopted and one.open for one in self._operations.everything())
        if theirs and self._clock.now() - self._journal_read_at >= JOURNAL_EVERY:
            self._journal_read_at = self._clock.now()
            await self._look_into_journal()

    def _read_what_is_due(self) -> float:
        """Start the readings that are due; return the seconds until the next one."""
        now = self._clock.now()
        wanted = self._wanted(now)
        for subject in self._readings.keys() - wanted.keys():
            if self._readings[subject].task is None:
                del self._readings[subject]
        wait = JOURNAL_EVERY if wanted else 3600.0
        for subject, every in wanted.items():
            reading = self._readings.setdefault(subject, _Reading(now))
            if reading.task is not None:
                continue
            if reading.due_at(every) <= now:
                reading.task = asyncio.create_task(self._read(subject, reading))
            else:
                wait = min(wait, reading.due_at(every) - now)
        return wait

    def _wanted(self, now: float) -> dict[Subject, float]:
        """What must be read, and how often in seconds."""
        wanted: dict[Subject, float] = {}
        for operation in self._operations.everything():
            cloud = self._clouds.get(operation.ref.profile)
            view = cloud.provider.view(operation.ref.view) if cloud else None
            if cloud is None or view is None or not operation.open:
                continue
            subject = self._subject(cloud, operation)
            every = max(pace(operation, now), view.every or 0.0)
            wanted[subject] = min(every, wanted.get(subject, every))
        for name, feed in self._changing:
            view = self._clouds[name].provider.view(feed.view)
            changing = self._to_follow(name, feed)
            if view is not None and can_follow(view, changing):
                wanted[name, feed, Of.CHANGING] = narrow_pace(view, changing)
        return wanted

    def _to_follow(self, name: str, feed: Feed) -> list[Row]:
        """The changing rows of a shown list, except the targets of operations, which are followed anyway."""
        cloud = self._clouds[name]
        if not cloud.watched(feed) or cloud.snapshot(feed).problem is not None:
            return []
        own = {one.ref for one in self._operations.everything() if one.open}
        return [row for row in self._changing[name, feed].fresh(self._clock.now()) if row.ref not in own]

    def _subject(self, cloud: Cloud, operation: Operation) -> Subject:
        ref, feed = operation.ref, Feed(operation.ref.view)
        view, row = cloud.provider.view(ref.view), cloud.find(ref)
        alone = view is not None and view.read_one is not None and row is not None and row.item is not None
        return (cloud.name, feed, ref if alone else Of.ALL)

    async def _read(self, subject: Subject, reading: _Reading) -> None:
        name, feed, what = subject
        reading.read_at = self._clock.now()
        failed = True
        try:
            if what is Of.ALL:
                await self._clouds[name].read(feed)
                failed = self._clouds[name].snapshot(feed).problem is not None
            elif what is Of.CHANGING:
                failed = not await self._read_changing(self._clouds[name], feed)
                reading.read_at = self._clock.now()  # a slow reading is followed by a pause too
            else:
                failed = not await self._read_one(self._clouds[name], feed, what)
        except Exception:  # noqa: BLE001 - logged: a bug in a listener must not end the following
            _log.exception("telling of %s of %s", feed.view, name)
        finally:
            reading.failures = reading.failures + 1 if failed else 0
            reading.task = None
            self._woken.set()

    async def _read_changing(self, cloud: Cloud, feed: Feed) -> bool:
        """Read what is changing in a list. Where that is not possible, the list is read at its own pace."""
        view, changing, started = cloud.provider.view(feed.view), self._to_follow(cloud.name, feed), self._clock.now()
        if view is None or not changing:
            return True
        reading = await read_changing(view, cloud.client, cloud.name, changing)
        self._changing[cloud.name, feed].doubt(reading.gone)
        self._show(cloud, feed, reading.found, reading.gone, started)
        return bool(reading.found or not reading.failed)

    def _show(self, cloud: Cloud, feed: Feed, found: Mapping[Ref, Row], gone: Collection[Ref], started: float) -> None:
        """Publish what was read without its list."""
        self._operations.observe(cloud.name, feed.view, Snapshot(found, started, missing=(Gap("every other row"),)))
        cloud.lay_over(feed.view, found, gone, started)

    async def _read_one(self, cloud: Cloud, feed: Feed, ref: Ref) -> bool:
        """Read one item. If it cannot be read alone, or is not found, the whole list decides."""
        view, row = cloud.provider.view(feed.view), cloud.find(ref)
        if view is None or view.read_one is None or row is None:
            return False
        started = self._clock.now()
        try:
            item = await view.read_one(cloud.client, row.item)
            found, _ = rows(view, cloud.name, Listing((item,)))
        except Failed as failed:
            if failed.problem.status == 404:
                await cloud.read(feed)
            return failed.problem.status == 404
        except Exception:  # noqa: BLE001 - a bug in a provider affects this reading only; logged
            _log.exception("reading %s", ref)
            await cloud.read(feed)
            return False
        self._show(cloud, feed, found, (), started)
        return ref in found
