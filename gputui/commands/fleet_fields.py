"""What `gputui get fleet` knows besides the fields of a machine's own view: why it is so, and since when."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from gputui.commands.context import CliContext
from gputui.core.cells import EMPTY
from gputui.core.records import Found, Record, record, rfc3339, typed
from gputui.core.rows import Ref, Row
from gputui.core.text import Json
from gputui.engine.fleet import LIVE, fleet_cells, fleet_form, kind_of, reasons_of
from gputui.engine.history.history import HistoryError
from gputui.engine.history.sqlite import SqliteHistory
from gputui.engine.standings import UNSEEN, Standing, with_past

FLEET_FIELDS = ("kind", "where", "reason_list", "since", "changed")
"""`since` is when its health began, `changed` its last change, as history has them; null where nobody saw it."""
StandingsOf: TypeAlias = "Mapping[Ref, Standing]"


def standings_of(found: Sequence[Found], ctx: CliContext) -> StandingsOf:
    """Since when each of these machines is as it is, from history; what it does not hold is left out."""
    return asyncio.run(read_standings(found, ctx))


async def read_standings(found: Sequence[Found], ctx: CliContext) -> StandingsOf:
    """The same, in a running loop."""
    try:
        return await _ask(found, ctx)
    except HistoryError as error:
        ctx.say(f"since when is not known: history cannot be read: {error}")
        return {}


async def _ask(found: Sequence[Found], ctx: CliContext) -> StandingsOf:
    history = SqliteHistory(ctx.places.history, ctx.now)
    try:
        lists = dict.fromkeys((each.row.ref.profile, each.row.ref.view) for each in found)
        past = {(profile, view): await history.remembered(profile, view) for profile, view in lists}
    finally:
        history.aclose()
    made: dict[Ref, Standing] = {}
    for each in found:
        one = past[each.row.ref.profile, each.row.ref.view].get(each.row.ref.id)
        if one is not None:
            made[each.row.ref] = with_past(Standing(each.observed_at), each.row, one)
    return made


def fleet_row(found: Found, standing: Standing) -> Row:
    """The row with the columns of the fleet."""
    return fleet_form(found.view, found.row.ref.profile)(found.row, standing, LIVE, EMPTY)


def fleet_record(found: Found, standing: Standing, *, raw: bool = False) -> Record:
    """Return the machine as JSON values: the fields of its view, then those of the fleet."""
    row, made = found.row, record(found, raw=raw)
    told = fleet_row(found, standing)
    more: tuple[Json, ...] = (
        kind_of(found.view),
        typed(fleet_cells(told)["where"].value),
        [*reasons_of(found.view, row)],
        _moment(standing.since),
        _moment(standing.changed),
    )
    for name, value in zip(FLEET_FIELDS, more, strict=True):
        made.setdefault(name, value)
    return made


def standing_of(standings: StandingsOf, found: Found) -> Standing:
    """The standing of one of them."""
    return standings.get(found.row.ref, UNSEEN)


def _moment(at: float | None) -> str | None:
    return None if at is None else rfc3339(datetime.fromtimestamp(at, UTC))
