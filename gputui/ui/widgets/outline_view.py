"""An outline on screen: a cursor line, foldable headings, and horizontal scrolling."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gputui.ui.widgets.lazy_components import LazyComponents
from gputui.ui.widgets.outline import Outline, Section, Spot
from gputui.ui.widgets.styles import Part, StyleName, component, components, rules

_PREFIX = "outline"
_ASIDE = 8
"""Cells that one step scrolls long lines horizontally."""


class OutlineView(LazyComponents, ScrollView, can_focus=True):
    """Lines are not wrapped, so tables stay intact, and only visible lines are drawn, however long the text is."""

    DEFAULT_CSS = """
    OutlineView { background: $surface; color: $foreground; scrollbar-size-vertical: 1; overflow: hidden auto; }
    """ + rules("OutlineView", _PREFIX)
    COMPONENT_CLASSES = components(_PREFIX)
    BINDINGS = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("home,g", "move(-1000000000)", show=False),
        Binding("end,G", "move(1000000000)", show=False),
        Binding("tab,n", "next(1)", show=False),
        Binding("shift+tab,p", "next(-1)", show=False),
        Binding("right", "aside(1)", show=False),
        Binding("left", "aside(-1)", show=False),
        Binding("enter,space", "fold", show=False),
        Binding("z", "fold_all", show=False),
    ]

    class CursorMoved(Message):
        """The cursor moved to another section, or the section has changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.outline = Outline()
        self._aside = 0

    @property
    def here(self) -> Section | None:
        """The section under the cursor."""
        return self.outline.here

    def show(self, sections: Sequence[Section]) -> None:
        """Show other sections; the cursor and the folding state are kept."""
        self.outline.show(sections)
        self._redraw()

    def action_move(self, by: int) -> None:
        """Move the cursor by lines; only the two lines it leaves and enters are drawn."""
        before, top = self.outline.cursor, self.scroll_y
        self.outline.move(by)
        self._reveal()
        if self.scroll_y == top:
            self.refresh(self._region(before), self._region(self.outline.cursor))
        self.post_message(self.CursorMoved())

    def action_page(self, pages: int) -> None:
        """Move the cursor by screens."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_next(self, by: int) -> None:
        """Go to the next heading, and scroll as much as fits of its section into view."""
        self.outline.next(by)
        cursor, here = self.outline.cursor, self.here
        if here is not None and self.outline.is_open(here):
            self._reveal(min(cursor + len(here.lines), cursor + self.size.height - 1))
        self._reveal()
        self.refresh()
        self.post_message(self.CursorMoved())

    def action_aside(self, by: int) -> None:
        """Scroll long lines horizontally."""
        self._aside = max(0, self._aside + by * _ASIDE)
        self.refresh()

    def action_fold(self) -> None:
        """Fold or open the section."""
        if self.here is not None:
            self.outline.fold(self.here, open=not self.outline.is_open(self.here))
            self._redraw()

    def action_fold_all(self) -> None:
        """Fold all sections if any is open, otherwise open all."""
        any_open = any(self.outline.is_open(section) for section in self.outline.sections)
        self.outline.fold_all(open=not any_open)
        self._redraw()

    def _redraw(self) -> None:
        self.virtual_size = Size(self.size.width, self.outline.height)
        self._reveal()
        self.refresh()
        self.post_message(self.CursorMoved())

    def _region(self, y: int) -> Region:
        return Region(0, y - round(self.scroll_y), self.size.width, 1)

    def _reveal(self, y: int | None = None) -> None:
        line, top, height = self.outline.cursor if y is None else y, round(self.scroll_y), self.size.height
        if height and not top <= line < top + height:
            self.scroll_to(y=line if line < top else line - height + 1, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Keep the cursor visible."""
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width, at = self.scrollable_content_region.width, y + round(self.scroll_y)
        if at >= self.outline.height:
            return Strip.blank(width, self.rich_style)
        spot = self.outline.spot(at)
        parts = self._head(spot) if spot.line is None else self._line(spot, spot.line, width)
        over = Style()
        if at == self.outline.cursor:  # also a sign: not every terminal has colours
            over = self._cursor_style
            (first, _), *rest = parts
            parts = [("▌", "bar"), (first[1:], "dim"), *rest]
        segments = [Segment(text, self._style(name) + over) for text, name in parts]
        strip = Strip(segments)
        if strip.cell_length > width:
            more = Segment("›", self._style("dim") + over)
            return Strip([*strip.crop_extend(0, width - 1, self.rich_style + over), more])
        return strip.crop_extend(0, width, self.rich_style + over)

    def _head(self, spot: Spot) -> Sequence[Part]:
        sign = " " if not spot.section.lines else "▾" if spot.open else "▸"
        peek = "" if spot.open and spot.section.lines else spot.section.peek
        return ((f" {sign} ", "dim"), *spot.section.head, (peek, "dim"))

    def _line(self, spot: Spot, line: int, width: int) -> Sequence[Part]:
        text = spot.section.lines[line]
        # A cell takes at most three characters, two of them combining: no more of a huge line is processed.
        seen = text[self._aside : self._aside + 3 * width]
        before = "   ‹" if self._aside and text else "    "
        return ((before, "dim"), (seen, spot.section.tone(line)))

    @property
    def _cursor_style(self) -> Style:
        style = self.get_component_rich_style(component(_PREFIX, "cursor"))
        return Style(bgcolor=style.bgcolor, bold=style.bold, reverse=style.reverse)

    def _style(self, name: StyleName) -> Style:
        return self.get_component_rich_style(component(_PREFIX, name)) if name else self.rich_style
