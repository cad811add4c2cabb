"""Draws in the colours that a terminal has: what is not among them is the nearest that can be read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from gputui.config.colours import BOLD, RGB, TEXT, Depth, contrast, contrast_of_sixteen, indexed, nearest, rgb, sixteen
from gputui.config.palettes import Palette

_BLACK, _YELLOW, _WHITE, _BRIGHT_WHITE = 0, 3, 7, 15
_EXTREMES = (16, 231)
"""Black and white of 256."""
_FIRST_BRIGHT = 8


_PLAIN = ("background", "surface", "panel", "field", "flash")
"""The grounds that are not told from each other without colours."""


def depth_filters(depth: Depth, palette: Palette) -> Sequence[LineFilter]:
    """Return what comes after Textual's own filters."""
    match depth:
        case Depth.INDEXED:
            return (IndexedColours(),)
        case Depth.SIXTEEN:
            return (SixteenColours(),)
        case Depth.NONE:
            return (NoColours(palette[ground] for ground in _PLAIN),)
    return ()


class Muted(LineFilter):
    """Draws dim text in the muted colour of the theme: what terminals, or Textual, make of dim cannot be read."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._over = Style(color=colour, dim=False)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without dim ones."""
        if not any(style is not None and style.dim for _, style, _ in segments):
            return segments
        return [
            Segment(text, style + self._over if style is not None and style.dim else style, control)
            for text, style, control in segments
        ]


class _FewColours(LineFilter):
    """Themes give colours of the terminal's palette; here they become its numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._style = lru_cache(1024)(self.styled)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in colours of the palette."""
        return [Segment(text, style and self._style(style), control) for text, style, control in segments]

    @abstractmethod
    def styled(self, style: Style) -> Style:
        """Return the style in colours of the palette."""


class _Palette(_FewColours):
    """What is reversed is drawn so by its colours: a bright one may not be there for a ground."""

    def styled(self, style: Style) -> Style:
        """Return the style with the numbers of its colours."""
        front, behind = _rgb(style.color), _rgb(style.bgcolor)
        if style.reverse:
            front, behind = behind, front
        ground = None if behind is None else self.ground(behind)
        text = None if front is None else self.text(front)
        if text is not None and ground is not None:
            text = self.readable(text, ground, bold=bool(style.bold))
        drawn = Style.from_color(_numbered(text), _numbered(ground))
        return _bare(style) + drawn + Style(reverse=False, bold=self.bold(bold=bool(style.bold), text=text))

    @abstractmethod
    def ground(self, colour: RGB) -> int:
        """Return the number of a ground."""

    @abstractmethod
    def text(self, colour: RGB) -> int:
        """Return the number of a text's colour."""

    @abstractmethod
    def readable(self, text: int, ground: int, *, bold: bool) -> int:
        """Return `text`, or what can be read on this ground instead."""

    def bold(self, *, bold: bool, text: int | None) -> bool:
        """Return whether bold text of this colour is drawn so."""
        return bold


class IndexedColours(_Palette):
    """256 colours."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = indexed()
        self._colours = {number: colour for colour, number in self._numbers.items()}

    def ground(self, colour: RGB) -> int:
        """Return the nearest number from 16 to 255."""
        return self._numbers[colour if colour in self._numbers else nearest(colour, self._numbers)]

    def text(self, colour: RGB) -> int:
        """Return the nearest number from 16 to 255."""
        return self.ground(colour)

    def readable(self, text: int, ground: int, *, bold: bool) -> int:
        """Return `text`, or else black or white."""
        seen = {one: contrast(self._colours[one], self._colours[ground]) for one in (text, *_EXTREMES)}
        return text if seen[text] >= (BOLD if bold else TEXT) else max(seen, key=seen.__getitem__)


class SixteenColours(_Palette):
    """16 colours, of which the Linux console has only eight for grounds, and shows bold text in the bright ones."""

    def ground(self, colour: RGB) -> int:
        """Return the nearest number from 0 to 7; white for yellow, on which no text can be read everywhere."""
        number = self.text(colour) % _FIRST_BRIGHT
        return _WHITE if number == _YELLOW else number

    def text(self, colour: RGB) -> int:
        """Return the nearest number from 0 to 15."""
        numbers = sixteen()
        return numbers[colour if colour in numbers else nearest(colour, numbers)]

    def readable(self, text: int, ground: int, *, bold: bool) -> int:
        """Return `text`, or else black or one of the whites."""
        seen = {one: contrast_of_sixteen(one, ground) for one in (text, _BLACK, _WHITE, _BRIGHT_WHITE)}
        return text if seen[text] >= TEXT else max(seen, key=seen.__getitem__)

    def bold(self, *, bold: bool, text: int | None) -> bool:
        """Only white and bright text is: any other colour would become another one."""
        return bold and (text is None or text >= _WHITE)


class NoColours(_FewColours):
    """None: what stands on a ground of its own, such as the chosen line, is reversed."""

    def __init__(self, plain: Iterable[str]) -> None:
        super().__init__()
        self._plain = frozenset(map(rgb, plain))

    def styled(self, style: Style) -> Style:
        """Return the style without colours."""
        ground = _rgb(style.bgcolor)
        return _bare(style) + Style(reverse=bool(style.reverse) != (ground is not None and ground not in self._plain))


def _bare(style: Style) -> Style:
    """Return the style without its colours, but with what a click on it does."""
    return style.without_color + Style.from_meta(style.meta) if style.meta else style.without_color


def _numbered(number: int | None) -> RichColor | None:
    return None if number is None else RichColor.from_ansi(number)


def _rgb(colour: RichColor | None) -> RGB | None:
    if colour is None or colour.triplet is None:
        return None
    red, green, blue = colour.triplet
    return red, green, blue
