"""Blanks are erased only on terminals that are known to do it in the colour of their pen."""

from __future__ import annotations

import pytest

from gputui.ui.terminal.erasing import erases_in_colour


@pytest.mark.parametrize("term", ["xterm-256color", "xterm-kitty", "linux", "tmux-256color", "alacritty", "foot"])
def test_terminals_that_do(term: str) -> None:
    assert erases_in_colour({"TERM": term})
    assert not erases_in_colour({"TERM": term, "STY": "1.pts-0.host"}), "GNU screen is between"


@pytest.mark.parametrize("term", ["screen", "screen-256color", "vt220", "unheard-of", ""])
def test_terminals_of_which_nobody_knows(term: str) -> None:
    assert not erases_in_colour({"TERM": term})
