"""`gputui` without a command: the console, or without a configuration the welcome screen and the demo."""

from __future__ import annotations

from dataclasses import replace

from gputui.commands.colour_depth import colour_depth
from gputui.commands.context import CliContext
from gputui.commands.options import ConsoleOptions, WorldOptions
from gputui.commands.profiles import load_config
from gputui.commands.terminal_check import chosen_theme, quiet_start, speaks_utf8, unfit_terminal
from gputui.config.profiles import DEFAULT_THEME

USAGE_ERROR = 2


def run_start(options: ConsoleOptions, ctx: CliContext, *, demo: WorldOptions | None = None) -> int:
    """Run the console on this terminal, or the demo with the world `demo`; return the exit code."""
    complaint = unfit_terminal(ctx.environ)
    if complaint:
        ctx.say(complaint)
        return USAGE_ERROR
    options = replace(options, depth=colour_depth(ctx.environ, no_color=options.no_color))
    quiet_start()
    if demo is None:
        config = load_config(options, ctx)
        if not config.missing and (config.profiles or config.errors):
            from gputui.commands.console import run_console

            return run_console(options, ctx)
        from gputui.ui.shell.welcome import NO_PROFILES, NOTHING_YET, WelcomeApp

        welcome = WelcomeApp(
            config.path,
            chosen_theme(options.theme or DEFAULT_THEME, ctx),
            options.depth,
            ascii_only=options.ascii or not speaks_utf8(),
            why=NOTHING_YET if config.missing else NO_PROFILES,
        )
        if welcome.run(mouse=options.mouse) != "demo":
            return welcome.return_code or 0
    from gputui.commands.demo import run_demo

    return run_demo(options, ctx, demo or WorldOptions())
