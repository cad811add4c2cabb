"""What an expression keeps of the rows that a command has read, whatever it asks about."""

from __future__ import annotations

from collections.abc import Sequence

from gputui.commands.context import CliContext
from gputui.core.filter import Filter
from gputui.core.records import Found


async def kept(wanted: Filter, found: Sequence[Found], ctx: CliContext) -> list[Found]:
    """Return the rows that the filter keeps; what only the fleet tells is asked of the machines' rows there."""
    now = ctx.now()
    if not wanted.of_fleet:
        return [each for each in found if wanted.keeps(each.row, now)]
    from gputui.commands.fleet_fields import fleet_row, read_told

    told = await read_told(found, ctx)
    return [each for each in found if wanted.keeps(fleet_row(each, told), now)]
