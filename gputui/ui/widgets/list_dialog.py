"""A dialog with a list: Enter chooses the highlighted line, escape chooses nothing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gputui.ui.widgets.timed_dialog import LOW, TimedDialog
from gputui.ui.widgets.wrapping import wrapped

WIDEST = 104
_NOTE_CELLS = 18
"""A note with less room than this beside its entry stands below it, so far in."""
NOTE_INDENT = 4
T = TypeVar("T")


class ListDialog(TimedDialog["T | None"], Generic[T]):
    """Returns the chosen value, or None. With `patient`, keys are ignored until the dialog can have been read."""

    DEFAULT_CSS = """
    ListDialog { align: center middle; }
    ListDialog > Vertical {
        width: 104; max-width: 98%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    ListDialog .title { text-style: bold; margin-bottom: 1; }
    ListDialog .hint { margin-top: 1; color: $text-muted; }
    ListDialog OptionList, ListDialog OptionList:focus { border: none; background: $panel; padding: 0; }
    ListDialog OptionList { height: auto; scrollbar-size-vertical: 1; }
    ListDialog.-low > Vertical { padding: 0 1; max-height: 100%; }
    ListDialog.-low .title { margin-bottom: 0; }
    ListDialog.-low .hint { margin-top: 0; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]
    BINDINGS = [
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
        self.fit()
        self.list.highlighted = self.first()
        self.list.focus()

    def first(self) -> int:
        """Return the first available line."""
        return next((at for at in range(self.list.option_count) if not self.off(at)), 0)

    def on_resize(self) -> None:
        """Fit the lines to the window."""
        self.fill()
        self.fit()

    def notices_changed(self) -> None:
        """Fit the list above the notices."""
        self.fit()

    def fit(self) -> None:
        """Let the list use the window: title and keys stay on screen."""
        rows, low = self.rows_left, self.low
        texts = (str(self.query_one(f".{name}", Static).content) for name in ("title", "hint"))
        around = sum(len(wrapped(((text, ""),), self.room)) for text in texts)
        self.list.styles.max_height = max(2, (rows - 2 if low else rows * 96 // 100 - 6) - around)

    @property
    def low(self) -> bool:
        """Whether the window is too low for margins."""
        return self.size.height < LOW

    @property
    def room(self) -> int:
        """The cells of a line of the list, beside its scroll bar."""
        return max(20, min(WIDEST, self.size.width * 98 // 100) - (5 if self.low else 7))

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

    def fits_beside(self, cells: int) -> bool:
        """Whether there is room for a note beside so many cells."""
        return self.room - cells >= _NOTE_CELLS

    def entry(self, *parts: tuple[str, str | Style], note: str, style: str | Style = "dim") -> Text:
        """Return one line of the list; a long note continues below its beginning, or below the line if that is less."""
        line = Text.assemble(*parts)
        at = line.cell_len
        beside, below = self._broken(note, at), self._broken(note, NOTE_INDENT)
        if len(beside) == 1 or (self.fits_beside(at) and len(beside) <= len(below) + 1):
            return line.append(f"\n{' ' * at}".join(beside), style)
        return line.append("".join(f"\n{' ' * NOTE_INDENT}{piece}" for piece in below), style)

    def _broken(self, note: str, indent: int) -> Sequence[str]:
        lines = wrapped(((note, ""),), max(1, self.room - indent))
        return ["".join(text for text, _ in line) for line in lines]

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
