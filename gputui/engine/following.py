"""Reading the targets of open changes until they settle, whatever is shown: one thing alone where a cloud allows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from gputui.core.clock import Clock
from gputui.core.gaps import Gap
from gputui.core.problem import Failed
from gputui.core.reading import rows
from gputui.core.rows import Listing, Ref, Snapshot
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.operations import SLOW_EVERY, Operation, Operations

FAST_EVERY = 2.0
FAST_SECONDS = 60.0
"""For so long after its sending a change is read every 2 s."""
STEADY_EVERY = 5.0
JOURNAL_EVERY = 10.0
"""Seconds between two looks into the journal while what other consoles began is open."""
_log = logging.getLogger(__name__)

Subject = tuple[str, Feed, Ref | None]
"""What is read at once: a list of a profile, or one thing of it."""


def pace(operation: Operation, now: float) -> float:
    """Seconds between two readings of a change's target."""
    if operation.slow(now):
        return SLOW_EVERY
    return FAST_EVERY if now - operation.sent_at < FAST_SECONDS else STEADY_EVERY


@dataclass(slots=True)
class _Reading:
    """When a subject was read last, how often in a row that failed, and the reading that is under way."""

    read_at: float
    failures: int = 0
    task: asyncio.Task[None] | None = None

    def due_at(self, every: float) -> float:
        return self.read_at + min(SLOW_EVERY, every * 2.0 ** min(self.failures, 10))


class Follower:
    """Keeps a reading of every open change's target alive. It begins with the first `wake` and costs nothing idle."""

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
        self._journal_read_at = clock.now()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something about the changes has moved."""
        self._woken.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="follow changes")

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
            except Exception:  # noqa: BLE001 - a bug must not end the following of everything; it is logged whole
                _log.exception("following changes")
                wait = SLOW_EVERY
            await self._clock.wait(self._woken, wait)

    async def _adopt(self) -> None:
        """What other consoles began may have been answered, or settled, by them meanwhile."""
        theirs = any(one.adopted and one.open for one in self._operations.everything())
        if theirs and self._clock.now() - self._journal_read_at >= JOURNAL_EVERY:
            self._journal_read_at = self._clock.now()
            await self._look_into_journal()

    def _read_what_is_due(self) -> float:
        """Begin the readings that are due; seconds until the next one is."""
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
        """What must be read, and how often."""
        wanted: dict[Subject, float] = {}
        for operation in self._operations.everything():
            cloud = self._clouds.get(operation.ref.profile)
            view = cloud.provider.view(operation.ref.view) if cloud else None
            if cloud is None or view is None or not operation.open:
                continue
            subject = self._subject(cloud, operation)
            every = max(pace(operation, now), view.every or 0.0)
            wanted[subject] = min(every, wanted.get(subject, every))
        return wanted

    def _subject(self, cloud: Cloud, operation: Operation) -> Subject:
        ref, feed = operation.ref, Feed(operation.ref.view)
        view, row = cloud.provider.view(ref.view), cloud.find(ref)
        alone = view is not None and view.read_one is not None and row is not None and row.item is not None
        return (cloud.name, feed, ref if alone else None)

    async def _read(self, subject: Subject, reading: _Reading) -> None:
        name, feed, ref = subject
        reading.read_at = self._clock.now()
        failed = True
        try:
            if ref is None:
                await self._clouds[name].read(feed)
                failed = self._clouds[name].snapshot(feed).problem is not None
            else:
                failed = not await self._read_one(self._clouds[name], feed, ref)
        finally:
            reading.failures = reading.failures + 1 if failed else 0
            reading.task = None
            self._woken.set()

    async def _read_one(self, cloud: Cloud, feed: Feed, ref: Ref) -> bool:
        """Read one thing. What cannot be read so, or is not there, the whole list decides about."""
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
        except Exception:  # noqa: BLE001 - a bug of a provider costs this reading only, and is logged whole
            _log.exception("reading %s", ref)
            await cloud.read(feed)
            return False
        before = self._progress(ref)
        self._operations.observe(cloud.name, feed.view, Snapshot(found, started, missing=(Gap("every other row"),)))
        if self._progress(ref) != before:
            await cloud.read(feed)  # the list is to show it too
        return ref in found

    def _progress(self, ref: Ref) -> list[object]:
        return [(one.progress, one.settled_at) for one in _of(ref, self._operations.everything())]


def _of(ref: Ref, operations: Iterable[Operation]) -> Iterable[Operation]:
    return (one for one in operations if one.ref == ref)
