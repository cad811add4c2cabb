"""Operations: each is followed by reading its target until the provider confirms or contradicts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gputui.core.actions import Action, Inputs, Progress
from gputui.core.request import Outcome, SendStatus
from gputui.core.rows import Ref, Row, Snapshot
from gputui.core.spans import spoken
from gputui.core.text import Json

SLOW_EVERY = 60.0
"""Seconds between two reads of a change that takes longer than its patience."""
FOLLOWED_AT_MOST = 24 * 3600.0
"""Seconds after which a change without any sign of progress is given up. One that is in progress never is."""
STANDS_SECONDS = 1.0
"""A bad end must be read twice, at least this far apart: caches and replicas briefly show an earlier state."""
RECONSIDERED_SECONDS = 60.0
"""For this long a bad end is still compared with new readings, which may revise it."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """An end seen in one reading, believed when a later one shows it too."""

    progress: Progress
    end: str
    since: float


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one target.

    `send_status` is how it was sent, None until there is a reply; `progress` what readings of the target have shown
    since, `end` how it ended, in words.

    `entry` is its id in the journal, `request` what was sent, as journaled. An item that is being made has no id at
    first (`ref.id` is empty): it is recognised by its `name`, and by not being among `before`, the ids of items of that
    name that existed already. `found` is the state of the target when it was sent. `adopted` means that another console
    began it. `seen` means that a person has seen its bad end.
    """

    entry: str
    ref: Ref
    name: str
    action: Action[Any]
    send_status: SendStatus | None
    sent_at: float
    inputs: Inputs = field(default_factory=dict)
    before: frozenset[str] = frozenset()
    problem: str = ""
    request: Json = None
    found: str = ""
    progress: Progress = Progress.WAITING
    began: bool = False
    doubt: Doubt | None = None
    settled_at: float | None = None
    end: str = ""
    seen: bool = False
    adopted: bool = False

    @property
    def sending(self) -> bool:
        """Whether its request is on its way, not yet answered."""
        return self.send_status is None

    @property
    def open(self) -> bool:
        """Whether its end is still awaited."""
        return self.settled_at is None

    @property
    def followed(self) -> bool:
        """Whether its target is being read for its progress."""
        return self.open and not self.sending

    @property
    def refused(self) -> bool:
        """Whether it is known that nothing was done."""
        return self.send_status in (SendStatus.REFUSED, SendStatus.NOT_SENT)

    @property
    def observable(self) -> bool:
        """Whether any reading can show its progress."""
        return self.action.progress is not None and bool(self.ref.id or self.name)

    @property
    def failed(self) -> bool:
        """Whether it was sent, is over and has failed: somebody must be told."""
        return not self.open and self.progress is Progress.CONTRADICTED

    def slow(self, now: float) -> bool:
        """Whether it takes longer than its patience."""
        return now - self.sent_at > self.action.patience

    def undecided(self, now: float) -> bool:
        """Whether sending it again might do it twice: its outcome is unknown, or not known yet."""
        if self.sending or self.observable:
            return self.open
        return self.send_status is SendStatus.UNKNOWN and not self.slow(now)

    @property
    def outcome(self) -> str:
        """Its status in a few words, true at any time: unknown is never called failed."""
        if self.sending:
            return "sending"
        if self.refused:
            return self.problem or str(self.send_status and self.send_status.value)
        if not self.open:
            return self.end
        if self.send_status is SendStatus.UNKNOWN and self.progress is Progress.WAITING:
            return "unknown whether it arrived, looking"
        return self.progress.value

    def outcome_at(self, now: float) -> str:
        """The same, with how long it has lasted."""
        lasted = spoken(now - self.sent_at)
        if self.sending:
            return f"sending… {lasted}"
        if not self.open or not self.slow(now):
            return self.outcome
        if self.progress is Progress.GOING:
            return f"in progress for {lasted} (looking every {SLOW_EVERY:.0f} s)"
        return f"no sign for {lasted}, still looking (every {SLOW_EVERY:.0f} s)"

    @property
    def words(self) -> str:
        """The verb and its status."""
        return f"{self.action.label}: {self.outcome}"

    def words_at(self, now: float) -> str:
        """The verb, its status, and for how long."""
        return f"{self.action.label}: {self.outcome_at(now)}"

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it among all others."""
        return self.entry, self.ref.id or self.name


class Operations:
    """All operations of this console and those found unfinished, oldest first.

    `changed` is called at each change of one, with the operation as it was before, if it was kept before, and as it is
    now.
    """

    def __init__(self, now: Callable[[], float], changed: Callable[[Operation | None, Operation], None]) -> None:
        self._now = now
        self._changed = changed
        self._all: dict[tuple[str, str], Operation] = {}
        self._newest: dict[Ref, Operation] = {}
        self._warnings: dict[tuple[str, str], Operation] = {}

    def begin(self, operation: Operation) -> None:
        """Keep an operation from the moment it is sent; one from the journal from its reply, or its bad end, on."""
        self._keep(_answered(operation, self._now()))

    def answered(self, operation: Operation, outcome: Outcome) -> None:
        """Record the outcome of sending an operation that was begun."""
        problem = str(outcome.problem) if outcome.problem else ""
        known = self._all.get(operation.key, operation)
        self._keep(_answered(replace(known, send_status=outcome.send_status, problem=problem), self._now()))

    def of(self, ref: Ref) -> Operation | None:
        """The newest operation on that target."""
        return self._newest.get(ref)

    def everything(self) -> Iterable[Operation]:
        """All operations, oldest first."""
        return tuple(self._all.values())

    def knows(self, entry: str) -> bool:
        """Whether any operation of that journal entry is kept."""
        return any(known == entry for known, _ in self._all)

    @property
    def warnings(self) -> list[Operation]:
        """Operations that failed and that nobody has seen yet."""
        return list(self._warnings.values())

    @property
    def warned(self) -> frozenset[Ref]:
        """The targets of `warnings`."""
        return frozenset(one.ref for one in self._warnings.values())

    def saw(self, ref: Ref | None = None) -> None:
        """Note that a person has seen the bad ends of that target, or all of them."""
        for one in self.warnings:
            if ref is None or one.ref == ref:
                self._keep(replace(one, seen=True))

    def reconcile(self, unfinished: Mapping[str, SendStatus]) -> None:
        """Take over what the journal says of operations begun by others: their replies, and that they are over."""
        for one in self.everything():
            if not (one.adopted and one.open):
                continue
            if one.entry not in unfinished:
                self._drop(one)
            elif one.send_status is not unfinished[one.entry]:
                self._keep(replace(one, send_status=unfinished[one.entry]))

    def observe(self, profile: str, view: str, snapshot: Snapshot) -> None:
        """Compare a new snapshot with the operations on that view."""
        if snapshot.taken_at is None or snapshot.problem is not None:
            return
        for operation in self.everything():
            theirs = operation.ref.profile == profile and operation.ref.view == view
            if theirs and snapshot.taken_at > operation.sent_at and self._in_question(operation):
                self._reconcile(operation, snapshot, snapshot.taken_at)

    def _in_question(self, operation: Operation) -> bool:
        """Whether a reading may still change its status."""
        if operation.settled_at is None:
            return not operation.sending or bool(operation.ref.id)
        late = self._now() - operation.settled_at > RECONSIDERED_SECONDS
        return operation.progress is Progress.CONTRADICTED and not late and not self._overtaken(operation)

    def _overtaken(self, operation: Operation) -> bool:
        newest = self._newest.get(operation.ref)
        return newest is not None and newest.key != operation.key and not newest.refused

    def _reconcile(self, operation: Operation, snapshot: Snapshot, read_at: float) -> None:
        if not operation.ref.id:
            row = _made(operation, snapshot.rows)
            if row is not None:
                self._forget(operation)
                operation = replace(operation, ref=row.ref)
            self._advance(operation, row, read_at)
            return
        row = snapshot.rows.get(operation.ref)
        if row is not None or snapshot.lacks(operation.ref):
            self._advance(operation, row, read_at)

    def _advance(self, operation: Operation, row: Row | None, read_at: float) -> None:
        seen = _progress(operation, row)
        if operation.sending:
            # Its end must wait for the reply; that it has begun is remembered, as it may be undone before then.
            if seen is Progress.GOING and not operation.began:
                self._keep(replace(operation, began=True))
            return
        verdict = _verdict(operation, seen, row, overtaken=self._overtaken(operation))
        now = self._now()
        if verdict is None:
            moved = _going_on(operation, seen, now)
        elif seen is Progress.DONE or _stands(operation, verdict, read_at):
            moved = replace(operation, progress=verdict.progress, end=verdict.end, settled_at=now, doubt=None)
        else:
            first = operation.doubt is not None and operation.doubt.end == verdict.end
            moved = operation if first else replace(operation, doubt=replace(verdict, since=read_at))
        if not operation.open and moved.progress in (Progress.CONTRADICTED, Progress.WAITING):
            return  # its bad end stands
        if moved != self._all.get(moved.key):
            self._keep(moved)

    def _drop(self, operation: Operation) -> None:
        """The console that began it has seen its end, and reports it."""
        self._forget(operation)
        if self._newest.get(operation.ref) is operation:
            del self._newest[operation.ref]
        self._changed(operation, operation)

    def _forget(self, operation: Operation) -> None:
        del self._all[operation.key]
        self._warnings.pop(operation.key, None)

    def _keep(self, operation: Operation) -> None:
        before = self._all.get(operation.key)
        self._all[operation.key] = operation
        self._warnings.pop(operation.key, None)
        if operation.failed and not operation.seen:
            self._warnings[operation.key] = operation
        if operation.ref.id:
            newest = self._newest.get(operation.ref)
            if newest is None or newest.sent_at <= operation.sent_at:
                self._newest[operation.ref] = operation
        self._changed(before, operation)


def _answered(operation: Operation, now: float) -> Operation:
    """An operation that is over at once: it was refused, or no reading can show its end."""
    if operation.sending or not (operation.refused or not operation.observable):
        return operation
    return replace(operation, settled_at=now) if operation.refused else _without_a_sign(operation, now)


def _without_a_sign(operation: Operation, now: float) -> Operation:
    """The operation when no reading can show its end."""
    end = "accepted; this cloud shows no sign of its end"
    if operation.send_status is SendStatus.UNKNOWN:
        end = "unknown whether it arrived, and this cloud shows no sign of it: look before you repeat it"
    return replace(operation, settled_at=now, end=end)


def _going_on(operation: Operation, seen: Progress, now: float) -> Operation:
    """An operation that is not over; without any sign for very long it is given up.

    One that ends in the state it began in may simply show no sign.
    """
    began = operation.began or seen is Progress.GOING
    moved = replace(operation, progress=seen, began=began, doubt=None, settled_at=None, end="", seen=False)
    if operation.action.returns and not began and operation.slow(now):
        return _without_a_sign(moved, now)
    if seen is Progress.WAITING and now - operation.sent_at > FOLLOWED_AT_MOST:
        end = f"no sign of it in {spoken(FOLLOWED_AT_MOST)}, followed no longer: look before you repeat it"
        return replace(moved, progress=Progress.CONTRADICTED, settled_at=now, end=end)
    return moved


def _verdict(operation: Operation, seen: Progress, row: Row | None, *, overtaken: bool) -> Doubt | None:
    """The end that a reading shows; None while the operation is in progress."""
    if seen is Progress.DONE:
        return Doubt(Progress.DONE, Progress.DONE.value, 0.0)
    if seen is Progress.GOING or (seen is Progress.WAITING and not operation.began):
        return None
    if seen is Progress.WAITING and operation.action.returns:
        return Doubt(Progress.DONE, Progress.DONE.value, 0.0)
    if overtaken:
        return Doubt(Progress.DONE, "overtaken by a later change", 0.0)
    if seen is Progress.WAITING:
        first = "accepted" if operation.send_status is SendStatus.ACCEPTED else "begun"
        return Doubt(Progress.CONTRADICTED, f"{first}, then rolled back by the cloud", 0.0)
    state = "it is gone" if row is None else row.state or "the cloud does not say why"
    return Doubt(Progress.CONTRADICTED, f"failed: {state}", 0.0)


def _stands(operation: Operation, verdict: Doubt, read_at: float) -> bool:
    doubt = operation.doubt
    return doubt is not None and doubt.end == verdict.end and read_at - doubt.since >= STANDS_SECONDS


def _made(operation: Operation, rows: Mapping[Ref, Row]) -> Row | None:
    """The row of what was being made, once it is listed. Some clouds append to the name that was asked for."""
    new = [row for row in rows.values() if row.ref.id not in operation.before and row.item is not None]
    exact = (row for row in new if row.name == operation.name)
    return next(exact, None) or next((row for row in new if row.name.startswith(f"{operation.name}-")), None)


def _progress(operation: Operation, row: Row | None) -> Progress:
    if row is None and not operation.ref.id:
        return Progress.WAITING
    read = operation.action.progress
    seen = read(row.item if row else None, operation.inputs) if read is not None else Progress.WAITING
    as_before = row is not None and not operation.began and row.state == operation.found != ""
    # A machine that was in ERROR before it was deleted is so for a while after: that is no sign of anything.
    return Progress.WAITING if seen is Progress.CONTRADICTED and as_before else seen
