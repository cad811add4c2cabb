"""`a`: every verb of the row with its key, and for each that is off, why."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gputui.core.actions import Risk
from gputui.ui.list.action_items import ActionItem
from gputui.ui.widgets.dialogs import DEAD_SECONDS
from gputui.ui.widgets.keys import shown

_COLOURS = {Risk.DISRUPTS: "warning", Risk.DESTROYS: "error"}


class Menu(ModalScreen[ActionItem | None]):
    """Ends with the verb that was chosen by Enter or by its own key, or with None."""

    DEFAULT_CSS = """
    Menu { align: center middle; background: $background 60%; }
    Menu > Vertical {
        width: 104; max-width: 98%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Menu .title { text-style: bold; margin-bottom: 1; }
    Menu OptionList > .option-list--option-highlighted,
    Menu OptionList:focus > .option-list--option-highlighted { background: $primary 25%; color: $foreground; }
    Menu .hint { margin-top: 1; color: $text-muted; }
    Menu OptionList, Menu OptionList:focus { border: none; background: $panel; padding: 0; }
    Menu OptionList { height: auto; max-height: 18; scrollbar-size-vertical: 1; }
    """
    BINDINGS = [
        Binding("escape,q", "cancel", "Cancel", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, title: str, offers: Sequence[ActionItem]) -> None:
        super().__init__()
        self._title = title
        self.offers = tuple(offers)
        self._opened = monotonic()

    def compose(self) -> ComposeResult:
        """Title, the verbs, the keys."""
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield OptionList(markup=False, id="verbs")
            yield Static(Text("enter, or the verb's own key  choose     esc  back"), classes="hint")

    def on_mount(self) -> None:
        """The first verb that is not off is at hand."""
        verbs = self.query_one(OptionList)
        width = max((len(offer.label) for offer in self.offers), default=0)
        verbs.add_options(Option(self._line(offer, width)) for offer in self.offers)
        verbs.highlighted = next((at for at, offer in enumerate(self.offers) if not offer.off), 0)
        verbs.focus()

    def _line(self, offer: ActionItem, width: int) -> Text:
        theme = self.app.theme_variables
        dim = Style(dim=True)
        key = shown(offer.key) if offer.key else ""
        line = Text.assemble((f"{key:<8} ", "bold"), f"{offer.label:<{width}}  ", (offer.note, dim))
        if offer.off:
            line.stylize(dim)
        elif offer.risk in _COLOURS:
            line.stylize(theme[_COLOURS[offer.risk]], 9, 9 + len(offer.label))
        return line

    def on_key(self, event: events.Key) -> None:
        """A verb's own key chooses it; one that means several verbs says so."""
        clash = next(filter(None, (one.clash(event.key, event.character) for one in self.offers)), "")
        if clash:
            event.stop()
            event.prevent_default()
            self.notify(clash, severity="warning", markup=False)
            return
        chosen = next((one for one in self.offers if one.pressed(event.key, event.character)), None)
        if chosen is not None:
            event.stop()
            event.prevent_default()
            self._choose(chosen)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._choose(self.offers[event.option_index])

    def _choose(self, offer: ActionItem) -> None:
        if monotonic() - self._opened < DEAD_SECONDS:
            return
        if offer.off:
            self.notify(f"{offer.label}: {offer.off}", severity="warning", markup=False)
            return
        self.dismiss(offer)

    def action_move(self, by: int) -> None:
        """Up and down."""
        verbs = self.query_one(OptionList)
        if by > 0:
            verbs.action_cursor_down()
        else:
            verbs.action_cursor_up()

    def action_cancel(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)
