"""What `gputui get fleet` knows besides the fields of a machine's own view: why it is so, and since when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from gputui.commands.context import CliContext
from gputui.commands.fleet_told import FleetTold, OpenChange
from gputui.core.records import Found, Record, record, rfc3339, typed
from gputui.core.rows import Ref, Row
from gputui.core.text import Json
from gputui.engine.fleet import LIVE, fleet_cells, fleet_form, kind_of, reasons_of
from gputui.engine.history.history import HistoryError
from gputui.engine.history.sqlite import SqliteHistory
from gputui.engine.journal_lines import read_records
from gputui.engine.standings import Standing, with_past
from gputui.engine.unfinished import LONGEST, unfinished

FLEET_FIELDS = ("kind", "where", "reason_list", "since", "changed", "operation")
"""`since` is when its health began, `changed` its last change, as history has them; null where nobody saw it.

`operation` is the verb of a change whose end is not known yet, as the journal has it.
"""


def told_of(found: Sequence[Found], ctx: CliContext) -> FleetTold:
    """What history and journal hold of these machines; what cannot be read is reported."""
    return asyncio.run(read_told(found, ctx))


async def read_told(found: Sequence[Found], ctx: CliContext) -> FleetTold:
    """The same, in a running loop."""
    try:
        standings = await _ask(found, ctx)
    except HistoryError as error:
        ctx.say(f"since when is not known: history cannot be read: {error}")
        standings = {}
    try:
        operations = await asyncio.to_thread(_open_changes, ctx)
    except OSError as error:
        ctx.say(f"what is being done is not known: the journal cannot be read: {error.strerror}")
        operations = {}
    return FleetTold(standings, operations)


def _open_changes(ctx: CliContext) -> dict[Ref, OpenChange]:
    """The newest open change of each target. Raises OSError."""
    since = datetime.fromtimestamp(ctx.now() - LONGEST, UTC)
    return {
        Ref(one.profile, one.view, id): OpenChange(one.verb, one.sent_at)
        for one in unfinished(read_records(ctx.places.audit, since))
        for id, _ in one.targets
        if id
    }


async def _ask(found: Sequence[Found], ctx: CliContext) -> dict[Ref, Standing]:
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


def fleet_row(found: Found, told: FleetTold) -> Row:
    """The row with the columns of the fleet."""
    row = found.row
    return fleet_form(found.view, row.ref.profile)(row, told.standing(row.ref), LIVE, told.operation(row.ref))


def fleet_record(found: Found, told: FleetTold, *, raw: bool = False) -> Record:
    """Return the machine as JSON values: the fields of its view, then those of the fleet."""
    row, made = found.row, record(found, raw=raw)
    standing, change = told.standing(row.ref), told.operations.get(row.ref)
    shown = fleet_cells(fleet_row(found, told))
    more: tuple[Json, ...] = (
        kind_of(found.view),
        typed(shown["where"].value),
        [*reasons_of(found.view, row)],
        _moment(standing.since),
        _moment(standing.changed),
        None if change is None else change.verb,
    )
    for name, value in zip(FLEET_FIELDS, more, strict=True):
        made.setdefault(name, value)
    return made


def _moment(at: float | None) -> str | None:
    return None if at is None else rfc3339(datetime.fromtimestamp(at, UTC))
