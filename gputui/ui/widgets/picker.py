"""A small menu with numbered lines: one key chooses, and each line shows in full what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.widgets import OptionList, Static

from gputui.ui.widgets.list_dialog import ListDialog


@dataclass(frozen=True, slots=True)
class PickAction:
    """An action for a line: its key and a word for it."""

    key: str
    word: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One line: its label, its content (clean text), and its actions, the first of which its number key runs.

    `off` says why none is available.
    """

    label: str
    text: str
    ways: tuple[PickAction, ...]
    off: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """The chosen line, and the key of the chosen action."""

    index: int
    way: str


class Picker(ListDialog[Picked]):
    """Returns what was picked, or None.

    With `whole`, a long line takes several rows; otherwise it is cut to one.
    """

    def __init__(self, title: str, picks: Sequence[Pick], *, whole: bool = False, patient: bool = False) -> None:
        super().__init__(title, patient=patient)
        self.picks = tuple(picks)
        self._whole = whole

    def texts(self) -> Iterator[Text]:
        """Yield number, label and content."""
        label = max((len(pick.label) for pick in self.picks), default=0)
        return (self._line(number, pick, label) for number, pick in enumerate(self.picks, 1))

    def off(self, index: int) -> str:
        """Return why no action is available for that line."""
        pick = self.picks[index]
        return f"{pick.label}: {pick.off}" if pick.off else ""

    def choose(self, index: int) -> None:
        """Run the first action of that line."""
        self.dismiss(Picked(index, self.picks[index].ways[0].key))

    def _line(self, number: int, pick: Pick, label: int) -> Text:
        key = str(number) if number <= 9 else " "
        parts = (f"{key}  ", "bold"), (f"{pick.label:<{label}}  ", Style(dim=bool(pick.off)))
        if self._whole:
            return self.entry(*parts, note=pick.off or pick.text)
        found = Text.assemble(*parts).append(pick.off or pick.text, Style(dim=True))
        found.truncate(self.room, overflow="ellipsis")
        return found

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        at = self.list.highlighted
        pick = self.picks[at] if at is not None and at < len(self.picks) else None
        ways = () if pick is None or pick.off else pick.ways
        enter = f"enter {ways[0].word}   " if ways else ""
        more = "".join(f"{way.key} {way.word}   " for way in ways[1:])
        number = f"1…{min(len(self.picks), 9)} at once   " if len(self.picks) > 1 else ""
        self.query_one(".hint", Static).update(Text(f"{enter}{more}{number}esc back"))
        self.fit()

    def on_key(self, event: events.Key) -> None:
        """A number chooses its line; an action's own key applies to the highlighted line."""
        if event.character is None:
            return
        at = self.list.highlighted
        if event.character.isdecimal() and 0 < int(event.character) <= len(self.picks):
            event.stop()
            self.take(int(event.character) - 1)
        elif at is not None and any(way.key == event.character for way in self.picks[at].ways):
            event.stop()
            if self.may_choose(at):
                self.dismiss(Picked(at, event.character))
