"""Tells history what each reading of the machines shows, and what becomes of operations."""

from __future__ import annotations

from collections.abc import Sequence

from gputui.core.health import Health
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.history.facts import FactsOf
from gputui.engine.history.history import History
from gputui.engine.history.records import ListReading, ObservedChange, What
from gputui.engine.operations import Operation


class Observer:
    """Costs what has changed: the first reading of a list is noted whole, later ones with the rows that moved."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._noted: dict[tuple[str, Feed], bool] = {}
        """The lists noted so far, and whether what is missing from them was noted as gone too."""

    def published(self, cloud: Cloud, feed: Feed, moved: Sequence[Ref], new: Snapshot) -> None:
        """Note a new snapshot of machines, of which these rows are new, changed or gone."""
        view = cloud.provider.view(feed.view)
        if view is None or new.taken_at is None:
            return
        key, whole = (cloud.name, feed), new.whole
        settled = self._noted.get(key)
        if settled is None or (whole and not settled):
            rows, gone, all_of_it = list(new.rows.values()), list[str](), whole
        else:
            rows = [new.rows[ref] for ref in moved if ref in new.rows]
            gone, all_of_it = [ref.id for ref in moved if whole and new.lacks(ref)], False
        self._noted[key] = whole or (settled is True and all(ref in new.known for ref in moved))
        self._history.note(
            ListReading(cloud.name, feed.view, new.taken_at, new.every, FactsOf(view, rows), gone, all_of_it=all_of_it)
        )

    def operation(self, operation: Operation, row: Row | None, now: float) -> None:
        """Note that an operation was sent, refused or has ended."""
        if not operation.ref.id or (operation.adopted and operation.open):
            return
        health = row.health if row else Health.UNKNOWN
        at = operation.settled_at or now
        ref, verb = operation.ref, operation.action.label
        change = ObservedChange(
            at, ref, operation.name, What.OPERATION, verb, operation.outcome, health, health, key=operation.entry
        )
        self._history.note_operation(change)
