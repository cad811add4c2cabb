"""How many colours a terminal has, by what it says of itself."""

from __future__ import annotations

import pytest

from gputui.commands.colour_depth import Terminfo, colour_depth, terminfo
from gputui.config.colours import Depth

DESCRIBED = {
    "linux": Terminfo(8),
    "xterm": Terminfo(8),
    "xterm-256color": Terminfo(256),
    "screen": Terminfo(8),
    "tmux-256color": Terminfo(256),
    "vt100": Terminfo(-1),
    "xterm-direct": Terminfo(1 << 24, True),
    "mine": Terminfo(256, True),
}
TOLD = {"COLORTERM": "truecolor"}
TMUX = {"TMUX": "/tmp/tmux-1000/default,1,0"}
NONE, SIXTEEN, INDEXED, DIRECT = Depth


@pytest.mark.parametrize(
    ("term", "more", "depth"),
    [
        ("xterm-256color", {}, INDEXED),
        ("xterm-256color", TOLD, DIRECT),
        ("xterm-256color", {"COLORTERM": "24bit"}, DIRECT),
        ("xterm-256color", {"COLORTERM": "yes"}, INDEXED),
        ("xterm", {}, SIXTEEN),
        ("xterm-kitty", {}, DIRECT),
        ("alacritty", {}, DIRECT),
        ("xterm-direct", {}, DIRECT),
        ("mine", {}, DIRECT),
        ("nobody-knows", {}, SIXTEEN),
        ("nobody-knows-256color", {}, INDEXED),
        ("linux", {}, SIXTEEN),
        ("linux", TOLD, SIXTEEN),
        ("linux-16color", {}, SIXTEEN),
        ("screen.linux", TOLD, SIXTEEN),
        ("screen.xterm-256color", TOLD, INDEXED),
        ("vt100", {}, NONE),
        ("screen", {}, SIXTEEN),
        ("screen", TOLD, INDEXED),
        ("screen-256color", TOLD, INDEXED),
        ("screen", TMUX, INDEXED),
        ("screen", {**TMUX, **TOLD}, DIRECT),
        ("tmux-256color", TMUX, INDEXED),
        ("tmux-256color", {**TMUX, **TOLD}, DIRECT),
        ("xterm-256color", {"STY": "1.pts", **TOLD}, INDEXED),
        ("xterm-256color", {"NO_COLOR": "1", **TOLD}, NONE),
        ("xterm-256color", {"NO_COLOR": ""}, INDEXED),
    ],
)
def test_every_kind_of_terminal_has_its_depth(term: str, more: dict[str, str], depth: Depth) -> None:
    assert colour_depth({"TERM": term, **more}, described=DESCRIBED.get) is depth


def test_no_color_may_be_asked_for() -> None:
    assert colour_depth({"TERM": "xterm-256color", **TOLD}, no_color=True, described=DESCRIBED.get) is NONE


def test_a_terminal_that_nobody_described_is_not_an_error() -> None:
    assert terminfo("no-such-terminal-anywhere") is None
