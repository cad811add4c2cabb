"""Terminals and fonts with ASCII only: every glyph, border and scroll bar is replaced by one plain character."""

from __future__ import annotations

from gputui.ui.terminal.driver import ConsoleDriver

_PLAIN = {
    "-": "–—─━╌┄·•░",
    "|": "│┃▌▐▊▋▍▎▏▕║┆",
    "+": "╭╮╰╯┌┐└┘┏┓┗┛├┤┬┴┼╔╗╚╝",
    "_": "▁▂▃",
    "#": "▄▅▆▇█▀▔",
    "~": "…◌",
    ">": "›→▶❯▸",
    "<": "‹←◀",
    "^": "↑",
    "v": "↓▾",
    "*": "●⭘",
    "o": "○",
    "x": "×✓",
    "X": "✖",
    "!": "▲",
    " ": "°",
    "=": "⇄",
    ": ": "🔎",  # two cells wide, like its replacement
}
ASCII = str.maketrans({glyph: plain for plain, glyphs in _PLAIN.items() for glyph in glyphs})
"""Cell for cell, so that nothing moves; text in other scripts from outside is not changed."""


class AsciiDriver(ConsoleDriver):
    """The driver for `--ascii`: everything a widget draws is translated on output, including Textual's own parts."""

    def write(self, data: str) -> None:
        """Queue `data`, translated."""
        super().write(data if data.isascii() else data.translate(ASCII))
