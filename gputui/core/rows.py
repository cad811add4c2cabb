"""The data of a view: refs, rows, and the snapshot of the newest reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from gputui.core.cells import Cell, is_age, shown_text
from gputui.core.gaps import Gap, gaps_in_words
from gputui.core.health import Health
from gputui.core.problem import Problem
from gputui.core.raw import Raw, raw_json
from gputui.core.row_schema import NO_SCHEMA, RowSchema
from gputui.core.text import Json

T = TypeVar("T")


class Ref(NamedTuple):
    """Which item: the only way a target, a cursor or a mark names a row. A tuple, because lookups must be fast."""

    profile: str
    view: str
    id: str

    def __str__(self) -> str:
        return f"{self.profile}/{self.view}/{self.id}"


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One item as it was read: the wire model and the provider's own object.

    If `raw` is a RawText, the value must be derived from it alone and never change: a row is kept for as long as both
    are equal.
    """

    value: T
    raw: Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One entry of a list that did not fit the model: shown as such, never dropped."""

    id: str
    reason: str
    raw: Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """The result of one list call, all pages; `missing` is what it is known to lack."""

    items: tuple[Item[T], ...]
    unreadable: tuple[Unreadable, ...] = ()
    missing: tuple[Gap, ...] = ()

    @property
    def notice(self) -> str:
        """What it lacks, in one sentence; empty for a complete list."""
        return gaps_in_words(self.missing)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: equal if everything shown is equal. `item` is the wire model, None for an unreadable entry.

    `cells` may be made when they are asked for (`core/made_cells.py`): take those that are needed, not all of them.

    `source` is the provider's own object as it is kept; `raw` gives it as JSON, parsed anew at each call. `withheld`
    says why no verb may be done to a row that is shown although it may be gone. `own` are the cells of its own list
    where it is shown with the columns of another one; `schema` says what the cells of its own list are.
    """

    ref: Ref
    name: str
    state: str
    health: Health
    cells: Sequence[Cell]
    source: Raw = field(default=None, compare=False, repr=False)
    item: object = field(default=None, compare=False, repr=False)
    withheld: str = ""
    own: Sequence[Cell] = ()
    schema: RowSchema = field(default=NO_SCHEMA, compare=False, repr=False)
    _found: tuple[str, tuple[Cell, ...]] | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def raw(self) -> Json:
        """The provider's own object."""
        return raw_json(self.source)

    @property
    def text(self) -> str:
        """What a filter finds, in lower case: profile, id and every cell except ages, shown or not."""
        return self._searched()[0]

    def text_at(self, now: float) -> str:
        """The same with its ages at `now` (epoch seconds)."""
        text, ages = self._searched()
        name, _, rest = text.partition("\n")  # the name stays first and the id last: ^ and $ mean these
        return "\n".join((name, *(shown_text(cell, now) for cell in ages), rest))

    def _searched(self) -> tuple[str, tuple[Cell, ...]]:
        """The text without ages, and the ages: made once, as a filter is asked about all rows at every key."""
        if self._found is None:
            more = [self.cells[at] for at in self.schema.fleet.values()] if self.own else self.cells
            cells = (*more, *self.own)
            parts = (self.name, *(cell.text for cell in cells), self.ref.profile, self.ref.id)
            found = "\n".join(parts).casefold(), tuple(cell for cell in cells if is_age(cell))
            object.__setattr__(self, "_found", found)
            return found
        return self._found


@dataclass(frozen=True, slots=True)
class Ghost:
    """A row that the newest list lacks and that is not taken to be gone yet, and since when it is missing."""

    row: Row
    since: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest known rows of one view: kept, with their age, when a later reading fails.

    `rows` is the newest good reading and nothing else. `ghosts` are rows of earlier readings that it lacks and that are
    not taken to be gone yet: they are shown dimmed, and nothing may be concluded from them. `gone` is how many ghosts
    this reading has confirmed to be gone.

    `alone` are rows that were read without their list since, and when that reading began; one that is not in `rows` was
    gone by then.

    `asked_at` is when a reading in progress began (epoch seconds), `hung_at` from when on it is taken to hang.
    `cached_at` is when an earlier console read the ghosts of a list that this one has not read yet.

    `taken_at` is when the list's reading began (epoch seconds), None before the first; `every` is the actual interval
    between readings, their duration included. `problem` and `failed_since` are of the readings that failed since;
    `next_at` is when it is read next. What to call all that is decided in `core/feed.py` alone.
    """

    rows: Mapping[Ref, Row] = field(default_factory=dict)
    taken_at: float | None = None
    every: float = 5.0
    problem: Problem | None = None
    failed_since: float | None = None
    next_at: float | None = None
    asked_at: float | None = None
    hung_at: float | None = None
    missing: tuple[Gap, ...] = ()
    ghosts: Mapping[Ref, Ghost] = field(default_factory=dict)
    gone: int = 0
    duplicates: int = 0
    unreadable: int = 0
    alone: Mapping[Ref, float] = field(default_factory=dict)
    cached_at: float | None = None

    @property
    def whole(self) -> bool:
        """Whether an item missing from it is really gone: the whole list was read, and each entry understood."""
        return not any(gap.rows for gap in self.missing) and all(row.item is not None for row in self.rows.values())

    def lacks(self, ref: Ref) -> bool:
        """Whether it proves that an item is gone: a list that lost most of its rows at once proves nothing yet."""
        return ref not in self.rows and ref not in self.ghosts and self.whole

    @property
    def known(self) -> Mapping[Ref, Row]:
        """All rows to show: those that were read, then the ghosts."""
        if not self.ghosts:
            return self.rows
        return {**self.rows, **{ref: ghost.row for ref, ghost in self.ghosts.items()}}
