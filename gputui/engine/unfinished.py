"""Changes whose end no console has seen: read off the journal, so that they are followed again after a restart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gputui.core.actions import Action
from gputui.core.request import Fate
from gputui.core.rows import Ref
from gputui.core.text import Json, as_object
from gputui.engine.operations import FOLLOWED_AT_MOST, Operation

LONGEST = FOLLOWED_AT_MOST
"""Seconds after which a change is history, whatever became of it: older records need not be handed in."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One change out of the journal that was sent, or may have been, and has targets not yet settled."""

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

    def operations(self, action: Action[Any]) -> list[Operation]:
        """What is to be followed: one operation for each target, or each thing that was to be made."""
        return [
            Operation(
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
            for id, name in self.targets
        ]


def unfinished(records: Iterable[Mapping[str, Any]]) -> list[Unfinished]:
    """The unfinished changes of the journal's records, oldest first. Records that make no sense are passed over."""
    intents: dict[str, Mapping[str, Any]] = {}
    fates: dict[str, Fate] = {}
    settled: dict[str, set[tuple[str, str]]] = {}
    for record in records:
        entry, phase = record.get("id"), record.get("phase")
        if not isinstance(entry, str):
            continue
        if phase == "intent":
            intents[entry] = record
        elif phase == "outcome":
            fates[entry] = _fate(record.get("outcome"))
        elif phase == "settled":
            target = as_object(record.get("target"))
            id, name = target.get("id"), target.get("name")
            if isinstance(id, str) and isinstance(name, str):
                settled.setdefault(entry, set()).update({(id, ""), ("", name)})
    found = (_one(entry, record, fates, settled.get(entry, set())) for entry, record in intents.items())
    return [one for one in found if one is not None and one.targets]


def _one(
    entry: str, record: Mapping[str, Any], fates: Mapping[str, Fate], done: set[tuple[str, str]]
) -> Unfinished | None:
    # No outcome line: the console ended between sending and writing. It may have happened.
    fate = fates.get(entry, Fate.UNKNOWN)
    if fate not in (Fate.ACCEPTED, Fate.UNKNOWN):
        return None
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
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        return None


def _fate(word: object) -> Fate:
    return next((fate for fate in Fate if fate.value == word), Fate.UNKNOWN)


def _as_input(value: Json) -> Any:
    """JSON knows no tuples: lists come back as what forms give."""
    return tuple(_as_input(entry) for entry in value) if isinstance(value, list) else value
