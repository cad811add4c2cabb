"""Themes: all shipped ones can be read by eyes, and a bad file is a complaint."""

from __future__ import annotations

from pathlib import Path

import pytest

from gputui.config import themes
from gputui.config.document import ConfigError
from gputui.config.profiles import DEFAULT_THEME
from gputui.config.themes import ThemeFile

SHIPPED = ("gputui-contrast", "gputui-dark", "gputui-light", "gputui-midnight", "gputui-paper")
HEALTHS = ("ok", "changing", "degraded", "bad", "off", "unknown")
GROUNDS = ("background", "surface", "panel")


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def shipped(name: str) -> ThemeFile:
    theme = themes.read_theme(themes.shipped() / f"{name}.toml")
    assert isinstance(theme, ThemeFile), theme
    return theme


def test_contrast_is_measured_rightly() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_five_themes_are_shipped_and_the_default_comes_first(tmp_path: Path) -> None:
    found = themes.load_all(tmp_path)
    assert found.complaints == ()
    assert sorted(found.found) == sorted(SHIPPED)
    assert next(iter(found.found)) == DEFAULT_THEME
    assert [found.found[name].dark for name in SHIPPED] == [True, True, False, True, False]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_and_states_can_be_read_on_every_ground(name: str, ground: str) -> None:
    theme = shipped(name)
    behind = theme.colours[ground]
    assert contrast(theme.colours["foreground"], behind) >= 4.5
    assert contrast(theme.variables["text-muted"], behind) >= 3
    for colour in ("primary", "accent", "success", "warning", "error"):
        assert contrast(theme.colours[colour], behind) >= 3, colour
    for health in HEALTHS:
        assert contrast(theme.variables[f"status-{health}"], behind) >= 3, health


def test_the_contrast_theme_keeps_what_it_says() -> None:
    theme = shipped("gputui-contrast")
    behind = theme.colours["panel"]
    assert contrast(theme.colours["foreground"], behind) >= 7
    for health in HEALTHS:
        assert contrast(theme.variables[f"status-{health}"], behind) >= 7, health


def deuteranope(colour: str) -> tuple[float, ...]:
    """The colour as somebody without green cones sees it (Viénot, Brettel and Mollon 1999)."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (0.625 * red + 0.375 * green, 0.7 * red + 0.3 * green, 0.3 * green + 0.7 * blue)


def test_the_contrast_theme_tells_fine_from_bad_without_green_cones() -> None:
    variables = shipped("gputui-contrast").variables
    seen = {health: deuteranope(variables[f"status-{health}"]) for health in ("ok", "degraded", "bad")}
    for one, other in (("ok", "bad"), ("ok", "degraded"), ("degraded", "bad")):
        distance = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
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
        (("#11151c", "navy; } * { x"), "colours.background", "must be a colour"),
        (("background", "backgrund"), "colours.background", "is missing"),
        (("dark = true", 'dark = "yes"'), "dark", "true or false"),
        (("status-bad", "Status Bad"), "variables", "must be names and words"),
        (('text-muted = "#8a94a6"', 'text-muted = "red; } Screen { display: none"'), "variables", "must be names"),
        (('name = "mine"', 'name = "other"'), "name", "must be the name of the file"),
        (("[colours]", "[colors]"), "", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, change: tuple[str, str], key: str, says: str) -> None:
    text = good("mine").replace(*change) if change[0] != "status-bad" else good("mine").replace("status-bad", '"a b"')
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
