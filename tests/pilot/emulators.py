"""Two terminal emulators by different people, and what each shows, cell by cell, in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import pyte

try:
    import avt
except ImportError:  # an environment that was made before it was asked for
    avt = None

WRAPS_NOT = "\x1b[?7l"


class Seen(NamedTuple):
    """A cell as a person sees it: of a blank its ground only."""

    char: str
    text: str = ""
    ground: str = ""
    marks: tuple[str, ...] = ()


def seen(char: str, text: str, ground: str, marks: Mapping[str, bool]) -> Seen:
    """The cell of an emulator."""
    on = {name for name, is_on in marks.items() if is_on}
    if char == " " and not on & {"underline", "strike"}:
        if "reverse" not in on:
            return Seen(" ", "", ground)
        if text:
            return Seen(" ", "", text)
    return Seen(char, text, ground, tuple(sorted(on)))


class Emulator(Protocol):
    """A terminal of some size, whose lines do not wrap, as Textual has it."""

    def __init__(self, width: int, height: int) -> None: ...

    def feed(self, sent: str) -> None:
        """Draw this."""

    def cells(self) -> list[list[Seen]]:
        """What it shows."""


class Pyte:
    """pyte."""

    def __init__(self, width: int, height: int) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self.feed(WRAPS_NOT)

    def feed(self, sent: str) -> None:
        self._stream.feed(sent)

    def cells(self) -> list[list[Seen]]:
        screen = self._screen
        return [[_of_pyte(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def _of_pyte(char: Any) -> Seen:
    marks = {"bold": char.bold, "italic": char.italics, "underline": char.underscore, "reverse": char.reverse}
    colours = [colour.replace("default", "").replace("bfight", "bright") for colour in (char.fg, char.bg)]
    return seen(char.data, *colours, {**marks, "strike": char.strikethrough})


class Avt:
    """asciinema's. A character that combines with the one before has a cell of its own in it."""

    def __init__(self, width: int, height: int) -> None:
        self._terminal = avt.Vt(width, height)
        self.feed(WRAPS_NOT)

    def feed(self, sent: str) -> None:
        self._terminal.feed_str(sent)

    def cells(self) -> list[list[Seen]]:
        return [[_of_avt(cell) for cell in line.cells] for line in self._terminal.view()]


def _of_avt(cell: Any) -> Seen:
    pen = cell.pen
    marks = {"bold": pen.bold, "italic": pen.italic, "underline": pen.underline, "reverse": pen.inverse}
    colours = ["" if colour is None else repr(colour) for colour in (pen.foreground, pen.background)]
    return seen(cell.char if cell.width else "", *colours, {**marks, "strike": pen.strikethrough})


EMULATORS: dict[str, type[Emulator]] = {"pyte": Pyte, **({"avt": Avt} if avt is not None else {})}


def shown(emulator: type[Emulator], sent: str, width: int, height: int) -> list[list[Seen]]:
    """What an emulator shows for this."""
    terminal = emulator(width, height)
    terminal.feed(sent)
    return terminal.cells()
