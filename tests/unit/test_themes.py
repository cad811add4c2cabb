"""Themes: all shipped ones can be read by eyes, and a bad file is a complaint."""

from __future__ import annotations

from pathlib import Path

import pytest

from gputui.config import themes
from gputui.config.colours import Depth, contrast, rgb
from gputui.config.document import ConfigError
from gputui.config.palettes import REQUIRED, STATES, ThemeFile, palette
from gputui.config.profiles import DEFAULT_THEME

SHIPPED = (
    "catppuccin-latte",
    "catppuccin-mocha",
    "dracula",
    "gputui-contrast",
    "gputui-dark",
    "gputui-deutan",
    "gputui-light",
    "gputui-midnight",
    "gputui-mono",
    "gputui-paper",
    "gputui-tritan",
    "gruvbox-dark",
    "nord",
    "solarized-dark",
    "solarized-light",
)
LIGHT = {"catppuccin-latte", "gputui-light", "gputui-paper", "solarized-light"}


def shipped(name: str) -> ThemeFile:
    theme = themes.read_theme(themes.shipped() / f"{name}.toml")
    assert isinstance(theme, ThemeFile), theme
    return theme


def test_these_are_shipped_and_the_default_comes_first(tmp_path: Path) -> None:
    found = themes.load_all(tmp_path)
    assert found.complaints == ()
    assert sorted(found.found) == sorted(SHIPPED)
    assert next(iter(found.found)) == DEFAULT_THEME
    assert {name for name, theme in found.found.items() if not theme.dark} == LIGHT


def test_each_has_a_palette_of_its_own_for_every_depth() -> None:
    for name in SHIPPED:
        theme = shipped(name)
        assert set(theme.colours) == set(theme.indexed) == set(theme.sixteen), name
        assert set(REQUIRED) <= set(theme.colours)


def test_the_contrast_theme_keeps_what_it_says() -> None:
    found = palette(shipped("gputui-contrast"), Depth.DIRECT)
    for name in ("foreground", *STATES):
        assert contrast(rgb(found[name]), rgb(found["panel"])) >= 7, name


Eyes = tuple[tuple[float, float, float], ...]
DEUTAN: Eyes = ((0.625, 0.375, 0), (0.7, 0.3, 0), (0, 0.3, 0.7))
PROTAN: Eyes = ((0.567, 0.433, 0), (0.558, 0.442, 0), (0, 0.242, 0.758))
TRITAN: Eyes = ((0.95, 0.05, 0), (0, 0.433, 0.567), (0, 0.475, 0.525))
"""What reaches eyes without cones of one kind (approximations after Viénot, Brettel and Mollon 1999)."""


@pytest.mark.parametrize(
    ("name", "eyes"),
    [
        ("gputui-contrast", DEUTAN),
        ("gputui-contrast", PROTAN),
        ("gputui-deutan", DEUTAN),
        ("gputui-deutan", PROTAN),
        ("gputui-tritan", TRITAN),
    ],
)
@pytest.mark.parametrize("depth", [Depth.DIRECT, Depth.INDEXED])
def test_fine_degraded_and_bad_are_told_apart_without_cones_of_one_kind(name: str, eyes: Eyes, depth: Depth) -> None:
    found = palette(shipped(name), depth)

    def seen(state: str) -> list[float]:
        return [sum(part * level / 255 for part, level in zip(row, rgb(found[state]), strict=True)) for row in eyes]

    for one, other in (("ok", "bad"), ("ok", "degraded"), ("degraded", "bad")):
        distance = sum((a - b) ** 2 for a, b in zip(seen(one), seen(other), strict=True)) ** 0.5
        assert distance > 0.25, (one, other)


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def good(name: str) -> str:
    return (themes.shipped() / f"{DEFAULT_THEME}.toml").read_text().replace(DEFAULT_THEME, name)


def test_a_bad_file_costs_nobody_else(tmp_path: Path) -> None:
    write(tmp_path, "mine", good("mine"))
    write(tmp_path, "broken", "dark = [")
    found = themes.load_all(tmp_path)
    assert "mine" in found.found
    [(name, complaint)] = found.complaints
    assert name == "broken"
    assert complaint.line == 1


def test_the_users_theme_wins_over_the_same_name(tmp_path: Path) -> None:
    write(tmp_path, DEFAULT_THEME, good(DEFAULT_THEME).replace("#11151c", "#101010"))
    for found in (themes.load_all(tmp_path).found[DEFAULT_THEME], themes.find(DEFAULT_THEME, tmp_path)):
        assert isinstance(found, ThemeFile)
        assert found.colours["background"] == "#101010"


@pytest.mark.parametrize(
    ("change", "key", "says"),
    [
        (('["#11151c", 233, "black"]', '"navy; } * { x"'), "colours.background", "must be a colour"),
        (("background", "backgrund"), "colours.background", "is missing"),
        (("dark = true", 'dark = "yes"'), "dark", "true or false"),
        (("border =", '"Bor der" ='), "variables", "must be names and words"),
        (('border = "#7aa2f7"', 'border = "red; } Screen { display: none"'), "variables", "must be names"),
        (('name = "mine"', 'name = "other"'), "name", "must be the name of the file"),
        (("[colours]", "[colors]"), "", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, change: tuple[str, str], key: str, says: str) -> None:
    text = f'{good("mine")}[variables]\nborder = "#7aa2f7"\n'.replace(*change)
    complaint = themes.read_theme(write(tmp_path, "mine", text))
    assert isinstance(complaint, ConfigError)
    assert key in complaint.key
    assert says in str(complaint)
    assert complaint.file.endswith("mine.toml")


def test_a_theme_that_nobody_has_names_those_there_are(tmp_path: Path) -> None:
    for name in ("gputui-drak", "../../etc/passwd"):
        complaint = themes.find(name, tmp_path)
        assert isinstance(complaint, ConfigError)
        assert sorted(complaint.allowed) == sorted(SHIPPED)
    assert "did you mean gputui-dark?" in str(themes.find("gputui-drak", tmp_path))
