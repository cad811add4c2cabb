"""The command line `:`: Textual's command palette over the console's places, commands, verbs and machines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from rich.style import Style
from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from gputui.core.naming import nearest
from gputui.core.prechecks import NO_ROW
from gputui.core.rows import Row
from gputui.core.slices import Slices
from gputui.engine.cached.lists import UNREAD
from gputui.ui.command import Command
from gputui.ui.host import host_of
from gputui.ui.list.action_items import ActionItem, on_list
from gputui.ui.list.targets import Targets
from gputui.ui.shell.bookmarks import Bookmarks
from gputui.ui.shell.known_words import ALSO, ANSWERS
from gputui.ui.shell.palette_lines import Level, PaletteLine, filter_text
from gputui.ui.shell.saved_filters import SavedFilters
from gputui.ui.terminal.themes import ours
from gputui.ui.widgets.keys import Needs

if TYPE_CHECKING:
    from gputui.ui.shell.console import ConsoleScreen

_BEGUN, MOST_LOOKED_AT = 3, 300
"""Of a mistyped machine the first characters are taken to be right, and so many names are compared."""
MOST_NAMES = 20
"""Machines that are offered for the beginning of a name."""


class ConsoleCommands(Provider):
    """Views as `view @profile` with an optional filter, profiles, machines, commands, themes, and the row's verbs."""

    def __init__(self, screen: Screen[Any], match_style: Any = None) -> None:
        super().__init__(screen, match_style)
        self._targets: dict[Needs, Targets] = {}

    @property
    def _console(self) -> ConsoleScreen:
        return cast("ConsoleScreen", self.app.get_default_screen())

    async def startup(self) -> None:
        """Remember the rows that were chosen when the line was opened, for commands about rows."""
        page = self._console.page
        if page is not None:
            self._targets = {needs: page.needed(needs) for needs in Needs}
        else:
            self._targets = {needs: Targets() for needs in Needs if needs is not Needs.SHOWN}

    # ---- the lines

    def _lines(self) -> Iterator[PaletteLine]:
        yield from self._meanings()
        yield from self._saved.lines()
        yield from self._bookmarks.lines()
        yield from self._bookmarks.recent()
        # Last, as it can quit: Enter on an empty line runs the first one.
        yield from self._named(self._console.commands.app)

    def _meanings(self) -> Iterator[PaletteLine]:
        """Yield what is no saved filter, and not the application's own."""
        screen = self._console
        yield from self._places(screen)
        yield from self._named(screen.commands.rows)
        yield from self._named(screen.commands.screen)
        yield from self._verbs(screen)
        yield from self._themes()

    @cached_property
    def _saved(self) -> SavedFilters:
        host, screen = host_of(self.screen), self._console
        kept = host.preferences.now.bookmarks
        return SavedFilters(
            host,
            screen.narrowing,
            lambda name: name in kept or self._means_something(name),
            lambda name: self._bookmarks.forget(name),
        )

    @cached_property
    def _bookmarks(self) -> Bookmarks:
        host = host_of(self.screen)
        kept = {*host.filters, *host.preferences.now.filters}
        return Bookmarks(host, self._console, lambda name: name in kept or self._means_something(name))

    def _means_something(self, name: str) -> bool:
        every = (*self._meanings(), *self._named(self._console.commands.app))
        matches = (line.match(name) for line in every)
        return name in ("save", "forget", "bookmark", "recent", "to") or any(
            found and found.level >= Level.VERB for found in matches
        )

    def _places(self, screen: ConsoleScreen) -> Iterator[PaletteLine]:
        here = screen.trail.here.tab
        clouds = sorted(screen.store.clouds.items(), key=lambda named: named[0] != here)
        yield PaletteLine("fleet", "all machines, worst first", partial(screen.go_to, "", ""), ("0",), True)
        for name, cloud in clouds:
            for view in cloud.provider.views:
                go = partial(screen.go_to, name, view.name)
                about = f"{view.title} · {cloud.provider.title}"
                others = (f"{view.name} {name}", f"{view.name}@{name}", f"{name} {view.name}", view.name)
                yield PaletteLine(f"{view.name} @{name}", about, go, others, True)
        for number, name in enumerate(screen.store.tabs, 1):
            also = (name, f"@{name}", str(number), *(f"{word} {name}" for word in ALSO["profile"]))
            yield PaletteLine(f"profile {name}", f"tab {number}", partial(screen.action_tab, number), also)
        yield self._one_of("profile", screen.store.tabs, ALSO["profile"])

    def _themes(self) -> Iterator[PaletteLine]:
        app = self.app
        names = [theme.name for theme in app.available_themes.values() if ours(theme)]
        for name in names:
            chosen = "colours, now in use" if name == app.theme else "colours"
            also = (f"theme {name.removeprefix('gputui-')}",)
            yield PaletteLine(f"theme {name}", chosen, partial(setattr, app, "theme", name), also)
        yield self._one_of("theme", names)

    def _one_of(self, word: str, names: Iterable[str], also: tuple[str, ...] = ()) -> PaletteLine:
        """Return the line of a word that needs a name: without one, it says which there are."""
        every = ", ".join(names)
        return PaletteLine(
            word, every, partial(self._say, f"{word}s: {every}; :{word} NAME takes one"), also, whole=True
        )

    def _named(self, commands: Iterable[Command]) -> Iterator[PaletteLine]:
        """Yield the table's commands with a name, without those that need a list if there is none."""
        for command in commands:
            targets = self._targets.get(command.needs)
            if command.name and targets is not None:
                run: Callable[..., object] = partial(self._console.run_command, command, targets)
                if targets.unread:
                    run = partial(self._unread, command.label)
                also = (*((command.short,) if command.short else ()), *ALSO.get(command.name, ()))
                # What may change or end something is never guessed from its beginning.
                whole = command.asks or command in self._console.commands.app
                yield PaletteLine(command.name, command.about, run, also, words=command.words, whole=whole)

    def _verbs(self, screen: ConsoleScreen) -> Iterator[PaletteLine]:
        """Yield the verbs for the rows that were chosen when the line was opened."""
        targets = self._targets[Needs.ROWS]
        for offer in self._offers:
            if offer.verb is not None:
                label = offer.label.casefold()
                wanted = targets.invocation(offer.label, offer.calls)
                run = partial(screen.carry_out, wanted) if offer.calls else partial(screen.actions.say_off, offer)
                of = "" if on_list(offer.verb) else targets.words
                yield PaletteLine(label, offer.note, run, tuple(label.split("/")), verb=True, of=of)

    @cached_property
    def _offers(self) -> tuple[ActionItem, ...]:
        page = self._console.page
        return page.offers(self._targets[Needs.ROWS]) if page is not None else ()

    # ---- what is typed

    async def discover(self) -> Hits:
        """Yield all commands, before anything is typed."""
        fleet, *places = self._meanings()
        mine = (*self._bookmarks.lines(), *self._bookmarks.recent(), *self._saved.lines())
        own, others = ([line for line in mine if bool(line.words) is asks] for asks in (False, True))
        for line in (fleet, *own, *places, *others, *self._named(self._console.commands.app)):
            yield DiscoveryHit(_text(line.title, line.about), line.run, line.completed)

    async def search(self, query: str) -> Hits:
        """Yield what matches, the best first; an answer if nothing does."""
        typed = query.lstrip(": ").strip()
        found = False
        for line in self._lines():
            match = line.match(typed)
            if match is not None:
                found = True
                run = partial(self._run, line, match.rest)
                # Of two equal ones, the longer name: `nodes b` is the view of b, not a filter on that of a.
                score = match.level - len(match.rest) / 1e6
                yield Hit(score, _text(line.title, line.about), run, line.completed)
        async for hit in self._machines(typed):
            found = True
            yield hit
        if not found and typed:
            yield self._answer(typed)

    def _run(self, line: PaletteLine, rest: str) -> None:
        if line.words:
            line.run(rest)
            return
        line.run()
        if rest:
            self._console.narrowing.apply_text(filter_text(rest))

    async def _machines(self, typed: str) -> AsyncIterator[Hit]:
        """Yield the machines of that name, and those whose names begin so; after `ssh`, too."""
        before, _, name = typed.rpartition(" ")
        ssh = before.casefold() == "ssh"
        wanted = (name if ssh else typed).casefold()
        part = wanted.rpartition("/")[2]
        slices, begun, fleet = Slices(), 0, self._console.store.fleet
        for ref in tuple(fleet.order.refs) if wanted else ():
            if slices.over():
                await slices.pause()
            row = fleet.rows.get(ref)
            if row is None or not ref.view or part not in row.text:  # most rows, at little cost
                continue
            own = (row.name.casefold(), ref.id.casefold(), f"{ref.profile}/{row.name}".casefold())
            exact = wanted in own
            if exact or (begun < MOST_NAMES and any(one.startswith(wanted) for one in own)):
                begun += not exact
                level = Level.MACHINE if exact else Level.MACHINE_BEGUN
                yield self._machine(row, level, ssh=ssh)

    def _machine(self, row: Row, level: Level, *, ssh: bool) -> Hit:
        screen, where = self._console, f"{row.state} · {row.ref.profile} {row.ref.view}"
        if ssh:
            return Hit(
                level,
                _text(f"ssh {row.name}", where),
                partial(host_of(self.screen).run_on_row, "row.ssh", row.ref),
                f"ssh {row.name}",
            )
        return Hit(level, _text(row.name, where), partial(screen.go_to_row, row.ref), row.name)

    def _answer(self, typed: str) -> Hit:
        """Return a line that says what was meant; Tab writes that into the line."""
        first, *_ = typed.casefold().split()
        offer = next((one for one in self._offers if one.label.casefold() == first), None)
        names = dict.fromkeys(word for line in self._lines() for word in (line.name, line.name.split()[0]))
        begun = next((name for name in names if name.startswith(typed.casefold())), "")
        meant = begun or self._with_rest(nearest(first, names), typed) or self._similar_machine(typed.casefold())
        if offer is not None:
            words, meant = f"{offer.label}: {offer.off or self._about_others()}", first
        elif first in ANSWERS:
            words, meant = f"{first}: {ANSWERS[first]}", typed
        elif begun:
            words = f"{typed}: {begun} is typed in full (tab completes it)"
        elif lacking := self._lacking(typed):
            words, meant = lacking, first
        else:
            how = f"did you mean {meant}?" if meant else "an empty line lists all commands"
            words = f"nothing here is called {typed}; {how}"
        return Hit(Level.ANSWER, Text(words), partial(self._say, words), meant or typed)

    def _with_rest(self, meant: str, typed: str) -> str:
        """Return what was meant by the first word with all that is typed behind it, if that means something."""
        whole = f"{meant} {typed.partition(' ')[2]}".rstrip()
        return whole if meant and any(line.match(whole) for line in self._lines()) else meant

    def _similar_machine(self, typed: str) -> str:
        """Return the machine that was probably meant: of those whose names begin alike."""
        fleet, begun = self._console.store.fleet, typed[:_BEGUN]
        names = (row.name for row in fleet.rows.values() if row.ref.view and row.name.casefold().startswith(begun))
        return nearest(typed, list(islice(names, MOST_LOOKED_AT))) if len(typed) > _BEGUN else ""

    def _lacking(self, typed: str) -> str:
        """Return which names there are where the word before the name is known; empty where it is not."""
        word, _, name = typed.partition("@") if "@" in typed else typed.partition(" ")
        word, name = word.strip().casefold(), name.partition(" ")[0]
        named = {line.name.split()[-1]: None for line in self._lines() if line.name.startswith(f"{word} ")}
        if not name or not named:
            return ""
        return f"{word} has no {name}; there is {', '.join(one.removeprefix('@') for one in named)}"

    def _about_others(self) -> str:
        """Return why a verb followed by something else than what is chosen does nothing."""
        of = self._targets[Needs.ROWS].words
        return f"it is about {of}; go to the other row first" if of else NO_ROW

    def _unread(self, label: str, _: str = "") -> None:
        self._say(f"{label}: {UNREAD}")

    def _say(self, words: str) -> None:
        self.app.notify(words, severity="warning", markup=False, timeout=8)


def _text(name: str, about: str) -> Text:
    """Return name and description as one line; plain text, as a profile's name is not markup."""
    return Text.assemble(f"{name:<26}  ", (about, Style(bold=False, dim=True)))
