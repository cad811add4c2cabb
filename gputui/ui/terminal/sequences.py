"""Sequences that set the terminal's modes and take them back."""

from __future__ import annotations

ALTERNATE_SCREEN = "\x1b[?1049h"
SHOW_WHAT_IS_HELD_BACK = "\x1b[?2026l\x1b[m"
"""And the look of the last cell drawn is no longer that of what others write."""
MODES_AGAIN = "\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b[?7l"
"""Alternate screen, hidden cursor, focus and paste reports, no wrapping, as set by Textual; safe to repeat."""
MODES_BACK = (
    b"\x1b[?2026l\x1b[m\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000;1003;1015;1006;1016l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Resets all of it."""
KITTY_AGAIN = "\x1b[=25;1u"
"""Textual's flags, set rather than pushed: they are popped from the stack only once."""
CUT_SHORT = "\x18\x1b\\"
"""Ends a sequence or string whose rest was dropped."""


def is_kitty_request(data: str) -> bool:
    """Whether it changes the flags of the kitty keyboard protocol."""
    return data == "\x1b[<u" or (data.startswith("\x1b[>") and data.endswith("u"))
