"""All machines of all profiles in one list, worst first, and how stale rows are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from gputui.core.cells import EMPTY, Cell, Column, Role, words
from gputui.core.health import Health
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Ref, Row
from gputui.engine.live_rows import worst_place


def _unread(_: object) -> Cell:
    """Fleet rows are composed of the views' own cells, never read from an item."""
    return EMPTY


_PROFILE_COLUMN: Column[Any] = Column("PROFILE", _unread, max_width=16)
FLEET_COLUMNS: tuple[Column[Any], ...] = (
    Column("NAME", _unread, role=Role.NAME),
    Column("HEALTH", _unread, role=Role.HEALTH),
    Column("STATE", _unread, max_width=22, role=Role.STATE),
    _PROFILE_COLUMN,
    Column("GPU", _unread, max_width=16, role=Role.GPU),
    Column("ADDRESS", _unread, max_width=24, role=Role.ADDRESS),
    Column("AGE", _unread, right=True, role=Role.AGE),
)
_PROFILE = FLEET_COLUMNS.index(_PROFILE_COLUMN)


def fleet_form(view: AnyView, profile: str) -> Callable[[Row], Row]:
    """The function that gives a profile's rows of that view the fleet's columns; they keep their refs and own cells."""
    own, named = columns(view), words(profile)
    by_role = {column.role: at for at, column in reversed(list(enumerate(own))) if column.role is not None}
    taken = [by_role.get(column.role) if column.role is not None else None for column in FLEET_COLUMNS]

    def formed(row: Row) -> Row:
        cells = [EMPTY if at is None else row.cells[at] for at in taken]
        cells[_PROFILE] = named
        return replace(row, cells=tuple(cells), own=row.cells)

    return formed


def worst_first(rows: Iterable[Row]) -> dict[Ref, Row]:
    """Rows ordered by health, then profile and name."""
    return {row.ref: row for row in sorted(rows, key=worst_place)}


_STALE = Cell("? stale", Health.UNKNOWN.rank, "dim")
_MISSING = Cell("? missing", Health.UNKNOWN.rank, "dim")
LOST = "it is not in the newest list: the next reading decides"


def as_stale(row: Row) -> Row:
    """The row without its verdict: data too old to be trusted is never shown as fine."""
    return row if row.health.faulty else _without_verdict(row, _STALE)


def as_unread(row: Row) -> Row:
    """A row of a part that could not be read: as stale, and dimmed."""
    return _dimmed(as_stale(row))


def as_lost(row: Row) -> Row:
    """A row that a list lost together with most others: nothing may be concluded from it, or done to it."""
    return _dimmed(replace(_without_verdict(row, _MISSING), withheld=LOST))


def has_verdict(row: Row) -> bool:
    """Whether the row shows a health: not if its view has none, and not if it is stale."""
    return len(row.cells) > 1 and row.cells[1].text.endswith(row.health.word)


def _without_verdict(row: Row, said: Cell) -> Row:
    if not has_verdict(row):
        return row
    own = (row.own[0], said, *row.own[2:]) if row.own else ()
    return replace(row, health=Health.UNKNOWN, cells=(row.cells[0], said, *row.cells[2:]), own=own)


def _dimmed(row: Row) -> Row:
    return replace(row, cells=tuple(replace(cell, tone="dim") for cell in row.cells))
