"""Splits a terminal's input into keys, pasted text, and what the terminal sends by itself.

A terminal answers queries (its type, its colours, the cursor position) on the same channel as keys, sometimes long
after and for a program that has exited. Taken for keys, such an answer opens sessions and menus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

ESCAPE_SECONDS = 0.1
"""Seconds of silence after which an escape is the key itself, and `ESC ]` is alt+]."""
SILENCE_SECONDS = 0.5
"""Seconds of silence after which an unterminated answer is over."""
PASTE_SILENCE_SECONDS = 0.75
"""Seconds of silence after which an unterminated paste is over."""
TRICKLE_SECONDS = 2.0
"""Seconds after which an answer or a paste ends if only single keys follow: somebody is typing."""
_TRICKLE_BYTES = 16
_TRICKLE_GAP = 0.03
_MOST_ANSWER = 4 * 1024 * 1024


class Kind(Enum):
    """The kind of a piece of input."""

    KEYS = "keys"
    ANSWER = "the terminal's own"
    PASTE_BEGIN = "a paste begins"
    PASTE = "pasted"
    PASTE_END = "a paste ends"
    PASTE_LOST = "a paste has no end"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one kind. `whole` marks keys that nothing can follow, such as an escape by itself."""

    kind: Kind
    data: bytes
    whole: bool = False


class _State(Enum):
    GROUND = "keys"
    STRING = "within an answer"
    PASTE = "within a paste"


_CSI = re.compile(
    rb"\x1b\[(?:"
    rb"\[(?P<linux>[A-E])"  # function keys of the Linux console
    rb"|M(?P<x10>[^\x1b]{3})|(?P<mouse><[0-9;-]{1,48}[Mm])"  # the mouse, in the old and the present encoding
    rb"|(?P<body>[0-?]{0,256}[ -/]{0,4}[@-LN-Z\\-~]|[0-?]{1,256}[ -/]{0,4}M)"
    rb")",
    re.DOTALL,
)
_CSI_BEGUN = re.compile(rb"\x1b\[(?:\[|M[^\x1b]{0,2}|<[0-9;-]{0,48}|[0-?]{0,256}[ -/]{0,4})\Z", re.DOTALL)
_CSI_BROKEN = re.compile(rb"\x1b\[(?:\[|M|[0-?]{0,256}[ -/]{0,4})")
_RXVT_KEY = re.compile(rb"\x1b\[[0-9]{1,2}\$")
_STRING_BEGINS = re.compile(rb"\x1b[\]PX^_]")
_NO_STRING = re.compile(rb"\x1b[\]PX^_](?:[\x00-\x06\x08-\x1a\x1c-\x1f]|\x1b[^\\])")
_STRING_STOPS = re.compile(rb"[\x03\x07\x18\x1a\x1b]")
_SS3_KEY = re.compile(rb"\x1bO[ -~]")
_ALT_KEY = re.compile(rb"\x1b(?:[\xc0-\xff][\x80-\xbf]*|[^\x1b])", re.DOTALL)

# Code points and modifiers as xterm and kitty encode them; key releases (`:3`) and `?>=<` events are not key presses.
_KEY = re.compile(rb"(?![0-9:;]*:3[u~A-HPQS])(?:[0-9:;]*[u~^@A-HPQSZ]|[Rabcd]|1;[5-8][p-y])")
_FOCUS = (b"\x1b[I", b"\x1b[O")
_PASTE_BEGIN, _PASTE_END = b"\x1b[200~", b"\x1b[201~"
_CTRL_C = re.compile(rb"\x1b\[(?:99(?::[0-9:]*)?;(?:5|69|133|197)(?::[12])?(?:;[0-9:]*)?u|27;5;99~)")
_PASTE_STOPS = re.compile(rb"[\x03\x1b]")
_PASTE_HELD = re.compile(rb"\x1b(?:\[[0-9:;]{0,32})?\Z")
_WAITING_FOR_A_KEY = re.compile(rb"\x1b[\[\]PX^_O]?\Z|\x1b\[[0-9]{1,2}\$\Z")


class TerminalInput:
    """Takes what is read, in any pieces, and the time; returns it complete and in order, by kind.

    The caller calls `tick` once `deadline` has passed and nothing more has come.
    """

    def __init__(self, escape_seconds: float = ESCAPE_SECONDS) -> None:
        self._escape_seconds = escape_seconds
        self._state = _State.GROUND
        self._held = b""
        self._last = float("-inf")
        self._moving = float("-inf")
        self._swallowed = 0

    @property
    def deadline(self) -> float | None:
        """The time after which silence decides what the open input is; None if nothing is open."""
        if self._state is _State.PASTE:
            return min(self._last + PASTE_SILENCE_SECONDS, self._moving + TRICKLE_SECONDS)
        if self._state is _State.GROUND and _WAITING_FOR_A_KEY.match(self._held):
            return self._last + self._escape_seconds
        if self._state is _State.STRING or self._held:
            return min(self._last + SILENCE_SECONDS, self._moving + TRICKLE_SECONDS)
        return None

    def feed(self, data: bytes, now: float) -> list[Piece]:
        """The pieces that are already certain."""
        quiet = self._state is _State.GROUND and not self._held
        if quiet or len(data) > _TRICKLE_BYTES or now - self._last < _TRICKLE_GAP:
            self._moving = now
        self._last = now
        text, self._held = self._held + data, b""
        pieces = list(self._pieces(text))
        lost = next((at for at in reversed(range(len(pieces))) if pieces[at].kind is Kind.PASTE_LOST), -1)
        if lost > 0 and pieces[lost].data:
            pieces[:lost] = [_pasted(piece) for piece in pieces[:lost]]
        return pieces

    def tick(self, now: float) -> list[Piece]:
        """The pieces that are certain now that nothing has followed."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return []
        state, held = self._state, self._held
        self._state, self._held = _State.GROUND, b""
        if state is _State.PASTE:
            return [*_some(Kind.PASTE, held), Piece(Kind.PASTE_LOST, b"")]
        if state is _State.GROUND and _WAITING_FOR_A_KEY.match(held):
            return [Piece(Kind.KEYS, held, whole=True)]
        return list(_some(Kind.ANSWER, held))

    def give_up(self) -> bytes:
        """The bytes still undecided, unchanged, for whoever reads next."""
        held, self._held, self._state = self._held, b"", _State.GROUND
        return held

    def _pieces(self, text: bytes) -> Iterator[Piece]:
        at = 0
        while at < len(text):
            step = {_State.GROUND: self._ground, _State.STRING: self._string, _State.PASTE: self._paste}[self._state]
            piece, at = step(text, at)
            if piece is None:
                self._held = text[at:]
                return
            if piece.data or piece.kind is Kind.PASTE_LOST:
                yield piece

    # ---------------------------------------------------------------- keys

    def _ground(self, text: bytes, at: int) -> tuple[Piece | None, int]:
        """One piece from `at` on and where it ends; None if more input is needed."""
        escape = text.find(b"\x1b", at)
        if escape != at:
            end = escape if escape >= 0 else len(text)
            return Piece(Kind.KEYS, text[at:end]), end
        after = text[at + 1 : at + 2]
        if not after:
            return None, at
        if after == b"\x1b":
            return Piece(Kind.KEYS, b"\x1b", whole=True), at + 1
        if after == b"[":
            return self._csi(text, at)
        if _STRING_BEGINS.match(text, at):
            return self._string_begins(text, at)
        if after == b"O" and at + 2 == len(text):
            return None, at
        key = _SS3_KEY.match(text, at) or _ALT_KEY.match(text, at)
        end = key.end() if key else at + 1
        return Piece(Kind.KEYS, text[at:end], whole=True), end

    def _csi(self, text: bytes, at: int) -> tuple[Piece | None, int]:
        found = _CSI.match(text, at)
        if found is None:
            if _CSI_BEGUN.match(text, at):
                return None, at
            broken = _CSI_BROKEN.match(text, at)
            end = broken.end() if broken else at + 2
            is_key = end == at + 2 or (_RXVT_KEY.match(text, at) and text[end - 1 : end] == b"$")
            return Piece(Kind.KEYS if is_key else Kind.ANSWER, text[at:end], whole=True), end
        sequence = found[0]
        if sequence == _PASTE_BEGIN:
            self._state = _State.PASTE
            self._moving = self._last
            return Piece(Kind.PASTE_BEGIN, sequence), found.end()
        if sequence == _PASTE_END:
            return Piece(Kind.PASTE_LOST, sequence), found.end()
        return Piece(_kind(found), sequence, whole=True), found.end()

    # ---------------------------------------------------------------- answers

    def _string_begins(self, text: bytes, at: int) -> tuple[Piece | None, int]:
        rest = text[at + 2 : at + 4]
        if not rest or rest == b"\x1b":
            return None, at
        if _NO_STRING.match(text, at):
            return Piece(Kind.KEYS, text[at : at + 2], whole=True), at + 2
        self._state = _State.STRING
        self._swallowed = 0
        self._moving = self._last
        return Piece(Kind.ANSWER, text[at : at + 2]), at + 2

    def _string(self, text: bytes, at: int) -> tuple[Piece | None, int]:
        stop = _STRING_STOPS.search(text, at)
        end = stop.start() if stop else len(text)
        self._swallowed += end - at
        if end > at and self._swallowed < _MOST_ANSWER:
            return Piece(Kind.ANSWER, text[at:end]), end
        if stop is not None and stop[0] == b"\x1b":
            if end + 1 == len(text):
                return None, at
            end += 2 if text[end + 1 : end + 2] == b"\\" else 0
        elif stop is not None and stop[0] != b"\x03":
            end += 1
        self._state = _State.GROUND
        return Piece(Kind.ANSWER, text[at:end]), end

    # ---------------------------------------------------------------- pastes

    def _paste(self, text: bytes, at: int) -> tuple[Piece | None, int]:
        stop = _PASTE_STOPS.search(text, at)
        end = stop.start() if stop else len(text)
        if end > at:
            return Piece(Kind.PASTE, text[at:end]), end
        if text.startswith(_PASTE_END, at):
            self._state = _State.GROUND
            return Piece(Kind.PASTE_END, _PASTE_END), at + len(_PASTE_END)
        if text[at : at + 1] == b"\x03" or _CTRL_C.match(text, at):
            self._state = _State.GROUND
            return Piece(Kind.PASTE_LOST, b""), at
        if _PASTE_HELD.match(text, at):
            return None, at
        return Piece(Kind.PASTE, text[at : at + 1]), at + 1


def _kind(found: re.Match[bytes]) -> Kind:
    if found["linux"]:
        return Kind.KEYS
    if found["body"] is None or found[0] in _FOCUS:
        return Kind.ANSWER
    return Kind.KEYS if _KEY.fullmatch(found["body"]) else Kind.ANSWER


def _some(kind: Kind, data: bytes) -> Iterator[Piece]:
    if data:
        yield Piece(kind, data)


def _pasted(piece: Piece) -> Piece:
    """Input before the end of a paste whose beginning was lost was pasted, not typed; ctrl+c stays ctrl+c."""
    return Piece(Kind.PASTE, piece.data) if piece.kind is Kind.KEYS and b"\x03" not in piece.data else piece
