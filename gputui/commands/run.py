"""`gputui run`: the same command on every machine that an expression selects, equal answers told once."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping

from gputui.commands.context import CliContext
from gputui.commands.ending import run_to_its_end
from gputui.commands.expressions import read_expression
from gputui.commands.options import GlobalOptions, RunOptions
from gputui.commands.profiles import configured
from gputui.commands.prompts import can_ask, confirm
from gputui.commands.selecting import Selection, select
from gputui.config.profiles import Config, Profile
from gputui.core.filter import Filter


def run_run(asked: RunOptions, options: GlobalOptions, ctx: CliContext) -> int:
    """0 where every command ended with 0, 1 where one did not, 2 where something could not be read or none is meant.

    Interrupted it is 128 + the signal's number, after all that came until then has been written.
    """
    found = configured(options, ctx)
    if found is None:
        return 2
    wanted = read_expression(asked.expression, ctx)
    if wanted is None:
        return 2
    config, profiles = found
    said = {profile.name: _care(profile, config, options) for profile in profiles}
    return run_to_its_end(lambda _: _run(asked, config, said, wanted, ctx))


def _care(profile: Profile, config: Config, options: GlobalOptions) -> str:
    """What to say of a profile before something runs on its machines."""
    words = ["protected"] if profile.protected else []
    if config.holds_read_only(profile, options.read_only):
        words.append("read-only, but what the command does is not checked")
    return f" ({'; '.join(words)})" if words else ""


async def _run(asked: RunOptions, config: Config, said: Mapping[str, str], wanted: Filter, ctx: CliContext) -> int:
    """`said` has the profiles, and what to say of each."""
    # Loading asyncssh takes as long as a cloud takes to answer; both at once cost one of them.
    loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "gputui.commands.running"))
    selection = await select(config, [profile for profile in config.profiles if profile.name in said], wanted, ctx)
    await loading
    if not selection.rows:
        among = "" if selection.whole else " among those that could be read"
        ctx.say(f"no machine{among} matches {asked.expression!r}; gputui get fleet shows them all")
        return 2
    if not await _may_run(asked, selection, said, ctx):
        ctx.say("nothing was run")
        return 2
    from gputui.commands.running import run_on

    status = await run_on(selection, asked, ctx)
    return 2 if status < 2 and (config.errors or not selection.whole) else status


async def _may_run(asked: RunOptions, selection: Selection, said: Mapping[str, str], ctx: CliContext) -> bool:
    """Whether the person agrees, where there is one and it matters."""
    if asked.yes or len(selection.machines) < 2 or not can_ask(ctx):
        return True
    for profile, care in said.items():
        own = [(profile, each.name) for each in selection.machines if each.ref.profile == profile]
        if own:
            ctx.say(f"{profile}{care}: {selection.short(own)}")
    return await confirm(f"Run {asked.command!r} on these {len(selection.machines)} machines?")
