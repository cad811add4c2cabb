"""The lines around the list: tabs, views, what is said of the data, the last changes, the keys."""

from __future__ import annotations

from collections.abc import Mapping

from gputui.engine.store import Store
from gputui.ui.command import Commands
from gputui.ui.list.page import Page
from gputui.ui.shell.feed_text import banner_lines
from gputui.ui.shell.list_options import ListOptions
from gputui.ui.shell.navigation import Navigation
from gputui.ui.shell.status_text import change_parts, key_parts, tab_labels, view_actions, view_parts
from gputui.ui.widgets.bars import Banner, Bar, tab_actions, tab_line

SHORT = 16
"""Lines of a window in which one line must do for what is said above a list."""


class AroundList:
    """These lines, made once: the store may still report changes while the screen is being removed."""

    def __init__(self, store: Store, places: Navigation, commands: Commands, keymap: Mapping[str, str]) -> None:
        self._store, self._places = store, places
        self._commands, self._keymap = commands, keymap
        self.tabs, self.views, self.banner = Bar(id="tabs"), Bar(id="views"), Banner(id="banner")
        self.changes, self.keys = Bar(id="changes"), Bar(id="keys")

    def show(self, options: ListOptions, alive: str, size: tuple[int, int], *, ascii_only: bool) -> None:
        """Update all of them in a window of that size; each repaints only if its text changed."""
        store, here, page, (width, height) = self._store, self._places.trail.here, self._places.page, size
        number = self._places.tabs.index(here.tab)
        tabs = tab_line(tab_labels(store), number, width, ascii_only=ascii_only)
        self.tabs.show([part for _, parts in tabs for part in parts], actions=tab_actions(tabs))
        left, right = view_parts(store, here, page, options, width, alive)
        self.views.show(left, right, view_actions(store, here, left))
        lines, bad = banner_lines(store, here, page, options, width - 2)
        few = page is not None and page.shown_count and height < SHORT
        self.banner.say(lines, bad=bad, most=1 if few else None)
        self.changes.show(change_parts(store, width))
        self.show_keys(page, width)

    def show_keys(self, page: Page | None, width: int) -> None:
        """Update the keys for the row under the cursor: all that moving it can change."""
        self.keys.show(*key_parts(self._store, page, width, self._commands, self._keymap))
