"""Whether the terminal erases in the colour of its pen ("bce"), so that blanks need not be sent one by one."""

from __future__ import annotations

from collections.abc import Mapping

from gputui.ui.terminal.multiplexer import Multiplexer, multiplexer

_ERASING = ("xterm", "linux", "tmux", "alacritty", "foot", "wezterm", "ghostty", "rxvt", "konsole", "vte", "putty")
"""How TERM begins where all terminals of that name do. Of any other the blanks are sent."""


def erases_in_colour(environ: Mapping[str, str]) -> bool:
    """Return whether it is known to: tmux does, by whatever TERM; GNU screen does not by itself, whatever it is in."""
    between = multiplexer(environ)
    return between is Multiplexer.TMUX or (between is Multiplexer.NONE and environ.get("TERM", "").startswith(_ERASING))
