"""What of the console stays the same from one start to the next: its title, the heads of the list, the keys."""

from __future__ import annotations

from rich.console import Console
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from gputui.ui.shell.console import ConsoleScreen
from gputui.ui.terminal.ascii import ASCII

_TITLE = 8
"""Cells of the first line that hold the title; what follows in it are counts, which the next start may not have."""


def outline(screen: ConsoleScreen) -> tuple[str, str, str]:
    """The codes of the list's ground, the title, and the other lines with their places, as text for the terminal."""
    page = screen.page
    if page is None:
        return "", "", ""
    console = screen.app.console
    title = _line(screen.around.tabs, 0).crop(0, _TITLE)
    ground = _ground(_line(page, page.size.height - 1))
    rest = "".join(_placed(widget, console) for widget in (page, screen.around.keys))
    texts = (f"\x1b[H{title.render(console)}", rest)
    first, rest = (text.translate(ASCII) for text in texts) if screen.render_options.ascii_only else texts
    return ground, first, rest


def _placed(widget: Widget, console: Console) -> str:
    """The first line of a widget, where it stands."""
    return f"\x1b[{widget.region.y + 1};{widget.region.x + 1}H{_line(widget, 0).render(console)}"


def _line(widget: Widget, y: int) -> Strip:
    return widget.render_lines(Region(0, y, widget.size.width, 1))[0]


def _ground(line: Strip) -> str:
    """What a terminal is told for the colour that a line ends with; empty for its own."""
    style = next((style for _, style, _ in reversed(list(line)) if style is not None), None)
    return "" if style is None or style.bgcolor is None else ";".join(style.bgcolor.get_ansi_codes(foreground=False))
