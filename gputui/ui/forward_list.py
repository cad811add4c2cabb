"""`:forwards`: the ports that are forwarded, and those whose connection ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gputui.ui.bars import Bar
from gputui.ui.clipboard import copy
from gputui.ui.session_list import amount

if TYPE_CHECKING:
    from gputui.ssh.forward import Forward
    from gputui.ui.app import ConsoleApp

LOOK_SECONDS = 1.0


class ForwardList(ModalScreen["Forward | None"]):
    """Ends with one that has ended and is to be opened again, or with None."""

    DEFAULT_CSS = """
    ForwardList { background: $surface; }
    ForwardList OptionList { height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1; }
    ForwardList OptionList:focus { border: none; }
    ForwardList OptionList > .option-list--option-highlighted,
    ForwardList OptionList:focus > .option-list--option-highlighted { background: $primary 25%; color: $foreground; }
    """
    BINDINGS = [
        Binding("escape,q", "cancel", "Back", show=False),
        Binding("k", "close_it", "Close", show=False),
        Binding("c", "copy", "Copy", show=False),
    ]

    def __init__(self, app: ConsoleApp) -> None:
        super().__init__()
        self._console_app = app
        self._shown: tuple[Forward, ...] = ()

    def compose(self) -> ComposeResult:
        """Title, the list, the keys."""
        yield Bar(id="forward-title")
        yield OptionList(markup=False, id="forwards")
        yield Bar(id="forward-note")
        yield Bar(id="forward-keys")

    def on_mount(self) -> None:
        """The first is at hand."""
        self.query_one("#forward-keys", Bar).show(_KEYS)
        self.query_one("#forward-note", Bar).show([(" whoever is logged in on this computer can reach them", "dim")])
        self._look()
        self._list.focus()
        self.set_interval(LOOK_SECONDS, self._look)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _chosen(self) -> Forward | None:
        """The one under the cursor as it was drawn."""
        at = self._list.highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    def _look(self) -> None:
        forwards = self._console_app.reach.forwards
        chosen, found = self._chosen, (*forwards.open, *reversed(forwards.ended))
        words = counted(len(forwards.open)) or "no forwarded ports: :forward PORT on a machine makes one"
        self.query_one("#forward-title", Bar).show([(f" {words}", "strong")])
        texts = [text_of(one) for one in found]
        if found == self._shown:
            for at, text in enumerate(texts):
                if self._list.get_option_at_index(at).prompt != text:
                    self._list.replace_option_prompt_at_index(at, text)
            return
        self._shown = found
        self._list.clear_options()
        self._list.add_options(Option(text) for text in texts)
        if found:
            self._list.highlighted = found.index(chosen) if chosen in found else 0

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        """One that has ended is opened again; of the others Enter copies where programs find it."""
        one = self._shown[event.option_index]
        if one.ended:
            self.dismiss(one)
        else:
            self._copy(one.place)

    def action_copy(self) -> None:
        """Its address for a browser on this computer."""
        one = self._chosen
        if one is not None and not one.ended:
            self._copy(one.url)

    @work(exit_on_error=False)
    async def _copy(self, text: str) -> None:
        await copy(self._console_app, text, text)

    @work(exit_on_error=False)
    async def action_close_it(self) -> None:
        """Close one; one that has ended goes off the list."""
        one, forwards = self._chosen, self._console_app.reach.forwards
        if one is None:
            return
        await forwards.close(one)
        forwards.forget(one)
        self._look()

    def action_cancel(self) -> None:
        """Back to the console."""
        self.dismiss(None)


_KEYS = [
    (" c", "key"),
    (" copy its URL   ", ""),
    ("enter", "key"),
    (" its address; an ended one again   ", ""),
    ("k", "key"),
    (" close   ", ""),
    ("esc q", "key"),
    (" back", ""),
]


def text_of(one: Forward) -> Text:
    """Where it is and where it leads to; how it is and what went through; below that what is wrong with it."""
    glyph, state = ("✖", "ended") if one.ended else ("▲", "open") if one.trouble else ("●", "open")
    why = one.ended or one.trouble
    callers = f"{one.callers} connected, {one.served} in all"
    through = f"{amount(one.sent)} out, {amount(one.received)} in"
    since = f"since {datetime.fromtimestamp(one.since):%H:%M}"
    return Text.assemble(
        (f" {glyph} {one.url}", "bold"),
        f"  →  {one.wanted} on {one.machine.name} in {one.machine.ref.profile}\n",
        (f"   {state} {since} · {callers} · {through}", "dim"),
        f"\n   {why}" if why else "",
    )


def counted(count: int) -> str:
    """`2 forwarded ports`, or nothing."""
    return f"{count} forwarded port{'s' if count > 1 else ''}" if count else ""
