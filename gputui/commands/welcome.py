"""No configuration yet: say what to do, and go on to the demo if that is wished."""

from __future__ import annotations

from pathlib import Path

from gputui.commands.options import ConsoleOptions
from gputui.commands.surroundings import Surroundings
from gputui.config.profiles import DEFAULT_THEME


def run_welcome(options: ConsoleOptions, here: Surroundings, path: Path) -> int:
    """Show the first screen; return the exit code of what followed."""
    from gputui.commands.console import chosen_theme
    from gputui.ui.welcome import WelcomeApp

    app = WelcomeApp(path, chosen_theme(options.theme or DEFAULT_THEME, here))
    choice = app.run(mouse=options.mouse)
    if choice != "demo":
        return app.return_code or 0
    from gputui.commands.demo import run_demo

    return run_demo(options, here)
