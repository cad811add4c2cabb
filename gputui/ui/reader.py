"""A screen of text to read: details, raw JSON, help. Lines are plain, drawn only where seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gputui.ui.bars import Bar, key_parts
from gputui.ui.keys import SCROLLING
from gputui.ui.styles import Line as Line
from gputui.ui.styles import component, components, rules
from gputui.ui.worker_errors import WorkerErrors

_PREFIX = "pages"


def plain(*texts: str) -> list[Line]:
    """Lines without styles."""
    return [((text, ""),) for text in texts]


class Pages(ScrollView, can_focus=True):
    """Scrollable lines."""

    DEFAULT_CSS = """
    Pages { background: $surface; color: $foreground; scrollbar-size-vertical: 1; overflow: hidden auto; }
    """ + rules("Pages", _PREFIX)
    COMPONENT_CLASSES = components(_PREFIX)
    BINDINGS = SCROLLING

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._text = list(lines)
        self.lines: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines at the same scroll position."""
        self._text = list(lines)
        self._wrap()

    def on_resize(self) -> None:
        """Lines are wrapped to the window."""
        self._wrap()

    def _wrap(self) -> None:
        width = max(20, self.size.width - 1)
        self.lines = [part for line in self._text for part in wrapped(line, width)]
        self.virtual_size = Size(width, len(self.lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width = self.size.width
        at = y + round(self.scroll_y)
        line = self.lines[at] if at < len(self.lines) else ()
        segments = [
            Segment(text, self.get_component_rich_style(component(_PREFIX, name)) if name else self.rich_style)
            for text, name in line
        ]
        return Strip(segments).crop_extend(0, width, self.rich_style)


def wrapped(line: Line, width: int) -> list[Line]:
    """A line that fits, or several: the last part goes on below its own beginning, where there is room for that."""
    if not line or sum(cell_len(text) for text, _ in line) <= width:
        return [line]
    *before, (text, style) = line
    indent = sum(cell_len(part) for part, _ in before)
    if indent > width * 2 // 3:
        indent = 2
    pieces = list(_pieces(text, width - indent))
    first: Line = (*before, (pieces[0], style))
    return [first, *(((" " * indent, ""), (piece, style)) for piece in pieces[1:])]


def _pieces(text: str, width: int) -> Iterator[str]:
    """Cut at blanks where there are some, measured in cells."""
    rest = text
    while cell_len(rest) > width:
        head = set_cell_size(rest, width).rstrip()
        blank = head.rfind(" ")
        cut = blank if blank > width // 2 else len(head)
        yield rest[:cut]
        rest = rest[cut:].lstrip(" ")
    yield rest


class Reader(WorkerErrors, ModalScreen[None]):
    """A titled full-screen text; `q`, `esc` or enter leaves it, and the keys of the table do nothing here."""

    DEFAULT_CSS = "Reader { background: $surface; }"
    BINDINGS = [Binding("escape,q,enter", "dismiss", "Back", show=False)]

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__()
        self._title = title
        self.pages = Pages(lines)

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield Bar(id="reader-title")
        yield self.pages
        yield Bar(id="reader-keys")

    def on_mount(self) -> None:
        """Fill the two bars."""
        self.query_one("#reader-title", Bar).show([(f" {self._title}", "strong")])
        self.query_one("#reader-keys", Bar).show(key_parts(("esc q", "back"), ("j k g G", "move")))
