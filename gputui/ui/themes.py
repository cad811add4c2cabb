"""Theme files as Textual themes."""

from __future__ import annotations

from typing import Any

from textual.theme import Theme

from gputui.config.themes import ThemeFile


def textual_theme(file: ThemeFile) -> Theme:
    """The Textual theme that a theme file describes."""
    colours: dict[str, Any] = dict(file.colours)
    return Theme(name=file.name, dark=file.dark, variables=dict(file.variables), **colours)
