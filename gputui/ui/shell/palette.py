"""The command line `:`: Textual's command palette with the console's views, themes and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rich.style import Style
from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from gputui.core.filter import parse
from gputui.ui.command import Command
from gputui.ui.list.action_items import on_list
from gputui.ui.list.targets import Targets
from gputui.ui.terminal.themes import ours
from gputui.ui.widgets.keys import Needs

if TYPE_CHECKING:
    from gputui.ui.shell.console import ConsoleScreen

WHOLE, SHORT = 2e6, 1e6
"""Scores above every fuzzy match, for a fully typed name and for its short form; the first of several wins."""


class PaletteLine(NamedTuple):
    """One line of the palette; `short` is the abbreviation of its name.

    If `words` is the placeholder for an argument (`PORT`), `run` gets the argument as typed.
    """

    name: str
    about: str
    run: Callable[..., object]
    short: str = ""
    filters: bool = False
    words: str = ""

    @property
    def title(self) -> str:
        """Return the name with the placeholder of its argument."""
        return f"{self.name} {self.words}".rstrip()

    def typed(self, query: str) -> str | None:
        """Return the argument typed after the name; None if the name does not match."""
        name, _, rest = query.lstrip(": ").partition(" ")
        return rest.strip() if self.words and name.casefold() in (self.name, self.short) else None


class ConsoleCommands(Provider):
    """Every view as `view @profile`, optionally with ` /filter`; refresh, help, the themes and quit."""

    def __init__(self, screen: Screen[Any], match_style: Any = None) -> None:
        super().__init__(screen, match_style)
        self._targets: dict[Needs, Targets] = {}

    @property
    def _console(self) -> ConsoleScreen:
        return cast("ConsoleScreen", self.screen)

    async def startup(self) -> None:
        """Remember the rows that were chosen when the line was opened, for commands about rows."""
        page = self._console.page
        if page is not None:
            self._targets = {needs: page.needed(needs) for needs in Needs}
        else:
            self._targets = {needs: Targets() for needs in Needs if needs is not Needs.SHOWN}

    def _lines(self) -> Iterator[PaletteLine]:
        app, screen = self.app, self._console
        clouds = sorted(screen.store.clouds.items(), key=lambda named: named[0] != screen.trail.here.tab)
        yield PaletteLine("fleet", "all machines, worst first", partial(screen.go_to, "", ""), "0", True)
        for name, cloud in clouds:
            for view in cloud.provider.views:
                go = partial(screen.go_to, name, view.name)
                yield PaletteLine(f"{view.name} @{name}", f"{view.title} · {cloud.provider.title}", go, view.name, True)
        yield from self._verbs(screen)
        yield from self._named(screen.commands.rows)
        yield from self._named(screen.commands.screen)
        for theme in app.available_themes.values():
            if ours(theme):
                chosen = "colours, now in use" if theme.name == app.theme else "colours"
                yield PaletteLine(f"theme {theme.name}", chosen, partial(setattr, app, "theme", theme.name))
        # Last, as it can quit: Enter on an empty line runs the first one.
        yield from self._named(screen.commands.app)

    def _named(self, commands: Iterable[Command]) -> Iterator[PaletteLine]:
        """Yield the table's commands with a name, without those that need a list if there is none."""
        for command in commands:
            targets = self._targets.get(command.needs)
            if command.name and targets is not None:
                run = partial(self._console.run_command, command, targets)
                yield PaletteLine(command.name, command.about, run, command.short, words=command.words)

    def _verbs(self, screen: ConsoleScreen) -> Iterator[PaletteLine]:
        """Yield the verbs for the rows that were chosen when the line was opened."""
        targets = self._targets[Needs.ROWS]
        for offer in screen.page.offers(targets) if screen.page is not None else ():
            if offer.verb is not None:
                label = offer.label.casefold()
                name = label if on_list(offer.verb) else f"{label} {targets.words}".rstrip()
                wanted = targets.invocation(offer.label, offer.calls)
                run = partial(screen.carry_out, wanted) if offer.calls else partial(screen.actions.say_off, offer)
                yield PaletteLine(name, offer.note, run, label)

    async def discover(self) -> Hits:
        """Yield all commands, before anything is typed."""
        for line in self._lines():
            yield DiscoveryHit(_text(line), line.run, line.name)

    async def search(self, query: str) -> Hits:
        """Yield the matching commands; a fully typed one comes first."""
        typed, slash, words = query.lstrip(": ").partition(" /")
        wanted = typed.strip().casefold()
        matcher = self.matcher(wanted)
        for line in self._lines():
            if (rest := line.typed(query)) is not None:
                yield Hit(WHOLE, _text(line), partial(line.run, rest), line.name)
                continue
            score = matcher.match(line.name)
            if wanted in (name := line.name.casefold(), line.short):
                score = WHOLE if wanted == name else SHORT
            if score > 0 and (line.filters or not slash):
                run = partial(self._filtered, line.run, words) if slash else line.run
                yield Hit(score, _text(line), run, line.name)

    def _filtered(self, run: Callable[[], object], words: str) -> None:
        run()
        self._console.narrowing.filter_by(parse(words))


def _text(line: PaletteLine) -> Text:
    """Return name and description as one line; plain text, as a profile's name is not markup."""
    return Text.assemble(f"{line.title:<26}  ", (line.about, Style(bold=False, dim=True)))
