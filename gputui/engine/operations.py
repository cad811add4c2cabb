"""Changes under way: each is followed by reading its target until the provider confirms or contradicts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gputui.core.actions import Action, Inputs, Progress
from gputui.core.request import Fate
from gputui.core.rows import Ref, Row, Snapshot

PATIENCE_WAITING = 60.0
PATIENCE_MAKING = 180.0
PATIENCE_GOING = 3600.0


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one target. `fate` is what the sending told, `progress` what reading the target told since.

    `entry` is its id in the journal. What is being made has no id at first (`ref.id` is empty): it is known by its
    `name`, and by not being one of `before`, the ids of that name which were there already.
    """

    entry: str
    ref: Ref
    name: str
    action: Action[Any]
    fate: Fate
    sent_at: float
    inputs: Inputs = field(default_factory=dict)
    before: frozenset[str] = frozenset()
    problem: str = ""
    progress: Progress = Progress.WAITING
    settled_at: float | None = None
    gave_up: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still being followed."""
        return self.settled_at is None

    @property
    def refused(self) -> bool:
        """Whether it is known that nothing was done."""
        return self.fate in (Fate.REFUSED, Fate.NOT_SENT)

    @property
    def outcome(self) -> str:
        """Where it stands in a few words, true at all times: unknown is never called failed."""
        if self.refused:
            return self.problem or self.fate.value
        if self.gave_up:
            return "no sign of it so far, look before you repeat it"
        if self.fate is Fate.UNKNOWN and self.progress is Progress.WAITING:
            return "unknown whether it arrived, looking"
        return self.progress.value

    @property
    def words(self) -> str:
        """The verb and where it stands."""
        return f"{self.action.label}: {self.outcome}"

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.entry, self.ref.id or self.name


class Operations:
    """All changes of this console and those it found unfinished, oldest first. `changed` is told whenever one moves."""

    def __init__(self, now: Callable[[], float], changed: Callable[[Operation], None]) -> None:
        self._now = now
        self._changed = changed
        self._all: dict[tuple[str, str], Operation] = {}
        self._newest: dict[Ref, Operation] = {}

    def begin(self, operation: Operation) -> None:
        """Follow a change that was accepted, or whose fate is unknown.

        One that was refused is over at once, and so is one without anything to read: the latter, if unknown, for good.
        """
        if operation.refused or operation.action.progress is None:
            operation = replace(operation, settled_at=self._now(), gave_up=operation.fate is Fate.UNKNOWN)
        self._keep(operation)

    def of(self, ref: Ref) -> Operation | None:
        """The newest change of that target."""
        return self._newest.get(ref)

    def open_views(self, profile: str) -> set[str]:
        """Views of `profile` in which something is being followed: those are read quickly."""
        return {op.ref.view for op in self._all.values() if op.open and op.ref.profile == profile}

    def everything(self) -> Iterable[Operation]:
        """All of them, oldest first."""
        return self._all.values()

    def observe(self, profile: str, view: str, snapshot: Snapshot) -> None:
        """Hold a new snapshot against the open changes of that view."""
        if snapshot.taken_at is None or snapshot.problem is not None:
            return
        for operation in [op for op in self._all.values() if op.open]:
            theirs = operation.ref.profile == profile and operation.ref.view == view
            if theirs and snapshot.taken_at > operation.sent_at:
                self._hold_against(operation, snapshot)

    def _hold_against(self, operation: Operation, snapshot: Snapshot) -> None:
        if not operation.ref.id:
            row = _made(operation, snapshot.rows)
            if row is not None:
                del self._all[operation.key]
                operation = replace(operation, ref=row.ref)
            self._advance(operation, row)
            return
        row = snapshot.rows.get(operation.ref)
        if row is not None or snapshot.whole:
            self._advance(operation, row)

    def _advance(self, operation: Operation, row: Row | None) -> None:
        now = self._now()
        progress = _progress(operation, row)
        if progress is Progress.WAITING and operation.progress is Progress.GOING:
            progress = Progress.CONTRADICTED  # it had begun and is back where it was: rolled back
        settled = progress in (Progress.DONE, Progress.CONTRADICTED)
        gave_up = not settled and now - operation.sent_at > _patience(operation, progress)
        moved = replace(operation, progress=progress, settled_at=now if settled or gave_up else None, gave_up=gave_up)
        if moved != self._all.get(moved.key):
            self._keep(moved)

    def _keep(self, operation: Operation) -> None:
        self._all[operation.key] = operation
        if operation.ref.id:
            newest = self._newest.get(operation.ref)
            if newest is None or newest.sent_at <= operation.sent_at:
                self._newest[operation.ref] = operation
        self._changed(operation)


def _made(operation: Operation, rows: Mapping[Ref, Row]) -> Row | None:
    """What was being made, once it is listed. Some clouds put an ending behind the name that was asked for."""
    new = [row for row in rows.values() if row.ref.id not in operation.before and row.item is not None]
    exact = (row for row in new if row.name == operation.name)
    return next(exact, None) or next((row for row in new if row.name.startswith(f"{operation.name}-")), None)


def _progress(operation: Operation, row: Row | None) -> Progress:
    if row is None and not operation.ref.id:
        return Progress.WAITING
    read = operation.action.progress
    return read(row.item if row else None, operation.inputs) if read is not None else Progress.WAITING


def _patience(operation: Operation, progress: Progress) -> float:
    if progress is Progress.GOING:
        return PATIENCE_GOING
    return PATIENCE_WAITING if operation.ref.id else PATIENCE_MAKING
