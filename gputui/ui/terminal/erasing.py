"""Whether the terminal erases in the colour of its pen ("bce"), so that blanks need not be sent one by one."""

from __future__ import annotations

from collections.abc import Mapping

_ERASING = ("xterm", "linux", "tmux", "alacritty", "foot", "wezterm", "ghostty", "rxvt", "konsole", "vte", "putty")
"""How TERM begins where all terminals of that name do. Of any other the blanks are sent."""


def erases_in_colour(environ: Mapping[str, str]) -> bool:
    """Return whether it is known to: GNU screen does not by itself, whatever it is in, and TERM=screen may be it."""
    return environ.get("TERM", "").startswith(_ERASING) and not environ.get("STY")
