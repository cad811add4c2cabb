"""Fields on screen, with a cursor over them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Size
from textual.strip import Strip

from gputui.ui.widgets.field_layout import DetailField, DetailGroup, FieldLayout, FieldSpot, bounded_groups, laid_out
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.styles import StyleName, component

_FAR = 1_000_000


class FieldPages(Pages):
    """Groups of fields; the cursor stays on its field when others are shown, and goes along with what is found."""

    BINDINGS = [
        Binding("down,j", "cursor(1)", show=False),
        Binding("up,k", "cursor(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("home,g", f"cursor(-{_FAR})", show=False),
        Binding("end,G", f"cursor({_FAR})", show=False),
    ]

    def __init__(self, *, way: str = "") -> None:
        super().__init__((), way=way)
        self._groups: list[DetailGroup] = []
        self._whole: Sequence[DetailGroup] = ()
        self._layout = FieldLayout([], [])
        self._at = (0, 0)

    @property
    def field(self) -> DetailField | None:
        """The field under the cursor, with its whole text."""
        spot = self._spot
        if spot is None:
            return None
        shown = self._groups[spot.group].fields[spot.field]
        # What is left out at the end of a long text stands in a group of its own, after all others.
        whole = self._whole[spot.group].fields if spot.group < len(self._whole) else ()
        return whole[spot.field] if spot.field < len(whole) and shown.label != "…" else shown

    @property
    def _spot(self) -> FieldSpot | None:
        spots = self._layout.spots
        return next((spot for spot in spots if (spot.group, spot.field) == self._at), spots[0] if spots else None)

    def put(self, groups: Sequence[DetailGroup]) -> None:
        """Show other groups; the cursor stays on the field with the same title and label."""
        titled = self._named(self._at)
        self._whole = [group for group in groups if group.fields]
        self._groups = bounded_groups(self._whole, self._way)
        self._at = self._find(titled)
        self._lay_out()

    def _named(self, at: tuple[int, int]) -> tuple[str, str, int]:
        """The title and label of a field, and how many before it in its group have the same label."""
        group, field = at
        if group >= len(self._groups) or field >= len(self._groups[group].fields):
            return "", "", 0
        found = self._groups[group]
        label = found.fields[field].label
        return found.title, label, sum(one.label == label for one in found.fields[:field])

    def _find(self, named: tuple[str, str, int]) -> tuple[int, int]:
        title, label, number = named
        for group, one in enumerate(self._groups):
            alike = [at for at, field in enumerate(one.fields) if one.title == title and field.label == label]
            if alike:
                return group, alike[min(number, len(alike) - 1)]
        return 0, 0

    def _lay_out(self) -> None:
        width = max(20, self.size.width - 1)
        self._layout = laid_out(self._groups, width, wrap=self.wraps)
        self.lines = self._layout.lines
        self._starts = list(range(len(self.lines)))
        self.virtual_size = Size(width, len(self.lines))
        self.refresh()

    def toggle_wrapping(self) -> None:
        """Wrap the fields, or show each on one line; the cursor stays in sight."""
        super().toggle_wrapping()
        self._reveal()

    def show_line(self, at: int) -> None:
        """Scroll to a line, with the cursor on the field that stands there."""
        here = next((spot for spot in self._layout.spots if spot.y <= at < spot.y + spot.height), None)
        if here is not None:
            self._at = here.group, here.field
        super().show_line(at)
        self.refresh()

    def action_cursor(self, by: int) -> None:
        """Move the cursor by fields of its column; a field that goes on below the window is scrolled first."""
        spot = self._spot
        if spot is None:
            return
        hidden = spot.y + spot.height - (round(self.scroll_y) + self.size.height)
        above = round(self.scroll_y) - spot.y
        if (by == 1 and hidden > 0) or (by == -1 and above > 0):
            self.scroll_relative(y=by, animate=False)
            return
        column = [one for one in self._layout.spots if _shares_column(one, spot)]
        at = column.index(spot)
        self._go(column[max(0, min(len(column) - 1, at + by))])

    def action_page(self, by: int) -> None:
        """Move the cursor by windows."""
        spot = self._spot
        if spot is None:
            return
        wanted = spot.y + by * max(1, self.size.height - 1)
        column = [one for one in self._layout.spots if _shares_column(one, spot)]
        self._go(min(column, key=lambda one: abs(one.y - wanted)))

    def move_aside(self, by: int) -> bool:
        """Move the cursor to the other column; whether there is one."""
        spot = self._spot
        if spot is None:
            return False
        x, y = spot.x, spot.y
        others = [one for one in self._layout.spots if (one.x - x) * by > 0]
        if others:
            self._go(min(others, key=lambda one: abs(one.y - y)))
        return bool(others)

    def _go(self, spot: FieldSpot) -> None:
        self._at = spot.group, spot.field
        self._reveal()
        self.refresh()

    def _reveal(self) -> None:
        """Scroll the field under the cursor into sight; the first one with all that stands above it."""
        spot = self._spot
        if spot is None:
            return
        top, height = round(self.scroll_y), self.size.height
        first = 0 if spot is self._layout.spots[0] else spot.y - 1 if self._is_title(spot.y - 1) else spot.y
        if first < top:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)
        elif spot.y + spot.height > top + height:
            wanted = min(first, spot.y + spot.height - height)
            self.scroll_to(y=max(wanted, 0), animate=False, force=True, immediate=True)

    def _is_title(self, y: int) -> bool:
        return 0 <= y < len(self.lines) and bool(self.lines[y]) and self.lines[y][0][1] == "head"

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window, the field under the cursor on the cursor's ground."""
        strip = super().render_line(y)
        spot, at = self._spot, y + round(self.scroll_y)
        if spot is None or not spot.y <= at < spot.y + spot.height:
            return strip
        start = max(0, spot.x - self.aside)
        end = min(strip.cell_length, start + spot.width)
        before, inside, after = (
            strip.crop(0, start),
            strip.crop(start + 1, end),
            strip.crop(end, strip.cell_length),
        )
        over = self._cursor_style
        mark = Segment("▌" if at == spot.y else " ", self._named_style("bar") + over)
        marked = [Segment(text, (style or Style()) + over, control) for text, style, control in inside]
        return Strip([*before, mark, *marked, *after], strip.cell_length)

    @property
    def _cursor_style(self) -> Style:
        style = self._named_style("cursor")
        return Style(bgcolor=style.bgcolor, bold=style.bold, reverse=style.reverse)

    def _named_style(self, name: StyleName) -> Style:
        return self.get_component_rich_style(component("pages", name))


def _shares_column(one: FieldSpot, other: FieldSpot) -> bool:
    """Whether one field is above or below the other."""
    return one.x < other.x + other.width and other.x < one.x + one.width
