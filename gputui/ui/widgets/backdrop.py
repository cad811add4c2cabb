"""What a screen without a background of its own shows of the screen behind it."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.css.styles import RulesMap
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

_PLAIN = RichStyle()


class Backdrop(Visual):
    """The same as Textual's `BackgroundScreen` for a transparent colour, without its way through Rich's renderer."""

    def __init__(self, screen: Screen[object]) -> None:
        self._screen = screen

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Return the lines of the screen behind, without links and mouse actions."""
        over = style.rich_style
        known: dict[RichStyle | None, RichStyle] = {None: over}

        def shown(line: Strip) -> Strip:
            segments = []
            for text, own, _ in line:
                if own not in known:
                    known[own] = over + (own or _PLAIN).clear_meta_and_links()
                segments.append(Segment(text, known[own]))
            return Strip(segments, line.cell_length)

        lines = self._screen._compositor.render_strips()
        return [shown(line).crop(0, width) for line in lines[:height]]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the whole width."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the height of the screen behind."""
        return self._screen.size.height
