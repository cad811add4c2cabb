"""The input for the filter; the lists follow while one types."""

from __future__ import annotations

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

from gputui.core.filter import Filter, parse


class FilterLine(Input):
    """Hidden until opened. Enter keeps the filter, esc clears it; both hide the line. ctrl+u empties it."""

    DEFAULT_CSS = """
    FilterLine { display: none; }
    FilterLine.-open { display: block; }
    """
    BINDINGS = [
        Binding("escape", "leave(True)", show=False),
        Binding("enter", "leave(False)", show=False),
        Binding("ctrl+u", "wipe", show=False),
    ]

    class Typed(Message):
        """The filter has changed."""

        def __init__(self, wanted: Filter) -> None:
            super().__init__()
            self.wanted = wanted

    class Left(Message):
        """The line was hidden."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, placeholder="filter: words, !word, /regex/", compact=True, select_on_focus=False)

    def open(self, text: str) -> None:
        """Show the line with the current filter."""
        self.value = text
        self.cursor_position = len(text)
        self.add_class("-open")
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply the filter while typing."""
        event.stop()
        if self.has_class("-open"):
            self.post_message(self.Typed(parse(event.value)))

    def action_wipe(self) -> None:
        """Empty the line. It stays open: what is typed next is text, not a key of the list."""
        self.value = ""

    def action_leave(self, clear: bool) -> None:
        """Hide the line."""
        self.remove_class("-open")
        if clear:
            self.post_message(self.Typed(parse("")))
        self.post_message(self.Left())
