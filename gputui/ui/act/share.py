"""One list's share of a requested change: its current targets, and the requests for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gputui.core.actions import Action, Choice, Inputs
from gputui.core.prechecks import precheck, said_of
from gputui.core.reading import AnyView
from gputui.core.request import Request
from gputui.core.rows import Ref, Row
from gputui.core.text import Json
from gputui.engine.cloud import Cloud
from gputui.engine.journal import described
from gputui.engine.perform import Intent
from gputui.ui.form.spread import Spread
from gputui.ui.form.state import Filled

LONGEST_IN_A_LINE = 60


@dataclass
class Share:
    """A change of rows of one list before it is confirmed. `seen` are its targets as of the key press.

    `ready` are those that it still applies to, `out` the others with the reason, both as of the last `look`. `insist`
    are the journal entries of earlier identical requests that are to be repeated.
    """

    cloud: Cloud
    action: Action[Any]
    view: AnyView
    seen: tuple[Row, ...]
    inputs: Inputs = field(default_factory=dict)
    own: Mapping[Ref, Inputs] = field(default_factory=dict)
    chosen: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    own_chosen: Mapping[Ref, Mapping[str, Sequence[Choice]]] = field(default_factory=dict)
    body: Json = None
    insist: frozenset[str] = frozenset()
    ready: tuple[Row, ...] = ()
    out: tuple[tuple[Row, str], ...] = ()
    _told: tuple[Intent, list[str]] | None = None

    def look(self) -> None:
        """Update `ready` and `out` from the current rows."""
        newest = [(row, self.cloud.find(row.ref)) for row in self.seen]
        reasons = [(row, now, precheck(self.action, row, now) or self._unfilled(row)) for row, now in newest]
        self.ready = tuple(now for _, now, reason in reasons if now is not None and not reason)
        self.out = tuple((row, reason) for row, _, reason in reasons if reason)

    def take(self, filled: Filled, spread: Spread | None = None) -> None:
        """Set the inputs; with `spread`, each target has its own."""
        self.inputs, self.chosen, self.body = filled.inputs, filled.chosen, filled.body
        self.own, self.own_chosen = {}, {}
        if spread is not None and spread.fields:
            self.inputs, self.own = spread.apart(filled.inputs)
            self.chosen, self.own_chosen = spread.apart(filled.chosen)

    @property
    def documented(self) -> bool:
        """Whether the request has a single body, which can be edited as a file."""
        return self.action.document is not None and self.request_count == 1

    @property
    def blocked(self) -> bool:
        """Whether there is nothing to confirm."""
        return bool(self.seen) and not self.ready

    @property
    def intent(self) -> Intent:
        """Return what a yes confirms now."""
        own, insist = self.own, self.insist
        return Intent(
            self.cloud, self.action, self.view.name, self.ready, self.inputs, self.body, own=own, insist=insist
        )

    def lines(self) -> list[str]:
        """Return lines for the targets, those left out, the chosen inputs, and the effect."""
        out = [f"left out: {said_of(row.name, reason)}" for row, reason in self.out]
        return [*(self._target(row) for row in self.ready), *out, *self._words()]

    def _unfilled(self, row: Row) -> str:
        """If each target has its own inputs, leave out those that had none when the form was filled in."""
        return "it was not ready when the inputs were filled in" if self.own and row.ref not in self.own else ""

    def _target(self, row: Row) -> str:
        chosen = self._chosen(self.own_chosen.get(row.ref, {}))
        return "   ".join(filter(None, (row.name, row.state, f"id {row.ref.id}", self._owner(row), *chosen)))

    def _chosen(self, chosen: Mapping[str, Sequence[Choice]]) -> list[str]:
        labels = {one.name: one.label for one in self.action.fields}
        return [f"{labels[name]}: {', '.join(one.label for one in some)}" for name, some in chosen.items() if some]

    def _owner(self, row: Row) -> str:
        owner = self.view.owner(row.item) if self.view.owner is not None and row.item is not None else ""
        return f"of {owner}" if owner else ""

    def _words(self) -> list[str]:
        lines = [*self._chosen(self.chosen), self.action.effect]
        lines.append(self.action.cost(self.chosen) if self.action.cost is not None else "")
        lines.append(f"{self.cloud.name} is a protected profile." if self.cloud.protected else "")
        return [line for line in lines if line]

    def requests(self) -> list[str]:
        """Return every request that will be sent, secrets masked. Raises Failed if one cannot be built."""
        intent = self.intent
        if self._told is None or not _same(self._told[0], intent):
            batches = () if self.blocked else intent.batches
            self._told = (intent, [line for batch in batches for line in _written(intent.request(batch))])
        return self._told[1]

    @property
    def request_count(self) -> int:
        """Return the number of requests."""
        return 0 if self.blocked else len(self.intent.batches)


def _same(one: Intent, other: Intent) -> bool:
    """Whether both lead to the same requests: rows compare by what is shown, items by identity."""
    rows = len(one.rows) == len(other.rows) and all(a is b for a, b in zip(one.rows, other.rows, strict=True))
    return rows and one.inputs is other.inputs and one.own is other.own and one.body is other.body


def _written(request: Request) -> list[str]:
    told = described(request)
    assert isinstance(told, dict)
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    lines = [f"{request.method} {request.path}" + (f"?{query}" if query else "")]
    return lines + (_pretty(told["body"]) if told["body"] is not None else [])


def _pretty(body: Json) -> list[str]:
    short = json.dumps(body, ensure_ascii=False)
    return [short] if len(short) <= LONGEST_IN_A_LINE else json.dumps(body, indent=2, ensure_ascii=False).split("\n")
