"""A screen of text: details, raw JSON, help. Lines are plain, and only visible ones are drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Key
from textual.widgets import Input

from gputui.core.text import clean
from gputui.ui.widgets.bars import Bar, Part, key_parts
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.styles import Line as Line

ASIDE = 16
"""Cells that one step scrolls to the side."""


def plain(*texts: str) -> list[Line]:
    """Return lines without styles."""
    return [((text, ""),) for text in texts]


Document = Callable[[], tuple[str, str]]
"""Returns a file extension and the whole text for the file; called in a thread."""


class DumpWriter(Protocol):
    """Writes dumps that the user requests: the application."""

    def dump(self, kind: str, texts: Mapping[str, str]) -> Path:
        """Write each text to a new file with its extension in the dumps folder; return the last path. Thread-safe.

        Raises OSError.
        """


class Reader(OverlayScreen[None]):
    """A titled full-screen text; `q`, `esc` or enter leaves it, `/` finds a text in it, `n` and `N` the next ones."""

    DEFAULT_CSS = """
    Reader { background: $surface; }
    Reader #reader-find { display: none; }
    Reader #reader-find.-open { display: block; }
    """
    BINDINGS = [
        Binding("enter", "leave", "Back", show=False),
        Binding("slash", "find", "Find", show=False),
        Binding("n", "next_found(1)", "Next", show=False),
        Binding("N", "next_found(-1)", "Previous", show=False),
        Binding("w", "write", "Write to a file", show=False),
        Binding("u", "wrap", "Wrap", show=False),
        Binding("right", "aside(1)", "Right", show=False),
        Binding("left", "aside(-1)", "Left", show=False),
    ]
    DOES: ClassVar[frozenset[str]] = frozenset({"w"})
    """The keys that need a deliberate press."""
    MORE_KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Further keys of its own, for the key line."""

    def __init__(
        self, title: str, lines: Iterable[Line], document: Document | None = None, pages: Pages | None = None
    ) -> None:
        super().__init__()
        self._title = title
        lines = lines if document else list(lines)
        self.pages = pages or Pages(lines, way=": w writes it to a file")
        self._document = document or partial(_as_text, lines)

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield Bar(id="reader-title")
        yield self.pages
        yield Input(id="reader-find", placeholder="find: enter keeps it, esc clears it", compact=True)
        yield Bar(id="reader-keys")

    def on_mount(self) -> None:
        """Fill the two bars."""
        self.say_title()
        keys = (("esc q", "back"), ("/ n N", "find"), *self.MORE_KEYS, ("u", "wrap"), ("w", "write to a file"))
        self.query_one("#reader-keys", Bar).show(key_parts(*keys))

    def say_title(self, words: str = "") -> None:
        """Show the title, with words about what is shown on the right."""
        right: list[Part] = [(f" {words} ", "dim")] if words else []
        self.query_one("#reader-title", Bar).show([(f" {self._title}", "strong")], right)

    def must_be_meant(self, key: Key) -> bool:
        """Whether the key does more than show, move or leave."""
        return key.key in self.DOES

    def show(self, lines: Iterable[Line], document: Document | None = None, *, end: bool = False) -> None:
        """Show another text; `document` is what `w` writes, by default the lines."""
        lines = lines if document else list(lines)
        self.pages.show(lines, end=end)
        self._document = document or partial(_as_text, lines)

    @property
    def _line(self) -> Input:
        return self.query_one("#reader-find", Input)

    def action_find(self) -> None:
        """Open the line for the text to find."""
        self._line.add_class("-open")
        self._line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find while one types, and say in how many lines."""
        event.stop()
        self.pages.find(event.value)
        self.say_title(f"in {self.pages.found} lines" if event.value else "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the text, and read on."""
        event.stop()
        self._line.remove_class("-open")
        self.pages.focus()

    def action_next_found(self, by: int) -> None:
        """Go to the next line with the text, or to the one before."""
        self.pages.go_to_found(by)

    def action_leave(self) -> None:
        """Clear what is looked for, if anything; else leave."""
        if self._line.has_focus or self._line.value:
            self._line.remove_class("-open")
            self._line.value = ""
            self.pages.focus()
        else:
            super().action_leave()

    def action_wrap(self) -> None:
        """Wrap long lines, or show each on one line that the arrows scroll."""
        self.pages.toggle_wrapping()
        if not self.pages.wraps:
            self.notify("lines are not wrapped: ← → scroll, u wraps them", markup=False, timeout=3)

    def action_aside(self, by: int) -> None:
        """Scroll long lines to the side."""
        self.pages.scroll_aside(by * ASIDE)

    def action_write(self) -> None:
        """Write the whole text to a file in the dumps folder, however much of it is shown."""
        self.start(self._write())

    async def _write(self) -> None:
        writer = cast(DumpWriter, self.app)
        try:
            path = await asyncio.to_thread(_written, writer, self._document)
        except OSError as error:
            self.notify(f"not saved: {error.strerror or error}", severity="error", markup=False)
            return
        self.notify(f"saved {path}", markup=False, timeout=10)


def _written(writer: DumpWriter, document: Document) -> Path:
    ending, text = document()
    return writer.dump("text", {ending: text})


def _as_text(lines: Iterable[Line]) -> tuple[str, str]:
    return ".txt", "".join(f"{clean(''.join(text for text, _ in line)).rstrip()}\n" for line in lines)
