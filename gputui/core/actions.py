"""What can be done: verbs with their risk, precondition, inputs, one request and end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from gputui.core.request import Request
from gputui.core.text import Json

T = TypeVar("T")
Inputs = Mapping[str, Any]
"""What a person filled in, by field: text → str, int → int, flag → bool, secret → Secret, choice → str, choices and
lines → tuple of str, pairs → tuple of (str, str). A field that was left out or not asked for is missing."""


class Risk(IntEnum):
    """How far the harm of a mistake reaches. It alone decides colour and question."""

    LOOKS = 0
    REVERSIBLE = 1
    DISRUPTS = 2
    DESTROYS = 3


class Progress(Enum):
    """How far a change has come, read off its target."""

    WAITING = "accepted"
    GOING = "in progress"
    DONE = "confirmed"
    CONTRADICTED = "contradicted"


class KnownVerb(StrEnum):
    """Names of verbs that the console itself looks for; every other name is the provider's own affair."""

    METRICS = "metrics"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to choose, with the words a person reads; `note` says more of it (stock, price, where it is)."""

    value: str
    label: str
    note: str = ""


Choices = Callable[[Any, Any, Inputs], Awaitable[Sequence[Choice]]]
"""Reads what there is to choose from: gets the provider's client, the first target (None on a view) and the inputs so
far. Raises Failed."""


class Scope(Enum):
    """Whose value a field holds where an action is asked for on several rows."""

    ALL = "one value makes sense for all of them"
    EACH = "each of them has a value of its own, no two the same"
    ONE = "it belongs to one row: the action takes one row at a time"


@dataclass(frozen=True, slots=True)
class Field:
    """One input of an action.

    `default` is a text, or is read off the first target (to edit what is there): a flag is `yes` or empty, lists have
    a line each, pairs are `key=value`. `choices` are read live, again whenever a field named in `needs` has changed.
    `when` says whether the field is asked for at all; `check` gives a complaint about the text typed, or None.

    `scope` says whose value it is where several rows are marked. Without it: what is read off a target belongs to that
    one, choices may hang on it and do so too, and anything else is the same for all.
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


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a document that was edited as a file: the line (from 1), where in it, and the words."""

    line: int
    where: str
    text: str


@dataclass(frozen=True)
class Action(Generic[T]):
    """A verb on rows, or (`on="view"`) on the list as a whole: to make something new.

    It performs nothing itself: `request` builds the one request, the engine sends it. `can` gives the reason in words
    why a row does not allow it, or None. With `many`, one request carries all targets. `effect` says in the dialog what
    it interrupts.

    `progress` reads off the newest item of the target (None: the target is gone) how far the change has come; without
    it the provider's acceptance is all there ever is to see. With `returns`, the change ends where it began, as a
    reboot does: seen under way and then back is its end. `patience` says for how many seconds it may well take: until
    then it is looked for often, later once a minute. `makes` gives the names of what the change makes: those
    are looked for in the view `makes_in` (or this one), and `progress` is read off them. `watch` reads what the
    accepted change is doing, for as long as somebody looks.

    `check` holds several inputs against each other: complaints by field name. `cost` says from what was chosen what it
    will cost, where that is known. `document` allows the request's body to be edited as a file: it gives what is wrong
    with a text, by line; `hides` then names the fields of such a body that no journal or screen may show.
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


def scope_of(action: Action[Any], field: Field) -> Scope:
    """Whose value a field of an action holds: as declared, else as it follows from what the field is made of."""
    if field.scope is Scope.EACH and action.many:
        return Scope.ONE  # one request carries all targets: it has no room for a value of each
    if field.scope is not None:
        return field.scope
    return Scope.ONE if callable(field.default) or field.choices is not None else Scope.ALL


def one_at_a_time(action: Action[Any]) -> bool:
    """Whether an action on rows takes one row only: its fields, or the name of what it makes, belong to that row."""
    if action.on == "view":
        return False
    return action.makes is not None or any(scope_of(action, field) is Scope.ONE for field in action.fields)


@dataclass(frozen=True, slots=True)
class Watched:
    """One reading of a change that runs: what it tells now, and whether it is over."""

    answer: Answer
    over: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over time, oldest first: (epoch seconds, value); None where there was no reading."""

    label: str
    unit: str
    points: tuple[tuple[float, float | None], ...]
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a log: epoch seconds (None where unknown), level, words."""

    at: float | None
    level: str
    text: str


Answer: TypeAlias = "Json | tuple[Series, ...] | tuple[LogEntry, ...]"
"""What a look gives: an object to be shown field by field, figures over time, or lines of a log."""


@dataclass(frozen=True)
class Query(Generic[T]):
    """A verb that only reads: metrics (`m`), logs (`l`), and what else an API tells of one row.

    `read` gets the provider's client, the row's item and the inputs, and raises Failed. `every` reads it again, in
    seconds, while it is on the screen. `secrets` names fields of the answer that are never shown.
    """

    name: str
    label: str
    read: Callable[[Any, T, Inputs], Awaitable[Answer]]
    blocked_reason: Callable[[T], str | None] = lambda item: None
    key: str = ""
    fields: tuple[Field, ...] = ()
    every: float | None = None
    secrets: frozenset[str] = field(default_factory=frozenset)


def reaches(
    state: Callable[[T], str], done: Sequence[str], going: Sequence[str] = (), wrong: Sequence[str] = ()
) -> Callable[[T | None, Inputs], Progress]:
    """Progress of a change that ends when the target's state is one of `done`; gone contradicts it."""

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
