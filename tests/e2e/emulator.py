"""What a terminal would show: pyte, with the alternate screen, the modes and the answers that it lacks."""

from __future__ import annotations

import codecs
import copy
import functools
import re
from collections.abc import Callable
from typing import Any

import pyte
from pyte import modes as pyte_modes
from pyte.screens import Char, wcwidth

_SEQUENCE = re.compile(
    r"\x1b\[(?P<private>[<=>?]?)(?P<numbers>[0-9:;]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[<=>?]?[0-9:;]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?)?$")
_ALTERNATE = 1049
_CURSOR = 25
_WRAP = 7
_SYNCHRONISED = 2026
_KNOWN = {_CURSOR, _WRAP, _ALTERNATE, 1000, 1002, 1003, 1004, 1006, 2004, _SYNCHRONISED}
MOUSE_MODES = {1000, 1002, 1003, 1006, 1015, 1016}


_QUICK = {"m": "select_graphic_rendition", "H": "cursor_position"}
"""By their last character, the sequences of which frames are full, and what pyte calls them."""


@functools.cache
def _narrow(char: str) -> bool:
    return bool(wcwidth(char) == 1)


class _Screen(pyte.Screen):
    """pyte's, but quick with what most of a screen is: narrow characters that fit into their line."""

    def __init__(self, columns: int, rows: int) -> None:
        self._cells: dict[Char, dict[str, Char]] = {}
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        """Show a text without controls, from the cursor on."""
        x, y = self.cursor.x, self.cursor.y
        plain = not self.charset and pyte_modes.IRM not in self.mode and self.g0_charset == pyte.charsets.LAT1_MAP
        if not plain or x + len(data) > self.columns or not all(map(_narrow, data)):
            super().draw(data)
            return
        line, style = self.buffer[y], self.cursor.attrs
        cells = self._cells.setdefault(style, {})
        for at, char in enumerate(data, x):
            cell = cells.get(char)
            if cell is None:
                cell = cells[char] = style._replace(data=char)
            line[at] = cell
        self.cursor.x = x + len(data)


class Emulator:
    """Takes what a program writes; `answer` is given what an xterm would reply to its questions."""

    def __init__(self, columns: int, rows: int, answer: Callable[[bytes], None]) -> None:
        self._screen = _Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._answer = answer
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._main: Any = None
        self._lines: list[str] | None = None
        self.modes = {_CURSOR, _WRAP}
        self.keyboard_flags = 0
        self.clipboard: list[str] = []
        self.titles: list[str] = []

    def feed(self, data: bytes) -> None:
        """Show these bytes; a sequence that is cut off waits for its end."""
        self._lines = None
        text = self._rest + self._decode(data)
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        text, self._rest = text[:cut], text[cut:]
        done = 0
        for found in _SEQUENCE.finditer(text):
            self._stream.feed(text[done : found.start()])
            done = found.end()
            self._sequence(found)
        self._stream.feed(text[done:])

    def resize(self, columns: int, rows: int) -> None:
        """The window has another size."""
        self._lines = None
        self._screen.resize(rows, columns)

    @property
    def lines(self) -> list[str]:
        """The lines as they stand, without the blanks at their ends; a wide character is one character."""
        if self._lines is None:
            rows, columns = (self._screen.buffer[y] for y in range(self._screen.lines)), range(self._screen.columns)
            self._lines = ["".join([row[x].data for x in columns]).rstrip() for row in rows]
        return list(self._lines)

    @property
    def left_behind(self) -> list[str]:
        """What a program that has ended should have put back, in words."""
        found = [f"mode {mode} is on" for mode in sorted(self.modes - {_CURSOR, _WRAP})]
        if _CURSOR not in self.modes:
            found.append("the cursor is hidden")
        if _WRAP not in self.modes:
            found.append("lines do not wrap")
        if self.keyboard_flags:
            found.append("kitty keyboard flags are set")
        return found

    @property
    def painting(self) -> bool:
        """Whether the program is in the midst of a frame (a synchronised update)."""
        return _SYNCHRONISED in self.modes

    @property
    def painted(self) -> bool:
        """Whether any cell has a colour."""
        screen = self._screen
        cells = (screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns))
        return any((cell.fg, cell.bg) != ("default", "default") for cell in cells)

    def _sequence(self, found: re.Match[str]) -> None:
        private, numbers, between, final = found["private"], found["numbers"], found["between"], found["final"]
        if found["osc"] is not None:
            self._command(found["osc"])
        elif final is None:
            return
        elif final in "hl" and private == "?":
            for number in numbers.split(";"):
                self._set_mode(int(number), on=final == "h")
        elif final in _QUICK and not private and not between:
            given = [int(number or 0) for number in numbers.replace(":", ";").split(";")]
            getattr(self._screen, _QUICK[final])(*given)
        elif final == "u" and private in "<>":
            self.keyboard_flags += 1 if private == ">" else -1
        elif not self._ask(private + numbers + between + final) and not private and not between:
            self._stream.feed(found[0].replace(":", ";"))

    def _ask(self, question: str) -> bool:
        """Answer what is a question; False where it is none."""
        cursor = self._screen.cursor
        if question in ("c", "0c"):
            self._answer(b"\x1b[?62;22c")
        elif question == "6n":
            self._answer(b"\x1b[%d;%dR" % (cursor.y + 1, cursor.x + 1))
        elif question.startswith("?") and question.endswith("$p"):
            mode = int(question[1:-2])
            known = (1 if mode in self.modes else 2) if mode in _KNOWN else 0
            self._answer(b"\x1b[?%d;%d$y" % (mode, known))
        else:
            return False
        return True

    def _command(self, osc: str) -> None:
        number, _, value = osc.partition(";")
        if number in ("0", "2"):
            self.titles.append(value)
        elif number == "52":
            self.clipboard.append(value)

    def _set_mode(self, mode: int, *, on: bool) -> None:
        screen = self._screen
        if mode == _ALTERNATE and on and mode not in self.modes:
            self._main = (copy.deepcopy(screen.buffer), copy.copy(screen.cursor))
            screen.erase_in_display(2)
        elif mode == _ALTERNATE and not on and mode in self.modes:
            screen.buffer, screen.cursor = self._main
            # The window may have become smaller meanwhile.
            screen.cursor.x = min(screen.cursor.x, screen.columns - 1)
            screen.cursor.y = min(screen.cursor.y, screen.lines - 1)
        elif mode in (_WRAP, _CURSOR):
            self._stream.feed(f"\x1b[?{mode}{'h' if on else 'l'}")
        (self.modes.add if on else self.modes.discard)(mode)
