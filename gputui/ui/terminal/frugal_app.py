"""An app that sends its terminal little: only what is not on it already."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from textual.app import ReturnType
from textual.screen import Screen

from gputui.core.splash import Splash
from gputui.ui.terminal.driver import ConsoleDriver
from gputui.ui.terminal.painting import SentRows, exact
from gputui.ui.terminal.themed_app import ThemedApp


class FrugalApp(ThemedApp[ReturnType]):
    """Remembers what it has drawn of a screen, until another screen or program had the terminal, or its size changed.

    Another screen is drawn whole once: should the terminal ever not show what we believe, the next dialog mends it.
    """

    def __init__(self, *given: Any, splash: Splash | None = None, **options: Any) -> None:
        self.splash = splash or Splash()
        self._sent = SentRows()
        self._anew = 0
        super().__init__(*given, **options)

    def on_resize(self) -> None:
        """Forget what was drawn: what a terminal leaves of it is its own affair."""
        self._anew += 1

    def action_redraw(self) -> None:
        """Draw everything again, after another program has written on the terminal."""
        self._anew += 1
        self.refresh(layout=True)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual: called for everything that is drawn."""
        takes = self._driver.takes if isinstance(self._driver, ConsoleDriver) else 0
        self._sent.on((takes, self._anew, screen))
        super()._display(screen, exact(renderable, self._sent))

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """Textual: the visible screens behind the top one.

        Textual names one even if it is fully covered, and would then send the whole covering screen again at every
        change.
        """
        hides = bool(self.screen_stack) and self.screen.styles.background.a == 1
        return [] if hides else super()._background_screens
