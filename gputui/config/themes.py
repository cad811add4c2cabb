"""Themes as files: colours in three depths, and some variables; an invalid file is a complaint, not a failure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gputui
from gputui.config.document import ConfigError, read
from gputui.config.palettes import REQUIRED, STATES, TOKENS, ThemeFile, is_named, names_for
from gputui.config.profiles import DEFAULT_THEME
from gputui.config.tables import InvalidValue, Table, flag, kind, table, text
from gputui.core.naming import did_you_mean

_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
# Variables end up in style sheets, where a stray `;` or `}` would stop the console from starting.
_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_VARIABLE = re.compile(r"[#$%.\w -]{1,80}", re.ASCII)
_OLD_NAMES = {"text-muted": "muted", **{f"status-{state}": state for state in STATES}}
"""Variables that were colours of their own before these had names."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


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
    variables = dict(top.take("variables", _variables, none))
    colours = Table(document, ("colours",), top.take("colours", table, none))
    for missing in (name for name in REQUIRED if name not in colours.left):
        colours.complain(missing, "is missing")
    old = {token: variables.pop(name) for name, token in _OLD_NAMES.items() if _is_colour(variables.get(name))}
    shades = {name: colours.take(name, partial(_shades, name), ()) for name in TOKENS if name in colours.left}
    colours.refuse_rest(TOKENS)
    top.refuse_rest(("name", "dark", "colours", "variables"))
    errors = (*top.errors, *colours.errors)
    if errors:
        return errors[0]
    direct, indexed, sixteen = ({name: got[at] for name, got in shades.items() if len(got) > at} for at in range(3))
    return ThemeFile(path.stem, dark, {**old, **direct}, variables, indexed, sixteen)


def colour(value: object) -> str:
    """A colour as `#rgb` or `#rrggbb`."""
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise InvalidValue(
            f"must be a colour like #1e90ff, not {kind(value) if not isinstance(value, str) else 'other text'}"
        )
    return value


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and _COLOUR.fullmatch(value) is not None


def _shades(name: str, value: object) -> tuple[Any, ...]:
    """One colour, or a list of up to three: for all colours, for 256, for 16."""
    given = value if isinstance(value, list) else [value]
    if not 1 <= len(given) <= len(_SHADES):
        raise InvalidValue("must be one colour, or a list of up to three: for all colours, for 256, for 16")
    return tuple(fit(name, one) for fit, one in zip(_SHADES, given, strict=False))


def _number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 16 <= value <= 255:
        raise InvalidValue("for 256 colours must be a number from 16 to 255")
    return value


def _named(name: str, value: object) -> str:
    if not isinstance(value, str) or not is_named(name, value):
        raise InvalidValue("for 16 colours must be a name", names_for(name))
    return value


_SHADES: tuple[Callable[[str, object], Any], ...] = (lambda _, value: colour(value), _number, _named)


def _same(value: object, stem: str) -> str:
    if text(value) != stem:
        raise InvalidValue(f"must be the name of the file, {stem}")
    return stem


def _variables(value: object) -> Mapping[str, str]:
    for name, entry in table(value).items():
        if not _VARIABLE_NAME.fullmatch(name) or not isinstance(entry, str) or not _VARIABLE.fullmatch(entry):
            raise InvalidValue('must be names and words in quotes, such as status-bad = "#ff5555"')
    return table(value)
