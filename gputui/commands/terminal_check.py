"""The terminal of the console: whether it is suitable, its theme, and the environment for Textual."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from gputui.commands.colour_depth import linux_console
from gputui.commands.context import CliContext
from gputui.config.document import ConfigError
from gputui.config.palettes import ThemeFile
from gputui.config.profiles import DEFAULT_THEME
from gputui.config.themes import find


def unfit_terminal(environ: Mapping[str, str]) -> str:
    """Return why the console cannot be drawn here; empty if it can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "the console needs a terminal; for scripts: gputui get KIND -o json"
    if environ.get("TERM", "dumb") in ("", "dumb", "unknown"):
        return "this terminal (TERM) cannot be drawn on; for scripts: gputui get KIND -o json"
    return ""


def quiet_start() -> None:
    """Set up what must be done before Textual is imported: no animations, and none of its variables."""
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]  # TEXTUAL_DRIVER and TEXTUAL_LOG would run code and write files from the environment
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"  # ui/terminal/colour_depth.py draws in those that there are
    os.environ.pop("NO_COLOR", None)  # Textual would draw in greys instead


def chosen_theme(name: str, ctx: CliContext) -> ThemeFile:
    """Return the theme with this name; if it has errors, report them and return the default one."""
    found = find(name, ctx.places.themes_dir)
    if isinstance(found, ConfigError):
        ctx.say(found)
        found = find(DEFAULT_THEME, ctx.places.themes_dir)
    if isinstance(found, ConfigError):
        raise SystemExit(f"gputui: the installation is broken: {found}")
    return found


def speaks_utf8() -> bool:
    """Whether the terminal shows more than ASCII; the font of the Linux console lacks most of our symbols."""
    utf8 = (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"
    return utf8 and not linux_console(os.environ.get("TERM", ""))
