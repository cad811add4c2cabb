"""`gputui get changes`: what history holds, for scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gputui.commands import formats
from gputui.commands.context import CliContext
from gputui.commands.expressions import read_expression
from gputui.commands.observed import KEYS, in_ascii, local_time, observed_record
from gputui.commands.options import GetOptions, GlobalOptions
from gputui.commands.profiles import configured
from gputui.core.csv_text import write_csv
from gputui.core.filter import Filter
from gputui.core.spans import MOMENTS, moment
from gputui.core.yaml_text import write_yaml
from gputui.engine.history.history import HistoryError
from gputui.engine.history.records import ObservedChange, Span, WatchedSpan
from gputui.engine.history.timeline import CHANGE_FIELDS, row_of

USUAL_SPAN = "15m"
MOST = 1_000_000
TITLES = ("AT", "PROFILE", "NAME", "CHANGE")


def run_changes(asked: GetOptions, options: GlobalOptions, ctx: CliContext) -> int:
    """Write the changes since `--since`, oldest first. Returns 2 if history cannot be read, 1 for faults asked for.

    As with any `get`, it is 2 where something is missing: the configuration is wrong, or, without `--partial`, nobody
    watched at all.
    """
    found, wanted = configured(options, ctx), read_expression(asked.filter, ctx, only=CHANGE_FIELDS)
    if found is None or wanted is None:
        return 2
    if asked.raw:
        ctx.say("--raw: history keeps no objects of the providers")
        return 2
    try:
        since = moment(asked.since or USUAL_SPAN, ctx.now()).timestamp()
    except (ValueError, OverflowError):
        ctx.say(f"--since {asked.since}: not {MOMENTS}")
        return 2
    try:
        changes, watched = asyncio.run(_read(Span(since, most=MOST), ctx))
    except HistoryError as error:
        ctx.say(f"history cannot be read: {error}")
        return 2
    providers = {profile.name: profile.provider for profile in found[1]}
    kept = [
        one
        for one in changes
        if one.ref.profile in providers and _keeps(asked, wanted, one, providers[one.ref.profile], ctx.now())
    ]
    if not watched:
        ctx.say("nothing was watched in that time: no change can be known (gputui watch, or the console, watches)")
    _write(asked, kept, providers, ctx)
    if found[0].errors or not (watched or asked.partial):
        return 2
    return 1 if asked.faults and kept else 0


async def _read(span: Span, ctx: CliContext) -> tuple[list[ObservedChange], Sequence[WatchedSpan]]:
    from gputui.engine.history.sqlite import SqliteHistory

    history = SqliteHistory(ctx.places.history, ctx.now)
    try:
        return list(reversed(await history.changes(span))), await history.watched(span)
    finally:
        history.aclose()


def _keeps(asked: GetOptions, wanted: Filter, change: ObservedChange, provider: str, now: float) -> bool:
    if asked.name and asked.name not in (change.name, change.ref.id, f"{change.ref.profile}/{change.name}"):
        return False
    if asked.faults and not change.health.faulty:
        return False
    return wanted.keeps(row_of(change, provider), now)


def _write(asked: GetOptions, changes: Sequence[ObservedChange], providers: dict[str, str], ctx: CliContext) -> None:
    records = [observed_record(change, providers.get(change.ref.profile)) for change in changes]
    if asked.output == "json":
        formats.write_json(records, ctx.out)
    elif asked.output == "jsonl":
        formats.write_jsonl(records, ctx.out)
    elif asked.output == "yaml":
        write_yaml(records, ctx.out)
    elif asked.output == "csv":
        write_csv(records, KEYS, ctx.out, headers=asked.headers)
    else:
        lines = [(_at(change), change.ref.profile, change.name, in_ascii(change)) for change in changes]
        formats.write_table(TITLES, lines, ctx.out, right=[False] * len(TITLES), headers=asked.headers)


def _at(change: ObservedChange) -> str:
    shown = local_time(change.at)
    return shown if change.not_before is None else f"{local_time(change.not_before)} to {shown}"
