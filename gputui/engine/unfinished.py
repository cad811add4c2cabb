"""Changes that a restart must not lose, from the journal: open ones, and bad ends that nobody has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gputui.core.actions import Action, Progress
from gputui.core.request import SendStatus
from gputui.core.rows import Ref
from gputui.core.text import Json, as_object, clean
from gputui.engine.journal_changes import SENSELESS, RecordedChange, recorded_changes
from gputui.engine.operations import FOLLOWED_AT_MOST, Operation

LONGEST = FOLLOWED_AT_MOST
"""Seconds after which a change is history, whatever its outcome: older records need not be passed."""
_SENT = (SendStatus.ACCEPTED, SendStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class BadEnd:
    """How the change of one target failed, as recorded in the journal."""

    id: str
    name: str
    end: str
    at: float


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A change from the journal that was sent, or may have been.

    `targets` are those not yet settled, `found` their states when it was sent, by id, `unseen` the bad ends of others
    that nobody has seen.
    """

    entry: str
    profile: str
    view: str
    verb: str
    send_status: SendStatus
    sent_at: float
    targets: tuple[tuple[str, str], ...]
    inputs: Mapping[str, Any]
    before: frozenset[str]
    request: Json = None
    unseen: tuple[BadEnd, ...] = ()
    found: Mapping[str, str] = field(default_factory=dict)

    def operations(self, action: Action[Any]) -> list[Operation]:
        """The operations to follow: one for each target, or each item that was to be made."""
        return [self._operation(action, id, name) for id, name in self.targets]

    def warnings(self, action: Action[Any]) -> list[Operation]:
        """The operations to report: one for each bad end."""
        return [
            replace(
                self._operation(action, bad.id, bad.name),
                progress=Progress.CONTRADICTED,
                end=bad.end,
                settled_at=bad.at,
            )
            for bad in self.unseen
        ]

    def _operation(self, action: Action[Any], id: str, name: str) -> Operation:
        return Operation(
            self.entry,
            Ref(self.profile, self.view, id),
            name,
            action,
            self.send_status,
            self.sent_at,
            self.inputs,
            self.before,
            request=self.request,
            found=self.found.get(id, ""),
            adopted=True,
        )


def unfinished(records: Iterable[Mapping[str, Any]]) -> list[Unfinished]:
    """The unfinished changes of the journal's records, oldest first. Malformed records are skipped."""
    changes = recorded_changes(records)
    latest = _latest(changes)
    found = (_one(change, latest) for change in changes)
    return [one for one in found if one is not None and (one.targets or one.unseen)]


def _latest(changes: Iterable[RecordedChange]) -> dict[tuple[str, str, str], str]:
    """The last change that was sent to each target."""
    latest: dict[tuple[str, str, str], str] = {}
    for change in changes:
        if change.send_status in _SENT:
            intent, targets = change.intent, change.intent.get("targets")
            for target in targets if isinstance(targets, list) else ():
                key = str(intent.get("profile")), str(intent.get("view")), str(as_object(target).get("id"))
                latest[key] = change.id
    return latest


def _unseen(change: RecordedChange, latest: Mapping[tuple[str, str, str], str]) -> tuple[BadEnd, ...]:
    """The unseen bad ends of a change, except on targets that were changed again later: whoever did it knew."""
    profile, view = change.intent["profile"], change.intent["view"]
    return tuple(
        BadEnd(id, name, clean(end["end"]), datetime.fromisoformat(end["at"]).timestamp())
        for (id, name), end in change.settled.items()
        if end.get("bad") is True
        and (id, name) not in change.seen
        and latest.get((profile, view, id), change.id) == change.id
    )


def _one(change: RecordedChange, latest: Mapping[tuple[str, str, str], str]) -> Unfinished | None:
    if change.send_status not in _SENT:
        return None
    record = change.intent
    done = {known for id, name in {*change.settled, *change.seen} for known in ((id, ""), ("", name))}
    try:
        made = [("", str(name)) for name in record.get("makes") or ()]
        targets = made or [(str(one["id"]), str(one["name"])) for one in record["targets"]] or [("", "")]
        return Unfinished(
            change.id,
            record["profile"],
            record["view"],
            record["verb"],
            change.send_status,
            datetime.fromisoformat(record["at"]).timestamp(),
            tuple((id, name) for id, name in targets if ((id, "") if id else ("", name)) not in done),
            {name: _as_input(value) for name, value in (record.get("inputs") or {}).items()},
            frozenset(record.get("before") or ()),
            record.get("request"),
            _unseen(change, latest),
            {str(one["id"]): str(one.get("state") or "") for one in record["targets"]},
        )
    except SENSELESS:
        return None


def _as_input(value: Json) -> Any:
    """JSON has no tuples: lists come back as the tuples that forms give."""
    return tuple(_as_input(entry) for entry in value) if isinstance(value, list) else value
