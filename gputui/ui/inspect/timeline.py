"""`t` and `:since`: what changed lately, in all profiles or of one row, and when nobody watched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input, OptionList

from gputui.core.filter import Filter, parse
from gputui.core.rows import Ref
from gputui.core.spans import spoken
from gputui.engine.history.history import HistoryError
from gputui.engine.history.records import ObservedChange, Span, What
from gputui.engine.history.timeline import CHANGE_FIELDS, Entry, OpenedChange, Unwatched, grouped, row_of, unwatched
from gputui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from gputui.ui.host import Host

USUAL_SPAN = 900.0
SPANS = (USUAL_SPAN, 3_600.0, 6 * 3_600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
READ_SECONDS = 2.0
MOST_ENTRIES = 500
Moment = Entry | Unwatched


class Timeline(LiveList[Moment]):
    """The newest first. Enter opens what many machines did together, or shows `details` of one; `+` and `-` the span.

    With `ref` it is about that row alone, whose name is `name`.
    """

    BINDINGS = [
        Binding("enter", "open", "Open", show=False, priority=True),
        Binding("slash", "filter", "Filter", show=False),
        Binding("f", "faults", "Faults", show=False),
        Binding("plus", "longer(1)", "Longer", show=False),
        Binding("minus", "longer(-1)", "Shorter", show=False),
        Binding("t", "leave", "Back", show=False),
        Binding("j", "move('cursor_down')", show=False),
        Binding("k", "move('cursor_up')", show=False),
        Binding("g", "move('first')", show=False),
        Binding("G", "move('last')", show=False),
    ]
    KEYS = (("enter", "open"), ("/", "filter"), ("f", "faults"), ("+ -", "longer, shorter"), ("esc", "back"))
    DEFAULT_CSS = """
    Timeline #timeline-filter { display: none; }
    Timeline #timeline-filter.-open { display: block; }
    """

    def __init__(
        self, host: Host, details: Callable[[Ref], None], seconds: float, ref: Ref | None = None, name: str = ""
    ) -> None:
        super().__init__()
        self._details = details
        self._host = host
        self._seconds = seconds
        self._ref, self._name = ref, name
        self._opened: set[ObservedChange] = set()
        self._faults = False
        self._filter: Filter = parse("")
        self._changes: Sequence[ObservedChange] = ()
        self._gaps: Sequence[Unwatched] = ()
        self._trouble = ""
        self._asked = False
        self._things: tuple[Moment, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and a line for the filter."""
        yield from super().compose()
        yield Input(id="timeline-filter", placeholder="filter: words, !word, /regex/", compact=True)

    def on_mount(self) -> None:
        """Start to read."""
        super().on_mount()
        self.start(self._go_on())

    async def _go_on(self) -> None:
        while True:
            await self._read()
            await asyncio.sleep(READ_SECONDS)

    async def _read(self) -> None:
        history, now = self._host.store.history, self._host.store.clock.now()
        span = Span(now - self._seconds, ref=self._ref)
        try:
            found, watched = await history.changes(span), await history.watched(span)
        except HistoryError as error:
            self._trouble = f"history cannot be read: {error}"
        else:
            profiles = [self._ref.profile] if self._ref else list(self._host.store.tabs)
            self._changes = [change for change in found if change.ref.profile in profiles]
            self._gaps = unwatched(watched, profiles, span.since, now)
            self._trouble = f"history is not kept: {history.trouble}" if history.trouble else ""
        self._asked = True
        self._arrange()

    def things(self) -> tuple[Moment, ...]:
        """The entries and the gaps between them, newest first."""
        return self._things

    def _arrange(self) -> None:
        """Group what was read, as it is to be shown: at a reading and at a key, not at every look."""
        now = self._host.store.clock.now()
        kept = [change for change in self._changes if self._keeps(change, now)]
        every: list[Moment] = [*grouped(kept)[:MOST_ENTRIES], *self._gaps]
        every.sort(key=_at, reverse=True)
        self._things = tuple(thing for one in every for thing in self._expanded(one))
        self.look()

    def _keeps(self, change: ObservedChange, now: float) -> bool:
        provider = self._host.store.tabs[change.ref.profile].provider
        return (not self._faults or change.health.faulty) and self._filter.keeps(row_of(change, provider), now)

    def _expanded(self, thing: Moment) -> list[Moment]:
        """An entry that is opened is followed by its changes, whatever else happened between them."""
        if isinstance(thing, Unwatched) or thing.machines == 1 or thing.oldest not in self._opened:
            return [thing]
        return [thing, *(OpenedChange((change,)) for change in thing.changes)]

    def identity(self, thing: Moment) -> object:
        """An entry is the same while more machines join it."""
        if isinstance(thing, Unwatched):
            return thing.profile, thing.begun
        return thing.machines > 1, thing.oldest

    def heading(self) -> str:
        """The span, and what of it is shown."""
        of = f"{self._name}, " if self._ref else ""
        shown = [f"{self._filter.text}"] if self._filter.text.strip() else []
        shown += ["faults only"] if self._faults else []
        chips = f"   /{', '.join(shown)}" if shown else ""
        return f"{of}the last {spoken(round(self._seconds))}: {self._number()}{chips}"

    def _number(self) -> str:
        """How many changes there are: without history, nobody knows that there is none."""
        if self._changes:
            return f"{len(self._changes)} changes"
        if not self._asked:
            return "reading…"
        return "nothing is known" if self._trouble else "nothing changed"

    def warnings(self) -> Sequence[str]:
        """Why history is not read or kept, and what is wrong with the filter."""
        wrong = self._filter.complaint
        literally = f"matched literally: {wrong}" if wrong else self._filter.lacking(CHANGE_FIELDS)
        return [*filter(None, (self._trouble, literally))]

    def text_of(self, thing: Moment) -> Text:
        """One line: when, where, what."""
        if isinstance(thing, Unwatched):
            whose = f"{thing.profile} " if thing.profile else ""
            return Text(f" {clock(thing.begun)}–{clock(thing.ended)}  {whose}not watched", style="dim")
        change = thing.newest
        text = Text(f" {clock(change.at)}  ", style="dim")
        if thing.machines > 1:
            mark = "▾" if thing.oldest in self._opened else "▸"
            within = spoken(max(1.0, change.at - thing.oldest.at))
            who = f"{mark} {thing.machines} machines of {change.ref.profile}"
            text.append(f"{who}  ", "bold").append(change.text, _style(change))
            return self._in_ascii(text.append(f"  within {within}", "dim"))
        text.append("  " if isinstance(thing, OpenedChange) else "")
        text.append("" if self._ref else f"{change.ref.profile} {change.name}  ")
        text.append(", ".join(change.text for change in thing.changes), _style(change))
        if change.not_before is not None:
            text.append(f"  some time since {clock(change.not_before)}", "dim")
        return self._in_ascii(text)

    def _in_ascii(self, text: Text) -> Text:
        if self._host.ascii_only:
            text.plain = text.plain.replace("→", ">").replace("▸", "+").replace("▾", "-").replace("–", "-")
        return text

    def action_open(self) -> None:
        """Open or close what many did together; show the details of one machine."""
        if self.query_one("#timeline-filter", Input).has_focus:
            self._leave_filter()
            return
        chosen = self.chosen
        if not isinstance(chosen, Entry):
            return
        if chosen.machines > 1:
            self._opened ^= {chosen.oldest}
            self._arrange()
        else:
            self._details(chosen.newest.ref)

    def action_faults(self) -> None:
        """Show what became bad or degraded, or everything again."""
        self._faults = not self._faults
        self._arrange()

    def action_longer(self, by: int) -> None:
        """Look further back, or less far."""
        wider = [one for one in SPANS if one > self._seconds]
        nearer = [one for one in SPANS if one < self._seconds]
        if found := wider[:1] if by > 0 else nearer[-1:]:
            self._seconds = found[0]
            self.start(self._read())

    async def action_move(self, how: str) -> None:
        """Move the cursor as in every list."""
        await self.query_one(OptionList).run_action(how)

    def action_filter(self) -> None:
        """Open the line for the filter."""
        line = self.query_one("#timeline-filter", Input)
        line.add_class("-open")
        line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while one types."""
        self._filter = parse(event.value)
        self._arrange()

    def _leave_filter(self) -> None:
        self.query_one("#timeline-filter", Input).remove_class("-open")
        self.query_one(OptionList).focus()

    def action_leave(self) -> None:
        """Leave the filter's line, then the filter, then the screen."""
        line = self.query_one("#timeline-filter", Input)
        if line.has_focus:
            self._leave_filter()
        if line.value:
            line.value = ""
        elif not line.has_focus:
            self.dismiss(None)


def _style(change: ObservedChange) -> str:
    return "bold" if change.health.faulty and change.what in (What.STATE, What.HEALTH, What.APPEARED) else ""


def clock(at: float) -> str:
    """The local time of a moment: with its date unless it is of the last twenty hours."""
    near = abs(time.time() - at) < 20 * 3_600
    return datetime.fromtimestamp(at).strftime("%H:%M:%S" if near else "%d %b %H:%M")


def _at(thing: Moment) -> float:
    return thing.ended if isinstance(thing, Unwatched) else thing.newest.at
