"""Track the terminal modes that a remote program sets in its output, to be able to restore them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ALTERNATE = frozenset({47, 1047, 1049})
_MOUSE = frozenset({9, 1000, 1001, 1002, 1003})
_FOLLOWED = _ALTERNATE | _MOUSE | {1, 5, 6, 7, 12, 25, 66, 69, 1004, 1005, 1006, 1007, 1015, 1016, 2004, 2031, 2048}
"""Private modes by number. Not synchronized output (2026): its end may have been missed."""
_SOFT_RESET = frozenset({1, 5, 6, 7, 25, 66, 69})
_DEEPEST = 8
_LONGEST_CARRIED = 512

_ESCAPED = (
    rb"\x1b(?:"
    rb"\[\?(?P<private>[0-9;]{1,64})(?P<switch>[hl])"
    rb"|\[(?P<insert>4)(?P<inserting>[hl])"
    rb"|\[(?P<region>[0-9]{0,5}(?:;[0-9]{0,5})?)r"
    rb"|\[(?P<kitty>[<>=])(?P<flags>[0-9;]{0,16})u"
    rb"|\[>4;?(?P<modified>[0-9]?)m"
    rb"|\[(?P<cursor>[0-9]{0,2}) q"
    rb"|(?P<soft>\[!p)|(?P<hard>c)|(?P<keypad>[=>])"
    rb"|(?P<charset>[()][0-9A-Za-z])"
    rb"|\][02];(?P<title>[^\x07\x1b]{0,256})(?:\x07|\x1b\\)"
    rb")"
)
# Searching for one first byte is many times faster than for one of three, and output comes in megabytes.
_SEQUENCE = re.compile(_ESCAPED)
_SEQUENCE_OR_SHIFT = re.compile(_ESCAPED + rb"|\x0e|\x0f")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[()]|)\Z")


@dataclass(slots=True)
class _Keyboard:
    """The stack of kitty's keyboard flags; each of the two screens has its own."""

    stack: list[int] = field(default_factory=list)

    def change(self, what: bytes, numbers: list[int]) -> None:
        first = numbers[0] if numbers else 0
        if what == b">":
            self.stack = [*self.stack, first][-_DEEPEST:]
        elif what == b"<":
            del self.stack[max(0, len(self.stack) - max(1, first)) :]
        else:
            before = self.stack.pop() if self.stack else 0
            how = numbers[1] if len(numbers) > 1 else 1
            self.stack.append(first if how == 1 else before | first if how == 2 else before & ~first)

    @property
    def again(self) -> bytes:
        return b"".join(b"\x1b[>%du" % flags for flags in self.stack)


class Modes:
    """Parses all output of a machine, in pieces of any size; knows the modes that are set and the bytes that set them.

    `alternate` is True while the alternate screen (of full-screen programs) is shown.
    """

    def __init__(self) -> None:
        self.carried = b""
        self._reset()

    def _reset(self) -> None:
        self._private: dict[int, bool] = {}
        self._others: dict[str, bytes] = {}
        self._keyboards = (_Keyboard(), _Keyboard())
        self._title = b""
        self.alternate = False

    def feed(self, data: bytes) -> list[bytes]:
        """Track the modes in `data`; return the parts that were written to the main screen.

        `carried` then holds the beginning of an incomplete sequence.
        """
        text = self.carried + data if self.carried else data
        self.carried = _beginning(text)
        shown: list[bytes] = []
        done, carried = 0, len(text) - len(self.carried)
        pattern = _SEQUENCE_OR_SHIFT if b"\x0e" in text or b"\x0f" in text else _SEQUENCE
        for found in pattern.finditer(text, 0, carried):
            before = self.alternate
            self._follow(found)
            if before != self.alternate:
                if not before:
                    shown.append(text[done : found.start()])
                done = found.end()
        if not self.alternate:
            shown.append(text[done:carried] if done or self.carried else text)
        return shown

    def again(self) -> bytes:
        """Return the bytes that set all modes on a reset terminal; the cursor stays unless the screen changes."""
        first, second = self._keyboards
        others = dict(self._others)
        region = others.pop("region", b"")
        pieces = [first.again]
        if self.alternate:
            pieces += [b"\x1b[?1049h\x1b[2J\x1b[H", second.again]
        pieces += [b"\x1b7" + region + b"\x1b8"] if region else []  # setting the region moves the cursor
        pieces += [b"\x1b[?%d%c" % (mode, b"h" if on else b"l") for mode, on in self._private.items()]
        pieces += others.values()
        pieces += [b"\x1b]2;" + self._title + b"\x07"] if self._title else []
        return b"".join(pieces)

    def _follow(self, found: re.Match[bytes]) -> None:
        what = found.lastgroup or "shift"
        value = found[found.lastgroup or 0]
        match what:
            case "switch":
                for mode in _numbers(found["private"]):
                    self._switch(mode, on=value == b"h")
            case "flags":
                self._keyboards[self.alternate].change(found["kitty"], _numbers(value))
            case "title":
                self._title = value
            case "hard":
                self._reset()
            case "soft":
                for mode in _SOFT_RESET:
                    self._private.pop(mode, None)
                self._others.clear()
            case "region" if value in (b"", b";"):
                self._others.pop("region", None)
            case "charset":
                self._others[f"charset {value[:1]!r}"] = found[0]
            case _:
                self._others[what] = found[0]

    def _switch(self, mode: int, *, on: bool) -> None:
        if mode not in _FOLLOWED:
            return
        if mode in _ALTERNATE:
            self.alternate = on
            self._keyboards[1].stack.clear()
        elif mode in _MOUSE and not on:
            for other in _MOUSE:
                self._private.pop(other, None)
        else:
            # Moved to the end: of several mouse modes the last one counts.
            self._private.pop(mode, None)
            self._private[mode] = on


def _beginning(text: bytes) -> bytes:
    at = text.rfind(b"\x1b", -_LONGEST_CARRIED)
    if at < 0:
        return b""
    if at and text[at - 1 : at] != b"\x1b" and text[at:] == b"\x1b":
        # Perhaps the end of a title: ESC \ closes it.
        before = text.rfind(b"\x1b]", max(0, at - _LONGEST_CARRIED), at)
        if before >= 0 and _UNFINISHED.match(text, before):
            at = before
    found = _UNFINISHED.match(text, at)
    return text[at:] if found else b""


def _numbers(text: bytes) -> list[int]:
    return [int(number) for number in text.split(b";") if number and len(number) < 6]
