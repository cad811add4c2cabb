"""Whatever a terminal says by itself, cut anywhere and between any keys: what comes out are the keys."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.terminal_input import (
    PASTE_SILENCE_SECONDS,
    SILENCE_SECONDS,
    Kind,
    Piece,
    TerminalInput,
)

ANSWERS = [
    b"\x1b[?62;4c",
    b"\x1b[>0;276;0c",
    b"\x1b[?1u",
    b"\x1b[0n",
    b"\x1b[12;40R",
    b"\x1b[?997;1n",
    b"\x1b[?2026;2$y",
    b"\x1b[4;2$y",
    b"\x1b[8;24;80t",
    b"\x1b[48;24;80;480;800t",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[<0;10;5M",
    b"\x1b[<35;-1;5m",
    b"\x1b[M !!",
    b"\x1b[115;1:3u",
    b"\x1b[1;1:3A",
    b"\x1b[99999z",
]
STRINGS = [
    b"\x1bP>|ghostty 1.1.3",
    b"\x1bP1$r0m",
    b"\x1bP!|7E565445",
    b"\x1bP1+r544e=787465726d",
    b"\x1b]11;rgb:1e1e/1e1e/1e1e",
    b"\x1b]52;c;cw==",
    b"\x1b]lssh me",
    b"\x1b_Gi=31;OK",
    b"\x1b^s",
    b"\x1bXm!:q",
]
KEYS = [
    b"s",
    b"\r",
    b"\x03",
    "é한".encode(),
    b"\x1b[A",
    b"\x1bOA",
    b"\x1bOP",
    b"\x1b[1;5A",
    b"\x1b[15~",
    b"\x1b[3;5~",
    b"\x1b[27;5;99~",
    b"\x1b[Z",
    b"\x1b[[B",
    b"\x1b[115u",
    b"\x1b[115;1:1;115u",
    b"\x1b[99;5u",
    b"\x1b[0;;54620u",
    b"\x1ba",
    "\x1bé".encode(),
    b"\x1b\r",
]

answers = st.one_of(
    st.sampled_from(ANSWERS),
    st.builds(lambda string, end: string + end, st.sampled_from(STRINGS), st.sampled_from([b"\x07", b"\x1b\\"])),
    st.builds(
        lambda begin, text, end: b"\x1b" + begin + text + end,
        st.sampled_from([b"]", b"P", b"_", b"^", b"X"]),
        st.text(
            st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=("Cs", "Cc")), min_size=1
        ).map(str.encode),
        st.sampled_from([b"\x07", b"\x1b\\"]),
    ),
    st.builds(
        lambda prefix, numbers, final: b"\x1b[" + prefix + b";".join(b"%d" % one for one in numbers) + final,
        st.sampled_from([b"?", b">", b"="]),
        st.lists(st.integers(0, 9999), max_size=6),
        st.sampled_from([bytes([code]) for code in range(0x40, 0x7F) if bytes([code]) not in b"[M"]),
    ),
)
keys = st.sampled_from(KEYS)
told = st.lists(st.one_of(answers.map(lambda data: (False, data)), keys.map(lambda data: (True, data))))
BEGUN = [b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1bO", b"\x1b[3$"]


def parts(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in pairwise(places)]


def fed(chunks: list[bytes], pause: float = 0.001) -> tuple[list[Piece], TerminalInput]:
    """What comes of chunks that arrive with a pause between them, before anything is told by silence."""
    source, now, pieces = TerminalInput(), 100.0, []
    for chunk in chunks:
        now += pause
        pieces += source.tick(now)
        pieces += source.feed(chunk, now)
    return pieces, source


def of(kind: Kind, pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces if piece.kind is kind)


@given(told, st.lists(st.integers(0, 10_000), max_size=8), st.sampled_from([0.001, 0.09]))
def test_answers_cut_anywhere_leave_exactly_the_keys(
    what: list[tuple[bool, bytes]], cuts: list[int], pause: float
) -> None:
    pieces, source = fed(parts(b"".join(data for _, data in what), cuts), pause)
    assert of(Kind.KEYS, pieces) == b"".join(data for is_key, data in what if is_key)
    assert source.deadline is None


@given(st.lists(st.sampled_from([*KEYS, *BEGUN, b"\x1b[3", b"\x1b[200~", b"\x1b[201~", b"x" * 99])))
def test_nothing_is_lost_or_made_up(chunks: list[bytes]) -> None:
    pieces, source = fed(chunks)
    pieces += source.tick(1e9)
    assert b"".join(piece.data for piece in pieces) == b"".join(chunks)
    assert source.deadline is None


@pytest.mark.parametrize("answer", [*ANSWERS, *(string + b"\x1b\\" for string in STRINGS)])
def test_an_answer_may_come_byte_by_byte(answer: bytes) -> None:
    pieces, _ = fed([answer[at : at + 1] for at in range(len(answer))], pause=0.06)
    assert of(Kind.KEYS, pieces) == b""


@pytest.mark.parametrize("key", BEGUN)
def test_what_begins_like_an_answer_is_a_key_once_it_is_quiet(key: bytes) -> None:
    pieces, source = fed([key])
    assert not pieces
    assert source.deadline is not None
    assert not source.tick(source.deadline - 0.001)
    assert source.tick(source.deadline) == [Piece(Kind.KEYS, key, whole=True)]
    assert source.deadline is None


@pytest.mark.parametrize("begun", [b"\x1b[?62;4", b"\x1b]11;rgb:1e", b"\x1bP>|gho", b"\x1b]11;x\x1b"])
def test_an_answer_without_an_end_is_over_after_a_short_silence(begun: bytes) -> None:
    pieces, source = fed([begun])
    assert source.deadline == pytest.approx(100.001 + SILENCE_SECONDS)
    pieces += source.tick(200.0)
    assert of(Kind.KEYS, pieces) == b""
    assert source.feed(b"s", 201.0) == [Piece(Kind.KEYS, b"s")]


def test_somebody_who_types_against_an_open_answer_gets_through() -> None:
    pieces, _ = fed([b"\x1b]11;", *[b"j"] * 40], pause=0.1)
    assert 15 < len(of(Kind.KEYS, pieces)) < 25  # the rest came within the two seconds that are given to it


@pytest.mark.parametrize("ctrl_c", [b"\x03", b"\x1b[99;5u", b"\x1b[27;5;99~"])
@pytest.mark.parametrize("within", [b"\x1b]11;", b"\x1bP", b"\x1b[?6", b"\x1b[200~cut off"])
def test_ctrl_c_gets_through(within: bytes, ctrl_c: bytes) -> None:
    pieces, _ = fed([within + b"x", ctrl_c])
    assert of(Kind.KEYS, pieces) == ctrl_c


def test_an_answer_is_bounded_however_long_it_goes_on() -> None:
    pieces, _ = fed([b"\x1b]52;c;", *[b"x" * 100_000] * 50], pause=0.01)
    assert 0 < len(of(Kind.KEYS, pieces)) < 1_000_000


@given(st.lists(st.integers(0, 10_000), max_size=8))
def test_a_paste_is_told_from_keys_wherever_it_is_cut(cuts: list[int]) -> None:
    text = b"ls; \x1b[?6c top\r\x1b[A\x1b]11;"
    pieces, source = fed(parts(b"a\x1b[200~" + text + b"\x1b[201~b", cuts))
    assert of(Kind.KEYS, pieces) == b"ab"
    assert of(Kind.PASTE, pieces) == text
    assert source.deadline is None


@pytest.mark.parametrize(("begun", "silent"), [(b"\x1b", 0.1), (b"\x1b]11;rgb", 0.5), (b"\x1b[200~cut off", 0.75)])
def test_the_silences_are_short_and_each_its_own(begun: bytes, silent: float) -> None:
    source = TerminalInput()
    source.feed(begun, 100.0)
    assert source.deadline == 100.0 + silent


def test_what_only_trickles_is_over_after_two_seconds() -> None:
    source = TerminalInput()
    for begun in (b"\x1b[200~", b"\x1b]11;"):
        source.feed(begun, 100.0)
        for at in (100.4, 100.8, 101.2, 101.6, 101.99):
            assert source.deadline is not None and source.deadline > at
            source.feed(b"x", at)
        assert source.deadline == 102.0
        source.tick(102.0)
        assert source.deadline is None


def test_a_paste_without_an_end_is_over_after_a_short_silence() -> None:
    _, source = fed([b"\x1b[200~cut off"])
    deadline = 100.001 + PASTE_SILENCE_SECONDS
    assert not source.tick(deadline - 0.001)
    assert [piece.kind for piece in source.tick(deadline + 0.001)] == [Kind.PASTE_LOST]
    assert source.feed(b"s", 200.0) == [Piece(Kind.KEYS, b"s")]


def test_a_long_paste_in_pieces_is_not_over_before_its_end() -> None:
    pieces, _ = fed([b"\x1b[200~", *[b"x" * 1400] * 20, b"\x1b[201~"], pause=PASTE_SILENCE_SECONDS - 0.05)
    assert [piece.kind for piece in pieces][-1] is Kind.PASTE_END


def test_somebody_who_types_against_an_open_paste_gets_through() -> None:
    pieces, _ = fed([b"\x1b[200~cut off", *[b"j"] * 40], pause=0.1)
    assert Kind.PASTE_LOST in [piece.kind for piece in pieces]
    assert 0 < len(of(Kind.KEYS, pieces)) < 40


def test_what_stands_before_an_end_without_a_beginning_was_pasted() -> None:
    pieces, _ = fed([b"the rest of it\x1b[201~", b"s"])
    assert of(Kind.KEYS, pieces) == b"s"
    assert Kind.PASTE_LOST in [piece.kind for piece in pieces]


def kinds(*pieces: bytes) -> list[tuple[Kind, bytes]]:
    reading = TerminalInput()
    return [(piece.kind, piece.data) for data in pieces for piece in reading.feed(data, 0.0)]


def test_a_function_key_of_the_linux_console_is_a_key() -> None:
    assert kinds(b"\x1b[[A") == [(Kind.KEYS, b"\x1b[[A")]


def test_what_begins_like_an_answer_and_goes_on_like_none_was_a_key() -> None:
    assert kinds(b"\x1b]\rs") == [(Kind.KEYS, b"\x1b]"), (Kind.KEYS, b"\rs")]
    assert kinds(b"\x1b]\x1b[A") == [(Kind.KEYS, b"\x1b]"), (Kind.KEYS, b"\x1b[A")]


def test_each_answer_may_be_long_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.core.terminal_input._MOST_ANSWER", 100)
    answer = b"\x1b]" + b"x" * 60 + b"\x07"
    assert {kind for kind, _ in kinds(*[answer] * 3)} == {Kind.ANSWER}
    endless = kinds(b"\x1b]", b"x" * 60, b"y" * 60, b"s")
    assert endless[-1] == (Kind.KEYS, b"s"), "an answer that never ends takes no keyboard"


@pytest.mark.parametrize("open_", [b"\x1b]1", b"\x1b[1"])
@pytest.mark.parametrize(
    ("last", "deadline"),
    [
        ([(1.9, b"1")], 2.0),
        ([(1.9, b"1" * 16)], 2.0),
        ([(1.9, b"1" * 17)], 2.4),
        ([(1.9, b"1"), (1.92, b"1")], 2.42),
        ([(1.9, b"1"), (1.94, b"1")], 2.0),
    ],
)
def test_what_only_trickles_ends_after_two_seconds(
    open_: bytes, last: list[tuple[float, bytes]], deadline: float
) -> None:
    reading = TerminalInput()
    for at, data in [(0.0, open_), *((at, b"1") for at in (0.4, 0.8, 1.2, 1.6)), *last]:
        reading.feed(data, at)
    assert reading.deadline == pytest.approx(deadline)


def test_before_the_end_of_a_paste_whose_beginning_was_lost_only_ctrl_c_was_typed() -> None:
    assert kinds(b"ab\x1b[A\x1b[0n\x1b[B\x03\x1b[201~cd") == [
        (Kind.PASTE, b"ab"),
        (Kind.PASTE, b"\x1b[A"),
        (Kind.ANSWER, b"\x1b[0n"),
        (Kind.PASTE, b"\x1b[B"),
        (Kind.KEYS, b"\x03"),
        (Kind.PASTE_LOST, b"\x1b[201~"),
        (Kind.KEYS, b"cd"),
    ]


def test_what_is_undecided_is_handed_on_unchanged_and_once() -> None:
    reading = TerminalInput()
    reading.feed(b"\x1b[1;", 0.0)
    assert (reading.give_up(), reading.give_up(), reading.deadline) == (b"\x1b[1;", b"", None)
    assert [piece.kind for piece in reading.feed(b"s", 0.0)] == [Kind.KEYS]
