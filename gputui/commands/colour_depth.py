"""How many colours the terminal has, by what it and the programs between it and us say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gputui.config.colours import Depth
from gputui.ui.terminal.multiplexer import Multiplexer, multiplexer

_DIRECT = frozenset(("alacritty", "contour", "foot", "ghostty", "kitty", "rio", "wezterm"))
"""Terminals that have all colours, and whose names come over SSH where COLORTERM does not."""


@dataclass(frozen=True, slots=True)
class Terminfo:
    """What the terminal's description says: the number of its colours, and whether it takes any colour (Tc, RGB)."""

    colours: int = -1
    direct: bool = False


def terminfo(term: str) -> Terminfo | None:
    """Read the description of a terminal; None if there is none here."""
    try:
        import curses

        curses.setupterm(term, 1)
    except (ImportError, curses.error):
        return None
    colours = curses.tigetnum("colors")
    return Terminfo(colours, colours > 256 or any(curses.tigetflag(name) > 0 for name in ("Tc", "RGB")))


def linux_console(term: str) -> bool:
    """Whether it is the Linux console, or GNU screen on it, which says so in the name: `screen.linux`."""
    return term.split(".")[-1].split("-")[0] == "linux"


def colour_depth(
    environ: Mapping[str, str],
    *,
    no_color: bool = False,
    described: Callable[[str], Terminfo | None] = terminfo,
) -> Depth:
    """Return the depth of the terminal named in the environment.

    The Linux console is taken for what it has, 16, whatever it is told: it takes others, and shows what is near. GNU
    screen does not take all colours, though COLORTERM tells of the terminal around it; tmux takes every colour under
    any TERM and shows what its own terminal can.
    """
    term = environ.get("TERM", "")
    if no_color or environ.get("NO_COLOR"):
        return Depth.NONE
    if linux_console(term):
        return Depth.SIXTEEN
    around = multiplexer(environ)
    screen = around in (Multiplexer.SCREEN, Multiplexer.EITHER)
    found = described(term)
    told = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    known = term.removeprefix("xterm-").split("-")[0] in _DIRECT
    if known or (found is not None and found.direct) or (told and not screen):
        return Depth.DIRECT
    if told or around is Multiplexer.TMUX or "256color" in term or (found is not None and found.colours >= 256):
        return Depth.INDEXED
    return Depth.NONE if found is not None and found.colours < 8 else Depth.SIXTEEN
