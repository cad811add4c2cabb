"""A dialog with a list: Enter chooses the highlighted line, escape chooses nothing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gputui.ui.widgets.timed_dialog import TimedDialog

WIDEST = 104
T = TypeVar("T")


class ListDialog(TimedDialog["T | None"], Generic[T]):
    """Returns the chosen value, or None. With `patient`, keys are ignored until the dialog can have been read."""

    DEFAULT_CSS = """
    ListDialog { align: center middle; background: $background 60%; }
    ListDialog > Vertical {
        width: 104; max-width: 98%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    ListDialog .title { text-style: bold; margin-bottom: 1; }
    ListDialog OptionList > .option-list--option-highlighted,
    ListDialog OptionList:focus > .option-list--option-highlighted { background: $primary 25%; color: $foreground; }
    ListDialog .hint { margin-top: 1; color: $text-muted; }
    ListDialog OptionList, ListDialog OptionList:focus { border: none; background: $panel; padding: 0; }
    ListDialog OptionList { height: auto; max-height: 18; scrollbar-size-vertical: 1; }
    """
    BINDINGS = [
        Binding("escape,q", "cancel", "Cancel", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, title: str, hint: str = "", *, patient: bool = True) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self.patient = patient

    @abstractmethod
    def texts(self) -> Iterable[Text]:
        """Return its lines."""

    @abstractmethod
    def off(self, index: int) -> str:
        """Return why that line is not available, with its name; empty if it is."""

    @abstractmethod
    def choose(self, index: int) -> None:
        """Return the result for that line, which is available."""

    def compose(self) -> ComposeResult:
        """Title, the list, the keys."""
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield OptionList(markup=False)
            yield Static(Text(self._hint), classes="hint")

    def on_mount(self) -> None:
        """Highlight the first available line."""
        self.fill()
        self.list.highlighted = next((at for at in range(self.list.option_count) if not self.off(at)), 0)
        self.list.focus()

    @property
    def list(self) -> OptionList:
        """The list."""
        return self.query_one(OptionList)

    def fill(self) -> None:
        """Write its lines again; the highlighted one stays."""
        at = self.list.highlighted
        self.list.clear_options()
        self.list.add_options(Option(text) for text in self.texts())
        self.list.highlighted = at

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.take(event.option_index)

    def take(self, index: int) -> None:
        """Choose that line if it is available."""
        if self.may_choose(index):
            self.choose(index)

    def may_choose(self, index: int) -> bool:
        """Whether it is late enough and the line is available; if not available, notify why."""
        if self.patient and not self.ripe:
            return False
        off = self.off(index)
        if off:
            self.notify(off, severity="warning", markup=False)
        return not off

    def action_move(self, by: int) -> None:
        """Move up or down."""
        if by > 0:
            self.list.action_cursor_down()
        else:
            self.list.action_cursor_up()

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
