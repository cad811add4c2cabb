"""The cell of a table: its text, the typed value behind it, and its tone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from itertools import chain, count
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar, get_args

from gputui.core.health import Health

T = TypeVar("T")
Value: TypeAlias = "str | int | float | bool | datetime | None"
HealthTone = Literal["ok", "changing", "degraded", "bad", "off", "unknown"]
Tone: TypeAlias = "Literal['plain', 'dim'] | HealthTone"
TONES: frozenset[Tone] = frozenset(("plain", "dim", *get_args(HealthTone)))
NONE_TEXT = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` is shown; `value` is what sorting, filters and `get` use. A moment's text is its age when drawn."""

    runs_on: ClassVar[bool] = False
    """Whether the text runs on over the empty cells to its right, and its column does not grow for it."""
    text: str
    value: Value = None
    tone: Tone = "plain"


class RunningCell(Cell):
    """A cell of a row that has little to say in the columns behind it: its text runs on over these."""

    __slots__ = ()
    runs_on = True


EMPTY = Cell(NONE_TEXT, None, "dim")
BUG_CELL = Cell("provider bug", None, "unknown")
"""Shown where a provider's function failed to make a cell."""


def words(text: str | None, tone: Tone = "plain") -> Cell:
    """A text cell, already clean; a dash for None or an empty text."""
    return Cell(text, text, tone) if text else EMPTY


def number(value: float | None, unit: str = "") -> Cell:
    """A number with an optional unit behind it, sorted as a number."""
    if value is None:
        return EMPTY
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return Cell(f"{shown}{unit}", value)


def flag(value: bool | None) -> Cell:
    """`yes` or `no`."""
    return EMPTY if value is None else Cell("yes" if value else "no", value)


def moment(value: datetime | None) -> Cell:
    """A point in time (aware), shown as its age at drawing time."""
    return EMPTY if value is None else Cell("", value)


AT_LEAST = ">"
"""The text of a moment that is only the latest possible: the item is at least so old."""


def at_least(value: datetime) -> Cell:
    """A point in time (aware) that may be earlier: shown as `>5m`, in one part, from a minute on."""
    return Cell(AT_LEAST, value, "dim")


def lasting(what: str, since: datetime, tone: Tone = "plain") -> Cell:
    """Something that has lasted since a point in time (aware): its words, behind them its age at drawing time."""
    return Cell(f"{what}{_BEFORE_AGE}", since, tone)


_BEFORE_AGE = " "


def is_age(cell: Cell) -> bool:
    """Whether the text of a cell is an age, or ends with one, which follows from the clock."""
    return isinstance(cell.value, datetime) and (cell.text in ("", AT_LEAST) or cell.text.endswith(_BEFORE_AGE))


def gpus(count: int | None, model: str | None) -> Cell:
    """`8×H100`, sorted and filtered by the count."""
    if count is None:
        return words(model)
    return Cell(f"{count}×{model.removeprefix('NVIDIA ')}" if model else str(count), count)


def verdict(health: Health) -> Cell:
    """The glyph and the word of a health; sorts worst first."""
    return _VERDICTS[health]


def health_tone(health: Health) -> HealthTone:
    """The tone of a health, which is also the name of its style."""
    return _HEALTH_TONES[health]


_HEALTH_TONES: dict[Health, HealthTone] = {
    Health.BAD: "bad",
    Health.DEGRADED: "degraded",
    Health.UNKNOWN: "unknown",
    Health.CHANGING: "changing",
    Health.OFF: "off",
    Health.OK: "ok",
}
_VERDICTS = {health: Cell(f"{health.glyph} {health.word}", health.rank, tone) for health, tone in _HEALTH_TONES.items()}


def shown_text(cell: Cell, now: float) -> str:
    """The text of `cell` at `now` (epoch seconds): an age for a moment, otherwise the text itself."""
    if not isinstance(cell.value, datetime) or not is_age(cell):
        return cell.text
    if cell.text != AT_LEAST:
        return cell.text + age(cell.value, now)
    minutes = int(now - cell.value.timestamp()) // 60
    parts = f"{minutes}m" if minutes < 60 else f"{minutes // 60}h" if minutes < 1440 else f"{minutes // 1440}d"
    return AT_LEAST + parts if minutes > 0 else NONE_TEXT


def age(since: datetime, now: float) -> str:
    """How long ago `since` was, in one or two short parts: `12s`, `5m`, `3h20m`, `41d`."""
    seconds = int(now - since.astimezone(UTC).timestamp())
    if seconds < 0:
        return "0s"
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m"
    if seconds < 86400:
        hours, minutes = seconds // 3600, seconds % 3600 // 60
        return f"{hours}h{minutes}m" if hours < 10 and minutes else f"{hours}h"
    return f"{seconds // 86400}d"


def sort_key(value: Value) -> tuple[int, float, str]:
    """A sort key that compares any two values: numbers and moments by size, texts naturally, missing values last."""
    if value is None:
        return (2, 0.0, "")
    if isinstance(value, datetime):
        return (0, -value.timestamp(), "")
    if isinstance(value, str):
        return (1, 0.0, natural(value[:_LONGEST_SORTED]))
    return (0, value, "")


def natural(text: str) -> str:
    """A key that sorts `node-2` before `node-10`, ignoring case."""
    folded = text.casefold()
    return folded if folded.isalpha() else _DIGITS.sub(lambda found: found[0].zfill(12), folded)


_DIGITS = re.compile(r"[0-9]+")
_LONGEST_SORTED = 500
"""How many characters of a text decide its place: a key is made of every cell each time a list is sorted."""


class Role(Enum):
    """What a column is about, whatever its title: the fleet and others find columns by role."""

    NAME = "name"
    HEALTH = "health"
    STATE = "state"
    GPU = "gpu"
    ADDRESS = "address"
    OTHER_ADDRESS = "other address"
    AGE = "age"
    OWNER = "owner"
    LOCK = "lock"
    REGION = "region"
    GROUP = "group"
    COST = "cost"
    IMAGE = "image"


Kind = Literal["text", "number", "flag", "moment"]
"""The type of a column's values; text also where a number or a moment from the API cannot be read as one."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a view; `wide` columns show in wide mode only.

    `id` is its name in scripts, in `get`, filters and settings; by default the title in lower case. A view makes its
    ids unique. `kind` and `unit` describe the values; the unit follows the number in the text. `role` says what the
    column is about: a machine's GPU, ADDRESS and AGE are shown in the fleet, whatever their titles. REGION is where a
    machine is, GROUP what it belongs to there: a fabric, a pool, a project. The value of a GPU cell is the count, that
    of an AGE cell the moment since when. `cell` sees the item alone: of the same item it always gives an equal cell, as
    it is called whenever the cell is drawn, sorted by or searched. `least` is how many cells its text keeps where there
    is little room (0: as usual).
    """

    title: str
    cell: Callable[[T], Cell]
    right: bool = False
    wide: bool = False
    max_width: int = 40
    role: Role | None = None
    id: str = ""
    kind: Kind = "text"
    unit: str = ""
    least: int = 0

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", self.title.lower().replace(" ", "_"))
        if self.kind == "text" and self.role in _KINDS_OF_ROLES:
            object.__setattr__(self, "kind", _KINDS_OF_ROLES[self.role])


_KINDS_OF_ROLES: Mapping[Role | None, Kind] = {Role.GPU: "number", Role.AGE: "moment"}


STANDARD_IDS = ("name", "health", "state")
"""The ids of the columns that come before a view's own."""


def with_own_ids(columns: Iterable[Column[T]]) -> tuple[Column[T], ...]:
    """The columns, each with a unique id: a number is appended to one that is already taken."""
    taken, found = set(STANDARD_IDS), list[Column[T]]()
    for column in columns:
        numbered = (f"{column.id}_{number}" for number in count(2))
        own = next(name for name in chain((column.id,), numbered) if name not in taken)
        taken.add(own)
        found.append(column if own == column.id else replace(column, id=own))
    return tuple(found)
