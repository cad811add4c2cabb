"""Actions and queries: their risk, precondition, inputs, the one request they send, and how they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from gputui.core.metrics import Measurements, Range
from gputui.core.request import Request
from gputui.core.text import Json

T = TypeVar("T")
Inputs = Mapping[str, Any]
"""The inputs a person gave, by field name: text → str, int → int, flag → bool, secret → Secret, choice → str, choices
and lines → tuple of str, pairs → tuple of (str, str). A field that was left empty or not asked for is missing."""


class Risk(IntEnum):
    """How much a mistake may cost. The colour and the confirmation depend on this alone."""

    LOOKS = 0
    REVERSIBLE = 1
    DISRUPTS = 2
    DESTROYS = 3


class Progress(Enum):
    """How far a change has come, judged by the state of its target."""

    WAITING = "accepted"
    GOING = "in progress"
    DONE = "confirmed"
    CONTRADICTED = "contradicted"


class KnownVerb(StrEnum):
    """The names of verbs that the console itself refers to; all other names are up to the provider."""

    METRICS = "metrics"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to choose, with its label; `note` adds details (stock, price, location)."""

    value: str
    label: str
    note: str = ""


Choices = Callable[[Any, Any, Inputs], Awaitable[Sequence[Choice]]]
"""Reads the choices of a field. Takes the provider's client, the first target (None for an action on a view) and the
inputs so far. Raises Failed."""


class Scope(Enum):
    """Whose value a field holds when an action is asked for on several rows."""

    ALL = "one value makes sense for all of them"
    EACH = "each of them has a value of its own, no two the same"
    ONE = "it belongs to one row: the action takes one row at a time"


@dataclass(frozen=True, slots=True)
class Field:
    """One input of an action.

    `default` is a text, or a function that reads it from the first target (to edit what is there): a flag is `yes` or
    empty, lists have one entry a line, pairs are `key=value`. `choices` are read live, and again whenever a field named
    in `needs` changes. `when` says whether the field is asked for at all; `check` returns what is wrong with the text
    typed, or None.

    `unit` is shown behind the input.

    `scope` says whose value it is when several rows are marked. Without it, a default read from a target belongs to
    that target; so do choices, which may depend on it; any other field is the same for all.
    """

    name: str
    label: str
    kind: Literal["text", "int", "choice", "choices", "secret", "flag", "pairs", "lines"] = "text"
    default: str | Callable[[Any], str] = ""
    required: bool = True
    choices: Choices | None = None
    needs: tuple[str, ...] = ()
    check: Callable[[str], str | None] | None = None
    when: Callable[[Inputs], bool] | None = None
    help: str = ""
    scope: Scope | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a document edited as a file: the line (from 1), where in it, and the message."""

    line: int
    where: str
    text: str


@dataclass(frozen=True)
class Action(Generic[T]):
    """A verb that changes rows, or (`on="view"`) the list as a whole: to create something.

    It sends nothing itself: `request` builds the one request and the engine sends it. `blocked_reason` says why it
    cannot be done to an item, or returns None: only where the API's document rules it out, or nothing would change.
    `warning` says why it may fail or harm an item in its present state, or returns None: the menu and the dialog show
    it. With `many`, one request carries all targets. `effect` says in the dialog what the change interrupts.

    `opposite` is the name of the verb of the same view that takes the change back, if there is one.

    `progress` tells from the newest item of the target (None: the target is gone) how far the change has come; without
    it, nothing after the provider's acceptance can be observed. With `returns`, the change ends in the state in which
    it began, as a reboot does: it is done once it was seen in progress and then back. `patience` is how many seconds it
    may normally take: until then the target is read often, later once a minute. `makes` returns the names of what the
    change creates: those are looked for in the view `makes_in` (or this one), and `progress` is read from them. `watch`
    reads what the accepted change is doing, for as long as somebody watches.

    `check` validates several inputs together and returns complaints by field name. `cost` computes the cost of what was
    chosen, where it is known. `document` allows the request's body to be edited as a file: it returns what is wrong
    with a text, by line; `hides` then names the fields of such a body that must not appear in the journal or on the
    screen.
    """

    name: str
    label: str
    risk: Risk
    request: Callable[[Sequence[T], Inputs], Request]
    blocked_reason: Callable[[T], str | None] = lambda item: None
    progress: Callable[[T | None, Inputs], Progress] | None = None
    key: str = ""
    effect: str = ""
    fields: tuple[Field, ...] = ()
    many: bool = False
    on: Literal["rows", "view"] = "rows"
    makes: Callable[[Inputs], Sequence[str]] | None = None
    makes_in: str = ""
    watch: Callable[[Any, T, Json], Awaitable[Watched]] | None = None
    check: Callable[[Inputs], Mapping[str, str]] | None = None
    cost: Callable[[Mapping[str, Sequence[Choice]]], str] | None = None
    document: Callable[[str], Sequence[Complaint]] | None = None
    hides: Callable[[Json], frozenset[str]] | None = None
    returns: bool = False
    patience: float = 600.0
    opposite: str = ""
    warning: Callable[[T], str | None] = lambda item: None


def undocumented(state: str, *documented: str) -> str | None:
    """The warning for a change of an item in a `state` that the API's document does not name for it."""
    if state.upper() in {known.upper() for known in documented}:
        return None
    return f"state is {state or 'not known'}: documented for {' or '.join(documented)} only, it may be refused"


def scope_of(action: Action[Any], field: Field) -> Scope:
    """The scope of an action's field: as declared, otherwise derived from the field's parts."""
    if field.scope is Scope.EACH and action.many:
        return Scope.ONE  # one request carries all targets: it has no room for a value of each
    if field.scope is not None:
        return field.scope
    return Scope.ONE if callable(field.default) or field.choices is not None else Scope.ALL


def one_at_a_time(action: Action[Any]) -> bool:
    """Whether an action on rows takes only one row: its fields, or the name of what it makes, belong to that row."""
    if action.on == "view":
        return False
    return action.makes is not None or any(scope_of(action, field) is Scope.ONE for field in action.fields)


@dataclass(frozen=True, slots=True)
class Watched:
    """One reading of a running change: what it shows now, and whether it is over."""

    answer: Answer
    over: bool


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a log: epoch seconds (None where unknown), level, words."""

    at: float | None
    level: str
    text: str


Answer: TypeAlias = "Json | Measurements | tuple[LogEntry, ...]"
"""What a query returns: an object to show field by field, metrics over time, or lines of a log."""


@dataclass(frozen=True)
class Query(Generic[T]):
    """A verb that only reads: metrics (`m`), logs (`l`), and whatever else an API tells about one row.

    `read` takes the provider's client, the row's item and the inputs, and raises Failed. While the answer is on the
    screen it is read again every `every` seconds. `secrets` names fields of the answer that are never shown. With
    `ranges`, one of them is always chosen, at first that at `first_range`, and its value is the input `range`. With
    `many`, several rows may be shown together: each is read by itself. The newest lines of a log that is `evidence`
    tell why a row is as it is: read without inputs when somebody asks.
    """

    name: str
    label: str
    read: Callable[[Any, T, Inputs], Awaitable[Answer]]
    blocked_reason: Callable[[T], str | None] = lambda item: None
    key: str = ""
    fields: tuple[Field, ...] = ()
    every: float | None = None
    secrets: frozenset[str] = field(default_factory=frozenset)
    ranges: tuple[Range, ...] = ()
    first_range: int = 0
    many: bool = False
    evidence: bool = False


def reaches(
    state: Callable[[T], str], done: Sequence[str], going: Sequence[str] = (), wrong: Sequence[str] = ()
) -> Callable[[T | None, Inputs], Progress]:
    """Progress of a change that is done when the target's state is one of `done`; a missing target contradicts it."""

    def progress(item: T | None, inputs: Inputs) -> Progress:
        if item is None:
            return Progress.CONTRADICTED
        now = state(item).upper()
        if now in done:
            return Progress.DONE
        if now in going:
            return Progress.GOING
        return Progress.CONTRADICTED if now in wrong else Progress.WAITING

    return progress


def vanishes(
    state: Callable[[T], str], going: Sequence[str], wrong: Sequence[str] = ()
) -> Callable[[T | None, Inputs], Progress]:
    """Progress of a deletion: done when the target is gone."""

    def progress(item: T | None, inputs: Inputs) -> Progress:
        if item is None:
            return Progress.DONE
        now = state(item).upper()
        if now in going:
            return Progress.GOING
        return Progress.CONTRADICTED if now in wrong else Progress.WAITING

    return progress
