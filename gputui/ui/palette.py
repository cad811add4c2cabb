"""The command line `:`, Textual's command palette fed with the console's views, themes and ends."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

if TYPE_CHECKING:
    from gputui.ui.app import ConsoleApp


class ConsoleCommands(Provider):
    """Every view by `view` and `view @profile`, the themes, refresh, help and quit."""

    def _commands(self) -> Iterator[tuple[str, IgnoreReturnCallbackType, str]]:
        app = cast("ConsoleApp", self.app)
        yield "fleet", partial(app.console_screen.go_to, "", ""), "all machines of all profiles"
        for name, cloud in app.deck.clouds.items():
            for view in cloud.provider.views:
                yield f"{view.name} @{name}", partial(app.console_screen.go_to, name, view.name), view.title
        for theme in sorted(app.available_themes):
            yield f"theme {theme}", partial(setattr, app, "theme", theme), "colours"
        yield "refresh", app.console_screen.action_refresh_now, "read everything of this tab again now"
        yield "help", app.console_screen.action_help, "keys and verbs"
        # Last: the first one is what Enter on an empty line does.
        yield "q", app.quit_now, "quit gputui"
        yield "quit", app.quit_now, "quit gputui"

    async def discover(self) -> Hits:
        """All commands, before anything is typed."""
        for name, run, about in self._commands():
            yield DiscoveryHit(name, run, help=about)

    async def search(self, query: str) -> Hits:
        """Commands that match; what is typed whole comes first."""
        matcher = self.matcher(query)
        for name, run, about in self._commands():
            score = 2.0 if name == query.strip().lstrip(":") else matcher.match(name)
            if score > 0:
                yield Hit(score, Text(name), run, text=name, help=about)
