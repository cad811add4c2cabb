"""Outside text is safe to show, and nothing in it disappears."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.text import clean, clean_tree, lines_of

HOSTILE = (
    "x\x1b]52;c;ZXZpbA==\x07",
    "\x1b[2J\x1b[H",
    "\x9b2J",
    "\x9d52;c;x\x9c",
    "a\x00b\x08\x7f",
    "pay‮gnp.exe",
    "zero​width⁠",
    "tag\U000e0041",
    "﻿bom",
    "line para graph",
    "\ud800",
    "ᄔㅤ⠀",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_terminal_would_obey_becomes_marks(text: str) -> None:
    shown = clean(text)
    assert "\x1b" not in shown
    assert len(shown) == len(text), "every bad character leaves a mark"
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in shown)


@given(st.text(st.characters()))
def test_clean_text_holds_no_hidden_character(text: str) -> None:
    shown = clean(text)
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not {char for char in shown if unicodedata.category(char) in hidden}
    assert clean(shown) == shown
    assert len(shown) == len(text)


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S"))))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", ["한글이름", "gpu-노드", "É", "node[a-b]", "[/foo]", "日本", "👍"])
def test_names_people_use_are_left_alone(text: str) -> None:
    assert clean(text) == text


def test_marks_cannot_climb_over_other_lines() -> None:
    assert sum(unicodedata.combining(char) > 0 for char in clean("Z" + "́" * 50)) == 2


def test_a_whole_tree_is_cleaned_keys_too() -> None:
    assert clean_tree({"a\x1b": ["b\x07", {"c": 1}]}) == {"a␛": ["b␇", {"c": 1}]}


def test_lines_keep_their_breaks() -> None:
    assert lines_of("one\r\ntwo\tx\x1b") == ["one", "two    x␛"]


def test_shortcuts_of_cleaning_change_nothing() -> None:
    """What is cleaned in one piece, or passes as a whole, is what it is one by one beside a mark."""
    for code in range(0x10000):
        char = chr(code)
        slow = clean(char + "e\N{COMBINING ACUTE ACCENT}")[:-2]
        assert unicodedata.category(char) in ("Mn", "Me", "Mc") or clean(char) == slow, hex(code)
