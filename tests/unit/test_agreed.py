"""The question at the terminal before a run: `yes` is a yes, and nothing else is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.ssh.shells.terminal
from gputui.commands.context import CliContext
from gputui.commands.prompts import can_ask, confirm


def terminal(monkeypatch: pytest.MonkeyPatch, typed: bytes | None) -> None:
    """Stands in for the person's terminal, whose line is `typed`."""
    opened = os.open

    def only_tty(path: Any, flags: int, *more: Any, **named: Any) -> int:
        return opened(os.devnull if path == "/dev/tty" else path, flags, *more, **named)

    async def line(_: int) -> bytes | None:
        return typed

    monkeypatch.setattr(os, "open", only_tty)
    monkeypatch.setattr(gputui.ssh.shells.terminal, "read_whole_line", line)


@pytest.mark.parametrize("typed", [b"yes", b"yes\n", b" yes \r\n"])
async def test_yes_is_a_yes(monkeypatch: pytest.MonkeyPatch, typed: bytes) -> None:
    terminal(monkeypatch, typed)
    assert await confirm("Run it?")


@pytest.mark.parametrize("typed", [b"y", b"Y", b"YES", b"yes please", b"yess", b"no", b"", b"\n", None])
async def test_nothing_else_is(monkeypatch: pytest.MonkeyPatch, typed: bytes | None) -> None:
    terminal(monkeypatch, typed)
    assert not await confirm("Run it?")


async def test_without_a_terminal_it_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> int:
        raise OSError("no such device")

    monkeypatch.setattr(os, "open", none)
    assert not await confirm("Run it?")


@pytest.mark.parametrize(
    ("typing", "seen", "asks"), [(True, True, True), (False, True, False), (True, False, False), (False, False, False)]
)
def test_somebody_is_asked_only_where_they_can_read_it_and_answer(
    monkeypatch: pytest.MonkeyPatch, typing: bool, seen: bool, asks: bool
) -> None:
    monkeypatch.setattr(os, "isatty", lambda number: typing if number == 0 else None)
    err = SimpleNamespace(isatty=lambda: seen)
    assert can_ask(cast(CliContext, SimpleNamespace(err=err))) is asks


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[int]]]:
    """The person's end of a terminal that stands for /dev/tty, and what of ours was opened."""
    master, slave = os.openpty()
    opened, ends = os.open, list[int]()

    def open_(path: Any, how: int, *more: Any, **named: Any) -> int:
        if path != "/dev/tty":
            return opened(path, how, *more, **named)
        assert how == os.O_RDWR | os.O_CLOEXEC
        ends.append(os.dup(slave))
        return ends[-1]

    monkeypatch.setattr(os, "open", open_)
    yield master, ends
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(("typed", "yes"), [(b"yes\n", True), (b"no\n", False)])
async def test_the_question_stands_on_the_terminal_and_nothing_of_it_stays_open(
    person: tuple[int, list[int]], typed: bytes, yes: bool
) -> None:
    master, ours = person
    os.write(master, typed)
    assert await confirm("Run \x1b[2Jit?") is yes
    seen = os.read(master, 1000)
    assert b"it? (yes/no) " in seen
    assert b"\x1b[2J" not in seen
    assert seen.count(b"\r\n") == 1, "the person's own"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(ours[0])


async def test_where_no_line_was_typed_the_next_message_begins_on_one_of_its_own(
    person: tuple[int, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: int) -> bytes | None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gputui.ssh.shells.terminal, "read_whole_line", gone)
    with pytest.raises(KeyboardInterrupt):
        await confirm("Run it?")
    assert os.read(person[0], 1000) == b"Run it? (yes/no) \r\n"
