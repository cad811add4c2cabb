"""The values of curves as a table, for where charts have no room."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from gputui.ui.widgets.bars import cut
from gputui.ui.widgets.styles import Line


def table_lines(rows: Sequence[tuple[str, str, str]], width: int) -> list[Line]:
    """Return a line for each row: name, value, and the least and the most if there is room."""
    figure = min(width // 2, max((cell_len(value) for _, value, _ in rows), default=0))
    ends = max((cell_len(text) for _, _, text in rows), default=0)
    longest = max((cell_len(name) for name, _, _ in rows), default=0)
    if width - figure - ends - 5 < longest:
        ends = 0  # a name cut short could be another's
    name_width = max(1, min(longest, width - figure - (ends + 2 if ends else 0) - 3))
    return [
        (
            (f" {_padded(name, name_width)} ", ""),
            (f"{_left(value, figure)}", "strong"),
            (f"  {least_most}" if ends else "", "dim"),
        )
        for name, value, least_most in rows
    ]


def _padded(text: str, width: int) -> str:
    shown = cut(text, width)
    return shown + " " * (width - cell_len(shown))


def _left(text: str, width: int) -> str:
    shown = cut(text, width)
    return " " * (width - cell_len(shown)) + shown
