"""What a terminal would show: pyte, with the alternate screen, the modes and the answers that it lacks."""

from __future__ import annotations

import codecs
import copy
import re
from collections.abc import Callable
from typing import Any

import pyte

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


class Emulator:
    """Takes what a program writes; `answer` is given what an xterm would reply to its questions."""

    def __init__(self, columns: int, rows: int, answer: Callable[[bytes], None]) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._answer = answer
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._main: Any = None
        self.modes = {_CURSOR, _WRAP}
        self.keyboard_flags = 0
        self.clipboard: list[str] = []
        self.titles: list[str] = []

    def feed(self, data: bytes) -> None:
        """Show these bytes; a sequence that is cut off waits for its end."""
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
        self._screen.resize(rows, columns)

    @property
    def lines(self) -> list[str]:
        """The lines as they stand, without the blanks at their ends; a wide character is one character."""
        screen = self._screen
        return ["".join(screen.buffer[y][x].data for x in range(screen.columns)).rstrip() for y in range(screen.lines)]

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
        elif mode in (_WRAP, _CURSOR):
            self._stream.feed(f"\x1b[?{mode}{'h' if on else 'l'}")
        (self.modes.add if on else self.modes.discard)(mode)
