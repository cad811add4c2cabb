"""A screen with a list of objects that change by themselves; the cursor stays on its object."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gputui.ui.widgets.bars import Bar, key_parts
from gputui.ui.widgets.overlay_screen import OverlayScreen

LOOK_SECONDS = 1.0
T = TypeVar("T")


class LiveList(OverlayScreen["T | None"], Generic[T]):
    """Updates once a second. Returns an object, or None."""

    DEFAULT_CSS = """
    LiveList { background: $surface; }
    LiveList OptionList { height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1; }
    LiveList OptionList { text-wrap: nowrap; text-overflow: ellipsis; }
    LiveList OptionList:focus { border: none; }
    LiveList #live-warnings { display: none; max-height: 3; padding: 0 1; color: $text-warning; }
    """
    KEYS: Sequence[tuple[str, str]] = ()
    NOTE = ""

    def __init__(self) -> None:
        super().__init__()
        self.shown: tuple[T, ...] = ()
        self._warned = ""

    @abstractmethod
    def things(self) -> tuple[T, ...]:
        """Return the current objects."""

    @abstractmethod
    def heading(self) -> str:
        """Return a heading with their number, or how to create one."""

    @abstractmethod
    def text_of(self, thing: T) -> Text:
        """Return the lines of an object."""

    def warnings(self) -> Sequence[str]:
        """Return what is wrong: it stands in full below the heading."""
        return ()

    def identity(self, thing: T) -> object:
        """Return what stays equal while an object changes: the cursor stays on it."""
        return thing

    def compose(self) -> ComposeResult:
        """Title, the list, a general note, the keys."""
        yield Bar(id="live-title")
        yield Static(id="live-warnings", markup=False)
        yield OptionList(markup=False, id="live-list")
        if self.NOTE:
            yield Bar(id="live-note")
        yield Bar(id="live-keys")

    def on_mount(self) -> None:
        """Highlight the first line."""
        self.query_one("#live-keys", Bar).show(key_parts(*self.KEYS))
        if self.NOTE:
            self.query_one("#live-note", Bar).show([(f" {self.NOTE}", "dim")])
        self.look()
        self._list.focus()
        self.set_interval(LOOK_SECONDS, self.look)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def chosen(self) -> T | None:
        """The object under the cursor as it was drawn: if it is gone, no other one takes its place."""
        at = self._list.highlighted
        return self.shown[at] if at is not None and at < len(self.shown) else None

    def _warn(self, words: str) -> None:
        if words != self._warned:
            self._warned = words
            said = self.query_one("#live-warnings", Static)
            said.update(words)
            said.display = bool(words)

    def look(self) -> None:
        """Show the current objects; only changes are drawn."""
        before, things = self.chosen, self.things()
        self.query_one("#live-title", Bar).show([(f" {self.heading()}", "strong")])
        self._warn("\n".join(self.warnings()))
        texts = [self.text_of(thing) for thing in things]
        if things == self.shown:
            for at, text in enumerate(texts):
                if self._list.get_option_at_index(at).prompt != text:
                    self._list.replace_option_prompt_at_index(at, text)
            return
        self.shown = things
        self._list.clear_options()
        self._list.add_options(Option(text) for text in texts)
        if things:
            chosen = None if before is None else self.identity(before)
            self._list.highlighted = next((at for at, thing in enumerate(things) if self.identity(thing) == chosen), 0)
