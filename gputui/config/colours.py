"""Colours as numbers: contrast as WCAG 2 measures it, what 256 and 16 colours are, and which of them is nearest."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cache

RGB = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""
TEXT, BOLD = 4.5, 3.0
"""The contrast that WCAG's level AA asks of text, and of bold text and of marks."""
NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
SIXTEEN = (*NAMES, *(f"bright-{name}" for name in NAMES))
"""The names of the 16 colours by their numbers."""
GROUNDS_OF_SIXTEEN = tuple(name for name in NAMES if name != "yellow")
"""Those that text can stand on: the console has no bright ones, and its yellow is brown, xterm's is bright."""
_LEVELS = (0, 95, 135, 175, 215, 255)
_CONSOLE = (
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
)
_XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)


class Depth(Enum):
    """How many colours a terminal has."""

    NONE = 1
    SIXTEEN = 16
    INDEXED = 256
    DIRECT = 1 << 24


def rgb(text: str) -> RGB:
    """`#rrggbb` or `#rgb` as numbers."""
    digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def hexadecimal(colour: RGB) -> str:
    """A colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mixed(colour: RGB, ground: RGB, share: float) -> RGB:
    """That share of a colour over a ground."""
    red, green, blue = (int(below + (above - below) * share) for above, below in zip(colour, ground, strict=True))
    return red, green, blue


@cache
def luminance(colour: RGB) -> float:
    """Relative luminance, 0 to 1."""
    red, green, blue = map(_linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@cache
def indexed() -> dict[RGB, int]:
    """The colours 16 to 255 of a terminal with 256, with their numbers; those below are whatever its user has set."""
    cube = [(red, green, blue) for red in _LEVELS for green in _LEVELS for blue in _LEVELS]
    greys = [(level, level, level) for level in range(8, 248, 10)]
    return {colour: number for number, colour in enumerate((*cube, *greys), 16)}


@cache
def sixteen() -> dict[RGB, int]:
    """The 16 colours as the Linux console has them, with their numbers."""
    return {rgb(f"#{digits}"): number for number, digits in enumerate(_CONSOLE.split())}


@cache
def contrast_of_sixteen(text: int, ground: int) -> float:
    """The contrast of two of the 16 colours on the Linux console or in xterm, whichever is less.

    A bright ground is a plain one: the console has no others.
    """
    worlds = [[rgb(f"#{digits}") for digits in world.split()] for world in (_CONSOLE, _XTERM)]
    return min(contrast(world[text], world[ground % 8]) for world in worlds)


def nearest(colour: RGB, among: Iterable[RGB]) -> RGB:
    """The colour that looks most like this one."""
    wanted = _lab(colour)
    return min(among, key=lambda one: sum((a - b) ** 2 for a, b in zip(wanted, _lab(one), strict=True)))


@cache
def _lab(colour: RGB) -> tuple[float, float, float]:
    """Oklab, in which equal distances look equal (Ottosson 2020)."""
    red, green, blue = map(_linear, colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _linear(level: int) -> float:
    share = level / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
