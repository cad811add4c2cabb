"""A small menu whose lines have a number each: one key chooses, and what is chosen is seen whole before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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

from gputui.ui.widgets.styles import Line, StyleName
from gputui.ui.widgets.wrapping import wrapped

_FRAME = 8
"""Cells of the menu's border and padding, and of the list's scroll bar."""


@dataclass(frozen=True, slots=True)
class PickAction:
    """What can be done with a line: by which key, and in a word."""

    key: str
    word: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One line: what it is, what it holds (clean text), and what can be done with it, first what its number does.

    `off` says why nothing can.
    """

    label: str
    text: str
    ways: tuple[PickAction, ...]
    off: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """Which line was chosen, and for what (the key of the way)."""

    index: int
    way: str


class Picker(ModalScreen[Picked | None]):
    """Ends with what was picked, or with None. For `dead` seconds after it can be seen no key chooses.

    A line is as long as it is where `whole`, over several rows; else it is cut to one.
    """

    DEFAULT_CSS = """
    Picker { align: center middle; background: $background 60%; }
    Picker > Vertical {
        width: 104; max-width: 98%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Picker .title { text-style: bold; margin-bottom: 1; }
    Picker OptionList > .option-list--option-highlighted,
    Picker OptionList:focus > .option-list--option-highlighted { background: $primary 25%; color: $foreground; }
    Picker .hint { margin-top: 1; color: $text-muted; }
    Picker OptionList, Picker OptionList:focus { border: none; background: $panel; padding: 0; }
    Picker OptionList { height: auto; max-height: 16; scrollbar-size-vertical: 1; }
    """
    BINDINGS = [
        Binding("escape,q", "cancel", "Cancel", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, title: str, picks: Sequence[Pick], *, whole: bool = False, dead: float = 0.0) -> None:
        super().__init__()
        self._title = title
        self.picks = tuple(picks)
        self._whole = whole
        self._dead = dead
        # Nothing is ripe before it can be seen, where that matters at all.
        self._opened = float("inf")

    def compose(self) -> ComposeResult:
        """Title, the lines, what can be done with the one at hand."""
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield OptionList(markup=False, id="picks")
            yield Static(classes="hint")

    def on_mount(self) -> None:
        """The first line that is not off is at hand."""
        self._fill()
        picks = self._list
        picks.highlighted = next((at for at, pick in enumerate(self.picks) if not pick.off), 0)
        picks.focus()
        self.call_after_refresh(self._seen)

    def _seen(self) -> None:
        self._opened = monotonic()

    def on_resize(self) -> None:
        """Lines are fitted to the window."""
        self._fill()

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def _fill(self) -> None:
        picks, at = self._list, self._list.highlighted
        room = max(20, min(104, self.app.size.width * 98 // 100) - _FRAME)
        label = max((len(pick.label) for pick in self.picks), default=0)
        picks.clear_options()
        picks.add_options(Option(self._line(number, pick, label, room)) for number, pick in enumerate(self.picks, 1))
        picks.highlighted = at

    def _line(self, number: int, pick: Pick, label: int, room: int) -> Text:
        key = str(number) if number <= 9 else " "
        text = pick.off or pick.text
        parts: Line = ((f"{key}  ", "key"), (f"{pick.label:<{label}}  ", ""), (text, "dim"))
        lines = wrapped(parts, room) if self._whole else [parts]
        styles: dict[StyleName, Style] = {
            "key": Style(bold=True),
            "dim": Style(dim=True),
            "": Style(dim=bool(pick.off)),
        }
        found = Text("\n").join(Text.assemble(*((part, styles[name]) for part, name in line)) for line in lines)
        if not self._whole:
            found.truncate(room, overflow="ellipsis")
        return found

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        at = self._list.highlighted
        pick = self.picks[at] if at is not None and at < len(self.picks) else None
        ways = () if pick is None or pick.off else pick.ways
        enter = f"enter {ways[0].word}   " if ways else ""
        more = "".join(f"{way.key} {way.word}   " for way in ways[1:])
        number = f"1…{min(len(self.picks), 9)} at once   " if len(self.picks) > 1 else ""
        self.query_one(".hint", Static).update(Text(f"{enter}{more}{number}esc back"))

    def on_key(self, event: events.Key) -> None:
        """A number chooses its line, a way's own key what is at hand."""
        if event.character is None:
            return
        at = self._list.highlighted
        if event.character.isdecimal() and 0 < int(event.character) <= len(self.picks):
            event.stop()
            self._choose(int(event.character) - 1, "")
        elif at is not None and any(way.key == event.character for way in self.picks[at].ways):
            event.stop()
            self._choose(at, event.character)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._choose(event.option_index, "")

    def _choose(self, index: int, way: str) -> None:
        if self._dead and monotonic() - self._opened < self._dead:
            return
        pick = self.picks[index]
        if pick.off:
            self.notify(f"{pick.label}: {pick.off}", severity="warning", markup=False)
        else:
            self.dismiss(Picked(index, way or pick.ways[0].key))

    def action_move(self, by: int) -> None:
        """Up and down."""
        if by > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_cancel(self) -> None:
        """Nothing picked."""
        self.dismiss(None)
