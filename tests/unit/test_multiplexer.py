"""Which multiplexer the console is in, and that a copied text comes through GNU screen whole."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.ui.terminal.multiplexer import Multiplexer, clipboard_sequence, multiplexer

TMUX, STY = {"TMUX": "/tmp/tmux-0/default,1,0"}, {"STY": "1234.pts-0.host"}


@pytest.mark.parametrize(
    ("term", "more", "found"),
    [
        ("xterm-256color", {}, Multiplexer.NONE),
        ("screen", TMUX, Multiplexer.TMUX),  # the default-terminal of tmux before 3.2, and what many configure
        ("screen-256color", TMUX, Multiplexer.TMUX),
        ("xterm-256color", TMUX, Multiplexer.TMUX),
        ("tmux-256color", {}, Multiplexer.TMUX),  # logged in from inside of it
        ("screen", STY, Multiplexer.SCREEN),
        ("xterm", STY, Multiplexer.SCREEN),
        ("screen.xterm-256color", {}, Multiplexer.EITHER),
        ("screen", TMUX | STY, Multiplexer.EITHER),
        ("tmux-256color", TMUX | STY, Multiplexer.TMUX),
        ("xterm", {"TMUX": "", "STY": ""}, Multiplexer.NONE),
    ],
)
def test_its_own_variable_counts_more_than_term(term: str, more: dict[str, str], found: Multiplexer) -> None:
    assert multiplexer({"TERM": term, **more}) is found


@given(st.text(max_size=2000))
def test_screen_passes_every_piece_on_and_the_terminal_gets_the_text(text: str) -> None:
    data = clipboard_sequence(text, Multiplexer.SCREEN)
    pieces = re.findall(r"\x1bP([^\x1b]*|\x1b\][^\x1b]*)\x1b\\", data)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == data
    assert all(len(piece) <= 252 for piece in pieces)
    assert "".join(pieces) == clipboard_sequence(text, Multiplexer.NONE)
    encoded = "".join(pieces).removeprefix("\x1b]52;c;").removesuffix("\a")
    assert base64.b64decode(encoded) == text.encode("utf-8", "replace")
