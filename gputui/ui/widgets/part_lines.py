"""Scrolling lines of styled parts; only visible lines are drawn, and only changed parts repainted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gputui.ui.widgets.keys import SCROLLING
from gputui.ui.widgets.lazy_components import LazyComponents
from gputui.ui.widgets.strips import fitted
from gputui.ui.widgets.styles import Line as Line
from gputui.ui.widgets.styles import Part, StyleName, component, components, rules

_NEAR = 6
"""Cells between two changes that cost less to repaint than a new region."""
_PREFIX = "part-lines"
_OWN: dict[StyleName, str] = {
    "head": "background: $panel; text-style: bold;",
}


class PartLines(LazyComponents, ScrollView, can_focus=True):
    """Shows lines; a part is clean text with the name of a component class (without prefix), or with none."""

    DEFAULT_CSS = """
    PartLines { background: $surface; color: $foreground; scrollbar-size-vertical: 1; overflow: hidden auto; }
    """ + rules("PartLines", _PREFIX, _OWN)
    COMPONENT_CLASSES = components(_PREFIX)
    BINDINGS = SCROLLING

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines at the same scroll position."""
        before, self.lines = self.lines, tuple(lines)
        if len(before) != len(self.lines):
            self.virtual_size = Size(1, len(self.lines))
            self.refresh()
            return
        top = round(self.scroll_y)
        regions = [
            region
            for y, (old, new) in enumerate(zip(before, self.lines, strict=True))
            if old != new and 0 <= y - top < self.size.height
            for region in changed(old, new, y - top, self.size.width)
        ]
        if regions:
            self.refresh(*regions)

    @property
    def text(self) -> str:
        """The text, without styles."""
        return "\n".join("".join(text for text, _ in line) for line in self.lines)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width, at = self.size.width, y + round(self.scroll_y)
        line = self.lines[at] if at < len(self.lines) else ()
        rest = self._style(line[-1][1]) if line and line[-1][1] == "head" else self.rich_style
        return fitted([Segment(text, self._style(name)) for text, name in line], width, rest)

    def _style(self, name: StyleName) -> Style:
        return self.get_component_rich_style(component(_PREFIX, name)) if name else self.rich_style


def changed(old: Line, new: Line, y: int, width: int) -> Iterator[Region]:
    """Yield the regions of screen line `y` to repaint; regions close to each other are merged."""
    start, end = 0, -_NEAR
    for x, (before, after) in enumerate(zip_longest(_cells(old), _cells(new))):
        if x >= width:
            break
        if before == after:
            continue
        if x - end >= _NEAR:
            if end > 0:
                yield Region(start, y, end - start, 1)
            start = x
        end = x + 1
    if end > 0:
        yield Region(start, y, end - start, 1)


def _cells(line: Line) -> Iterator[Part]:
    """Yield text and style cell by cell.

    A wide character fills two cells; zero-width characters join the previous one, which makes a region slightly too
    large.
    """
    for text, name in line:
        if text.isascii() or cell_len(text) == len(text):
            for char in text:
                yield char, name
        else:
            for at in range(cell_len(text)):
                yield f"{at} {text}", name
