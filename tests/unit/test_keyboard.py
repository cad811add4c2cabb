"""From bytes of a terminal to messages: what is a key, what is a paste and how long, what is nothing at all."""

from __future__ import annotations

import pytest
from textual.events import Key, MouseDown, Paste
from textual.message import Message

from gputui.core.terminal_input import PASTE_SILENCE_SECONDS
from gputui.ui.terminal.keyboard import CUT_OFF, LARGEST_PASTE, TOO_LONG, Keyboard, PasteLost

BEGIN, END = b"\x1b[200~", b"\x1b[201~"


def fed(*pieces: bytes) -> list[Message]:
    keyboard = Keyboard()
    return [message for at, piece in enumerate(pieces) for message in keyboard.feed(piece, float(at))]


def keys(*pieces: bytes) -> list[str]:
    return [message.key for message in fed(*pieces) if isinstance(message, Key)]


def said(*pieces: bytes) -> list[str]:
    """What came of pasted text."""
    return [
        message.text if isinstance(message, Paste) else message.words
        for message in fed(*pieces)
        if isinstance(message, Paste | PasteLost)
    ]


@pytest.mark.parametrize(
    ("length", "taken"), [(LARGEST_PASTE - 1, True), (LARGEST_PASTE, True), (LARGEST_PASTE + 1, False)]
)
@pytest.mark.parametrize("parts", [1, 3])
def test_of_a_paste_that_is_too_long_nothing_is_taken(length: int, taken: bool, parts: int) -> None:
    text = b"x" * length
    step = -(-length // parts)
    pieces = [text[at : at + step] for at in range(0, length, step)]
    assert said(BEGIN, *pieces, END) == ([text.decode()] if taken else [TOO_LONG])


def test_a_paste_that_is_too_long_is_not_kept_either() -> None:
    keyboard = Keyboard()
    for piece in (BEGIN, *[b"x" * LARGEST_PASTE] * 20):
        assert list(keyboard.feed(piece, 0.0)) == []
    assert keyboard._pasted is not None and len(keyboard._pasted) <= 2 * LARGEST_PASTE


def test_after_a_paste_that_is_too_long_the_next_one_is_taken() -> None:
    assert said(BEGIN, b"x" * (LARGEST_PASTE + 1), END, BEGIN, b"y", END) == [TOO_LONG, "y"]


def test_an_empty_paste_is_nothing() -> None:
    assert fed(BEGIN + END) == []


def test_of_pasted_text_lines_and_tabs_stay_and_what_cannot_be_seen_does_not() -> None:
    assert said(BEGIN + "a\tb\r\nc\x00\x07\x1b[31m\x7f\x9b ü".encode() + END) == ["a\tb\r\nc[31m ü"]


def test_a_paste_without_an_end_is_dropped_with_a_word_and_keys_count_again() -> None:
    keyboard = Keyboard()
    assert list(keyboard.feed(BEGIN + b"rm", 0.0)) == []
    assert list(keyboard.tick(PASTE_SILENCE_SECONDS - 0.01)) == []
    (lost,) = keyboard.tick(PASTE_SILENCE_SECONDS)
    assert isinstance(lost, PasteLost) and lost.words == CUT_OFF
    (key,) = keyboard.feed(b"j", 9.0)
    assert isinstance(key, Key) and (key.key, key.time) == ("j", 9.0)


def test_an_end_without_a_beginning_takes_nothing_of_what_came_before_it_in_the_same_piece() -> None:
    assert [type(one) for one in fed(b"rm" + END)] == [PasteLost]


@pytest.mark.parametrize(
    ("sent", "key", "character"),
    [
        (b"S", "S", "S"),
        (b"\x1bS", "alt+shift+s", None),  # an escape and a letter in one: no letter was pressed
        (b"\x1bs", "alt+s", None),
        (b"\x1b[A", "up", None),
        (b"\x03", "ctrl+c", "\x03"),
    ],
)
def test_a_key_is_itself_and_alt_and_a_letter_is_no_letter(sent: bytes, key: str, character: str | None) -> None:
    (message,) = fed(sent)
    assert isinstance(message, Key)
    assert (message.key, message.character) == (key, character)


@pytest.mark.parametrize("sent", [b"\x1b[1;9Z", b"\x1b[?62;22c", b"\x1b]11;rgb:0000/0000/0000\x07"])
def test_a_sequence_that_is_no_key_is_nothing_and_none_of_its_letters_is_one(sent: bytes) -> None:
    assert keys(sent, b"j") == ["j"]


def test_what_an_input_method_gives_in_one_event_is_its_text() -> None:
    text = "gpu-node-0123456789"
    codes = ":".join(str(ord(letter)) for letter in text)
    assert "".join(m.character or "" for m in fed(f"\x1b[0;;{codes}u".encode()) if isinstance(m, Key)) == text
    hidden = ":".join(str(code) for code in (27, 127, 7, 0, *map(ord, "ab" * 8)))
    assert "".join(m.character or "" for m in fed(f"\x1b[0;;{hidden}u".encode()) if isinstance(m, Key)) == "ab" * 8


def test_the_mouse_is_for_textual() -> None:
    assert any(isinstance(message, MouseDown) for message in fed(b"\x1b[<0;5;5M"))


def test_what_is_read_together_came_together() -> None:
    assert [message.time for message in fed(b"", b"abc")] == [1.0, 1.0, 1.0]
