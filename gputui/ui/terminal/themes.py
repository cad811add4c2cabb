"""Theme files as Textual themes: every variable from which Textual derives a colour of its own is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.theme import Theme

from gputui.config.colours import Depth
from gputui.config.palettes import REQUIRED, STATES, Palette, ThemeFile, palette

_OURS = ("cursor", "flash")
_DRAWN: Mapping[str, str] = {
    "block-cursor-background": "cursor",
    "block-cursor-blurred-background": "cursor",
    "block-cursor-blurred-foreground": "foreground",
    "block-cursor-foreground": "foreground",
    "block-hover-background": "field",
    "border": "primary",
    "border-blurred": "muted",
    "button-foreground": "foreground",
    "foreground-disabled": "muted",
    "foreground-muted": "muted",
    "input-cursor-background": "foreground",
    "input-cursor-foreground": "background",
    "input-selection-background": "cursor",
    "input-selection-foreground": "foreground",
    "screen-selection-background": "cursor",
    "panel-darken-1": "panel",
    "scrollbar": "muted",
    "scrollbar-active": "primary",
    "scrollbar-background": "panel",
    "scrollbar-background-active": "panel",
    "scrollbar-background-hover": "panel",
    "scrollbar-hover": "primary",
    "surface-darken-1": "field",
    "surface-lighten-1": "field",
    "surface-active": "field",
    "text": "foreground",
    "text-accent": "accent",
    "text-disabled": "muted",
    "text-error": "error",
    "text-muted": "muted",
    "text-primary": "primary",
    "text-secondary": "secondary",
    "text-success": "success",
    "text-warning": "warning",
}
"""Textual's variables, and the colour that each of them is. Mixed by itself they would not be in a small palette."""


def textual_theme(file: ThemeFile, depth: Depth = Depth.DIRECT) -> Theme:
    """Return the Textual theme for a theme file, in the colours of a terminal of that depth."""
    found = palette(file, depth)
    base: dict[str, Any] = {name: found[name] for name in REQUIRED}
    return Theme(name=file.name, dark=file.dark, variables={**_variables(found), **file.variables}, **base)


def ours(theme: Theme) -> bool:
    """Whether it comes from a theme file: Textual's own themes lack the colours of our states."""
    return "status-ok" in theme.variables


def _variables(found: Palette) -> dict[str, str]:
    states = {f"status-{state}": found[state] for state in STATES}
    grounds = {f"status-{state}-ground": found.get(f"{state}-ground", "transparent") for state in STATES}
    drawn = {name: found[colour] for name, colour in _DRAWN.items()}
    # Given as they are: Textual takes them through another colour space, from which some come back as others.
    given = {name: found[name] for name in (*REQUIRED, *_OURS)}
    return {**drawn, **given, **states, **grounds}
