"""The terminal multiplexer that the console runs in, and what it needs to pass on a copied text."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from enum import Enum

_SCREEN_CHUNK = 252
"""Bytes of a sequence that every version of GNU screen passes on at once."""


class Multiplexer(Enum):
    """What stands between the console and the terminal; the value tells what may prevent copying."""

    NONE = ""
    TMUX = "tmux takes it with `set -g set-clipboard on` only"
    SCREEN = "screen hands it on: the terminal must take it (OSC 52)"
    EITHER = "tmux takes it with `set -g set-clipboard on` only; in screen it may be lost"


def multiplexer(environ: Mapping[str, str]) -> Multiplexer:
    """Return which one it is by its own variable: TERM=screen is usual in tmux, too.

    A login from inside of one brings TERM alone, and one inside the other has both variables: TERM=tmux decides.
    """
    term, tmux, screen = environ.get("TERM", ""), bool(environ.get("TMUX")), bool(environ.get("STY"))
    if term.startswith("tmux") or (tmux and not screen):
        return Multiplexer.TMUX
    if screen and not tmux:
        return Multiplexer.SCREEN
    return Multiplexer.EITHER if screen or term.startswith("screen") else Multiplexer.NONE


def clipboard_sequence(text: str, around: Multiplexer) -> str:
    """Return what makes the terminal copy `text` (OSC 52), for GNU screen wrapped in pieces that it passes on."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    sequence = f"\x1b]52;c;{encoded}\a"
    return "".join(_wrapped(sequence)) if around is Multiplexer.SCREEN else sequence


def _wrapped(sequence: str) -> Iterator[str]:
    pieces = (sequence[at : at + _SCREEN_CHUNK] for at in range(0, len(sequence), _SCREEN_CHUNK))
    return (f"\x1bP{piece}\x1b\\" for piece in pieces)
