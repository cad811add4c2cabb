"""One value out of some, chosen by keys."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gputui.core.actions import Choice
from gputui.ui.widgets.dialogs import DEAD_SECONDS


class Chooser(ModalScreen[Choice | None]):
    """Ends with the choice, or with None."""

    DEFAULT_CSS = """
    Chooser { align: center middle; background: $background 60%; }
    Chooser > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 90%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Chooser .title { text-style: bold; margin-bottom: 1; }
    Chooser .hint { margin-top: 1; color: $text-muted; }
    Chooser OptionList { height: auto; max-height: 14; }
    """
    BINDINGS = [Binding("escape,q", "cancel", "Cancel", show=False)]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._opened = float("inf")  # nothing is ripe before it can be seen

    def compose(self) -> ComposeResult:
        """Title, the list, the keys."""
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield OptionList(*(Option(Text(_label(choice))) for choice in self._choices), markup=False, id="choices")
            yield Static(Text("enter  choose     esc  cancel"), classes="hint")

    def on_mount(self) -> None:
        """The first is at hand."""
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()
        self.call_after_refresh(self._seen)

    def _seen(self) -> None:
        self._opened = monotonic()

    @property
    def ripe(self) -> bool:
        """Whether it has been there long enough to have been read."""
        return monotonic() - self._opened >= DEAD_SECONDS

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if self.ripe:
            self.dismiss(self._choices[event.option_index])

    def action_cancel(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)


def _label(choice: Choice) -> str:
    return f"{choice.label}   {choice.note}" if choice.note else choice.label
