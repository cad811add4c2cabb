"""Reads the journal back: one entry for each change, with its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gputui.core.text import Json, clean, clean_tree
from gputui.engine.journal_changes import SENSELESS, RecordedChange, recorded_changes


@dataclass(slots=True)
class AuditEntry:
    """One change: who asked for it, where and when, what was sent, the reply, and how each target ended.

    `outcome` is empty if the console ended before it could write it: the change may have happened.
    """

    id: str
    at: datetime
    who: str
    profile: str
    verb: str
    targets: tuple[str, ...]
    intent: Mapping[str, Any] = field(repr=False)
    outcome: str = ""
    status: int | None = None
    problem: str = ""
    request_id: str = ""
    ends: dict[str, str] = field(default_factory=dict)

    @property
    def record(self) -> dict[str, Json]:
        """The whole entry, for scripts."""
        told = {name: self.intent.get(name) for name in ("host", "view", "inputs", "request")}
        targets = [*(self.intent.get("targets") or ()), *({"name": name} for name in self.intent.get("makes") or ())]
        return {
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "id": self.id,
            "who": self.who,
            "profile": self.profile,
            "verb": self.verb,
            "targets": targets,
            **told,
            "outcome": self.outcome or "unknown",
            "status": self.status,
            "request_id": self.request_id,
            "problem": self.problem or None,
            "ends": dict(self.ends),
        }

    @property
    def end(self) -> str:
        """How it ended, as read from the targets: once if all ended alike."""
        different = list(dict.fromkeys(self.ends.values()))
        return (
            different[0]
            if len(different) == 1 and len(self.ends) == len(self.targets)
            else ", ".join(f"{name}: {end}" for name, end in self.ends.items())
        )


def entries(
    records: Iterable[Mapping[str, Any]], since: datetime | None = None, senseless: Callable[[], None] = lambda: None
) -> list[AuditEntry]:
    """The changes of the journal, oldest first, without those before `since`.

    A malformed record is skipped, and `senseless` is called.

    Everything is cleaned: the journal is a file, and its contents came from clouds.
    """
    found: list[AuditEntry] = []
    for change in recorded_changes(records, senseless):
        try:
            found.append(_entry(change))
        except SENSELESS:
            senseless()
    return [entry for entry in found if since is None or entry.at >= since]


def _entry(change: RecordedChange) -> AuditEntry:
    told = clean_tree(dict(change.intent))
    assert isinstance(told, dict)
    entry = _begun(change.id, told)
    if change.outcome:
        entry.outcome, status = clean(change.outcome["outcome"]), change.outcome.get("status")
        entry.status = status if type(status) is int else None
        entry.problem = clean(str(change.outcome.get("problem") or ""))
        entry.request_id = clean(str(change.outcome.get("request_id") or ""))
    entry.ends = {clean(name): clean(record["end"]) for (_, name), record in change.settled.items()}
    return entry


def _begun(identity: str, told: Mapping[str, Any]) -> AuditEntry:
    names = [str(target["name"]) for target in told["targets"]] + [str(name) for name in told.get("makes") or ()]
    at = datetime.fromisoformat(str(told["at"]))
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    at.astimezone()  # a date outside the calendar's range would be an error later on
    return AuditEntry(identity, at, str(told["who"]), str(told["profile"]), str(told["verb"]), tuple(names), told)
