"""How the console draws, and for which terminal."""

from __future__ import annotations

from dataclasses import dataclass

from gputui.config.colours import Depth
from gputui.ui.terminal.multiplexer import Multiplexer


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How the console draws: set by options, never read from the environment here."""

    ascii_only: bool = False
    flash: bool = True
    multiplexer: Multiplexer = Multiplexer.NONE
    depth: Depth = Depth.DIRECT
    erases: bool = False
    """Whether the terminal erases in the colour of its pen."""
    full_frames: bool = False
    """Whether everything is drawn as Textual does, not only what differs."""
