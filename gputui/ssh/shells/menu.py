"""The key that leaves a session, ctrl+], and the one-line menu it opens."""

from __future__ import annotations

import re
from enum import Enum

# As a byte, in kitty's keyboard protocol (with alternates, locks and event types), and in xterm's encoding.
_LEAVE = rb"\x1d|\x1b\[93(?::[0-9:]*)?;(?:5|69|133|197)(?::1)?(?:;[0-9:]*)?u|\x1b\[27;5;93~"
_PASTE = rb"\x1b\[20[01]~"
_SCAN = re.compile(rb"(?P<leave>" + _LEAVE + rb")|(?P<paste>" + _PASTE + rb")")
_LEAVE_ALONE = re.compile(_LEAVE)
_LETTER = rb"|\x1b\[%d(?::[0-9:]*)?(?:;[0-9]*(?::1)?)?(?:;[0-9:]*)?u"
_KILL = re.compile(rb"[kK]" + _LETTER % ord("k"))
_DETACH = re.compile(rb"[dD]" + _LETTER % ord("d"))
# Kitty also reports ctrl and shift alone: on the way to `ctrl+]` they choose nothing.
_MODIFIER = re.compile(rb"\x1b\[574(?:4[1-9]|5[0-4])(?::[0-9:]*)?(?:;[0-9:;]*)?u")
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?|[\xc0-\xff][\x80-\xbf]*|.", re.DOTALL)
_PASTE_BEGINS = b"\x1b[200~"
_LONGEST_MARK = len(_PASTE_BEGINS) - 1

TEXT = " k disconnect   ctrl+] sends ctrl+]   any other key goes on"
DETACH_TEXT = " d detach  " + TEXT
"""The menu for a session that can be detached."""


class MenuChoice(Enum):
    """The choices of the open menu."""

    GO_ON = "go on"
    SEND = "send"
    DISCONNECT = "disconnect"
    DETACH = "detach"


def chooses(key: bytes) -> bool:
    """Whether the key is a choice; modifier keys alone are not."""
    return _MODIFIER.fullmatch(key) is None


class LeaveKey:
    """Finds ctrl+] in typed input, but not in pasted input."""

    def __init__(self) -> None:
        self._pasting = False
        self._tail = b""

    def split(self, typed: bytes) -> tuple[bytes, bytes, bytes]:
        """Return the bytes for the machine, the key (empty if absent), and the bytes after it."""
        if _LEAVE_ALONE.fullmatch(typed):
            # A read with only the key is always the key: the end of a paste may have been lost.
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
    """Return what the first key in `typed` chooses, the bytes for the machine, and the remaining bytes.

    `typed` must hold keys only: a terminal's own replies are not choices.
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
    """Draw the menu on the bottom line of the screen; the cursor does not move."""
    text = (DETACH_TEXT if detachable else TEXT)[: columns - 1].ljust(columns - 1)
    return _on_last_row(rows, b"\x1b[7m" + text.encode("ascii"))


def wiped(rows: int) -> bytes:
    """Clear the menu line; the machine has to redraw what was under it."""
    return _on_last_row(rows, b"\x1b[2K")


def _on_last_row(rows: int, content: bytes) -> bytes:
    # Saving the cursor also saves its colours, its character set and the origin mode.
    return b"\x1b7\x1b[?6l\x1b(B\x0f\x1b[0m\x1b[%d;1H%b\x1b8" % (rows, content)
