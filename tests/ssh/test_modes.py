"""Following what a remote program switches in the terminal, and showing a terminal that comes back what it missed."""

from __future__ import annotations

import random

import pytest

from gputui.ssh.shells.modes import Modes
from gputui.ssh.shells.replay import MOST_MISSED, Replay

VIM = (
    b"\x1b[?1049h\x1b[22;0;0t\x1b[>4;2m\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[1;24r\x1b[?12h\x1b[?25h\x1b[2 q"
    b"\x1b[?1002h\x1b[?1006h\x1b]2;notes\x07\x1b[>1u\x1b[H\x1b[2Jhello"
)


def after(*pieces: bytes) -> Modes:
    modes = Modes()
    for piece in pieces:
        modes.feed(piece)
    return modes


def test_what_vim_has_switched_on_is_switched_on_again() -> None:
    again = after(VIM).again()
    for code in (b"[?1049h", b"[>4;2m", b"[?1h", b"[?2004h", b"[?1004h", b"[1;24r", b"[?12h", b"[2 q", b"[?1002h"):
        assert b"\x1b" + code in again
    assert again.index(b"\x1b[?1049h") < again.index(b"\x1b[>1u"), "each screen has its own keyboard"
    assert b"\x1b7\x1b[1;24r\x1b8" in again, "a scroll region moves the cursor"
    assert b"\x1b]2;notes\x07" in again
    assert after(VIM, again).again() != b""
    assert after(again).again() == again, "doing it leads to the same"


def test_what_was_switched_off_stays_off() -> None:
    end = b"\x1b[?1002l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?1049l"
    again = after(VIM, end).again()
    for code in (b"[?1049h", b"[?1002h", b"[?2004h", b"[?1004h", b"[>1u"):
        assert b"\x1b" + code not in again


def test_of_several_mouse_modes_the_last_one_counts_and_any_switches_all_off() -> None:
    again = after(b"\x1b[?1003h\x1b[?1000h\x1b[?1003h").again()
    assert again.index(b"?1000h") < again.index(b"?1003h")
    assert after(b"\x1b[?1003h\x1b[?1000h\x1b[?1002l").again() == b""


@pytest.mark.parametrize("reset", [b"\x1bc", b"\x1b[?1049l\x1b[r\x1b[!p"])
def test_resets_are_followed(reset: bytes) -> None:
    assert after(b"\x1b[?1049h\x1b[5;9r\x1b[?25l\x1b(0", reset).again() == b""


def test_keyboard_flags_are_a_bounded_stack() -> None:
    modes = after(*[b"\x1b[>%du" % n for n in range(1, 100)])
    assert modes.again().count(b"u") == 8
    modes.feed(b"\x1b[<7u")
    assert modes.again() == b"\x1b[>92u"
    modes.feed(b"\x1b[=1;2u")
    assert modes.again() == b"\x1b[>93u"
    modes.feed(b"\x1b[=5u\x1b[=1;3u")
    assert modes.again() == b"\x1b[>4u"
    modes.feed(b"\x1b[<9u")
    assert modes.again() == b""


@pytest.mark.parametrize("seed", range(8))
def test_how_the_output_is_cut_into_pieces_makes_no_difference(seed: int) -> None:
    rng = random.Random(seed)
    stream = b"one" + VIM + b"\x1b[?1049l\x1b]0;title\x1b\\two\x1b(0\x0e\x1b[?1049h\x1b[?25l three\x1b[?7l"
    cuts = sorted(rng.sample(range(1, len(stream)), 30))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, cut = Modes(), Modes()
    seen = b"".join(whole.feed(stream))
    assert b"".join(part for piece in pieces for part in cut.feed(piece)) == seen
    assert cut.again() == whole.again()
    assert seen == b"one\x1b]0;title\x1b\\two\x1b(0\x0e"


def test_nothing_grows_without_bound() -> None:
    modes = after(*[b"\x1b[?%dh" % n for n in range(5000)], b"\x1b]2;" + b"x" * 100_000, b"\x1b[" + b"1" * 100_000)
    assert len(modes.again()) < 2000
    assert len(modes.carried) < 1000


def test_a_shell_is_shown_its_last_lines_and_what_it_missed() -> None:
    replay = Replay()
    replay.show(b"".join(b"line %d\r\n" % n for n in range(100)) + b"$ make\r\n")
    replay.miss(b"done\r\n$ ")
    assert replay.unseen == 8
    shown = replay.take(rows=5)
    assert shown == b"line 97\r\nline 98\r\nline 99\r\n$ make\r\ndone\r\n$ "
    assert replay.unseen == 0
    assert replay.take(rows=5).endswith(b"$ make\r\ndone\r\n$ "), "seen by now, it is still where one was"


def test_a_full_screen_program_comes_back_to_the_second_screen_and_the_shell_stays_behind_it() -> None:
    replay = Replay()
    replay.show(b"$ vim\r\n" + VIM)
    replay.miss(b"\x1b[5;5Hmore")
    shown = replay.take(rows=24)
    assert shown.startswith(b"$ vim\r\n")
    assert shown.endswith(b"\x1b[5;5Hmore")
    assert b"hello" not in shown, "that was on the second screen: it is drawn anew"
    assert b"\x1b[?1049h\x1b[2J" in shown


def test_what_was_on_its_way_when_the_terminal_was_left_has_not_been_seen() -> None:
    replay = Replay()
    replay.show(b"$ cat\r\n" + b"0123456789\r\n" * 10_000)
    replay.unshow(b"0123456789\r\n" * 9_999)
    replay.miss(b"$ ")
    assert replay.unseen == 12 * 9_999 + 2
    assert replay.take(rows=24) == b"0123456789\r\n" * 9_999 + b"$ "


def test_a_sequence_cut_by_leaving_is_whole_again() -> None:
    replay = Replay()
    replay.show(b"$ \x1b[?20")
    replay.miss(b"04hx")
    assert replay.take(rows=24) == b"$ \x1b[?2004hx"


def test_the_oldest_is_lost_and_that_is_said() -> None:
    replay = Replay()
    replay.miss(b"\x1b[?2004h\x1b[?1h")
    for n in range(400_000):
        replay.miss(b"line %d\r\n" % n)
    unseen = replay.unseen
    shown = replay.take(rows=24)
    assert MOST_MISSED * 0.9 < len(shown) < MOST_MISSED * 1.3
    lost = unseen - MOST_MISSED
    assert b"kB of output before this are lost" in shown
    assert int(shown.split(b"kB")[0].split(b"m ")[1]) == pytest.approx(lost / 1000, rel=0.05)
    assert shown.startswith(b"\x1b[?2004h\x1b[?1h"), "what was switched on in what is lost"
    assert shown.split(b"\r\n")[1].startswith(b"line "), "it begins with a whole line"
    assert shown.endswith(b"line 399999\r\n")


@pytest.mark.parametrize(
    "question",
    [
        b"\x1b[6n", b"\x1b[?6n", b"\x1b[c", b"\x1b[>c", b"\x1b[>0q", b"\x1b[?2026$p", b"\x1b[?u", b"\x1b[14t",
        b"\x1bP+q544e\x1b\\", b"\x1b]11;?\x1b\\", b"\x1b]4;1;?\x07", b"\x05", b"\x1bZ",
    ],
)  # fmt: skip
def test_questions_are_not_asked_late(question: bytes) -> None:
    """Their answers would be typed at the shell that reads by then."""
    replay = Replay()
    replay.show(b"a" + question + b"b")
    replay.miss(b"c" + question + b"d")
    assert replay.take(rows=24) == b"abcd"


def test_what_comes_before_the_first_showing_is_shown_as_it_came() -> None:
    replay = Replay()
    replay.miss(b"\x1b[6n$ ")
    assert replay.begin() == b"\x1b[6n$ "
    assert replay.unseen == 0


def test_the_last_line_is_that_of_the_shell() -> None:
    replay = Replay()
    assert replay.last_line() == ""
    replay.show(b"$ ls\r\nfile\r\n\x1b[1m$\x1b[m vim file\r\n" + VIM)
    replay.miss(b"\x1b[5;5Hdrawn")
    assert replay.last_line() == "$ vim file"
    replay.miss(b"\x1b[?1049l")
    replay.take(rows=24)
    replay.miss(b"\r\n\x1b]2;x\x07$ \xe2\x80\xaemake")
    assert replay.last_line() == "$ \ufffdmake"


def test_last_words_are_plain_lines() -> None:
    replay = Replay()
    replay.show(b"\x1b[1;31m$\x1b[m make\r\n\x1b]2;title\x07" + VIM + b"\x1b[?1049l")
    replay.miss(b"10%\r100%\r\n\tTraceback\x07 \xe2\x80\xaeevil\xff\r\n\r\n")
    assert replay.last_words() == ["$ make", "100%", "    Traceback \ufffdevil\ufffd"]
