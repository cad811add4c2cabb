"""All machines of all profiles in one list, worst first, and what staleness does to a row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from gputui.core.cells import EMPTY, Cell, Column, Role, natural, words
from gputui.core.health import Health
from gputui.core.reading import AnyView, by_role
from gputui.core.rows import Ref, Row

_TAKEN_OVER = (Role.GPU, Role.ADDRESS, Role.AGE)


def _unread(_: object) -> Cell:
    """Fleet rows are put together from the views' own cells, never read from an item."""
    return EMPTY


FLEET_COLUMNS: tuple[Column[Any], ...] = (
    Column("NAME", _unread, role=Role.NAME),
    Column("HEALTH", _unread, role=Role.HEALTH),
    Column("STATE", _unread, max_width=22, role=Role.STATE),
    Column("PROFILE", _unread, max_width=16),
    Column("GPU", _unread, max_width=16, role=Role.GPU),
    Column("ADDRESS", _unread, max_width=24, role=Role.ADDRESS),
    Column("AGE", _unread, right=True, role=Role.AGE),
)


def fleet_row(view: AnyView, row: Row) -> Row:
    """A machine's row with the fleet's columns; its identity stays that of its own view."""
    known = by_role(view, row)
    taken = tuple(known.get(role, EMPTY) for role in _TAKEN_OVER)
    cells = (known[Role.NAME], known.get(Role.HEALTH, EMPTY), known.get(Role.STATE, EMPTY), words(row.ref.profile))
    return replace(row, cells=cells + taken)


def worst_first(rows: Iterable[Row], first: Collection[Ref] = ()) -> dict[Ref, Row]:
    """Rows ordered by health, then profile and name; before all others those that are `first`."""
    ordered = sorted(rows, key=lambda row: (row.ref not in first, row.health.rank, row.ref.profile, natural(row.name)))
    return {row.ref: row for row in ordered}


_STALE = Cell("? stale", Health.UNKNOWN.rank, "dim")
_MISSING = Cell("? missing", Health.UNKNOWN.rank, "dim")
LOST = "it is not in the newest list: the next reading decides"


def as_stale(row: Row) -> Row:
    """The row with its verdict taken back: what is too old to be believed is never shown as fine."""
    return row if row.health.faulty else _without_verdict(row, _STALE)


def as_unread(row: Row) -> Row:
    """A row of a part that could not be read: as stale, and dimmed."""
    return _dimmed(as_stale(row))


def as_lost(row: Row) -> Row:
    """A row that a list has lost together with most others: nothing may be concluded from it, or done to it."""
    return _dimmed(replace(_without_verdict(row, _MISSING), withheld=LOST))


def has_verdict(row: Row) -> bool:
    """Whether it shows its health: not where its view has none, and not where it is stale."""
    return len(row.cells) > 1 and row.cells[1].text.endswith(row.health.word)


def _without_verdict(row: Row, said: Cell) -> Row:
    if not has_verdict(row):
        return row
    return replace(row, health=Health.UNKNOWN, cells=(row.cells[0], said, *row.cells[2:]))


def _dimmed(row: Row) -> Row:
    return replace(row, cells=tuple(replace(cell, tone="dim") for cell in row.cells))


def tally(rows: Mapping[Ref, Row]) -> tuple[int, int]:
    """How many rows are bad and how many degraded."""
    healths = [row.health for row in rows.values()]
    return healths.count(Health.BAD), healths.count(Health.DEGRADED)
