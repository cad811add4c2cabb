"""From a confirmed intent to requests: targets checked again, journal first, each request once, outcomes per target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gputui.core.actions import Action, Inputs, Progress
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Fate, Outcome, Request
from gputui.core.rows import Row
from gputui.engine.cloud import Cloud
from gputui.engine.journal import Journal
from gputui.engine.operations import Operation, Operations

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Intent:
    """What a person wants: rows as they stood on the screen when the key was pressed."""

    cloud: Cloud
    action: Action[Any]
    rows: tuple[Row, ...]
    inputs: Inputs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the change of one target."""

    row: Row
    outcome: Outcome


def recheck(intent: Intent) -> tuple[tuple[Row, ...], tuple[tuple[Row, str], ...]]:
    """Look the targets up in the newest snapshot: those still as they were shown, and those not, with the reason."""
    ready: list[Row] = []
    dropped: list[tuple[Row, str]] = []
    for row in intent.rows:
        newest = intent.cloud.find(row.ref)
        reason = _objection(intent.action, row, newest)
        if reason is None and newest is not None:
            ready.append(newest)
        else:
            dropped.append((row, reason or "is gone"))
    return tuple(ready), tuple(dropped)


def _objection(action: Action[Any], seen: Row, newest: Row | None) -> str | None:
    if newest is None:
        return "is gone"
    if newest.item is None:
        return "is unreadable now"
    if newest.name != seen.name:
        return f"is called {newest.name} now"
    if newest.state != seen.state:
        return f"was {seen.state}, is {newest.state} now"
    return action.can(newest.item)


async def perform(
    intent: Intent, journal: Journal, operations: Operations, now: Callable[[], float]
) -> tuple[Result, ...]:
    """Send what `intent` asks for and begin to follow it. Nothing is sent for a target that fails its re-check."""
    ready, dropped = recheck(intent)
    refused = tuple(Result(row, _not_sent(Cause.REFUSED, f"{row.name} {reason}")) for row, reason in dropped)
    if not ready or refused:
        # What was confirmed is no longer what stands there: the person decides anew, over all of it.
        stopped = tuple(Result(row, _not_sent(Cause.REFUSED, "not sent: another target has changed")) for row in ready)
        return refused + stopped
    batches = [ready] if intent.action.many else [(row,) for row in ready]
    slots = asyncio.Semaphore(AT_ONCE)

    async def send(batch: tuple[Row, ...]) -> list[Result]:
        async with slots:
            outcome = await _send(intent, batch, journal, operations, now)
            return [Result(row, outcome) for row in batch]

    groups = await asyncio.gather(*(send(batch) for batch in batches))
    return tuple(result for group in groups for result in group)


async def _send(
    intent: Intent, batch: tuple[Row, ...], journal: Journal, operations: Operations, now: Callable[[], float]
) -> Outcome:
    cloud, action = intent.cloud, intent.action
    try:
        request: Request = action.request([row.item for row in batch], intent.inputs)
    except Failed as failed:
        return Outcome(Fate.NOT_SENT, problem=failed.problem)
    if cloud.read_only:
        return await cloud.client.change(request)  # the HTTP layer refuses it; nothing is sent, nothing to journal
    try:
        entry = await journal.intend(cloud.name, action.name, batch, request)
    except OSError as error:
        return _not_sent(Cause.CONFIG, f"the journal cannot be written ({error.strerror}), so nothing was sent")
    sent_at = now()
    outcome = await cloud.client.change(request)
    if outcome.fate in (Fate.ACCEPTED, Fate.UNKNOWN):
        for row in batch:
            operations.begin(Operation(row.ref, row.name, action, outcome.fate, sent_at, Progress.WAITING))
        cloud.refresh(batch[0].ref.view)
    await _close(journal, entry, cloud.name, action.name, outcome)
    return outcome


async def _close(journal: Journal, entry: str, profile: str, verb: str, outcome: Outcome) -> None:
    """The outcome line; a disk that filled up meanwhile must not hide an outcome that is known."""
    try:
        await journal.close_entry(entry, profile, verb, outcome)
    except OSError:
        return


def _not_sent(cause: Cause, text: str) -> Outcome:
    return Outcome(Fate.NOT_SENT, problem=Problem(cause, text))


def summary(results: Sequence[Result]) -> str:
    """`2 accepted, 1 refused`, in the order of good to bad."""
    counts = {fate: sum(result.outcome.fate is fate for result in results) for fate in Fate}
    return ", ".join(f"{count} {fate.value}" for fate, count in counts.items() if count)
