"""A drawn line in a window: whole, or cut with an ellipsis, and never wider."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from gputui.ui.widgets.strips import fitted

BOLD = Style(bold=True)


@pytest.mark.parametrize(
    ("texts", "width", "shown"),
    [
        (["abc"], 5, "abc  "),
        (["abc"], 3, "abc"),
        (["abc", "def"], 5, "abcd…"),
        (["abc", "  "], 3, "abc"),
        (["안녕"], 3, "안…"),
        (["안녕"], 2, " …"),
        (["abc"], 1, "…"),
        (["abc"], 0, ""),
        ([], 2, "  "),
    ],
)
def test_fitted(texts: list[str], width: int, shown: str) -> None:
    assert fitted([Segment(text) for text in texts], width, Style()).text == shown


def test_the_ellipsis_is_in_the_style_of_what_it_ends() -> None:
    segments = list(fitted([Segment("abc", BOLD), Segment("def", Style())], 3, Style()))
    assert segments[-1].text == "…" and segments[-1].style == BOLD


@given(st.lists(st.text("a안 ", max_size=9), max_size=4), st.integers(0, 20))
def test_it_is_as_wide_as_the_window_and_says_what_it_leaves_out(texts: list[str], width: int) -> None:
    strip = fitted([Segment(text) for text in texts], width, Style())
    assert strip.cell_length == width
    whole = strip.text.rstrip(" ") == "".join(texts).rstrip(" ")
    assert whole or "…" in strip.text or not width
