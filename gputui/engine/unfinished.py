"""Changes that a restart must not lose, read off the journal: open ones, and bad ends that nobody has looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gputui.core.actions import Action, Progress
from gputui.core.request import Fate
from gputui.core.rows import Ref
from gputui.core.text import Json, as_object, clean
from gputui.engine.operations import FOLLOWED_AT_MOST, Operation

LONGEST = FOLLOWED_AT_MOST
"""Seconds after which a change is history, whatever became of it: older records need not be handed in."""
_SENT = (Fate.ACCEPTED, Fate.UNKNOWN)


@dataclass(frozen=True, slots=True)
class BadEnd:
    """How the change of one target came to nothing, as the journal has it."""

    id: str
    name: str
    end: str
    at: float


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One change out of the journal that was sent, or may have been: `targets` are those not yet settled, `unseen` the
    bad ends of others that nobody has been shown.
    """

    entry: str
    profile: str
    view: str
    verb: str
    fate: Fate
    sent_at: float
    targets: tuple[tuple[str, str], ...]
    inputs: Mapping[str, Any]
    before: frozenset[str]
    request: Json = None
    unseen: tuple[BadEnd, ...] = ()

    def operations(self, action: Action[Any]) -> list[Operation]:
        """What is to be followed: one operation for each target, or each thing that was to be made."""
        return [self._operation(action, id, name) for id, name in self.targets]

    def warnings(self, action: Action[Any]) -> list[Operation]:
        """What somebody must still be told of: one operation for each bad end."""
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
            self.fate,
            self.sent_at,
            self.inputs,
            self.before,
            request=self.request,
            adopted=True,
        )


def unfinished(records: Iterable[Mapping[str, Any]]) -> list[Unfinished]:
    """The unfinished changes of the journal's records, oldest first. Records that make no sense are passed over."""
    intents: dict[str, Mapping[str, Any]] = {}
    fates: dict[str, Fate] = {}
    ends: dict[str, dict[tuple[str, str], Mapping[str, Any]]] = {}
    for record in records:
        entry, phase = record.get("id"), record.get("phase")
        if not isinstance(entry, str):
            continue
        if phase == "intent":
            intents[entry] = record
        elif phase == "outcome":
            fates[entry] = _fate(record.get("outcome"))
        elif phase in ("settled", "seen"):
            target = as_object(record.get("target"))
            id, name = target.get("id"), target.get("name")
            if isinstance(id, str) and isinstance(name, str):
                ends.setdefault(entry, {})[id, name] = record
    latest = _latest(intents, fates)
    found = (_one(entry, record, fates, ends.get(entry, {}), latest) for entry, record in intents.items())
    return [one for one in found if one is not None and (one.targets or one.unseen)]


def _latest(intents: Mapping[str, Mapping[str, Any]], fates: Mapping[str, Fate]) -> dict[tuple[str, str, str], str]:
    """The last change that was sent to each target."""
    latest: dict[tuple[str, str, str], str] = {}
    for entry, record in intents.items():
        if fates.get(entry, Fate.UNKNOWN) in _SENT:
            targets = record.get("targets")
            for target in targets if isinstance(targets, list) else ():
                latest[str(record.get("profile")), str(record.get("view")), str(as_object(target).get("id"))] = entry
    return latest


def _unseen(
    entry: str,
    record: Mapping[str, Any],
    ends: Mapping[tuple[str, str], Mapping[str, Any]],
    latest: Mapping[tuple[str, str, str], str],
) -> tuple[BadEnd, ...]:
    """The bad ends of a change; not where more was done to the target later on: whoever did it knew."""
    return tuple(
        BadEnd(id, name, clean(str(end["end"])), datetime.fromisoformat(end["at"]).timestamp())
        for (id, name), end in ends.items()
        if end.get("bad") is True and latest.get((record["profile"], record["view"], id), entry) == entry
    )


def _one(
    entry: str,
    record: Mapping[str, Any],
    fates: Mapping[str, Fate],
    ends: Mapping[tuple[str, str], Mapping[str, Any]],
    latest: Mapping[tuple[str, str, str], str],
) -> Unfinished | None:
    # No outcome line: the console ended between sending and writing. It may have happened.
    fate = fates.get(entry, Fate.UNKNOWN)
    if fate not in _SENT:
        return None
    done = {known for id, name in ends for known in ((id, ""), ("", name))}
    try:
        made = [("", str(name)) for name in record.get("makes") or ()]
        targets = made or [(str(one["id"]), str(one["name"])) for one in record["targets"]] or [("", "")]
        return Unfinished(
            entry,
            record["profile"],
            record["view"],
            record["verb"],
            fate,
            datetime.fromisoformat(record["at"]).timestamp(),
            tuple((id, name) for id, name in targets if ((id, "") if id else ("", name)) not in done),
            {name: _as_input(value) for name, value in (record.get("inputs") or {}).items()},
            frozenset(record.get("before") or ()),
            record.get("request"),
            _unseen(entry, record, ends, latest),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        return None


def _fate(word: object) -> Fate:
    return next((fate for fate in Fate if fate.value == word), Fate.UNKNOWN)


def _as_input(value: Json) -> Any:
    """JSON knows no tuples: lists come back as what forms give."""
    return tuple(_as_input(entry) for entry in value) if isinstance(value, list) else value
