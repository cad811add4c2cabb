"""One list's share of a requested change: its current targets, and the requests for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gputui.core.actions import Action, Choice, Inputs
from gputui.core.prechecks import precheck, said_of, warning, without_doubtful
from gputui.core.reading import AnyView
from gputui.core.request import Request
from gputui.core.rows import Ref, Row
from gputui.core.text import Json
from gputui.engine.cloud import Cloud
from gputui.engine.journal import described
from gputui.engine.perform import Intent
from gputui.ui.act.target_words import by_reason, folded, in_full, names_of
from gputui.ui.form.edits import Edit, changes
from gputui.ui.form.spread import Spread
from gputui.ui.form.state import Filled

LONGEST_IN_A_LINE = 60
LATE = "it was not ready when this was asked"


@dataclass
class Share:
    """A change of rows of one list before it is confirmed. `seen` are its targets as of the key press.

    `ready` are those that it still applies to, `out` the others with the reason, both as of the last `look`. Those with
    a warning are left out if others have none. `insist` are the journal entries of earlier identical requests that are
    to be repeated. `given` are the inputs as the form returned them, `edits` its fields that begin with what is there.
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
    given: Inputs = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    ready: tuple[Row, ...] = ()
    out: tuple[tuple[Row, str], ...] = ()
    _told: tuple[Intent, list[str]] | None = None
    _newest: Sequence[Row | None] = ()
    _folded: tuple[tuple[Row, ...], str] = ((), "")
    _listed: tuple[tuple[Row, ...], Sequence[str]] = ((), ())

    def look(self) -> None:
        """Update `ready` and `out` from the current rows."""
        self._sort([self.cloud.find(row.ref) for row in self.seen])

    def _sort(self, newest: Sequence[Row | None]) -> None:
        self._newest = newest
        pairs = zip(self.seen, newest, strict=True)
        reasons = [(row, now, precheck(self.action, row, now) or self._unfilled(row)) for row, now in pairs]
        ready = tuple(now for _, now, reason in reasons if now is not None and not reason)
        self.ready, doubtful = without_doubtful(self.action, ready)
        self.out = (*((row, reason) for row, _, reason in reasons if reason), *doubtful)

    def look_again(self) -> None:
        """Update them while the question is open: a row that was left out stays so, if there are others."""
        newest = [self.cloud.find(row.ref) for row in self.seen]
        if _identical(newest, self._newest):
            return
        asked = frozenset(row.ref for row in self.ready)
        self._sort(newest)
        late = [row for row in self.ready if row.ref not in asked]
        if len(late) < len(self.ready):
            self.ready = tuple(row for row in self.ready if row.ref in asked)
            self.out += tuple((row, LATE) for row in late)

    def take(self, filled: Filled, spread: Spread | None = None) -> None:
        """Set the inputs; with `spread`, each target has its own."""
        self.inputs, self.chosen, self.body = filled.inputs, filled.chosen, filled.body
        self.given, self.edits = filled.inputs, filled.edits
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

    @property
    def names(self) -> str:
        """The targets, folded."""
        if not _identical(self._folded[0], self.ready):
            self._folded = (self.ready, folded(self.ready, self.view))
        return self._folded[1]

    @property
    def effect(self) -> list[str]:
        """What may go wrong with it, what it interrupts and costs, and whether the profile is protected."""
        cost = self.action.cost(self.chosen) if self.action.cost is not None else ""
        protected = f"{self.cloud.name} is a protected profile." if self.cloud.protected else ""
        return [line for line in (*self._warnings(), self.action.effect, cost, protected) if line]

    def _warnings(self) -> list[str]:
        """The warnings, with the names of their rows unless all of them have the same one."""
        found = by_reason((row, text) for row in self.ready if (text := warning(self.action, row)))
        if len(found) == 1:
            return [f"Warning: {text}." for text in found]
        return [f"Warning: {said_of(names_of(rows), text)}." for text, rows in found.items()]

    @property
    def left_out(self) -> list[str]:
        """The targets that are left out, folded by the reason."""
        return [f"left out: {said_of(names_of(rows), reason)}" for reason, rows in by_reason(self.out).items()]

    def lines(self) -> list[str]:
        """Return lines for what was chosen, or what an edit changes; where each target has its own, a line for each."""
        if len(self.ready) == 1 and self.edits and self.action.makes is None:
            return changes(self.edits, self.ready[0].item)
        return [*self._chosen(self.chosen), *(self._each() if self.own_chosen else ())]

    def each(self) -> Sequence[str]:
        """Return a line for each of several targets, unless `lines` has them."""
        if len(self.ready) < 2 or self.own_chosen:
            return ()
        if not _identical(self._listed[0], self.ready):
            self._listed = (self.ready, self._each())
        return self._listed[1]

    def _each(self) -> list[str]:
        return [in_full(row, self.view, *self._chosen(self.own_chosen.get(row.ref, {}))) for row in self.ready]

    def _unfilled(self, row: Row) -> str:
        """If each target has its own inputs, leave out those that had none when the form was filled in."""
        return "it was not ready when the inputs were filled in" if self.own and row.ref not in self.own else ""

    def _chosen(self, chosen: Mapping[str, Sequence[Choice]]) -> list[str]:
        labels = {one.name: one.label for one in self.action.fields}
        return [f"{labels[name]}: {', '.join(one.label for one in some)}" for name, some in chosen.items() if some]

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
    same = one.inputs is other.inputs and one.own is other.own and one.body is other.body
    return same and _identical(one.rows, other.rows)


def _identical(rows: Sequence[Row | None], others: Sequence[Row | None]) -> bool:
    return len(rows) == len(others) and all(a is b for a, b in zip(rows, others, strict=True))


def _written(request: Request) -> list[str]:
    told = described(request)
    assert isinstance(told, dict)
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    lines = [f"{request.method} {request.path}" + (f"?{query}" if query else "")]
    return lines + (_pretty(told["body"]) if told["body"] is not None else [])


def _pretty(body: Json) -> list[str]:
    short = json.dumps(body, ensure_ascii=False)
    return [short] if len(short) <= LONGEST_IN_A_LINE else json.dumps(body, indent=2, ensure_ascii=False).split("\n")
