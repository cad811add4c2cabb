"""Send what has changed: cells, and of their style what differs from that of the cells before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.console import Console, RenderableType
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import SGR_STYLES, Strip

_BOLD = "1"
_OFF = {_BOLD: "22", "3": "23", "4": "24", "7": "27", "9": "29"}
_BRIGHT = "9"
"""How the codes of the bright colours of 16 begin. The Linux console makes text bold for them, until a reset."""


class _Look(NamedTuple):
    """A style as the parts of a sequence; colours are empty where they are the terminal's own."""

    attributes: tuple[str, ...] = ()
    text: str = ""
    ground: str = ""


_PLAIN = _Look()
StyledText = tuple[str, _Look]
Row = tuple[int, tuple[StyledText, ...]]
"""Where a row begins, and what is on it."""


class SentRows:
    """The rows that stand on the terminal as they were last sent whole."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._terminal: object = None

    def on(self, terminal: object) -> None:
        """Forget them all unless this is the terminal that they were sent to: equal as long as nothing else drew."""
        if terminal != self._terminal:
            self._rows, self._terminal = {}, terminal

    def take(self, y: int, row: Row) -> bool:
        """Remember that a row is sent; whether it has to be."""
        known = self._rows.get(y) == row
        self._rows[y] = row
        return not known

    def touched(self, y: int) -> None:
        """A part of a row is sent."""
        self._rows.pop(y, None)


def exact(update: RenderableType | None, sent: SentRows) -> RenderableType | None:
    """Return what is to be sent for an update of Textual's."""
    if type(update) is ChopsUpdate:
        return ExactUpdate(update, sent)
    if type(update) is LayoutUpdate:
        return ExactLayout(update, sent)
    return update


class ExactUpdate(ChopsUpdate):
    """An update limited to its spans: Textual sends each line from the left edge of its widget on."""

    def __init__(self, update: ChopsUpdate, sent: SentRows) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)
        self._sent = sent

    def render_segments(self, console: Console) -> str:
        """Return the output for a terminal."""
        pen = Pen()
        for y, start, end in self.spans:
            self._sent.touched(y)
            for last, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= end or last <= start:
                    continue
                first = max(x, start)
                pen.draw(first, y, parts([strip.crop(first - x, min(last, end) - x)]))
        return pen.lift()


class ExactLayout(LayoutUpdate):
    """An update of the whole screen, of which Textual makes several for a dialog: limited to the rows that differ."""

    def __init__(self, update: LayoutUpdate, sent: SentRows) -> None:
        super().__init__(update.strips, update.region)
        self._sent = sent

    def render_segments(self, console: Console) -> str:
        """Return the output for a terminal."""
        pen = Pen()
        for y, line in enumerate(self.strips, self.region.y):
            row = tuple(parts(line))
            if self._sent.take(y, (self.region.x, row)):
                pen.draw(self.region.x, y, row)
        return pen.lift()


class Pen:
    """Draws from a plain terminal on, and leaves it plain."""

    def __init__(self) -> None:
        self._drawn: list[str] = []
        self._now = _PLAIN

    def draw(self, x: int, y: int, parts: Iterable[StyledText]) -> None:
        """Draw texts side by side from that cell on."""
        self._drawn.append(Control.move_to(x, y).segment.text)
        for text, look in parts:
            self._drawn.append(_change(self._now, look) + text)
            self._now = look

    def lift(self) -> str:
        """Return everything drawn."""
        self._drawn.append(_change(self._now, _PLAIN))
        return "".join(self._drawn)


def parts(strips: Iterable[Strip]) -> Iterator[StyledText]:
    """Yield the texts of strips side by side, with their styles."""
    for strip in strips:
        for text, style, control in strip:
            if text and not control:
                yield text, _PLAIN if style is None else _look(style)


@lru_cache(4096)
def _look(style: Style) -> _Look:
    set_ = style._attributes & style._set_attributes
    attributes = tuple(code for bit, code in enumerate(SGR_STYLES) if set_ & (1 << bit))
    return _Look(attributes, _codes(style.color), _codes(style.bgcolor, ground=True))


def _codes(colour: Color | None, *, ground: bool = False) -> str:
    return "" if colour is None or colour.is_default else ";".join(colour.get_ansi_codes(foreground=not ground))


@lru_cache(4096)
def _change(before: _Look, after: _Look) -> str:
    """Return the sequence from one style to another: the differences, or a reset where that is shorter or needed."""
    if before == after:
        return ""
    whole = ["0", *after.attributes, *filter(None, (after.text, after.ground))]
    if after == _PLAIN:
        return "\x1b[0m"
    lost = [code for code in before.attributes if code not in after.attributes]
    needed = (
        any(code not in _OFF for code in lost)
        or (before.text and not after.text)
        or (before.ground and not after.ground)
        or (before.text.startswith(_BRIGHT) and (before.text != after.text or _BOLD in lost))
    )
    parts = [_OFF.get(code, "") for code in lost]
    parts += [code for code in after.attributes if code not in before.attributes]
    parts += [now for was, now in ((before.text, after.text), (before.ground, after.ground)) if now != was]
    shorter = min(whole, parts, key=lambda codes: len(";".join(codes))) if not needed else whole
    return f"\x1b[{';'.join(shorter)}m"
