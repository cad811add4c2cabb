"""The command line `:`, Textual's command palette fed with the console's views, themes and ends."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rich.style import Style
from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from gputui.core.filter import parse
from gputui.core.rows import Ref
from gputui.ui.gpus.opening import show_gpu_list
from gputui.ui.host import host_of
from gputui.ui.inspect.history import show_audit, show_operations
from gputui.ui.list.action_items import on_list
from gputui.ui.list.targets import Targets
from gputui.ui.terminal.themes import ours

if TYPE_CHECKING:
    from gputui.ui.shell.console import ConsoleScreen

WHOLE, SHORT = 2e6, 1e6
"""Scores above every likeness, which grow with what is typed: the name typed whole, and its shorter form, where the
first of several wins."""


class Command(NamedTuple):
    """One line of the palette; `short` is the shorter form of its name.

    Where `words` says what may be typed behind the name (`PORT`), `run` gets it, as it was typed.
    """

    name: str
    about: str
    run: Callable[..., object]
    short: str = ""
    filters: bool = False
    words: str = ""

    @property
    def title(self) -> str:
        """The name with what may follow it."""
        return f"{self.name} {self.words}".rstrip()

    def typed(self, query: str) -> str | None:
        """What was typed behind the name; None where the name was not."""
        name, _, rest = query.lstrip(": ").partition(" ")
        return rest.strip() if self.words and name.casefold() in (self.name, self.short) else None


class ConsoleCommands(Provider):
    """Every view as `view @profile`, with ` /filter` behind it if wanted; refresh, help, the themes and quit."""

    _ref: Ref | None = None
    _targets = _many = Targets()

    @property
    def _console(self) -> ConsoleScreen:
        return cast("ConsoleScreen", self.screen)

    async def startup(self) -> None:
        """What is about rows means those that were chosen when the line was opened."""
        page = self._console.page
        if page is not None:
            self._ref, self._targets, self._many = page.cursor_ref, page.targets(), page.many()

    def _commands(self) -> Iterator[Command]:
        app, screen, host = self.app, self._console, host_of(self._console)
        clouds = sorted(screen.store.clouds.items(), key=lambda named: named[0] != screen.trail.here.tab)
        yield Command("fleet", "all machines, worst first", partial(screen.go_to, "", ""), "0", True)
        for name, cloud in clouds:
            for view in cloud.provider.views:
                go = partial(screen.go_to, name, view.name)
                yield Command(f"{view.name} @{name}", f"{view.title} · {cloud.provider.title}", go, view.name, True)
        yield from self._verbs(screen)
        if screen.page is not None:
            run = self._later(screen.fan_outs.start, self._many)
            yield Command("run", "a command on the marked machines, or on all shown", run, words="COMMAND")
            gpus = self._later(show_gpu_list, host, self._many)
            yield Command("gpus", "the GPUs of the marked machines, or of all shown", gpus)
        answers = self._later(screen.fan_outs.show_again)
        yield Command("answers", "what the last command on many machines has brought", answers)
        yield Command("ops", "the changes of this console and how far they are", partial(show_operations, host))
        yield Command("audit", "the journal of all changes", self._later(show_audit, host))
        named = self._later(screen.ssh.open_named, self._ref)
        yield Command("ssh", "a session on the chosen row, or on a machine by its name", named, words="NAME")
        yield Command("sessions", "those you left, and back into them", self._later(screen.ssh.sessions))
        forward = self._later(screen.ssh.forward, self._ref)
        yield Command("forward", "a port of the chosen machine to this computer", forward, words="PORT")
        yield Command("forwards", "the forwarded ports", self._later(screen.ssh.forwards))
        yield Command("refresh", "read this tab again now", screen.action_refresh_now)
        yield Command("help", "keys, and the verbs of the row", screen.action_help)
        for theme in app.available_themes.values():
            if ours(theme):
                chosen = "colours, now in use" if theme.name == app.theme else "colours"
                yield Command(f"theme {theme.name}", chosen, partial(setattr, app, "theme", theme.name))
        # Last: the first one is what Enter on an empty line does.
        yield Command("quit", "or :q, or ctrl+c twice", host.quit_now, "q")

    def _later(self, work: Callable[..., Coroutine[Any, Any, None]], *given: object) -> Callable[..., object]:
        """What begins that in a worker of the console's screen."""
        return lambda *words: self._console.start(work(*given, *words))

    def _verbs(self, screen: ConsoleScreen) -> Iterator[Command]:
        """What can be done to the rows that were chosen when the line was opened."""
        for offer in screen.page.offers(self._targets) if screen.page is not None else ():
            if offer.verb is not None:
                invocation = self._targets.invocation(offer.label, offer.calls)
                label = offer.label.casefold()
                name = label if on_list(offer.verb) else f"{label} {self._targets.words}".rstrip()
                carry_out = self._later(screen.actions.carry_out, invocation)
                run = carry_out if offer.calls else partial(screen.actions.say_off, offer)
                yield Command(name, offer.note, run, label)

    async def discover(self) -> Hits:
        """All commands, before anything is typed."""
        for command in self._commands():
            run = partial(command.run, "") if command.words else command.run
            yield DiscoveryHit(_line(command), run, command.name)

    async def search(self, query: str) -> Hits:
        """Commands that match; what is typed whole comes first."""
        typed, slash, words = query.lstrip(": ").partition(" /")
        wanted = typed.strip().casefold()
        matcher = self.matcher(wanted)
        for command in self._commands():
            if (rest := command.typed(query)) is not None:
                yield Hit(WHOLE, _line(command), partial(command.run, rest), command.name)
                continue
            if command.words:
                command = command._replace(run=partial(command.run, ""))
            score = matcher.match(command.name)
            if wanted in (name := command.name.casefold(), command.short):
                score = WHOLE if wanted == name else SHORT
            if score > 0 and (command.filters or not slash):
                run = partial(self._filtered, command.run, words) if slash else command.run
                yield Hit(score, _line(command), run, command.name)

    def _filtered(self, run: Callable[[], object], words: str) -> None:
        run()
        self._console.filter_by(parse(words))


def _line(command: Command) -> Text:
    """Name and meaning in one line; text, for a profile's name is never markup."""
    return Text.assemble(f"{command.title:<26}  ", (command.about, Style(bold=False, dim=True)))
