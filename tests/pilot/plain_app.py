"""An app that is nothing but what a test puts into it, in the colours of the console."""

from __future__ import annotations

from textual.app import App

from gputui.ui.terminal.themes import textual_theme
from tests.pilot.table_app import shipped_theme


class PlainApp(App[None]):
    """The style sheets of our widgets need the variables of a theme of ours."""

    def __init__(self) -> None:
        super().__init__()
        theme = textual_theme(shipped_theme())
        self.register_theme(theme)
        self.theme = theme.name
