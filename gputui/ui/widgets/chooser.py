"""One value out of some, chosen by keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from gputui.core.actions import Choice
from gputui.ui.widgets.list_dialog import ListDialog


class Chooser(ListDialog[Choice]):
    """Ends with the choice, or with None."""

    DEFAULT_CSS = """
    Chooser > Vertical { width: 76; max-width: 96%; max-height: 90%; }
    Chooser OptionList { max-height: 14; }
    """

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__(title, "enter  choose     esc  cancel")
        self._choices = choices

    def texts(self) -> Iterator[Text]:
        """Each with what is noted of it."""
        return (Text(f"{one.label}   {one.note}" if one.note else one.label) for one in self._choices)

    def off(self, index: int) -> str:
        """All of them can be chosen."""
        return ""

    def choose(self, index: int) -> None:
        """That one."""
        self.dismiss(self._choices[index])
