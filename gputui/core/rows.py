"""What a view shows: identities, rows, and the snapshot of one reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gputui.core.cells import Cell
from gputui.core.health import Health
from gputui.core.problem import Problem
from gputui.core.text import Json

T = TypeVar("T")
STALE_AFTER_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Ref:
    """Which thing: the only way a target, a cursor or a mark names a row."""

    profile: str
    view: str
    id: str

    def __str__(self) -> str:
        return f"{self.profile}/{self.view}/{self.id}"


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One thing as it was read: the wire model and the provider's own object."""

    value: T
    raw: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One entry of a list that did not fit the model: shown as such, never dropped."""

    id: str
    reason: str
    raw: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """The whole of one list call, all pages; `notice` says what is known to be missing."""

    items: tuple[Item[T], ...]
    unreadable: tuple[Unreadable, ...] = ()
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: equal where everything shown is equal. `item` is the wire model, None for an unreadable entry."""

    ref: Ref
    name: str
    state: str
    health: Health
    cells: tuple[Cell, ...]
    raw: Json = field(default=None, compare=False, repr=False)
    item: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest known rows of one view: kept, with its age, when a later reading fails.

    `taken_at` is when the last good reading began (epoch seconds), None before the first; `problem` is the last
    reading's.
    """

    rows: Mapping[Ref, Row] = field(default_factory=dict)
    taken_at: float | None = None
    every: float = 5.0
    problem: Problem | None = None
    failed_since: float | None = None
    notice: str = ""
    duplicates: int = 0

    @property
    def whole(self) -> bool:
        """Whether a thing that is not in it is really gone: all of the list was read, and every entry understood."""
        return not self.notice and all(row.item is not None for row in self.rows.values())

    def stale(self, now: float) -> bool:
        """Whether these rows are older than three intervals: then nothing of them may look fine."""
        return self.taken_at is not None and now - self.taken_at > STALE_AFTER_INTERVALS * self.every
