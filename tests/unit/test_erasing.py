"""Blanks are erased only on terminals that are known to do it in the colour of their pen."""

from __future__ import annotations

import pytest

from gputui.ui.terminal.erasing import erases_in_colour


@pytest.mark.parametrize("term", ["xterm-256color", "xterm-kitty", "linux", "tmux-256color", "alacritty", "foot"])
def test_terminals_that_do(term: str) -> None:
    assert erases_in_colour({"TERM": term})
    assert erases_in_colour({"TERM": term, "STY": "1.pts-0.host"}) is term.startswith("tmux"), "GNU screen is between"


def test_tmux_does_whatever_it_calls_itself() -> None:
    assert erases_in_colour({"TERM": "screen-256color", "TMUX": "/tmp/tmux-1000/default,1,0"})
    assert not erases_in_colour({"TERM": "screen-256color", "TMUX": "/tmp/t,1,0", "STY": "1.pts"}), "which is inside?"


@pytest.mark.parametrize("term", ["screen", "screen-256color", "vt220", "unheard-of", ""])
def test_terminals_of_which_nobody_knows(term: str) -> None:
    assert not erases_in_colour({"TERM": term})
