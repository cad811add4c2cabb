"""All machines of all profiles in one list, worst first, and how stale rows are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gputui.core.cells import EMPTY, Cell, Column, Role, at_least, moment, words
from gputui.core.health import Health
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
PLACES = {column.id: at for at, column in enumerate(FLEET_COLUMNS)}
Formed = Callable[[Row, Standing, Cell, Cell], Row]
UNREAD_WHY = words("its list cannot be read", "dim")
NOT_SAID = words("its API gives no reason", "dim")


def fleet_form(view: AnyView, profile: str) -> Formed:
    """The function that gives a profile's rows of that view the fleet's columns; they keep their refs and own cells.

    It takes a row, since when it is so, and the cells for the age of its list and for what is being done to it.
    """
    by_role = {column.role: at for at, column in reversed(list(enumerate(columns(view)))) if column.role is not None}
    taken = [by_role.get(column.role) if column.role is not None else None for column in FLEET_COLUMNS]
    named, kind, where = words(profile), words(kind_of(view), "dim"), _Where(by_role)
    last: tuple[Standing | None, Cell, Cell] = (None, EMPTY, EMPTY)  # of many rows of one reading it is the same
    schemas: tuple[RowSchema, RowSchema] = (NO_SCHEMA, NO_SCHEMA)

    def formed(row: Row, standing: Standing, data: Cell, operation: Cell) -> Row:
        nonlocal last, schemas
        cells = [EMPTY if at is None else row.cells[at] for at in taken]
        if standing is not last[0]:
            last = standing, since_cell(standing), changed_cell(standing)
        _, cells[_SINCE], cells[_CHANGED] = last
        cells[_PROFILE], cells[_KIND], cells[_DATA], cells[_WHERE] = named, kind, data, where.cell(row)
        cells[_OPERATION] = operation
        reasons = reasons_of(view, row)
        if reasons:
            cells[_STATE], cells[_WHY] = _with_reason(cells[_STATE], row, reasons), words("; ".join(reasons))
        elif row.withheld:
            cells[_WHY] = words(row.withheld, "dim")
        elif data is not LIVE:
            cells[_WHY] = UNREAD_WHY
        elif row.health.faulty:
            cells[_WHY] = NOT_SAID
        if row.schema is not schemas[0]:
            schemas = row.schema, replace(row.schema, fleet=PLACES)
        return replace(row, cells=tuple(cells), own=row.cells, schema=schemas[1])

    return formed


def fleet_cells(row: Row) -> dict[str, Cell]:
    """The cells of a row with the fleet's columns, by their ids."""
    return {column.id: cell for column, cell in zip(FLEET_COLUMNS, row.cells, strict=True)}


class _Where:
    """The region and the group of a row in one cell, shared by all rows of one place."""

    def __init__(self, by_role: dict[Role, int]) -> None:
        self._places = [at for role in (Role.REGION, Role.GROUP) if (at := by_role.get(role)) is not None]
        self._known: dict[str, Cell] = {}

    def cell(self, row: Row) -> Cell:
        """The cell for that row."""
        if len(self._places) < 2:
            return row.cells[self._places[0]] if self._places else EMPTY
        text = "/".join(str(row.cells[at].value) for at in self._places if row.cells[at].value is not None)
        return self._known.setdefault(text, words(text))


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
    since = 0.0 if row.health in (Health.OK, Health.OFF) else standing.since or 0.0
    return (*place[:2], -since, *place[2:])


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
    own = (row.own[0], said, *row.own[2:]) if row.own else ()
    return replace(row, health=Health.UNKNOWN, cells=(row.cells[0], said, *row.cells[2:]), own=own)


def _dimmed(row: Row) -> Row:
    return replace(row, cells=tuple(replace(cell, tone="dim") for cell in row.cells))
