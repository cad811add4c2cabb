"""Themes as files: ten colours and some variables; an invalid file is a complaint, not a failure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gputui
from gputui.config.document import ConfigError, read
from gputui.config.profiles import DEFAULT_THEME
from gputui.config.tables import InvalidValue, Table, flag, kind, table, text
from gputui.core.naming import did_you_mean

COLOURS = (
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "success",
    "warning",
    "error",
)
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
# Variables end up in style sheets, where a stray `;` or `}` would stop the console from starting.
_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_VARIABLE = re.compile(r"[#$%.\w -]{1,80}", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """One theme: `colours` holds each of COLOURS as `#rrggbb`, `variables` style variables such as `status-bad`."""

    name: str
    dark: bool
    colours: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Themes:
    """All themes by name, built-in ones first, and the name and error of each invalid file."""

    found: Mapping[str, ThemeFile]
    complaints: tuple[tuple[str, ConfigError], ...] = ()


def shipped() -> Path:
    """The folder of the built-in themes: in the package, or at the top of the repository when installed editable."""
    package = Path(gputui.__file__).parent
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def find(name: str, own: Path) -> ThemeFile | ConfigError:
    """One theme by name, the user's in the folder `own` before the built-in one: reads one file only."""
    if _NAME.fullmatch(name):
        for folder in (own, shipped()):
            path = folder / f"{name}.toml"
            if path.exists():
                return read_theme(path)
    known = tuple(load_all(own).found)
    return ConfigError(f"there is no theme of that name{did_you_mean(name, known)}", key="theme", allowed=known)


def load_all(own: Path) -> Themes:
    """Every theme: the built-in ones and those of the user's folder `own`, which win over the same name."""
    found: dict[str, ThemeFile] = {}
    complaints: list[tuple[str, ConfigError]] = []
    for folder in (shipped(), own):
        for path in sorted(folder.glob("*.toml"), key=lambda path: (path.stem != DEFAULT_THEME, path.stem)):
            theme = read_theme(path)
            if isinstance(theme, ConfigError):
                complaints.append((path.stem, theme))
            else:
                found[theme.name] = theme
    return Themes(found, tuple(complaints))


def read_theme(path: Path) -> ThemeFile | ConfigError:
    """Read one theme, named after its file; the first error in it is returned."""
    document = read(path, trusted=path.parent != shipped())
    if isinstance(document, ConfigError):
        return document
    if not _NAME.fullmatch(path.stem):
        return document.error((), "the name of a theme takes lower-case letters, digits and dashes")
    top = Table(document, (), document.table)
    top.take("name", lambda value: _same(value, path.stem), "")
    dark = top.take("dark", flag, True)
    none: Mapping[str, Any] = {}
    variables = top.take("variables", _variables, none)
    colours = Table(document, ("colours",), top.take("colours", table, none))
    for missing in (name for name in COLOURS if name not in colours.left):
        colours.complain(missing, "is missing")
    taken = {name: colours.take(name, colour, "") for name in COLOURS}
    colours.refuse_rest(COLOURS)
    top.refuse_rest(("name", "dark", "colours", "variables"))
    errors = (*top.errors, *colours.errors)
    return errors[0] if errors else ThemeFile(path.stem, dark, taken, variables)


def colour(value: object) -> str:
    """A colour as `#rgb` or `#rrggbb`."""
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise InvalidValue(
            f"must be a colour like #1e90ff, not {kind(value) if not isinstance(value, str) else 'other text'}"
        )
    return value


def _same(value: object, stem: str) -> str:
    if text(value) != stem:
        raise InvalidValue(f"must be the name of the file, {stem}")
    return stem


def _variables(value: object) -> Mapping[str, str]:
    for name, entry in table(value).items():
        if not _VARIABLE_NAME.fullmatch(name) or not isinstance(entry, str) or not _VARIABLE.fullmatch(entry):
            raise InvalidValue('must be names and words in quotes, such as status-bad = "#ff5555"')
    return table(value)
