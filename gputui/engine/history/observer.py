"""What each reading of the machines shows to have changed, and telling history of it and of operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gputui.core.health import Health
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.history.facts import FactsOf, compared
from gputui.engine.history.history import History
from gputui.engine.history.records import ListReading, ObservedChange, What, health_of
from gputui.engine.operations import Operation


class Observer:
    """Costs what has changed: the first reading of a list is noted whole, later ones with the rows that moved."""

    def __init__(self, history: History, find: Callable[[Ref], Row | None], now: Callable[[], float]) -> None:
        self._history = history
        self._find = find
        self._now = now
        self._begun = history.begun
        self._noted: dict[tuple[str, Feed], bool] = {}
        """The lists noted so far, and whether what is missing from them was noted as gone too."""

    def published(self, cloud: Cloud, feed: Feed, moved: Sequence[Ref], old: Snapshot, new: Snapshot) -> None:
        """Note a new snapshot of machines, of which these rows are new, changed or gone."""
        view = cloud.provider.view(feed.view)
        if view is None or new.taken_at is None:
            return
        if self._history.begun != self._begun:
            self._begun = self._history.begun
            self._noted.clear()
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

    def operation(self, operation: Operation) -> None:
        """Note that an operation was sent, refused or has ended."""
        if not operation.ref.id or (operation.adopted and operation.open):
            return
        row = self._find(operation.ref)
        health = row.health if row else Health.UNKNOWN
        at = operation.settled_at or self._now()
        ref, verb = operation.ref, operation.action.label
        change = ObservedChange(
            at, ref, operation.name, What.OPERATION, verb, operation.outcome, health, health, key=operation.entry
        )
        self._history.note_operation(change)


def observed(view: AnyView, moved: Sequence[Ref], old: Snapshot, new: Snapshot, at: float) -> Iterator[ObservedChange]:
    """The changes of these rows between two readings of one list, in their order."""
    before, after = ({facts.id: facts for facts in FactsOf(view, _rows(moved, shot))} for shot in (old, new))
    for ref in moved:
        was, now = before.get(ref.id), after.get(ref.id)
        if now is None and not new.lacks(ref):
            continue  # it was not read, or cannot be
        healths = health_of(now.health if now else Health.OFF.word), health_of(was.health if was else "")
        for what, earlier, later in compared(was, now):
            name = now.name if now else was.name if was else ref.id
            yield ObservedChange(at, ref, name, what, earlier, later, *healths)


def _rows(moved: Sequence[Ref], shot: Snapshot) -> list[Row]:
    return [row for ref in moved if (row := shot.known.get(ref)) is not None]
