"""From a confirmed intent to requests: targets checked again, journal first, each request once, outcomes by target."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from gputui.core.actions import Action, Inputs, one_at_a_time
from gputui.core.prechecks import ONE_AT_A_TIME, precheck, said_of
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Ref, Row
from gputui.core.text import Json
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.conflicts import Attempt, conflicts, makes, refusal
from gputui.engine.journal import Intention, Journal, described
from gputui.engine.operations import Operation, Operations

AT_ONCE = 4
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Intent:
    """What a person wants: rows of `view` as they were on the screen when confirmed; none for a change on the view.

    `own` are inputs of single targets, in addition to those of all. `body` replaces the request's own body if a person
    has edited it. `unwritten` allows it without a line in the journal. `insist` are journal entries of equal changes
    with an unknown outcome: it is wanted once more in spite of them. All rows belong to one list.
    """

    cloud: Cloud
    action: Action[Any]
    view: str
    rows: tuple[Row, ...] = ()
    inputs: Inputs = field(default_factory=dict)
    body: Json = None
    unwritten: bool = False
    own: Mapping[Ref, Inputs] = field(default_factory=dict)
    insist: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        here = (self.cloud.name, self.view)
        strange = next((row.ref for row in self.rows if (row.ref.profile, row.ref.view) != here), None)
        if strange is not None:
            raise ValueError(f"{strange} is no row of {'/'.join(here)}")

    @property
    def attempt(self) -> Attempt:
        """What must not be sent twice. Raises Failed for ids or inputs that no request can carry."""
        requests = tuple(described(self.request(batch)) for batch in self.batches) if makes(self.action) else ()
        return Attempt(self.cloud.name, self.action, frozenset(row.ref for row in self.rows), requests)

    @property
    def batches(self) -> list[tuple[Row, ...]]:
        """The targets, grouped by the request that carries them."""
        if self.action.many or self.action.on == "view":
            return [self.rows]
        return [(row,) for row in self.rows]

    def inputs_of(self, batch: Sequence[Row]) -> Inputs:
        """The inputs for these targets."""
        return {**self.inputs, **self.own.get(batch[0].ref, {})} if batch else self.inputs

    def request(self, batch: Sequence[Row]) -> Request:
        """The one request for these targets. Raises Failed for ids or inputs that no request can carry."""
        made = self.action.request([row.item for row in batch], self.inputs_of(batch))
        if self.body is None:
            return made
        hidden = self.action.hides(self.body) if self.action.hides is not None else frozenset()
        return replace(made, body=self.body, secrets=made.secrets | hidden)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of the change of one target; `row` is None for what is being made."""

    row: Row | None
    name: str
    outcome: Outcome


async def perform(
    intents: Sequence[Intent], journal: Journal, operations: Operations, now: Callable[[], float]
) -> tuple[Result, ...]:
    """Send what the intents ask for, one intent for each list, and start to follow it.

    If a target of any intent fails its re-check, nothing is sent at all.
    """
    checked = [_checked(intent) for intent in intents]
    if any(reason for _, reasons in checked for reason in reasons):
        # The rows have changed since they were confirmed: the person decides again, about all of them.
        return tuple(
            _stopped(row, reason)
            for intent, (_, reasons) in zip(intents, checked, strict=True)
            for row, reason in zip(intent.rows, reasons, strict=True)
        )
    groups = await asyncio.gather(*(_send(current, journal, operations, now) for current, _ in checked))
    return tuple(result for group in groups for result in group)


def _checked(intent: Intent) -> tuple[Intent, list[str]]:
    """The intent on the newest rows of its targets, and the reasons against it."""
    newest = [intent.cloud.find(row.ref) for row in intent.rows]
    pairs = zip(intent.rows, newest, strict=True)
    reasons = [precheck(intent.action, row, now_row, same_state=True) for row, now_row in pairs]
    if len(intent.rows) > 1 and one_at_a_time(intent.action):
        reasons = [f"{intent.action.label} takes {ONE_AT_A_TIME}"] * len(reasons)
    return replace(intent, rows=tuple(row for row in newest if row is not None)), reasons


async def _send(
    intent: Intent, journal: Journal, operations: Operations, now: Callable[[], float]
) -> tuple[Result, ...]:
    """All requests of one list, several at once.

    All of them are registered before the first is sent: from then on nobody sends the same a second time.
    """
    sendings = [_Sending(intent, batch, journal, operations, now) for batch in intent.batches]
    begun = [sending.begin() for sending in sendings]
    slots = asyncio.Semaphore(AT_ONCE)

    async def send(sending: _Sending, first: Outcome | _Begun) -> list[Result]:
        if isinstance(first, Outcome):
            outcome = first
        else:
            async with slots:
                outcome = await sending.outcome(first)
        if intent.action.on == "view":
            return [Result(None, ", ".join(_makes(intent, sending.batch)) or intent.view, outcome)]
        return [Result(row, row.name, outcome) for row in sending.batch]

    groups = await asyncio.gather(*(send(*one) for one in zip(sendings, begun, strict=True)))
    return tuple(result for group in groups for result in group)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A change registered as being sent, before its request leaves."""

    entry: str
    intention: Intention
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class _Sending:
    """One request being sent: the journal line before, the request, and the operations that follow."""

    intent: Intent
    batch: tuple[Row, ...]
    journal: Journal
    operations: Operations
    now: Callable[[], float]

    def begin(self) -> Outcome | _Begun:
        """Register the change as being sent, or return why it is not sent.

        There is no await between the check and registering.
        """
        try:
            request = self.intent.request(self.batch)
            repeated = self._repeated(self.operations.everything())
        except Failed as failed:
            return Outcome(SendStatus.NOT_SENT, problem=failed.problem)
        if repeated is not None:
            return repeated
        entry, intention = self.journal.new_entry(), self._intention(request)
        begun = _Begun(entry, intention, tuple(self._operations(entry, intention)))
        if not self.intent.cloud.read_only:
            for operation in begun.operations:
                self.operations.begin(operation)
        return begun

    async def outcome(self, begun: _Begun) -> Outcome:
        """Send the request once and return its outcome."""
        if self.intent.cloud.read_only:
            # The HTTP layer refuses it; nothing is sent, nothing to journal.
            return await self.intent.cloud.client.change(begun.intention.request)
        outcome = Outcome(SendStatus.NOT_SENT, problem=Problem(Cause.CANCELLED, "gputui ended before it was sent"))
        try:
            stopped = await self._written(begun)
            # From here on it may have been sent, whatever happens to us.
            outcome = stopped or Outcome(SendStatus.UNKNOWN)
            if stopped is None:
                outcome = await self._sent(begun.intention)
        finally:
            for operation in begun.operations:
                self.operations.answered(operation, outcome)
        if stopped is None:
            self.intent.cloud.refresh(begun.intention.view)
            await self._close(begun, outcome)
        return outcome

    async def _written(self, begun: _Begun) -> Outcome | None:
        """Record what is about to be sent, or return why it must not be sent."""
        try:
            await self.journal.intend(begun.entry, begun.intention)
        except OSError as error:
            return _unwritable(error) if self.journal.required or not self.intent.unwritten else None
        # Another console may have recorded the same: the one that comes second in the journal gives way.
        repeated = self._repeated(await self._before(begun))
        if repeated is not None:
            await self._close(begun, repeated)
        return repeated

    async def _before(self, begun: _Begun) -> list[Operation]:
        """Changes with that verb that others recorded before ours."""
        found: list[Operation] = []
        try:
            records = await self.journal.unfinished()
        except OSError:
            return found
        for record in takewhile(lambda record: record.entry != begun.entry, records):
            if record.verb == self.intent.action.name and not self.operations.knows(record.entry):
                found += record.operations(self.intent.action)
        return found

    def _repeated(self, operations: Iterable[Operation]) -> Outcome | None:
        """The refusal if the same was sent before and its outcome is not known."""
        attempt = replace(self.intent, rows=self.batch).attempt
        standing = conflicts(attempt, operations, self.now(), self.intent.insist)
        if not standing:
            return None
        return Outcome(SendStatus.NOT_SENT, problem=Problem(Cause.REPEATED, refusal(standing[0], self.now())))

    async def _sent(self, intention: Intention) -> Outcome:
        try:
            return await self.intent.cloud.client.change(intention.request)
        except Exception as error:  # noqa: BLE001 - a bug in a provider, before or after sending
            _log.exception("sending %s to %s", intention.verb, intention.profile)
            return Outcome(SendStatus.UNKNOWN, problem=Problem(Cause.BUG, f"{type(error).__name__}: see the log"))

    def _intention(self, request: Request) -> Intention:
        intent = self.intent
        makes = _makes(intent, self.batch)
        view = intent.action.makes_in or intent.view
        snapshot = intent.cloud.snapshot(Feed(view)) if makes else None
        before = [
            row.ref.id for row in (snapshot.rows.values() if snapshot else ()) if row.name.startswith(tuple(makes))
        ]
        verb = intent.action.name
        inputs = intent.inputs_of(self.batch)
        return Intention(intent.cloud.name, view, verb, self.batch, request, inputs, makes, before)

    def _operations(self, entry: str, told: Intention) -> list[Operation]:
        new = Ref(told.profile, told.view, "")
        rows = [(row.ref, row.name, row.state) for row in told.rows] or [(new, "", "")]
        targets = [(new, name, "") for name in told.makes] or rows
        action, before, request = self.intent.action, frozenset(told.before), described(told.request)
        return [
            Operation(entry, ref, name, action, None, self.now(), told.inputs, before, request=request, found=found)
            for ref, name, found in targets
        ]

    async def _close(self, begun: _Begun, outcome: Outcome) -> None:
        """Write the outcome line; if the disk has filled up meanwhile, the known outcome is still returned."""
        try:
            await self.journal.close_entry(begun.entry, begun.intention, outcome)
        except OSError:
            return


def _makes(intent: Intent, batch: Sequence[Row]) -> tuple[str, ...]:
    return tuple(intent.action.makes(intent.inputs_of(batch))) if intent.action.makes is not None else ()


def _stopped(row: Row, reason: str) -> Result:
    text = said_of(row.name, reason) if reason else "not sent: another target has changed"
    return Result(row, row.name, Outcome(SendStatus.NOT_SENT, problem=Problem(Cause.REFUSED, text)))


def _unwritable(error: OSError) -> Outcome:
    text = f"the journal cannot be written ({error.strerror}), so nothing was sent"
    return Outcome(SendStatus.NOT_SENT, problem=Problem(Cause.JOURNAL, text))


def summary(results: Sequence[Result]) -> str:
    """`6 of 10 accepted, 4 refused`, in the order of good to bad."""
    counts = {
        send_status: sum(result.outcome.send_status is send_status for result in results) for send_status in SendStatus
    }
    parts = [f"{count} {send_status.value}" for send_status, count in counts.items() if count]
    if len(results) > 1 and parts:
        parts[0] = parts[0].replace(" ", f" of {len(results)} ", 1)
    return ", ".join(parts)
