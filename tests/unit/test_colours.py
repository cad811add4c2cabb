"""Colours as numbers, and the palettes that themes have or are given in each depth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.config.colours import (
    RGB,
    SIXTEEN,
    Depth,
    contrast,
    contrast_of_sixteen,
    hexadecimal,
    indexed,
    mixed,
    nearest,
    rgb,
    sixteen,
)
from gputui.config.palettes import GROUNDS, STATES, TOKENS, ThemeFile, named, palette
from gputui.config.themes import read_theme

PLAIN_GROUNDS = ("background", "surface", "panel")
TEN = {
    "primary": "#7aa2f7",
    "secondary": "#7dcfff",
    "accent": "#bb9af7",
    "foreground": "#c8d0e0",
    "background": "#11151c",
    "surface": "#171c25",
    "panel": "#212835",
    "success": "#73c991",
    "warning": "#e5c07b",
    "error": "#ff6b70",
}
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


def test_contrast_is_measured_rightly() -> None:
    assert contrast(rgb("#000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.01)
    assert mixed(rgb("#ffffff"), rgb("#000000"), 0.5) == (127, 127, 127)


def test_the_palettes_are_those_of_terminals() -> None:
    numbers = {number: hexadecimal(colour) for colour, number in indexed().items()}
    assert sorted(numbers) == list(range(16, 256))
    assert [numbers[number] for number in (16, 67, 231, 232, 255)] == [
        "#000000",
        "#5f87af",
        "#ffffff",
        "#080808",
        "#eeeeee",
    ]
    assert [hexadecimal(colour) for colour in sixteen()][1:4] == ["#aa0000", "#00aa00", "#aa5500"]
    assert contrast_of_sixteen(SIXTEEN.index("bright-red"), 0) == pytest.approx(5.25, abs=0.01), "in xterm"
    assert contrast_of_sixteen(0, SIXTEEN.index("white")) == pytest.approx(9.04, abs=0.01), "on the console"
    assert contrast_of_sixteen(15, 12) == contrast_of_sixteen(15, 4), "the console has no bright grounds"


@given(COLOURS)
def test_the_nearest_colour_keeps_its_lightness_and_a_grey_stays_grey(colour: RGB) -> None:
    found = nearest(colour, indexed())
    assert abs(sum(found) - sum(colour)) < 3 * 64
    if len(set(colour)) == 1:
        assert len(set(found)) == 1


def test_dark_blue_grey_is_grey_rather_than_navy() -> None:
    for colour in ("#11151c", "#171c25", "#212835", "#2d3a52"):
        red, green, blue = nearest(rgb(colour), indexed())
        assert red == green == blue, colour


def theme(dark: bool = True, **given: str) -> ThemeFile:
    light = {"foreground": "#1f2430", "background": "#ffffff", "surface": "#f4f6f9", "panel": "#e4e8ef"}
    return ThemeFile("mine", dark, {**TEN, **({} if dark else light), **given})


@pytest.mark.parametrize("depth", list(Depth))
@pytest.mark.parametrize("dark", [True, False])
def test_a_theme_of_ten_colours_has_all_of_them_in_every_depth(depth: Depth, dark: bool) -> None:
    found = palette(theme(dark), depth)
    assert set(found) >= set(TOKENS)
    known = {Depth.INDEXED: indexed(), Depth.SIXTEEN: sixteen()}.get(depth)
    assert known is None or all(rgb(colour) in known for colour in found.values())


def test_text_of_a_theme_without_a_palette_can_be_read_with_256_colours() -> None:
    found = palette(theme(), Depth.INDEXED)
    for name in (name for name in TOKENS if name not in GROUNDS):
        for ground in PLAIN_GROUNDS:
            assert contrast(rgb(found[name]), rgb(found[ground])) >= 4.5, (name, ground)


def test_what_a_theme_does_not_say_is_what_it_says_of_something_like_it() -> None:
    found = palette(theme(changing="#5fc9f8"), Depth.DIRECT)
    assert found["bad"] == found["error"] == "#ff6b70"
    assert found["muted"] == found["off"] == found["foreground"]
    assert found["changing"] == "#5fc9f8"
    assert palette(theme(), Depth.DIRECT)["changing"] == TEN["primary"]


def read(tmp_path: Path, *lines: str) -> object:
    path = tmp_path / "mine.toml"
    ten = "\n".join(f'{name} = "{colour}"' for name, colour in TEN.items() if not any(name in line for line in lines))
    path.write_text("\n".join(['name = "mine"', "dark = true", "[colours]", ten, *lines]))
    return read_theme(path)


def test_a_theme_may_give_a_colour_for_each_depth(tmp_path: Path) -> None:
    found = read(tmp_path, 'error = ["#ff6b70", 203, "bright-white on red"]', 'warning = ["#fa0", 214]')
    assert isinstance(found, ThemeFile), found
    assert (found.colours["error"], found.indexed["error"]) == ("#ff6b70", 203)
    few = palette(found, Depth.SIXTEEN)
    assert (few["bad"], few["bad-ground"]) == ("#ffffff", "#aa0000")
    assert named("bright-white on red") == (15, 1)
    many = palette(found, Depth.INDEXED)
    assert (many["bad"], many["degraded"], many["warning"]) == ("#ff5f5f", "#ffaf00", "#ffaf00")
    assert palette(found, Depth.DIRECT)["warning"] == "#ffaa00"
    own = replace(found, colours={**found.colours, "bad": "#00ff00"})
    assert palette(own, Depth.INDEXED)["bad"] == "#00ff00", "one that is another colour has its own nearest"
    assert not [name for name in few if name.endswith("-ground") and name.removesuffix("-ground") not in STATES]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('error = ["#ff6b70", 9]', "a number from 16 to 255"),
        ('error = ["#ff6b70", true]', "a number from 16 to 255"),
        ('error = ["#ff6b70", 203, "crimson"]', "must be a name"),
        ('error = ["#ff6b70", 203, "white on bright-red"]', "must be a name"),
        ('panel = ["#212835", 235, "bright-black"]', "must be a name"),
        ('panel = ["#212835", 235, "black on white"]', "must be a name"),
        ("error = []", "one colour, or a list of up to three"),
        ('error = ["#ff6b70", 203, "red", "red"]', "one colour, or a list of up to three"),
        ("error = 203", "must be a colour like"),
        ('crimson = "#ff0000"', "is not a key"),
    ],
)
def test_a_wrong_colour_is_said(tmp_path: Path, line: str, says: str) -> None:
    assert says in str(read(tmp_path, line))


def test_the_old_variables_of_states_are_still_colours(tmp_path: Path) -> None:
    found = read(tmp_path, "[variables]", 'status-bad = "#ff0000"', 'text-muted = "#888888"', 'border = "#123456"')
    assert isinstance(found, ThemeFile), found
    assert palette(found, Depth.DIRECT)["bad"] == "#ff0000"
    assert found.colours["muted"] == "#888888"
    assert found.variables == {"border": "#123456"}
