"""`gputui get`: read one kind once over all profiles, for scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gputui.commands.context import CliContext
from gputui.commands.ending import run_to_its_end
from gputui.commands.expressions import read_expression, say_without_hits
from gputui.commands.filtering import kept
from gputui.commands.fleet_told import NOTHING_TOLD
from gputui.commands.options import GetOptions, GlobalOptions
from gputui.commands.output import write
from gputui.commands.profiles import OpenedProfile, configured, load_provider, opened, resolver
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Resolve
from gputui.core.cells import BUG_CELL
from gputui.core.feed import FeedState, Phase, feed_state, not_connected
from gputui.core.filter import Filter
from gputui.core.naming import did_you_mean, matches_name
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Provider
from gputui.core.reading import AnyView
from gputui.core.records import Found
from gputui.core.rows import Snapshot
from gputui.engine.fleet import fallen_first
from gputui.engine.live_rows import worst_place
from gputui.engine.taking import take

FLEET = "fleet"
CHANGES = "changes"
"""What history holds: no list of any cloud."""


@dataclass(frozen=True, slots=True)
class ViewReading:
    """The reading of one view of one profile: its rows, when they were read, the state of the list, and notes."""

    state: FeedState
    found: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the whole list was read."""
        return self.state.phase is Phase.LIVE

    @property
    def problem(self) -> Problem | None:
        """Why the view could not be read, if so."""
        return self.state.problem

    @property
    def complaints(self) -> tuple[str, ...]:
        """The messages about it: why it failed or what is missing, and the notes."""
        failed = (f"{self.problem}{_remedy(self.problem)}",) if self.problem is not None else ()
        lacks = (f"missing: {gap}{_remedy(gap.problem)}" for gap in self.state.missing)
        return (*failed, *lacks, *self.notes)


def run_get(asked: GetOptions, options: GlobalOptions, ctx: CliContext) -> int:
    """Read and write the rows. Returns 2 if anything failed or is missing, 1 if faults were requested and found.

    With `--partial` it is enough that something could be read; what is missing is still reported.
    """
    if asked.kind == CHANGES:
        from gputui.commands.past_changes import run_changes

        return run_changes(asked, options, ctx)
    if asked.since:
        ctx.say(f"--since belongs to gputui get {CHANGES}")
        return 2
    found = configured(options, ctx)
    wanted_rows = read_expression(asked.filter, ctx, found[1] if found else ())
    if found is None or wanted_rows is None:
        return 2
    config, profiles = found
    loaded = [(profile, load_provider(profile)) for profile in profiles]
    known = [(profile, provider) for profile, provider in loaded if isinstance(provider, Provider)]
    kinds = kinds_of([provider for _, provider in known])
    if known and asked.kind not in kinds:
        ctx.say(f"{_no_kind(asked.kind, kinds)}; kinds: {', '.join(kinds)}")
        return 2
    wanted = [profile for profile, provider in loaded if isinstance(provider, tuple) or views_of(provider, asked.kind)]
    readings: list[ViewReading] = []
    run_to_its_end(lambda _: _read_all(config, wanted, asked.kind, resolver(config, ctx), ctx, readings))
    if all(reading.problem is not None and not reading.found for reading in readings):
        return 2  # and no output: an empty list would claim that there are no such rows
    views = [view for _, provider in known for view in views_of(provider, asked.kind)]
    return _tell(asked, wanted_rows, views, readings, ctx, failed=bool(config.errors))


def _no_kind(kind: str, kinds: Sequence[str]) -> str:
    return f"there is no kind {kind}{did_you_mean(kind, kinds)}" if kind else "KIND is missing"


def kinds_of(providers: Sequence[Provider[Any]]) -> tuple[str, ...]:
    """Return every view name of these providers, the fleet, and the changes in history."""
    return (FLEET, *sorted({view.name for provider in providers for view in provider.views}), CHANGES)


def views_of(provider: Provider[Any], kind: str) -> tuple[AnyView, ...]:
    """Return the views of a provider that `kind` means."""
    return tuple(view for view in provider.views if (view.machine if kind == FLEET else view.name == kind))


async def _read_all(
    config: Config,
    profiles: Sequence[Profile],
    kind: str,
    resolve: Resolve,
    ctx: CliContext,
    readings: list[ViewReading],
) -> None:
    """Read all profiles at once and report each failure as soon as it is known.

    `readings` is filled in the order of the profiles. It is not the return value, as asyncio.run (3.11) would format
    all of its rows into a repr that nobody reads.
    """
    tasks = [_read_profile(config, profile, kind, resolve, ctx) for profile in profiles]
    for found in await asyncio.gather(*tasks):
        readings += found


async def _read_profile(
    config: Config, profile: Profile, kind: str, resolve: Resolve, ctx: CliContext
) -> list[ViewReading]:
    result = await opened(config, profile, resolve, read_only=True)
    if not isinstance(result, OpenedProfile):
        for error in result:
            ctx.say(error)
        return [ViewReading(not_connected(error.problem, ctx.now())) for error in result]
    try:
        views = views_of(result.provider, kind)
        readings = await asyncio.gather(*(read_view(result, view, ctx) for view in views))
    finally:
        await result.client.aclose()
    for reading in readings:
        for complaint in reading.complaints:
            ctx.say(f"{profile.name}: {complaint}")
    return list(readings)


async def read_view(source: OpenedProfile, view: AnyView, ctx: CliContext) -> ViewReading:
    """Read one view once; any error becomes the reading's problem."""
    nothing = Snapshot()
    try:
        listing = await view.fetch(source.client)
        shot = take(nothing, view, source.profile.name, listing, ctx.now(), source.provider.name)
    except Failed as failed:
        shot = replace(nothing, problem=failed.problem)
    except Exception as error:  # noqa: BLE001 - a third-party provider's error affects its own profile only
        shot = replace(nothing, problem=Problem(Cause.BUG, f"{view.name}: {type(error).__name__}"))
    moment = ctx.now()
    found = tuple(Found(source.provider.name, view, row, moment) for row in shot.rows.values())
    unmade = sum(cell is BUG_CELL for row in shot.rows.values() for cell in row.cells)
    notes = (
        f"{shot.duplicates} entries repeat an id; the last of each is shown" if shot.duplicates else "",
        f"{shot.unreadable} entries of {view.name} cannot be read; they are shown as such" if shot.unreadable else "",
        f"{unmade} cells of {view.name} could not be made: {Cause.BUG.value} (--log-file tells more)" if unmade else "",
    )
    return ViewReading(feed_state(shot, shot.taken_at or moment), found, tuple(filter(None, notes)))


def _remedy(problem: Problem | None) -> str:
    return f" ({problem.remedy})" if problem is not None and problem.remedy else ""


def _tell(
    asked: GetOptions,
    wanted: Filter,
    views: Sequence[AnyView],
    readings: Sequence[ViewReading],
    ctx: CliContext,
    *,
    failed: bool,
) -> int:
    failed = failed or (not asked.partial and not all(reading.whole for reading in readings))
    found = [each for reading in readings for each in reading.found]
    if asked.name:
        names = {each.row.name for each in found}
        found = [each for each in found if matches_name(each.row, asked.name)]
        if not found:
            ctx.say(f"there is nothing called {asked.name} among the {asked.kind}{did_you_mean(asked.name, names)}")
            failed = True
    now, count = ctx.now(), len(found)
    say_without_hits(wanted, (each.row for each in found), ctx)
    found = asyncio.run(kept(wanted, found, ctx))
    if count and not found:
        ctx.say(f"nothing matches {asked.filter!r} among {count} of the {asked.kind}")
    found = [each for each in found if not asked.faults or each.row.health.faulty]
    told = NOTHING_TOLD
    if asked.kind == FLEET:
        from gputui.commands.fleet_fields import told_of

        told = told_of(found, ctx)
        found.sort(key=lambda each: fallen_first(worst_place(each.row), each.row, told.standing(each.row.ref)))
    write(asked, views, found, ctx.out, now, told)
    if failed:
        return 2
    return 1 if asked.faults and found else 0
