"""A scrolling view of lines below a header, which repaints only the cells that have changed."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gputui.ui.table.columns import Layout
from gputui.ui.table.paint import Line, differences, draw
from gputui.ui.table.styles import PREFIX
from gputui.ui.widgets.lazy_components import LazyComponents


class LineCanvas(LazyComponents, ScrollView):
    """Keeps the lines on screen; a subclass provides the lines and calls `redraw`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._standing: list[Line] = []
        self._frame: tuple[Size, int, Layout] | None = None
        self._styles_known: dict[tuple[str, bool, bool], Style] = {}

    # ---- provided by a subclass

    def line_count(self) -> int:
        """Return the number of lines below the header."""
        raise NotImplementedError

    def prepare(self, lines: range) -> None:
        """Called before these lines are requested."""

    def layout_for(self, width: int) -> Layout:
        """Return the columns for a window of this width."""
        raise NotImplementedError

    def header_line(self, layout: Layout) -> Line:
        """Return the fixed header line."""
        raise NotImplementedError

    def line_at(self, line: int, layout: Layout) -> Line:
        """Return a line below the header, counted from 0."""
        raise NotImplementedError

    # ---- available to a subclass

    @property
    def top(self) -> int:
        """The first visible line."""
        return round(self.scroll_y)

    @property
    def lines_in_view(self) -> int:
        """The number of lines that fit below the header."""
        return max(0, self.size.height - 1)

    @property
    def layout_in_view(self) -> Layout:
        """The columns as they are on screen."""
        return self._frame[2] if self._frame else Layout((), 0)

    def in_view(self, line: int) -> bool:
        """Whether this line is on screen."""
        return self.top <= line < self.top + self.lines_in_view

    def reveal(self, line: int) -> None:
        """Scroll as little as needed to make this line visible."""
        if not self.lines_in_view or self.in_view(line):
            return
        above = line < self.top
        self.scroll_to(y=line if above else line - self.lines_in_view + 1, animate=False)

    def fit_lines(self) -> None:
        """Set the scroll height to the number of lines."""
        size = Size(0, self.line_count() + 1)
        if size != self.virtual_size:
            # Setting it directly would lay out and repaint the whole screen at every added or removed row.
            self.set_reactive(LineCanvas.virtual_size, size)
            if self.is_attached:
                self._scroll_update(size)

    def redraw(self) -> None:
        """Repaint what has changed; nothing if there is no difference."""
        if not self.size:  # hidden: everything is repainted when it becomes visible
            self._frame = None
            return
        before, frame = self._standing, self._frame
        self._fill()
        if self._frame != frame or len(before) != len(self._standing):
            self.refresh()
            return
        regions: list[Region] = []
        for y, (old, new) in enumerate(zip(before, self._standing, strict=True)):
            if old is not new:
                regions += differences(old, new, y)
        if regions:
            self.refresh(*regions)

    def _fill(self) -> None:
        lines = range(self.top, min(self.top + self.lines_in_view, self.line_count()))
        self.prepare(lines)
        layout = self.layout_for(self.scrollable_content_region.width)
        self._frame = (self.size, self.top, layout)
        self._standing = [self.header_line(layout), *(self.line_at(line, layout) for line in lines)]

    def render_line(self, y: int) -> Strip:
        """Return the screen line `y`; the header is 0."""
        # After scrolling or a resize everything is painted again, and the visible lines are determined here.
        if self._frame is None or self._frame[:2] != (self.size, self.top):
            self._fill()
        if y < len(self._standing):
            return draw(self._standing[y], self._style_of)
        return Strip.blank(self.size.width, self._style_of("tone-plain", False, False))

    def notify_style_update(self) -> None:
        """The theme or the focus has changed."""
        super().notify_style_update()
        self._styles_known.clear()
        for line in self._standing:
            line.strip = None

    def _style_of(self, look: str, cursor: bool, flashing: bool) -> Style:
        key = (look, cursor, flashing)
        style = self._styles_known.get(key)
        if style is None:
            style = self._component(look)
            for name in (*(("cursor",) if cursor else ()), *(("flash",) if flashing else ())):
                over = self._component(name)  # if requested together, the last name would decide the text colour
                style += Style(bgcolor=over.bgcolor, bold=over.bold, underline=over.underline, reverse=over.reverse)
            self._styles_known[key] = style
        return style

    def _component(self, look: str) -> Style:
        return self.get_component_rich_style(PREFIX + look)
