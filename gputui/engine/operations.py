"""Changes under way: each is followed by reading its target until the provider confirms or contradicts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gputui.core.actions import Action, Progress
from gputui.core.request import Fate
from gputui.core.rows import Ref, Row, Snapshot

PATIENCE_WAITING = 60.0
PATIENCE_GOING = 3600.0


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one target. `fate` is what the sending told, `progress` what reading the target told since."""

    ref: Ref
    name: str
    action: Action[Any]
    fate: Fate
    sent_at: float
    progress: Progress = Progress.WAITING
    settled_at: float | None = None
    gave_up: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still being followed."""
        return self.settled_at is None

    @property
    def words(self) -> str:
        """Where it stands, true at all times: unknown is never called failed."""
        if self.gave_up:
            return f"{self.action.label}: no sign of it so far, look before you repeat it"
        if self.fate is Fate.UNKNOWN and self.progress is Progress.WAITING:
            return f"{self.action.label}: unknown whether it arrived, looking"
        return f"{self.action.label}: {self.progress.value}"


class Operations:
    """All changes of this console, newest last. `changed` is told whenever one moves."""

    def __init__(self, now: Callable[[], float], changed: Callable[[Operation], None]) -> None:
        self._now = now
        self._changed = changed
        self._all: dict[Ref, Operation] = {}

    def begin(self, operation: Operation) -> None:
        """Follow a change that was accepted, or whose fate is unknown."""
        self._all[operation.ref] = operation
        self._changed(operation)

    def of(self, ref: Ref) -> Operation | None:
        """The newest change of that target."""
        return self._all.get(ref)

    def open_views(self, profile: str) -> set[str]:
        """Views of `profile` in which something is being followed: those are read quickly."""
        return {op.ref.view for op in self._all.values() if op.open and op.ref.profile == profile}

    def everything(self) -> Mapping[Ref, Operation]:
        """All of them."""
        return self._all

    def observe(self, profile: str, view: str, snapshot: Snapshot) -> None:
        """Hold a new snapshot against the open changes of that view."""
        if snapshot.taken_at is None or snapshot.problem is not None:
            return
        for operation in [op for op in self._all.values() if op.open]:
            theirs = operation.ref.profile == profile and operation.ref.view == view
            row = snapshot.rows.get(operation.ref)
            if theirs and snapshot.taken_at > operation.sent_at and (row is not None or snapshot.whole):
                self._advance(operation, row)

    def _advance(self, operation: Operation, row: Row | None) -> None:
        progress = operation.action.progress(row.item if row else None)
        now = self._now()
        if progress is Progress.WAITING and operation.progress is Progress.GOING:
            progress = Progress.CONTRADICTED  # it had begun and is back where it was: rolled back
        settled = progress in (Progress.DONE, Progress.CONTRADICTED)
        patience = PATIENCE_GOING if progress is Progress.GOING else PATIENCE_WAITING
        gave_up = not settled and now - operation.sent_at > patience
        moved = replace(operation, progress=progress, settled_at=now if settled or gave_up else None, gave_up=gave_up)
        if moved != operation:
            self._all[operation.ref] = moved
            self._changed(moved)
