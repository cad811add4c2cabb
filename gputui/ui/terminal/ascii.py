"""Terminals and fonts that have ASCII only: our glyphs, borders and scroll bars, each as one plain character."""

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
    ": ": "🔎",  # two cells wide, as its stand-in is
}
ASCII = str.maketrans({glyph: plain for plain, glyphs in _PLAIN.items() for glyph in glyphs})
"""Cell for cell, so that nothing moves; text from outside in other scripts stays what it is."""


class AsciiDriver(ConsoleDriver):
    """The driver for `--ascii`: whatever a widget draws with is translated on its way out, Textual's own parts too."""

    def write(self, data: str) -> None:
        """Queue `data`, translated."""
        super().write(data if data.isascii() else data.translate(ASCII))
