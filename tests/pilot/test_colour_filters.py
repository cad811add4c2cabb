"""What a terminal of each depth is sent: its own colours only, and text that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from gputui.config.colours import BOLD, TEXT, Depth, contrast, contrast_of_sixteen, indexed, rgb
from gputui.config.palettes import GROUNDS, TOKENS, ThemeFile, palette
from gputui.config.themes import load_all
from gputui.ui.terminal.colour_depth import IndexedColours, Muted, NoColours, SixteenColours

FOUND = load_all(Path("nowhere")).found
TEXTS = [name for name in TOKENS if name not in GROUNDS]
HEX = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
STYLES = st.builds(
    lambda front, behind, bold, reverse: Style(color=front, bgcolor=behind, bold=bold, reverse=reverse),
    st.none() | HEX,
    st.none() | HEX,
    st.booleans(),
    st.booleans(),
)


def drawn(style: Style) -> float:
    """The contrast of a style that 16 or 256 colours have been found for."""
    assert style.color is not None and style.bgcolor is not None
    text, ground = style.color.number, style.bgcolor.number
    assert text is not None and ground is not None
    if style.color.type is ColorType.STANDARD:
        return contrast_of_sixteen(text, ground)
    colours = {number: colour for colour, number in indexed().items()}
    return contrast(colours[text], colours[ground])


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("depth", [Depth.DIRECT, Depth.INDEXED, Depth.SIXTEEN])
def test_every_text_can_be_read_on_every_ground(name: str, depth: Depth) -> None:
    """Whatever is drawn is one of the theme's texts on one of its grounds, or reversed (see tests/snapshot)."""
    found = palette(FOUND[name], depth)
    for ground in GROUNDS:
        for text in TEXTS:
            where = (text, ground)
            if depth is Depth.DIRECT:
                assert contrast(rgb(found[text]), rgb(found[ground])) >= TEXT, where
                continue
            few = SixteenColours() if depth is Depth.SIXTEEN else IndexedColours()
            style = Style(color=found[text], bgcolor=found[ground])
            assert drawn(few.styled(style)) >= TEXT, where
            assert drawn(few.styled(style + Style(reverse=True))) >= TEXT, where
            if depth is Depth.INDEXED:
                kept = few.styled(style).color
                assert kept is not None and kept.number == indexed()[rgb(found[text])], f"{where}: another one was put"


@pytest.mark.parametrize("name", FOUND)
def test_a_chosen_line_is_seen_with_16_colours(name: str) -> None:
    found = palette(FOUND[name], Depth.SIXTEEN)
    few = SixteenColours()
    line = few.styled(Style(color=found["foreground"], bgcolor=found["cursor"]))
    other = few.styled(Style(color=found["foreground"], bgcolor=found["surface"]))
    assert line.bgcolor is not None and other.bgcolor is not None
    assert line.bgcolor.number is not None and other.bgcolor.number is not None
    assert contrast_of_sixteen(line.bgcolor.number, other.bgcolor.number) >= BOLD


@given(STYLES)
def test_whatever_is_drawn_only_the_colours_there_are_are_sent(style: Style) -> None:
    for few, kind in ((IndexedColours(), ColorType.EIGHT_BIT), (SixteenColours(), ColorType.STANDARD)):
        found = few.styled(style)
        assert all(colour is None or colour.type is kind for colour in (found.color, found.bgcolor))
        assert not found.reverse
        if found.bgcolor is not None and kind is ColorType.STANDARD:
            assert found.bgcolor.number is not None and found.bgcolor.number < 8
        if found.color is not None and found.bgcolor is not None:
            assert drawn(found) >= (BOLD if style.bold else TEXT)
    found = NoColours(["#000000"]).styled(style)
    assert found.color is found.bgcolor is None


def test_on_the_linux_console_bold_changes_no_colour() -> None:
    few = SixteenColours()
    assert not few.styled(Style(color="#000000", bgcolor="#00aaaa", bold=True)).bold
    assert not few.styled(Style(color="#00aa00", bgcolor="#000000", bold=True)).bold
    assert few.styled(Style(color="#ff5555", bgcolor="#000000", bold=True)).bold
    assert few.styled(Style(color="#aaaaaa", bgcolor="#000000", bold=True)).bold


def test_without_colours_the_chosen_line_is_reversed_and_a_click_still_knows_what_it_is_on() -> None:
    none = NoColours(["#111111"])
    assert none.styled(Style(color="#ffffff", bgcolor="#222222")).reverse
    assert not none.styled(Style(color="#ffffff", bgcolor="#111111")).reverse
    assert none.styled(Style(color="#ffffff", bgcolor="#111111", reverse=True)).reverse
    assert none.styled(Style(color="#ffffff", bgcolor="#111111", meta={"option": 3})).meta == {"option": 3}
    assert SixteenColours().styled(Style(color="#ffffff", bgcolor="#000000", meta={"option": 3})).meta == {"option": 3}


def test_dim_text_is_muted() -> None:
    plain, dim = Segment("a", Style(color="#ffffff")), Segment("b", Style(color="#ffffff", dim=True))
    first, second = Muted("#888888").apply([plain, dim], Color(0, 0, 0))
    assert first == plain
    assert second.style is not None and second.style.color is not None
    assert second.style.color.name == "#888888" and not second.style.dim


def test_all_are_there() -> None:
    assert len(FOUND) >= 10
    assert all(isinstance(theme, ThemeFile) and set(theme.indexed) == set(theme.sixteen) for theme in FOUND.values())
