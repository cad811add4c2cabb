"""The key that leaves a session, ctrl+], and the one line it opens."""

from __future__ import annotations

import re
from enum import Enum

# As a byte, as kitty's keyboard protocol writes it (with alternates, locks and event types), and as xterm's.
_LEAVE = rb"\x1d|\x1b\[93(?::[0-9:]*)?;(?:5|69|133|197)(?::1)?(?:;[0-9:]*)?u|\x1b\[27;5;93~"
_PASTE = rb"\x1b\[20[01]~"
_SCAN = re.compile(rb"(?P<leave>" + _LEAVE + rb")|(?P<paste>" + _PASTE + rb")")
_LEAVE_ALONE = re.compile(_LEAVE)
_LETTER = rb"|\x1b\[%d(?::[0-9:]*)?(?:;[0-9]*(?::1)?)?(?:;[0-9:]*)?u"
_KILL = re.compile(rb"[kK]" + _LETTER % ord("k"))
_DETACH = re.compile(rb"[dD]" + _LETTER % ord("d"))
# Kitty tells ctrl and shift by themselves, too: on the way to `ctrl+]` they choose nothing.
_MODIFIER = re.compile(rb"\x1b\[574(?:4[1-9]|5[0-4])(?::[0-9:]*)?(?:;[0-9:;]*)?u")
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?|[\xc0-\xff][\x80-\xbf]*|.", re.DOTALL)
_PASTE_BEGINS = b"\x1b[200~"
_LONGEST_MARK = len(_PASTE_BEGINS) - 1

TEXT = " k disconnect   ctrl+] sends ctrl+]   any other key goes on"
DETACH_TEXT = " d detach  " + TEXT
"""Where there is something to go back to."""


class MenuChoice(Enum):
    """What was chosen in the open menu."""

    GO_ON = "go on"
    SEND = "send"
    DISCONNECT = "disconnect"
    DETACH = "detach"


def chooses(key: bytes) -> bool:
    """Whether it is a choice at all; the keys that only change others are none."""
    return _MODIFIER.fullmatch(key) is None


class LeaveKey:
    """Finds ctrl+] in what is typed, but not in what is pasted."""

    def __init__(self) -> None:
        self._pasting = False
        self._tail = b""

    def split(self, typed: bytes) -> tuple[bytes, bytes, bytes]:
        """What goes to the machine, the key (empty if there is none), and what came after it."""
        if _LEAVE_ALONE.fullmatch(typed):
            # A key by itself is a key: the end of a paste may have been lost.
            self._pasting = False
            self._tail = b""
            return b"", typed, b""
        carried = len(self._tail)
        for match in _SCAN.finditer(self._tail + typed):
            begin, end = match.start() - carried, match.end() - carried
            if match["paste"]:
                self._pasting = match["paste"] == _PASTE_BEGINS
            elif not self._pasting and begin >= 0:
                self._tail = b""
                return typed[:begin], typed[begin:end], typed[end:]
        self._tail = (self._tail + typed)[-_LONGEST_MARK:]
        return typed, b"", b""


def choose(typed: bytes, *, detachable: bool = False) -> tuple[MenuChoice, bytes, bytes]:
    """What the first key in `typed` means to the menu, bytes for the machine, and what is left to be looked at.

    To be given keys only: what a terminal says by itself is no choice.
    """
    if match := _LEAVE_ALONE.match(typed):
        return MenuChoice.SEND, match[0], typed[match.end() :]
    if match := _KILL.match(typed):
        return MenuChoice.DISCONNECT, b"", typed[match.end() :]
    if detachable and (match := _DETACH.match(typed)):
        return MenuChoice.DETACH, b"", typed[match.end() :]
    match = _SEQUENCE.match(typed)
    return MenuChoice.GO_ON, b"", typed[match.end() if match else 0 :]


def drawn(columns: int, rows: int, *, detachable: bool = False) -> bytes:
    """The line at the bottom of the screen; the cursor stays where it is."""
    text = (DETACH_TEXT if detachable else TEXT)[: columns - 1].ljust(columns - 1)
    return _on_last_row(rows, b"\x1b[7m" + text.encode("ascii"))


def wiped(rows: int) -> bytes:
    """Takes the line away; what stood under it the machine has to draw again."""
    return _on_last_row(rows, b"\x1b[2K")


def _on_last_row(rows: int, content: bytes) -> bytes:
    # Saving the cursor saves its colours, its character set and the origin of its coordinates, too.
    return b"\x1b7\x1b[?6l\x1b(B\x0f\x1b[0m\x1b[%d;1H%b\x1b8" % (rows, content)
