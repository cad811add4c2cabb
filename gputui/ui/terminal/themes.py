"""Theme files as Textual themes."""

from __future__ import annotations

from typing import Any

from textual.theme import Theme

from gputui.config.themes import ThemeFile


def textual_theme(file: ThemeFile) -> Theme:
    """Return the Textual theme for a theme file."""
    colours: dict[str, Any] = dict(file.colours)
    return Theme(name=file.name, dark=file.dark, variables={**_unsaid(file), **file.variables}, **colours)


def ours(theme: Theme) -> bool:
    """Whether it comes from a theme file: Textual's own themes lack the colours of our states."""
    return "status-ok" in theme.variables


def _unsaid(file: ThemeFile) -> dict[str, str]:
    """Return the variables that a theme file may omit: states, and scroll bars visible on every background."""
    colours = file.colours
    track = {f"scrollbar-background{state}": colours["panel"] for state in ("", "-hover", "-active")}
    bar = {f"scrollbar{state}": colours["primary"] for state in ("-hover", "-active")}
    states = {
        "status-ok": "success",
        "status-changing": "primary",
        "status-degraded": "warning",
        "status-bad": "error",
        "status-off": "foreground",
        "status-unknown": "accent",
        "text-muted": "foreground",
    }
    bar["scrollbar"] = file.variables.get("text-muted", colours["foreground"])
    return {**track, **bar, **{name: colours[colour] for name, colour in states.items()}}
