"""An app in the colours of theme files, in those that its terminal has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import App, ReturnType
from textual.filter import LineFilter

from gputui.config.colours import Depth
from gputui.config.palettes import ThemeFile, palette
from gputui.ui.terminal.colour_depth import Muted, depth_filters
from gputui.ui.terminal.themes import textual_theme


class ThemedApp(App[ReturnType]):
    """Starts in `theme`; `add_theme` adds others to choose from."""

    def __init__(self, theme: ThemeFile, depth: Depth, **options: Any) -> None:
        self.depth = depth
        self._files: dict[str, ThemeFile] = {}
        self._filters_of: dict[str, Sequence[LineFilter]] = {}
        super().__init__(**options)
        self.no_color = depth is Depth.NONE
        self.add_theme(theme)
        self.theme = theme.name

    def add_theme(self, theme: ThemeFile) -> None:
        """Make a theme available."""
        self._files[theme.name] = theme
        self.register_theme(textual_theme(theme, self.depth))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual: the filters for each line drawn; lines are cached by filter, so each theme has its own."""
        name = self.theme
        if name not in self._files:
            return super().get_line_filters()
        if name not in self._filters_of:
            found = palette(self._files[name], self.depth)
            filters = (Muted(found["muted"]), *super().get_line_filters(), *depth_filters(self.depth, found))
            self._filters_of[name] = filters
        return self._filters_of[name]
