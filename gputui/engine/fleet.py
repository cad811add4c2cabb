"""All machines of all profiles in one list, worst first, and how stale rows are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from gputui.core.cells import EMPTY, Cell, Column, Role, at_least, moment, words
from gputui.core.health import Health
from gputui.core.made_cells import MadeCells, OtherCells
from gputui.core.provider import View
from gputui.core.reading import AnyView, columns
from gputui.core.row_schema import NO_SCHEMA, RowSchema
from gputui.core.rows import Ref, Row
from gputui.core.text import shorten
from gputui.engine.live_rows import Place, worst_place
from gputui.engine.standings import Standing

BRIEF = 26
"""Characters of a state with its reason: two or three words."""
LIVE = words("live", "dim")


def _unread(_: object) -> Cell:
    """Fleet rows are composed of the views' own cells, never read from an item."""
    return EMPTY


def _column(title: str, **more: Any) -> Column[Any]:
    return Column(title, _unread, **more)


FLEET_COLUMNS: tuple[Column[Any], ...] = (
    _column("NAME", role=Role.NAME, least=24),
    _column("HEALTH", role=Role.HEALTH),
    _column("STATE", max_width=BRIEF, role=Role.STATE, least=12),
    _column("WHY", wide=True, max_width=48, least=24),
    _column("OPERATION", wide=True, max_width=24),
    _column("SINCE", right=True, kind="moment"),
    _column("PROFILE", max_width=16, least=8),
    _column("GPU", max_width=12, role=Role.GPU, least=7),
    _column("ADDRESS", max_width=24, role=Role.ADDRESS, least=12),
    _column("AGE", right=True, role=Role.AGE),
    _column("WHERE", wide=True, max_width=28, least=12),
    _column("OWNER", wide=True, max_width=14, role=Role.OWNER),
    _column("CHANGED", right=True, wide=True, kind="moment"),
    _column("DATA", wide=True, right=True),
    _column("COST", wide=True, max_width=14, role=Role.COST),
    _column("PUBLIC", wide=True, max_width=24, role=Role.OTHER_ADDRESS),
    _column("KIND", wide=True),
)
"""The ordinary ones fit 80 columns from NAME to GPU; the wide ones come in this order as there is room."""
_STATE, _SINCE, _PROFILE, _WHERE, _CHANGED, _KIND, _DATA, _WHY, _OPERATION = (
    [column.id for column in FLEET_COLUMNS].index(id)
    for id in ("state", "since", "profile", "where", "changed", "kind", "data", "why", "operation")
)
PLACES = {
    column.id: at for at, column in enumerate(FLEET_COLUMNS) if column.role in (None, Role.STATE, Role.OTHER_ADDRESS)
}
"""Where the fleet says more than the row's own cells do."""
Formed = Callable[[Row, Standing, Cell, Cell], Row]
UNREAD_WHY = words("its list cannot be read", "dim")
NOT_SAID = words("its API gives no reason", "dim")


@dataclass(frozen=True, slots=True, eq=False)
class _FleetCells(MadeCells):
    """The cells of a row in the fleet's columns: of its own list, since when it is so, and what is done to it."""

    makers: Sequence[_Make]
    row: Row
    standing: Standing
    data: Cell
    operation: Cell

    def __len__(self) -> int:
        return len(FLEET_COLUMNS)

    def make(self, at: int) -> Cell:
        return self.makers[at](self)


_Make = Callable[[_FleetCells], Cell]


def fleet_form(view: AnyView, profile: str) -> Formed:
    """The function that gives a profile's rows of that view the fleet's columns; they keep their refs and own cells.

    It takes a row, since when it is so, and the cells for the age of its list and for what is being done to it. The
    other cells are made when they are asked for.
    """
    makers = _makers(view, profile)
    schemas: tuple[RowSchema, RowSchema] = (NO_SCHEMA, NO_SCHEMA)

    def formed(row: Row, standing: Standing, data: Cell, operation: Cell) -> Row:
        nonlocal schemas
        if row.schema is not schemas[0]:
            schemas = row.schema, replace(row.schema, fleet=PLACES)
        cells = _FleetCells(makers, row, standing, data, operation)
        shown = (row.ref, row.name, row.state, row.health, cells)
        return Row(*shown, row.source, row.item, row.withheld, own=row.cells, schema=schemas[1])

    return formed


def _makers(view: AnyView, profile: str) -> list[_Make]:
    """What makes each of the fleet's cells."""
    by_role = {column.role: at for at, column in reversed(list(enumerate(columns(view)))) if column.role is not None}
    makers = [_own(None if column.role is None else by_role.get(column.role)) for column in FLEET_COLUMNS]
    named, kind, where, state = words(profile), words(kind_of(view), "dim"), _Where(by_role), makers[_STATE]
    makers[_STATE] = lambda of: _with_reason(state(of), of.row, reasons_of(view, of.row))
    makers[_WHY] = lambda of: _why(reasons_of(view, of.row), of.row, of.data)
    makers[_SINCE] = lambda of: since_cell(of.standing)
    makers[_CHANGED] = lambda of: changed_cell(of.standing)
    makers[_PROFILE], makers[_KIND] = (lambda _: named), (lambda _: kind)
    makers[_DATA], makers[_OPERATION] = attrgetter("data"), attrgetter("operation")
    makers[_WHERE] = lambda of: where.cell(of.row)
    return makers


def _own(place: int | None) -> _Make:
    """Takes a cell of the row's own list."""
    return lambda of: EMPTY if place is None else of.row.cells[place]


def _why(reasons: Sequence[str], row: Row, data: Cell) -> Cell:
    """The whole reason; where there is none, why not."""
    if reasons:
        return words("; ".join(reasons))
    if row.withheld:
        return words(row.withheld, "dim")
    if data is not LIVE:
        return UNREAD_WHY
    return NOT_SAID if row.health.faulty else EMPTY


def fleet_cells(row: Row) -> dict[str, Cell]:
    """The cells of a row with the fleet's columns, by their ids."""
    return {column.id: cell for column, cell in zip(FLEET_COLUMNS, row.cells, strict=True)}


class _Where:
    """The region and the group of a row in one cell."""

    def __init__(self, by_role: dict[Role, int]) -> None:
        self._places = [at for role in (Role.REGION, Role.GROUP) if (at := by_role.get(role)) is not None]

    def cell(self, row: Row) -> Cell:
        """The cell for that row."""
        if len(self._places) < 2:
            return row.cells[self._places[0]] if self._places else EMPTY
        text = "/".join(str(row.cells[at].value) for at in self._places if row.cells[at].value is not None)
        return words(text)


def kind_of(view: View[Any, Any]) -> str:
    """What one row of the view is: node, instance, inference."""
    return view.title.lower().removesuffix("s")


def reasons_of(view: AnyView, row: Row) -> tuple[str, ...]:
    """Why a row is as it is, in the words of its API."""
    if view.reasons is None or row.item is None:
        return ()
    return tuple(filter(None, view.reasons(row.item)))


def brief_reason(reasons: Sequence[str]) -> str:
    """The first reason in a few words: the most telling part of it that is short, which stands last."""
    if not reasons:
        return ""
    parts = [part.strip() for part in reasons[0].split(": ")]
    return next((part for part in reversed(parts) if len(part) <= BRIEF), shorten(reasons[0], BRIEF))


def since_cell(standing: Standing) -> Cell:
    """Since when a machine has its health; at least since it was first seen where nobody saw it begin."""
    if standing.since is not None:
        return moment_at(standing.since)
    return EMPTY if standing.at_least is None else at_least(_time(standing.at_least))


def changed_cell(standing: Standing) -> Cell:
    """The last change of a machine; at least since it was first seen where nobody saw one."""
    if standing.changed is not None or standing.at_least is None:
        return moment_at(standing.changed)
    return at_least(_time(standing.at_least))


def _with_reason(state: Cell, row: Row, reasons: Sequence[str]) -> Cell:
    """The state behind its reason, as far as there is room for both; not while an operation is told there."""
    reason = "" if row.health in (Health.OK, Health.OFF) else brief_reason(reasons)
    if not reason or (row.state and state.text != row.state):
        return state
    both = f"{reason}, {row.state}"
    return replace(state, text=both if row.state and len(both) <= BRIEF else reason)


def moment_at(at: float | None) -> Cell:
    """A moment in epoch seconds; a dash for none."""
    return EMPTY if at is None else moment(_time(at))


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def data_cell(read_at: float | None, *, expired: bool) -> Cell:
    """The age of the list that a row is of: `live` until it is too old to be trusted."""
    return moment_at(read_at) if expired else LIVE


def fallen_first(place: Place, row: Row, standing: Standing) -> Place:
    """Of rows that are equally ill, those that fell last come first; those that are well stay where they are."""
    if standing.since is None or row.health in (Health.OK, Health.OFF):
        return place
    return (*place[:2], -standing.since, *place[3:])


def worst_first(rows: Iterable[Row]) -> dict[Ref, Row]:
    """Rows ordered by health, then profile and name."""
    return {row.ref: row for row in sorted(rows, key=worst_place)}


STALE = Cell("? stale", Health.UNKNOWN.rank, "dim")
_MISSING = Cell("? missing", Health.UNKNOWN.rank, "dim")
LOST = "it is not in the newest list: the next reading decides"


def as_stale(row: Row) -> Row:
    """The row without its verdict: data too old to be trusted is never shown as fine."""
    return row if row.health.faulty else _without_verdict(row, STALE)


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
    other = {1: said}
    own = OtherCells(row.own, other) if row.own else ()
    return replace(row, health=Health.UNKNOWN, cells=OtherCells(row.cells, other), own=own)


def _dimmed(row: Row) -> Row:
    return replace(row, cells=OtherCells(row.cells, {}, dim=True))
