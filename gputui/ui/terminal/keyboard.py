"""Convert terminal input to Textual's messages: the terminal's replies are dropped, a paste is one message."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator

from textual import constants
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste
from textual.message import Message

from gputui.core.terminal_input import Kind, Piece, TerminalInput

LARGEST_PASTE = 65_536
"""Bytes; no input field takes as many."""
CUT_OFF = "a paste was cut off: nothing of it was taken"
TOO_LONG = f"a paste of more than {LARGEST_PASTE // 1024} kB: nothing of it was taken"

# The mouse, the focus, mode reports and the size: requested or enabled by Textual.
_FOR_TEXTUAL = re.compile(rb"\x1b\[(?:[IO]|<[0-9;-]+[Mm]|[0-9;]+M|\?[0-9]+;[0-9]\$y|48;[0-9:]+(?:;[0-9:]+){3}t)")
_LONGEST_FOR_TEXTUAL = 32
"""Characters of a sequence beyond which Textual would take each of them for a key."""
_TEXT_OF_A_KEY = re.compile(r"\x1b\[[0-9:]*;[0-9:]*;([0-9:]+)u")
_UNSEEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0)))


class PasteLost(Message):
    """A paste was discarded; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class _Parser(XTermParser):
    def finish(self) -> Iterable[Message]:
        """Tell the parser that the input is complete."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
        return self.tick()

    def knows(self, sequence: str) -> bool:
        """Whether the sequence is a key; Textual takes every character of an unknown one for a key."""
        return any(True for _ in self._sequence_to_key_events(sequence))


class Keyboard:
    """Converts a terminal's bytes, in pieces of any size, to messages for the app.

    The caller must call `tick` once `deadline` has passed without further input.
    """

    def __init__(self, *, debug: bool = False) -> None:
        self._input = TerminalInput(constants.ESCAPE_DELAY)
        self._parser = _Parser(debug)
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._pasted: bytearray | None = None

    @property
    def deadline(self) -> float | None:
        """The time after which silence decides what was typed; None while nothing is pending."""
        return self._input.deadline

    def feed(self, data: bytes, now: float) -> Iterator[Message]:
        """Process bytes that were read together, at time `now`."""
        for message in self._messages(self._input.feed(data, now)):
            message.time = now
            yield message

    def tick(self, now: float) -> Iterator[Message]:
        """Decide pending input, as nothing has followed."""
        return self._messages(self._input.tick(now))

    def close(self) -> None:
        """Decide pending input at the end."""
        try:
            for _ in self._parser.feed(""):
                pass
        except (EOFError, ParseError):
            pass

    def _messages(self, pieces: Iterable[Piece]) -> Iterator[Message]:
        for piece in pieces:
            if piece.kind is Kind.KEYS:
                yield from self._keys(piece)
            elif piece.kind is Kind.ANSWER:
                if _FOR_TEXTUAL.fullmatch(piece.data):
                    yield from self._parser.feed(piece.data.decode("ascii"))
            else:
                yield from self._paste(piece)

    def _keys(self, piece: Piece) -> Iterator[Message]:
        text = self._decode(piece.data)
        if text.startswith("\x1b[") and len(text) > 2:
            if len(text) > _LONGEST_FOR_TEXTUAL:
                text = _text_of(text)
            elif not self._parser.knows(text):
                return
        if text:
            yield from map(_without_alt_text, self._parser.feed(text))
        if piece.whole:
            yield from map(_without_alt_text, self._parser.finish())

    def _paste(self, piece: Piece) -> Iterator[Message]:
        if piece.kind is Kind.PASTE_BEGIN:
            self._pasted = bytearray()
        elif piece.kind is Kind.PASTE:
            if self._pasted is not None and len(self._pasted) <= LARGEST_PASTE:
                self._pasted += piece.data
        else:
            pasted, self._pasted = self._pasted, None
            if piece.kind is Kind.PASTE_LOST or pasted is None:
                yield PasteLost(CUT_OFF)
            elif len(pasted) > LARGEST_PASTE:
                yield PasteLost(TOO_LONG)
            elif pasted:
                yield Paste(pasted.decode("utf-8", "replace").translate(_UNSEEN))


def _without_alt_text(message: Message) -> Message:
    """Remove the text of alt+X, which is not X: verbs are found by a key's text, and it could stop a machine."""
    if isinstance(message, Key) and message.key.startswith("alt+"):
        message.character = None
    return message


def _text_of(sequence: str) -> str:
    """Return the text that an input method has put into one key event: more characters than Textual reads."""
    found = _TEXT_OF_A_KEY.fullmatch(sequence)
    codes = [int(code) for code in found[1].split(":") if code] if found else []
    return "".join(chr(code) for code in codes if 32 <= code <= 0x10FFFF and code != 0x7F)
