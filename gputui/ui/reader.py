"""A screen of text to read: details, raw JSON, help. Lines are plain, drawn only where seen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gputui.ui.bars import Bar

Line = tuple[tuple[str, str], ...]
"""Parts of one line: clean text and a style name (`key`, `head`, `dim` or empty)."""


def plain(*texts: str) -> list[Line]:
    """Lines without styles."""
    return [((text, ""),) for text in texts]


class Pages(ScrollView, can_focus=True):
    """Scrollable lines."""

    DEFAULT_CSS = """
    Pages { background: $surface; color: $foreground; scrollbar-size-vertical: 1; overflow-x: auto; }
    Pages > .pages--head { text-style: bold; color: $primary; }
    Pages > .pages--key { text-style: bold; color: $accent; }
    Pages > .pages--dim { color: $text-muted; }
    """
    COMPONENT_CLASSES = {"pages--head", "pages--key", "pages--dim"}
    BINDINGS = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("ctrl+f", "page_down", show=False),
        Binding("ctrl+b", "page_up", show=False),
    ]

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.show(lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines at the same scroll position."""
        self.lines = list(lines)
        widest = max((sum(cell_len(text) for text, _ in line) for line in self.lines), default=0)
        self.virtual_size = Size(widest + 1, len(self.lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width = self.size.width
        at = y + round(self.scroll_y)
        line = self.lines[at] if at < len(self.lines) else ()
        segments = [
            Segment(text, self.get_component_rich_style(f"pages--{name}") if name else self.rich_style)
            for text, name in line
        ]
        left = round(self.scroll_x)
        return Strip(segments).crop_extend(left, left + width, self.rich_style)


class Reader(ModalScreen[None]):
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
        self.query_one("#reader-keys", Bar).show(
            [(" esc q", "key"), (" back   ", ""), ("j k g G", "key"), (" move", "")]
        )
