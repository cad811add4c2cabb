"""What nobody pressed does nothing: answers of the terminal, pasted text, text that comes in one burst."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import pytest

from gputui.ui.terminal.type_ahead import BURST_GAP
from gputui.ui.widgets.timed_dialog import DEAD_SECONDS
from tests.e2e.conftest import Start
from tests.e2e.steps import go, leave, loaded, narrow
from tests.e2e.terminal import Terminal

ANSWERS = {
    "DA1": "\x1b[?62;4c",
    "OSC 11": "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "OSC 11 with BEL": "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    "XTVERSION": "\x1bP>|ghostty 1.1.3\x1b\\",
    "cursor position": "\x1b[12;40R",
    "kitty graphics": "\x1b_Gi=31;OK, s m ! X\x1b\\",
}
PASTE_WITHOUT_END = "\x1b[200~cut off"
BETWEEN_READS = 0.012
"""Long enough for a read of its own, too short for the silence that makes an escape a key."""


def every_cut_of_every_answer(console: Terminal) -> None:
    """Send each answer as often as it has bytes, each time cut at another of them."""
    for answer in ANSWERS.values():
        for cut in range(len(answer)):
            console.burst(answer[:cut])
            time.sleep(BETWEEN_READS)
            console.burst(answer[cut:])


def test_a_late_answer_does_nothing_wherever_it_comes(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        go(console, 1, "Nodes")
        every_cut_of_every_answer(console)
        console.press("/")
        console.wait_for("^ filter: words")
        assert console.lines[1].startswith(" Nodes")
        every_cut_of_every_answer(console)
        console.type("gpu-")
        every_cut_of_every_answer(console)
        console.type("node-006")
        console.wait_for("^ gpu-node-006 *(▌|$)")
        console.press("enter")
        console.wait_for("/gpu-node-006 ")
        console.press(":")
        console.wait_for("Search for commands")
        every_cut_of_every_answer(console)
        console.wait_for("Search for commands")
        console.press("escape")
        console.wait_gone("Search for commands")
        console.press("X")
        console.wait_for("Stop gpu-node-006")
        every_cut_of_every_answer(console)
        console.wait_for("Stop gpu-node-006")
        console.press("escape")
        console.wait_gone("Stop gpu-node-006")
        go(console, 4, "Inferences")
        console.press("N")
        console.wait_for("▌ Name")
        every_cut_of_every_answer(console)
        console.type("one")
        console.wait_for("▌ Name +one *$")
        console.press("escape")
        console.wait_gone("▌ Name")
        assert not re.search(rb"does nothing here|is not here", console.output), (
            "no part of an answer was taken for a key"
        )
        assert leave(console) == 0


@pytest.mark.parametrize(
    "answers", [("DA1", "OSC 11", "XTVERSION"), ("OSC 11 with BEL", "cursor position", "kitty graphics")], ids=str
)
def test_a_late_answer_does_nothing_at_the_start(start: Start, answers: tuple[str, ...]) -> None:
    with start("demo", cold=True) as console:
        for _ in range(20):
            for answer in answers:
                console.burst(ANSWERS[answer])
                time.sleep(BETWEEN_READS)
        loaded(console)
        console.press("?")
        console.wait_for("gputui help")
        console.press("escape")
        assert leave(console) == 0


def test_a_late_answer_does_nothing_after_a_session(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        go(console, 2, "Nodes · Runs")
        narrow(console, "running")
        console.press("s")
        console.wait_for(r"^root@[^ ]+:~#\s*\Z")
        console.type("exit\r")
        console.wait_for("exit status 0")
        every_cut_of_every_answer(console)
        console.press("?")
        console.wait_for("gputui help")
        console.press("escape")
        assert leave(console) == 0


def test_a_paste_whose_end_is_lost_is_over_soon_and_nothing_of_it_is_taken(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        for where in ("the list", "the filter"):
            if where == "the filter":
                console.press("/")
                console.wait_for("^ filter: words")
            console.wait_gone("a paste was cut off")
            console.burst(PASTE_WITHOUT_END)
            console.wait_for("a paste was cut off")
            if where == "the filter":
                console.type("gpu")
                console.wait_for("^ gpu *(▌|$)")
                console.press("escape")
            else:
                console.press("?")
                console.wait_for("gputui help")
                console.press("escape")
                console.wait_gone("gputui help")
        assert leave(console) == 0


def test_ctrl_c_gets_through_an_open_paste(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        console.burst(PASTE_WITHOUT_END + "\x03")
        console.wait_for(r"ctrl\+c again")
        console.burst(PASTE_WITHOUT_END + "\x1b[99;5u")
        assert console.wait_exit() == 0
        assert console.left_behind == []


def test_a_huge_paste_is_not_taken_and_holds_nobody_up(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        console.press("/")
        console.wait_for("^ filter: words")
        console.burst("\x1b[200~" + "s" * 300_000 + "\x1b[201~")
        console.wait_for("a paste of more than 64 kB")
        console.type("gpu")
        console.wait_for("^ gpu *(▌|$)")


TRIES = 10
TEXTS = [
    "ls",
    "ls -la; top",
    "sudo reboot\r",
    "m\r",
    "!uptime\r",
    "1\t2\t",
    "Xy",
    "d y",
    "foo: q\r",
    ":ssh gpu-node-001\r",
]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one piece", "letter by letter"])
def test_text_pasted_into_a_terminal_that_does_not_say_so_does_nothing(start: Start, at_once: bool) -> None:
    left = list(TEXTS)
    for _ in range(TRIES):
        with start("demo") as console:
            loaded(console)
            go(console, 1, "Nodes")
            while left and pasted(console, [left[0]] if at_once else left[0]):
                has_done_nothing(console, left.pop(0))
            if not left:
                assert leave(console) == 0
                return
    raise AssertionError("nothing can be pasted fast enough on this machine")


def pasted(console: Terminal, pieces: Iterable[str]) -> bool:
    """Whether the pieces have followed one another as fast as pasted ones do; else they may have been keys."""
    before = time.monotonic()
    for piece in pieces:
        console.burst(piece)
    return time.monotonic() - before < BURST_GAP


def has_done_nothing(console: Terminal, text: str) -> None:
    """The console says what it has not taken, and is where it was."""
    console.wait_for("many keys at once")
    console.press("escape", "escape", "escape")
    console.wait_gone("many keys at once")
    console.press("?")
    console.wait_for("gputui help")
    console.press("escape")
    console.wait_gone("gputui help")
    assert console.lines[1].startswith(" Nodes"), text
    for unwanted in (b"connecting to", b"Stop gpu", b"Details of", b"Run on"):
        assert unwanted not in console.output, text
    assert console.runs, text


def test_text_in_one_burst_answers_no_question_however_long_it_has_been_there(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        go(console, 1, "Nodes")
        narrow(console, "gpu-node-006")
        console.press("X")
        console.wait_for("y  stop")
        time.sleep(DEAD_SECONDS + 0.3)
        console.burst("ly")
        console.wait_for("many keys at once")
        console.wait_for("y  stop")
        console.press("escape")
        console.wait_gone("y  stop")
        console.press("ctrl+u")
        console.wait_gone("many keys at once")
        go(console, 4, "Inferences")
        console.press("ctrl+d")
        name = console.wait_for(r"Type  \S+").split()[1]
        time.sleep(DEAD_SECONDS + 0.3)
        console.burst(f"{name}\r")
        console.wait_for("many keys at once")
        console.wait_for("press Enter to")
        console.press("escape")
        console.wait_gone("press Enter to")
        assert leave(console) == 0


@pytest.mark.parametrize("menu", [("a", "What can be done"), ("c", "Copy")], ids=["actions", "copy"])
def test_text_in_one_burst_chooses_nothing_in_a_menu(start: Start, menu: tuple[str, str]) -> None:
    with start("demo") as console:
        loaded(console)
        go(console, 1, "Nodes")
        narrow(console, "gpu-node-006")
        key, shown = menu
        console.press(key)
        console.wait_for(shown)
        time.sleep(DEAD_SECONDS + 0.3)
        console.burst("ls -l 2>1; sudo X\r")
        console.wait_for("many keys at once")
        console.wait_for(shown)
        for unwanted in (b"connecting to", b"Stop gpu", b"copied"):
            assert unwanted not in console.output
        console.press("escape")
        assert leave(console) == 0


def test_alt_and_a_letter_is_not_the_letter(start: Start) -> None:
    """Neither for a verb, which is found by what its key writes, nor in what is typed."""
    with start("demo") as console:
        loaded(console)
        go(console, 1, "Nodes")
        narrow(console, "gpu-node-006")
        alt(console, "X")
        console.press("a")
        console.wait_for("What can be done")
        alt(console, "X")
        console.press("escape")
        console.wait_gone("What can be done")
        console.press("/")
        console.wait_for("^ gpu-node-006")
        alt(console, "z")
        console.type("y")
        console.wait_for("^ gpu-node-006y")
        assert b"Stop gpu" not in console.output
        console.press("escape")
        assert leave(console) == 0


def alt(console: Terminal, key: str) -> None:
    """Alt and a key, with the silence behind it that tells it from the beginning of a terminal's answer."""
    console.burst(f"\x1b{key}")
    time.sleep(0.2)


def test_keys_pressed_one_by_one_in_haste_are_taken(start: Start) -> None:
    """As fast as anybody types, and a key that is held down."""
    with start("demo") as console:
        loaded(console)
        for key in "12d":
            console.press(key)
            time.sleep(0.03)
        console.wait_for("^ ?Details of")
        console.press("escape")
        console.wait_gone("Details of")
        for _ in range(30):
            console.press("tab")
            time.sleep(0.005)
        assert b"many keys at once" not in console.output
        assert leave(console) == 0
