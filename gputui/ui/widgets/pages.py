"""Scrollable lines, wrapped or scrolled sideways; only visible ones are drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gputui.ui.widgets.finding import found_in, with_marks
from gputui.ui.widgets.keys import SCROLLING
from gputui.ui.widgets.lazy_components import LazyComponents
from gputui.ui.widgets.strips import fitted
from gputui.ui.widgets.styles import Line, component, components, rules
from gputui.ui.widgets.wrapping import bounded, wrapped

_PREFIX = "pages"


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
        self._starts: list[int] = []
        self.lines: list[Line] = []
        self.wanted = ""
        """The text that is looked for, which is marked where it stands."""
        self.wraps = True
        self.aside = 0
        """How many cells of each line are scrolled out of sight on the left, where lines are not wrapped."""

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
            self.show_line(order[0])

    def show_line(self, at: int) -> None:
        """Scroll to a line."""
        self.scroll_to(y=at, animate=False)

    @property
    def found(self) -> int:
        """In how many lines the text stands."""
        return len(found_in(self.lines, self.wanted))

    @property
    def at_end(self) -> bool:
        """Whether the last line is in sight."""
        return self.scroll_y >= self.max_scroll_y

    def show(self, lines: Iterable[Line], *, end: bool = False) -> None:
        """Show other lines at the same scroll position; of a very long text the beginning.

        With `end`, for logs, the end of it: it is followed as long as it is in sight, else what is read stays in place.
        """
        following, before, top = end and self.at_end, self._text, self._top
        self._text = bounded(lines, end=end, way=self._way)
        self._lay_out()
        if following:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)
        elif end:
            self._go_back_to(_moved(before, self._text, top))

    def toggle_wrapping(self) -> None:
        """Wrap the lines, or show each on one line."""
        top = self._top
        self.wraps, self.aside = not self.wraps, 0
        self._lay_out()
        self._go_back_to(top)

    def scroll_aside(self, cells: int) -> None:
        """Scroll lines that are not wrapped to the side."""
        longest = max((cell_len("".join(text for text, _ in line)) for line in self.lines), default=0)
        self.aside = 0 if self.wraps else max(0, min(self.aside + cells, longest - self.size.width // 2))
        self.refresh()

    def on_resize(self) -> None:
        """Wrap the lines to the window."""
        self._lay_out()

    @property
    def _top(self) -> int:
        """The line of the text, before wrapping, that is the first in sight."""
        return max(0, bisect_right(self._starts, round(self.scroll_y)) - 1)

    def _go_back_to(self, top: int) -> None:
        if top < len(self._starts):
            self.scroll_to(y=self._starts[top], animate=False, immediate=True, force=True)

    def _lay_out(self) -> None:
        width = max(20, self.size.width - 1)
        self.lines, self._starts = [], []
        for line in self._text:
            self._starts.append(len(self.lines))
            self.lines += wrapped(line, width) if self.wraps else [line]
        self.virtual_size = Size(width, len(self.lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width = self.size.width
        at = y + round(self.scroll_y)
        line = with_marks(self.lines[at], self.wanted) if at < len(self.lines) else ()
        strip = Strip(
            Segment(text, self.get_component_rich_style(component(_PREFIX, name)) if name else self.rich_style)
            for text, name in line
        )
        return fitted(list(strip.crop(self.aside) if self.aside else strip), width, self.rich_style)


def _moved(before: Sequence[Line], after: Sequence[Line], at: int) -> int:
    """Return where a line stands after lines before it may have gone; the same place if it is not there."""
    wanted = before[at : at + 2]
    return next((place for place in range(min(at, len(after)), -1, -1) if after[place : place + 2] == wanted), at)
