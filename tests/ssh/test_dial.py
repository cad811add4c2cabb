"""A name with several addresses: all are checked, then tried in order, and a silent one leaves time for the next."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from gputui.core.problem import Failed
from gputui.ssh.address import Address
from gputui.ssh.connecting.dial import Lookup, open_socket, system_lookup

SILENT, ANSWERS, ALSO = "127.11.0.2", "127.11.0.3", "127.11.0.4"
SECONDS = 2.0
NAME = Address("gpu.example", allow_local=True)


def found(*addresses: str) -> Lookup:
    async def lookup(host: str, port: int) -> list[str]:
        return list(addresses)

    return lookup


@pytest.fixture
def port() -> Iterator[int]:
    """A port at which one address answers and another one says nothing at all: its queue is full."""
    with contextlib.ExitStack() as held:
        answers = held.enter_context(socket.create_server((ANSWERS, 0)))
        number = int(answers.getsockname()[1])
        silent = held.enter_context(socket.socket())
        silent.bind((SILENT, number))
        silent.listen(0)
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((SILENT, number))
        yield number


async def reached(port: int, *addresses: str) -> str:
    opened = await open_socket(NAME, port, found(*addresses), SECONDS)
    with opened:
        return str(opened.getpeername()[0])


async def test_a_silent_address_leaves_half_of_the_time_for_the_other(port: int) -> None:
    begun = time.monotonic()
    assert await reached(port, SILENT, ANSWERS) == ANSWERS
    assert time.monotonic() - begun >= SECONDS / 2 - 0.1


async def test_of_three_the_first_has_a_third(port: int) -> None:
    begun = time.monotonic()
    assert await reached(port, SILENT, ALSO, ANSWERS) == ANSWERS  # the second refuses at once
    assert time.monotonic() - begun >= SECONDS / 3 - 0.1
    begun = time.monotonic()
    assert await reached(port, SILENT, SILENT, ANSWERS) == ANSWERS
    assert time.monotonic() - begun >= SECONDS * 2 / 3 - 0.1


async def test_the_last_one_has_all_that_is_left(port: int) -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        await open_socket(NAME, port, found(ALSO, SILENT), SECONDS)
    assert time.monotonic() - begun >= SECONDS - 0.1


async def test_the_first_that_answers_is_taken(port: int) -> None:
    assert await reached(port, ANSWERS, SILENT) == ANSWERS


async def test_where_none_answers_the_last_reason_is_told(port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        await open_socket(NAME, port, found(SILENT, ALSO), SECONDS)


async def test_a_name_without_an_address_is_said(port: int) -> None:
    with pytest.raises(OSError, match=r"gpu\.example has no address"):
        await open_socket(NAME, port, found(), SECONDS)


@pytest.mark.parametrize("addresses", [(ANSWERS, "203.0.113.7"), ("203.0.113.7", ANSWERS)])
async def test_one_local_address_of_several_is_reason_enough_to_try_none(
    port: int, addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dialled(*_: object) -> None:
        raise AssertionError("it was tried")

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", dialled)
    with pytest.raises(Failed):
        await open_socket(Address("gpu.example"), port, found(*addresses), SECONDS)


async def test_an_address_is_not_looked_up(port: int) -> None:
    async def never(host: str, port: int) -> list[str]:
        raise AssertionError("it was looked up")

    with await open_socket(Address(ANSWERS, allow_local=True), port, never, SECONDS) as opened:
        assert opened.getpeername()[0] == ANSWERS


async def test_the_system_says_each_address_once_and_as_an_address() -> None:
    assert await system_lookup("127.0.0.1", 22) == ["127.0.0.1"]


async def test_an_address_of_ipv6_is_dialled_as_one() -> None:
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", 0))
        listener.listen()
        there = Address("::1", allow_local=True)
        with await open_socket(there, listener.getsockname()[1], found(), SECONDS) as opened:
            assert opened.family is socket.AF_INET6
