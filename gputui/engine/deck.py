"""Everything a console has on its desk: the profiles in order, what they show, what changed, what is under way."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gputui.core.clock import Clock
from gputui.core.problem import Problem
from gputui.core.provider import Client, Provider
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.changes import Change, changes
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.fleet import as_stale, fleet_row, worst_first
from gputui.engine.following import Follower
from gputui.engine.journal import Journal
from gputui.engine.marks import with_operation
from gputui.engine.operations import Operation, Operations
from gputui.engine.perform import Intent, Result, perform

MOST_CHANGES = 500


@dataclass(frozen=True, slots=True)
class Tab:
    """One profile as the screen's first line knows it, before and after its provider has been loaded."""

    name: str
    provider: str
    protected: bool = False
    read_only: bool = False
    every: float = 5.0
    problem: Problem | None = None


class Deck:
    """The console's data. `told` is called with the profile and feed of every new snapshot, on the event loop;
    `warned` with every change that came to nothing after it was sent.
    """

    def __init__(
        self,
        tabs: Iterable[Tab],
        *,
        journal: Journal,
        clock: Clock,
        chance: random.Random,
        told: Callable[[str, Feed], None] = lambda profile, feed: None,
    ) -> None:
        self.tabs: dict[str, Tab] = {tab.name: tab for tab in tabs}
        self.clouds: dict[str, Cloud] = {}
        self.changes: deque[Change | Operation] = deque(maxlen=MOST_CHANGES)
        self.clock = clock
        self.told = told
        self.warned: Callable[[Operation], None] = lambda operation: None
        self.operations = Operations(clock.now, self._operation_moved)
        self.journal = journal
        self._follower = Follower(self.clouds, self.operations, clock, self.resume)
        self._chance = chance
        self._performing: set[asyncio.Task[tuple[Result, ...]]] = set()
        self._writing: set[asyncio.Task[None]] = set()

    def connect(self, name: str, provider: Provider[Any], client: Client) -> Cloud:
        """Put the connection of a profile on the desk and begin to read it."""
        tab = self.tabs[name]
        cloud = Cloud(
            name,
            provider,
            client,
            every=tab.every,
            protected=tab.protected,
            read_only=tab.read_only,
            clock=self.clock,
            chance=self._chance,
            publish=self._published,
        )
        self.clouds[name] = cloud
        cloud.start()
        return cloud

    def fail(self, name: str, problem: Problem) -> None:
        """A profile cannot be connected at all: its tab says why."""
        self.tabs[name] = replace(self.tabs[name], problem=problem)
        self.told(name, Feed(""))

    def problem(self, name: str) -> Problem | None:
        """Why a profile shows nothing new at present, if so."""
        cloud = self.clouds.get(name)
        return self.tabs[name].problem or (cloud.problem if cloud else None)

    def find(self, ref: Ref) -> Row | None:
        """The newest row of that identity."""
        cloud = self.clouds.get(ref.profile)
        return cloud.find(ref) if cloud else None

    def view(self, ref: Ref) -> AnyView | None:
        """The view that a row belongs to."""
        cloud = self.clouds.get(ref.profile)
        return cloud.provider.view(ref.view) if cloud else None

    def machines(self, name: str) -> dict[Ref, Row]:
        """The machine rows of one profile, those too old to be believed marked as stale."""
        cloud = self.clouds.get(name)
        found: dict[Ref, Row] = {}
        for feed, snapshot in (cloud.snapshots() if cloud else {}).items():
            view = cloud.provider.view(feed.view) if cloud else None
            if feed.parent is None and view is not None and view.machine:
                found |= {ref: self.dressed(row, snapshot) for ref, row in snapshot.rows.items()}
        return found

    def fleet(self) -> dict[Ref, Row]:
        """All machines of all profiles with the fleet's columns, worst first."""
        made: list[Row] = []
        for name, cloud in self.clouds.items():
            for ref, row in self.machines(name).items():
                view = cloud.provider.view(ref.view)
                if view is not None:
                    made.append(fleet_row(view, row))
        return worst_first(made, self.operations.warned)

    def dressed(self, row: Row, snapshot: Snapshot) -> Row:
        """A row as it may be shown: never fine when stale, and with the change that is under way on it."""
        if snapshot.stale(self.clock.now()):
            row = as_stale(row)
        operation = self.operations.of(row.ref)
        return row if operation is None else with_operation(row, operation, self.clock.now())

    def perform(self, *intents: Intent) -> asyncio.Task[tuple[Result, ...]]:
        """Carry out what was confirmed, one intent for each list, in a task that outlives the dialog it came from."""
        task = asyncio.create_task(perform(intents, self.journal, self.operations, self.clock.now))
        self._performing.add(task)
        task.add_done_callback(self._performing.discard)
        return task

    def _published(self, cloud: Cloud, feed: Feed, old: Snapshot, new: Snapshot) -> None:
        if old.taken_at is not None and new.taken_at != old.taken_at and feed.parent is None:
            self.changes.extend(changes(old.rows, new.rows, self.clock.now(), whole=new.whole))
        self.operations.observe(cloud.name, feed.view, new)
        self.told(cloud.name, feed)

    async def resume(self) -> None:
        """Go on following what earlier consoles, or ones beside this, began and had not seen the end of."""
        try:
            found = await self.journal.unfinished()
        except OSError:
            return
        self.operations.reconcile({record.entry: record.fate for record in found})
        for record in found:
            cloud = self.clouds.get(record.profile)
            view = cloud.provider.view(record.view) if cloud else None
            action = next((one for one in (view.actions if view else ()) if one.name == record.verb), None)
            if action is not None and not self.operations.knows(record.entry):
                for operation in record.operations(action):
                    self.operations.begin(operation)

    def _operation_moved(self, before: Operation | None, operation: Operation) -> None:
        if before is None or before.outcome != operation.outcome:
            self.changes.append(operation)
            if not operation.open and not operation.refused:
                task = asyncio.create_task(self._settle(operation))
                self._writing.add(task)
                task.add_done_callback(self._writing.discard)
            if operation.failed and not operation.seen:
                self.warned(operation)
        self._follower.wake()
        self.told(operation.ref.profile, Feed(operation.ref.view))

    async def _settle(self, operation: Operation) -> None:
        """Write down how it ended; where that cannot be written, it will be looked at once more after a restart."""
        target = {"id": operation.ref.id, "name": operation.name}
        with suppress(OSError):
            await self.journal.settle(
                operation.entry, operation.ref.profile, operation.action.name, target, operation.outcome
            )

    async def aclose(self) -> None:
        """Wait shortly for changes under way, then close every connection and the journal."""
        if self._performing:
            await asyncio.wait(self._performing, timeout=2.0)
        await self._follower.aclose()
        await asyncio.gather(*(cloud.aclose() for cloud in self.clouds.values()), return_exceptions=True)
        await asyncio.gather(*self._performing, *self._writing, return_exceptions=True)
        self.journal.aclose()
