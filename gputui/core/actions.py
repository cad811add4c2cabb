"""What can be done to rows: verbs with their risk, precondition, inputs, one request and end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, Generic, Literal, TypeVar

from gputui.core.request import Request

T = TypeVar("T")
Inputs = Mapping[str, Any]


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


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to choose, with the words a person reads."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One input of an action. `choices` fetches them live: it gets the provider's client and the first target."""

    name: str
    label: str
    kind: Literal["text", "int", "choice", "secret", "flag", "pairs"] = "text"
    default: str = ""
    required: bool = True
    choices: Callable[[Any, Any], Awaitable[Sequence[Choice]]] | None = None
    check: Callable[[str], str | None] | None = None
    help: str = ""


@dataclass(frozen=True)
class Action(Generic[T]):
    """A verb on rows. It performs nothing itself: `request` builds the one request, the engine sends it.

    `can` gives the reason in words why a row does not allow it, or None. `progress` reads off the newest item of the
    target (None: the target is gone) how far the change has come. With `many`, one request carries all targets.
    `effect` says in the dialog what it interrupts.
    """

    name: str
    label: str
    risk: Risk
    request: Callable[[Sequence[T], Inputs], Request]
    can: Callable[[T], str | None]
    progress: Callable[[T | None], Progress]
    key: str = ""
    effect: str = ""
    fields: tuple[Field, ...] = ()
    many: bool = False


def reaches(
    state: Callable[[T], str], done: Sequence[str], going: Sequence[str] = (), wrong: Sequence[str] = ()
) -> Callable[[T | None], Progress]:
    """Progress of a change that ends when the target's state is one of `done`; gone contradicts it."""

    def progress(item: T | None) -> Progress:
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
) -> Callable[[T | None], Progress]:
    """Progress of a deletion: done when the target is gone."""

    def progress(item: T | None) -> Progress:
        if item is None:
            return Progress.DONE
        now = state(item).upper()
        if now in going:
            return Progress.GOING
        return Progress.CONTRADICTED if now in wrong else Progress.WAITING

    return progress
