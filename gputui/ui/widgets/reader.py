"""A screen of text: details, raw JSON, help. Lines are plain, and only visible ones are drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol, cast

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Key
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input

from gputui.core.text import clean
from gputui.ui.widgets.bars import Bar, key_parts
from gputui.ui.widgets.finding import found_in, with_marks
from gputui.ui.widgets.keys import SCROLLING
from gputui.ui.widgets.lazy_components import LazyComponents
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.strips import fitted
from gputui.ui.widgets.styles import Line as Line
from gputui.ui.widgets.styles import component, components, rules
from gputui.ui.widgets.wrapping import bounded, wrapped

_PREFIX = "pages"


def plain(*texts: str) -> list[Line]:
    """Return lines without styles."""
    return [((text, ""),) for text in texts]


class Pages(LazyComponents, ScrollView, can_focus=True):
    """Scrollable lines."""

    DEFAULT_CSS = """
    Pages { background: $surface; color: $foreground; scrollbar-size-vertical: 1; overflow: hidden auto; }
    """ + rules("Pages", _PREFIX)
    COMPONENT_CLASSES = components(_PREFIX)
    BINDINGS = SCROLLING

    def __init__(self, lines: Iterable[Line], *, way: str = "") -> None:
        super().__init__()
        self._way = way
        self._text = bounded(lines, way=way)
        self.lines: list[Line] = []
        self.wanted = ""
        """The text that is looked for, which is marked where it stands."""

    def find(self, wanted: str) -> None:
        """Look for a text, and go to the first line with it from here on."""
        self.wanted = wanted
        self.refresh()
        self.go_to_found(0)

    def go_to_found(self, by: int) -> None:
        """Go to the next line with the text (1), to the one before (-1), or to the first that is in sight or below."""
        places, top = found_in(self.lines, self.wanted), round(self.scroll_y)
        below = [at for at in places if (at > top if by else at >= top)]
        above = [at for at in places if at < top]
        order = [*below, *above] if by >= 0 else [*reversed(above), *reversed(below)]
        if order:
            self.scroll_to(y=order[0], animate=False)

    @property
    def found(self) -> int:
        """In how many lines the text stands."""
        return len(found_in(self.lines, self.wanted))

    def show(self, lines: Iterable[Line], *, end: bool = False) -> None:
        """Show other lines at the same scroll position; of a very long text the beginning, or with `end` the end."""
        self._text = bounded(lines, end=end, way=self._way)
        self._wrap()

    def on_resize(self) -> None:
        """Wrap the lines to the window."""
        self._wrap()

    def _wrap(self) -> None:
        width = max(20, self.size.width - 1)
        self.lines = [part for line in self._text for part in wrapped(line, width)]
        self.virtual_size = Size(width, len(self.lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width = self.size.width
        at = y + round(self.scroll_y)
        line = with_marks(self.lines[at], self.wanted) if at < len(self.lines) else ()
        segments = [
            Segment(text, self.get_component_rich_style(component(_PREFIX, name)) if name else self.rich_style)
            for text, name in line
        ]
        return fitted(segments, width, self.rich_style)


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
    ]
    DOES: ClassVar[frozenset[str]] = frozenset({"w"})
    """The keys that need a deliberate press."""
    MORE_KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Further keys of its own, for the key line."""

    def __init__(self, title: str, lines: Iterable[Line], document: Document | None = None) -> None:
        super().__init__()
        self._title = title
        self.pages, self._document = _made(lines, document)

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield Bar(id="reader-title")
        yield self.pages
        yield Input(id="reader-find", placeholder="find: enter keeps it, esc clears it", compact=True)
        yield Bar(id="reader-keys")

    def on_mount(self) -> None:
        """Fill the two bars."""
        self.query_one("#reader-title", Bar).show([(f" {self._title}", "strong")])
        keys = key_parts(
            ("esc q", "back"), ("j k g G", "move"), ("/ n N", "find"), ("w", "write to a file"), *self.MORE_KEYS
        )
        self.query_one("#reader-keys", Bar).show(keys)

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
        found = f" in {self.pages.found} lines " if event.value else ""
        self.query_one("#reader-title", Bar).show([(f" {self._title}", "strong")], [(found, "dim")])

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


def _made(lines: Iterable[Line], document: Document | None) -> tuple[Pages, Document]:
    lines = lines if document else list(lines)
    return Pages(lines, way=": w writes it to a file"), document or partial(_as_text, lines)


def _written(writer: DumpWriter, document: Document) -> Path:
    ending, text = document()
    return writer.dump("text", {ending: text})


def _as_text(lines: Iterable[Line]) -> tuple[str, str]:
    return ".txt", "".join(f"{clean(''.join(text for text, _ in line)).rstrip()}\n" for line in lines)
