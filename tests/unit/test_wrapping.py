"""Where a line that does not fit is cut: at blanks, and within a word only where no line could hold it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gputui.ui.widgets.styles import Line
from gputui.ui.widgets.wrapping import wrapped

FINGERPRINT = "SHA256:" + "Ab3" * 14 + "x"


def cut(text: str, width: int) -> list[str]:
    return ["".join(part for part, _ in line) for line in wrapped(((text, ""),), width)]


def test_what_fits_a_line_is_never_torn() -> None:
    assert cut(f"That one's key: ssh-ed25519 {FINGERPRINT}", 70) == ["That one's key: ssh-ed25519", FINGERPRINT]


def test_a_word_that_just_fits_stays_on_its_line() -> None:
    assert cut("one two three", 7) == ["one two", "three"]
    assert cut("one two three", 6) == ["one", "two", "three"]


def test_a_word_that_no_line_holds_fills_the_lines() -> None:
    assert cut("a " + "x" * 12, 5) == ["a xxx", "xxxxx", "xxxx"]


@given(st.text("ab 안x", max_size=80), st.integers(2, 30))
def test_nothing_is_lost_and_every_line_fits(text: str, width: int) -> None:
    pieces = cut(text, width)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(piece.rstrip(" ")) <= width for piece in pieces)


def parts_cut(parts: list[str], width: int) -> list[str]:
    line: Line = tuple((part, "") for part in parts)
    return ["".join(part for part, _ in line) for line in wrapped(line, width)]


def test_folded_names_are_broken_behind_commas() -> None:
    names = "left out: gpu-[001-006,008-011,013-018,020-022,024-030] (locked)"
    assert cut(names, 30) == ["left out: gpu-[001-006,", "008-011,013-018,020-022,", "024-030] (locked)"]


def test_a_text_behind_a_wide_name_is_told_whole_in_a_narrow_window() -> None:
    name = f"  {'identity':<26} "
    assert parts_cut([name, "RUNNING"], 34) == ["  identity  RUNNING"]
    assert parts_cut([name, "samsung/nodes/4f1d-9da39718f-0123456789ab"], 39) == [
        "  identity",
        "    samsung/nodes/4f1d-9da39718f-012345",
        "    6789ab",
    ]


@given(st.lists(st.text("ab 안x", max_size=40), min_size=1, max_size=4), st.integers(8, 50))
def test_nothing_of_several_parts_is_lost_and_every_line_fits(parts: list[str], width: int) -> None:
    pieces = parts_cut(parts, width)
    assert "".join(pieces).replace(" ", "") == "".join(parts).replace(" ", "")
    assert all(cell_len(piece.rstrip(" ")) <= width for piece in pieces)
