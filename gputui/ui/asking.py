"""What a dialog says before a change: its targets as they stand now, what it interrupts, what will be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gputui.core.actions import Action, Choice, Inputs, Risk
from gputui.core.problem import Failed
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.core.text import Json
from gputui.engine.cloud import Cloud
from gputui.engine.journal import described
from gputui.engine.perform import Intent

MANY = 5
LONGEST_TYPED = 60


@dataclass(frozen=True, slots=True)
class Question:
    """What a dialog asks. `type_this` is what must be typed to confirm; empty where `y` is enough.

    `blocked` says why there is nothing left to confirm. `request` is what will be sent, secrets masked. `form` and
    `document` tell whether one can go back to the inputs, or edit the request's body as a file.
    """

    title: str
    lines: tuple[str, ...]
    risk: Risk
    verb: str
    type_this: str = ""
    blocked: str = ""
    request: tuple[str, ...] = ()
    form: bool = False
    document: bool = False


@dataclass
class Asking:
    """One change before it is confirmed. `seen` are its targets as they stood when the key was pressed."""

    cloud: Cloud
    action: Action[Any]
    view: AnyView
    seen: tuple[Row, ...]
    hidden: int = 0
    inputs: Inputs = field(default_factory=dict)
    chosen: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    body: Json = None
    ready: tuple[Row, ...] = ()

    def question(self) -> Question:
        """What is asked now."""
        out = [f"left out: {row.name} {reason}" for row, reason in self.look()]
        blocked = ""
        if self.seen and not self.ready:
            blocked = out[0].removeprefix("left out: ") if len(out) == 1 else "none of them can be changed now"
        return Question(
            self._title(),
            (*self._targets(), *out, *self._words()),
            self.risk,
            self.action.label.lower(),
            self._typed(),
            blocked,
            () if blocked else self._request(),
            bool(self.action.fields),
            self.action.document is not None,
        )

    def look(self) -> list[tuple[Row, str]]:
        """Look the targets up anew: `ready` are those the change still applies to; the others, with why not."""
        newest = [(row, self.cloud.find(row.ref)) for row in self.seen]
        reasons = [(row, now, objection(self.action, row, now)) for row, now in newest]
        self.ready = tuple(now for _, now, reason in reasons if now is not None and reason is None)
        return [(row, reason) for row, _, reason in reasons if reason is not None]

    @property
    def risk(self) -> Risk:
        """The tier that counts: the action's own, raised for several targets, many targets and protected profiles."""
        if self.cloud.protected or len(self.ready) >= MANY:
            return Risk.DESTROYS
        return max(self.action.risk, Risk.DISRUPTS) if len(self.ready) > 1 else self.action.risk

    @property
    def intent(self) -> Intent:
        """What is confirmed by saying yes to the newest question."""
        return Intent(self.cloud, self.action, self.view.name, self.ready, self.inputs, self.body)

    def _title(self) -> str:
        if self.action.on == "view":
            return f"{self.action.label} in {self.cloud.name}?"
        names = self.seen[0].name if len(self.seen) == 1 else f"{len(self.ready)} marked rows"
        title = f"{self.action.label} {names} in {self.cloud.name}?"
        return f"{title} ({self.hidden} hidden by the filter)" if self.hidden else title

    def _targets(self) -> list[str]:
        return [
            "   ".join(part for part in (row.name, row.state, f"id {row.ref.id}", self._owner(row)) if part)
            for row in self.ready
        ]

    def _owner(self, row: Row) -> str:
        owner = self.view.owner(row.item) if self.view.owner is not None and row.item is not None else ""
        return f"of {owner}" if owner else ""

    def _words(self) -> list[str]:
        labels = {one.name: one.label for one in self.action.fields}
        lines = [
            f"{labels[name]}: {', '.join(one.label for one in some)}" for name, some in self.chosen.items() if some
        ]
        lines.append(self.action.effect)
        lines.append(self.action.cost(self.chosen) if self.action.cost is not None else "")
        lines.append(f"{self.cloud.name} is a protected profile." if self.cloud.protected else "")
        return [line for line in lines if line]

    def _typed(self) -> str:
        if self.risk is not Risk.DESTROYS:
            return ""
        if len(self.seen) > 1:
            return str(len(self.ready))
        return self._name_to_type(self.ready[0]) if self.ready else self.cloud.name

    def _name_to_type(self, row: Row) -> str:
        """The row's name; its id where another is called the same, or the name is not on every keyboard."""
        listed = (one for snapshot in self.cloud.snapshots().values() for one in snapshot.rows.values())
        alike = {one.ref for one in listed if one.name == row.name and one.ref.view == row.ref.view}
        texts = (row.ref.id,) if len(alike) > 1 else (row.name, row.ref.id)
        return next((text for text in texts if typable(text)), "yes")

    def _request(self) -> tuple[str, ...]:
        intent = self.intent
        batches = intent.batches
        try:
            request = intent.request(batches[0])
        except Failed as failed:
            return (str(failed.problem),)
        told = described(request)
        assert isinstance(told, dict)
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        lines = [f"{request.method} {request.path}" + (f"?{query}" if query else "")]
        if told["body"] is not None:
            lines += _pretty(told["body"])
        return (f"{len(batches)} requests, one for each; the first:", *lines) if len(batches) > 1 else tuple(lines)


def objection(action: Action[Any], seen: Row, newest: Row | None) -> str | None:
    """Why the change cannot be asked of this row as it stands now, in words; None when it can."""
    if newest is None:
        return "is gone"
    if newest.item is None:
        return "is unreadable"
    if newest.name != seen.name:
        return f"is called {newest.name} now"
    reason = action.can(newest.item)
    return f"({reason})" if reason else None


def typable(text: str) -> bool:
    """Whether a person can be asked to type this: not what is empty, very long or not on every keyboard."""
    return text.isascii() and text.isprintable() and text == text.strip() and 0 < len(text) <= LONGEST_TYPED


def _pretty(body: Json) -> list[str]:
    short = json.dumps(body, ensure_ascii=False)
    return [short] if len(short) <= LONGEST_TYPED else json.dumps(body, indent=2, ensure_ascii=False).split("\n")
