"""Combines the journal's records into one value for each change: the only place that knows the phases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gputui.core.request import SendStatus

Target: TypeAlias = "tuple[str, str]"
"""The id and the name of a target; the id is empty for what was being made."""
SENSELESS = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What reading a malformed record can raise."""


@dataclass(slots=True)
class RecordedChange:
    """All that the file records about one change.

    `outcome` is empty if the console ended before it could write it. `settled` has how each target ended, `seen` the
    targets whose bad end a person has seen.
    """

    id: str
    intent: Mapping[str, Any]
    outcome: Mapping[str, Any] = field(default_factory=dict)
    settled: dict[Target, Mapping[str, Any]] = field(default_factory=dict)
    seen: set[Target] = field(default_factory=set)

    @property
    def send_status(self) -> SendStatus:
        """Whether it was sent: without an outcome, or with an unknown one, it may have been."""
        return next(
            (send_status for send_status in SendStatus if send_status.value == self.outcome.get("outcome")),
            SendStatus.UNKNOWN,
        )


def recorded_changes(
    records: Iterable[Mapping[str, Any]], senseless: Callable[[], None] = lambda: None
) -> list[RecordedChange]:
    """The changes of the journal, oldest first.

    A malformed record is skipped, and `senseless` is called; a record about a change that began before the first of
    these records is skipped too.
    """
    found: dict[str, RecordedChange] = {}
    for record in records:
        try:
            _take(found, record)
        except SENSELESS:
            senseless()
    return list(found.values())


def _take(found: dict[str, RecordedChange], record: Mapping[str, Any]) -> None:
    identity, phase = _text(record["id"]), record["phase"]
    if phase == "intent":
        found[identity] = RecordedChange(identity, record)
        return
    change = found.get(identity)
    if change is None:
        return
    if phase == "outcome":
        _text(record["outcome"])
        change.outcome = record
    elif phase == "settled":
        _text(record["end"])
        change.settled[_target(record)] = record
    elif phase == "seen":
        change.seen.add(_target(record))


def _target(record: Mapping[str, Any]) -> Target:
    target = record["target"]
    return _text(target["id"]), _text(target["name"])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value
