"""Choose one value from several with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from gputui.core.actions import Choice
from gputui.ui.widgets.list_dialog import ListDialog


class Chooser(ListDialog[Choice]):
    """Returns the choice, or None."""

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__(title, "enter  choose     esc  cancel")
        self._choices = choices

    def texts(self) -> Iterator[Text]:
        """Yield each choice with its note."""
        return (self.entry((f"{one.label}   " if one.note else one.label, ""), note=one.note) for one in self._choices)

    def off(self, index: int) -> str:
        """Return an empty text: every choice is available."""
        return ""

    def choose(self, index: int) -> None:
        """Return the choice at `index` as the result."""
        self.dismiss(self._choices[index])
