"""`gputui run`: run a command on every machine that an expression selects, with equal answers grouped."""

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
from gputui.commands.selecting import MachineSelection, select
from gputui.config.profiles import Config, Profile
from gputui.core.filter import Filter
from gputui.core.guards import Guards, must_confirm, unchecked_command


def run_run(asked: RunOptions, options: GlobalOptions, ctx: CliContext) -> int:
    """Return 0 if every command exited with 0, 1 if not, 2 if something could not be read or no machine is selected.

    If interrupted, return 128 + the signal's number, after all output received until then was written.
    """
    found = configured(options, ctx)
    if found is None:
        return 2
    wanted = read_expression(asked.expression, ctx, found[1])
    if wanted is None:
        return 2
    config, profiles = found
    guards = {profile.name: _guards(profile, config, options) for profile in profiles}
    return run_to_its_end(lambda _: _run(asked, config, guards, wanted, ctx))


def _guards(profile: Profile, config: Config, options: GlobalOptions) -> Guards:
    return Guards(profile.protected, config.holds_read_only(profile, options.read_only))


async def _run(asked: RunOptions, config: Config, guards: Mapping[str, Guards], wanted: Filter, ctx: CliContext) -> int:
    """Run the command; `guards` maps the selected profiles to their guards."""
    # Importing asyncssh takes as long as a cloud's answer, so it is done while waiting for one.
    loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "gputui.commands.running"))
    profiles = [profile for profile in config.profiles if profile.name in guards]
    selection = await select(config, profiles, wanted, ctx, each=asked.each)
    await loading
    if not selection.rows:
        among = "" if selection.whole else " among those that could be read"
        ctx.say(f"no machine{among} matches {asked.expression!r}; gputui get fleet shows them all")
        return 2
    for words in selection.shared_words():
        ctx.say(words)
    if not await _may_run(asked, selection, guards, ctx):
        ctx.say("nothing was run")
        return 2
    from gputui.commands.running import run_on

    status = await run_on(selection, asked, ctx)
    return 2 if status < 2 and (config.errors or not selection.whole) else status


async def _may_run(
    asked: RunOptions, selection: MachineSelection, guards: Mapping[str, Guards], ctx: CliContext
) -> bool:
    """Ask for confirmation if someone can be asked and it matters; return whether to run."""
    count = len(selection.machines)
    met = {name: one for name, one in guards.items() if name in selection.profiles}
    # An expression that matches one machine selects it; one that matches several does not select each one.
    needed = must_confirm(count, chosen=count == 1, guarded=any(one.any for one in met.values()))
    if asked.yes or not count or not needed or not can_ask(ctx):
        return True
    for name, one in met.items():
        own = [(name, each.name) for each in selection.machines if each.ref.profile == name]
        ctx.say(f"{name}{one}: {selection.short(own)}")
    for name, one in met.items():
        if one.read_only:
            ctx.say(unchecked_command(name))
    return await confirm(f"Run {asked.command!r} on {'this machine' if count == 1 else f'these {count} machines'}?")
