"""Terminal modes that a remote program may leave set, and the bytes that reset them."""

from __future__ import annotations

_MODES_OFF = (
    b"\x1b[?9;1000;1001;1002;1003l"  # mouse reports
    b"\x1b[?1005;1006;1015;1016l"  # their encodings
    b"\x1b[?1004l\x1b[?2004l"  # focus reports, bracketed paste
    b"\x1b[?2026;2031;2048l"  # synchronized output, colour scheme and size reports
    b"\x1b[?1l\x1b>\x1b[?66l"  # application keys
    b"\x1b[4l\x1b[?5l\x1b[?6l\x1b[?69l"  # insert, reverse video, origin, side margins
    b"\x1b[?7h\x1b[?25h\x1b[0 q"  # wrapping on; the cursor visible with its default shape
    b"\x1b[>4;0m\x1b[=0u"  # xterm's modified keys, kitty's keyboard
)

BEFORE = b"\x1b[22;0t"
"""Saves the window's title; AFTER restores it."""

AFTER = (
    # First, as an unfinished sequence or string of the remote would swallow what follows.
    b"\x18\x1b\\"
    # The soft reset does not move the cursor; the single modes are for terminals without it.
    b"\x1b[!p\x1b7" + _MODES_OFF + b"\x1b[r\x1b8"
    # Leaving the alternate screen restores the cursor from when it was entered; tmux does so even if it is not shown.
    # Entering it first saves the current position, and does nothing if it is already shown.
    b"\x1b[?1049h\x1b[?1049l\x1b[?1047l\x1b[?47l\x1b[=0u\x1b[?25h"
    b"\x1b(B\x1b)B\x0f\x1b[0m"  # characters, not line drawing; plain
    b"\x1b]8;;\x1b\\\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"  # hyperlink, colours
    b"\x1b[23;0t"
)
"""Resets the terminal to plain text on its main screen; the cursor does not move."""


def clean_screen(rows: int) -> bytes:
    """Return the bytes for an empty screen with the cursor at home; the old content moves into the scrollback."""
    return b"\x1b[%d;1H" % rows + b"\n" * rows + b"\x1b[H\x1b[J"
