"""The colours of a theme by what they mean, in each depth: its own, and for those it does not give derived ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gputui.config.colours import (
    GROUNDS_OF_SIXTEEN,
    RGB,
    SIXTEEN,
    TEXT,
    Depth,
    contrast,
    hexadecimal,
    indexed,
    mixed,
    nearest,
    rgb,
    sixteen,
)

GROUNDS = ("background", "surface", "panel", "cursor", "flash", "field")
"""What text stands on; `cursor` is the chosen line of a list or menu, `field` the input that has the focus."""
STATES = ("ok", "changing", "degraded", "bad", "off", "unknown")
REQUIRED = (
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
"""The colours that every theme gives. The others of TOKENS may be left out."""
TOKENS = (*REQUIRED, "muted", "cursor", "flash", "field", *STATES)


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """One theme: its colours by what they mean (TOKENS), for each depth those that the file gives.

    `colours` are `#rrggbb`, `indexed` numbers from 16 to 255, `sixteen` names such as `red` or `bright-white on red`.
    `variables` are variables of Textual's style sheets.
    """

    name: str
    dark: bool
    colours: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    indexed: Mapping[str, int] = field(default_factory=dict)
    sixteen: Mapping[str, str] = field(default_factory=dict)


Palette = Mapping[str, str]
"""Each of TOKENS as `#rrggbb`. With 16 colours a state may have a ground of its own: `bad-ground` and so on."""
_MARKED = (*STATES, "success", "warning", "error")
"""What with 16 colours may be given as text on a ground of its own."""

_SAME = {
    "muted": "foreground",
    "ok": "success",
    "changing": "primary",
    "degraded": "warning",
    "bad": "error",
    "off": "muted",
    "unknown": "accent",
}
_MIXED = {
    "cursor": ("primary", "surface", 0.22),
    "flash": ("accent", "surface", 0.25),
    "field": ("foreground", "panel", 0.08),
}
_DARK = {
    **dict.fromkeys(("background", "surface", "panel"), "black"),
    **dict.fromkeys(("primary", "secondary", "changing"), "bright-cyan"),
    **dict.fromkeys(("accent", "unknown"), "bright-magenta"),
    "success": "green",
    "warning": "bright-yellow",
    "error": "bright-red",
    **dict.fromkeys(("muted", "off"), "white"),
    "foreground": "bright-white",
    "cursor": "cyan",
    "flash": "blue",
    "field": "blue",
}
_LIGHT = {
    **dict.fromkeys(("background", "surface", "panel"), "white"),
    **dict.fromkeys(("foreground", "muted", "success", "off"), "black"),
    **dict.fromkeys(("primary", "secondary", "accent", "changing", "cursor"), "blue"),
    **dict.fromkeys(("flash", "field"), "cyan"),
    "warning": "bright-yellow on black",
    "error": "bright-white on red",
    "unknown": "bright-white on magenta",
}
"""White on the Linux console is a light grey, on which of all colours only black and blue can be read."""


def palette(theme: ThemeFile, depth: Depth) -> Palette:
    """Every colour of the theme as a terminal of that depth shows it."""
    direct = _direct(theme)
    if depth is Depth.INDEXED:
        return _of_256(theme, direct)
    if depth is Depth.SIXTEEN:
        return _of_16(_completed({**(_DARK if theme.dark else _LIGHT), **theme.sixteen}))
    return direct


def named(text: str) -> tuple[int, int | None]:
    """The numbers of `red` or `bright-white on red` among the 16 colours: text, and ground if there is one."""
    colour, _, ground = text.partition(" on ")
    return SIXTEEN.index(colour), SIXTEEN.index(ground) if ground else None


def names_for(name: str) -> tuple[str, ...]:
    """The names that a colour may have among the 16; for states also `X on Y`, where Y is one of a ground's."""
    return GROUNDS_OF_SIXTEEN if name in GROUNDS else SIXTEEN


def is_named(name: str, text: str) -> bool:
    """Whether a colour may have this name among the 16."""
    colour, on, ground = text.partition(" on ")
    return colour in names_for(name) and (not on or (name in _MARKED and ground in GROUNDS_OF_SIXTEEN))


def _direct(theme: ThemeFile) -> dict[str, str]:
    found = _completed({name: hexadecimal(rgb(colour)) for name, colour in theme.colours.items()})
    for name, (colour, ground, share) in _MIXED.items():
        found.setdefault(name, hexadecimal(mixed(rgb(found[colour]), rgb(found[ground]), share)))
    return found


def _completed(found: dict[str, str]) -> dict[str, str]:
    for name, other in _SAME.items():
        found.setdefault(name, found[other])
    return found


def _of_256(theme: ThemeFile, direct: Palette) -> Palette:
    """For each colour the nearest of the 240 that are the same everywhere; for text, of those that can be read."""
    numbers = {number: colour for colour, number in indexed().items()}
    found = {name: numbers[number] for name, number in theme.indexed.items()}
    for name, other in _SAME.items():
        if other in found and direct[name] == direct[other]:
            found.setdefault(name, found[other])
    for name in (*GROUNDS, *(name for name in TOKENS if name not in GROUNDS)):
        if name not in found:
            found[name] = nearest(rgb(direct[name]), filter(_fits(name, direct, found), numbers.values()))
    return {name: hexadecimal(colour) for name, colour in found.items()}


def _fits(name: str, direct: Palette, found: Mapping[str, RGB]) -> Callable[[RGB], bool]:
    if name in GROUNDS:
        return lambda colour: True
    grounds = [(found[ground], rgb(direct[ground])) for ground in ("background", "surface", "panel")]
    least = min(TEXT, *(contrast(rgb(direct[name]), ground) for _, ground in grounds))
    return lambda colour: all(contrast(colour, ground) >= least for ground, _ in grounds)


def _of_16(names: Mapping[str, str]) -> Palette:
    colours = list(sixteen())
    found: dict[str, str] = {}
    for name, text in names.items():
        colour, ground = named(text)
        found[name] = hexadecimal(colours[colour])
        if ground is not None and name in STATES:
            found[f"{name}-ground"] = hexadecimal(colours[ground])
    return found
