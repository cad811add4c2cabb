"""What a remote program may leave switched on in the terminal, and the bytes that switch it off."""

from __future__ import annotations

_MODES_OFF = (
    b"\x1b[?9;1000;1001;1002;1003l"  # mouse reports
    b"\x1b[?1005;1006;1015;1016l"  # their encodings
    b"\x1b[?1004l\x1b[?2004l"  # focus reports, bracketed paste
    b"\x1b[?2026;2031;2048l"  # held-back frames, colour scheme and size reports
    b"\x1b[?1l\x1b>\x1b[?66l"  # application keys
    b"\x1b[4l\x1b[?5l\x1b[?6l\x1b[?69l"  # insert, reverse video, origin, side margins
    b"\x1b[?7h\x1b[?25h\x1b[0 q"  # wrapping on; the cursor seen and of the usual shape
    b"\x1b[>4;0m\x1b[=0u"  # xterm's modified keys, kitty's keyboard
)

BEFORE = b"\x1b[22;0t"
"""Keeps the window's title, to be put back by AFTER."""

AFTER = (
    # An unfinished sequence or string of the remote would swallow what follows.
    b"\x18\x1b\\"
    # The soft reset moves no cursor, the single modes are for terminals without it.
    b"\x1b[!p\x1b7" + _MODES_OFF + b"\x1b[r\x1b8"
    # Leaving the second screen puts the cursor where it was when that was entered; tmux does so although it is not
    # there now. Entered first, it is where it should be, and nothing happens where it was entered before.
    b"\x1b[?1049h\x1b[?1049l\x1b[?1047l\x1b[?47l\x1b[=0u\x1b[?25h"
    b"\x1b(B\x1b)B\x0f\x1b[0m"  # characters, not line drawing; plain
    b"\x1b]8;;\x1b\\\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"  # hyperlink, colours
    b"\x1b[23;0t"
)
"""Brings the terminal back to plain text on its first screen; the cursor stays where it is."""


def clean_screen(rows: int) -> bytes:
    """An empty screen with the cursor at home; what stood there goes up, to where one can scroll back to."""
    return b"\x1b[%d;1H" % rows + b"\n" * rows + b"\x1b[H\x1b[J"
