"""One connection as HTTP reads it, each guard alone: what was said too early, what is lost, who waits for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import httpcore
import pytest

from gputui.net import sockets
from gputui.net.sockets import SocketStream, Unasked


class Transport:
    """A connection whose system takes nothing until it is told to."""

    def __init__(self) -> None:
        self.closing = False
        self.paused: list[bool] = []

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        self.limits = (high, low)

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> Any:
        return SimpleNamespace(fileno=lambda: self.ours.fileno()) if name == "socket" else None

    def write(self, data: bytes) -> None:
        self.stream.pause_writing()

    def pause_reading(self) -> None:
        self.paused.append(True)

    def resume_reading(self) -> None:
        self.paused.append(False)

    ours: socket.socket
    stream: SocketStream


@pytest.fixture
async def connection() -> AsyncIterator[tuple[SocketStream, Transport, list[str]]]:
    told: list[str] = []
    ours, other = socket.socketpair()
    made, transport = SocketStream(lambda: told.append("it spoke")), Transport()
    transport.ours, transport.stream = ours, made
    made._use(cast(Any, transport))
    yield made, transport, told
    ours.close()
    other.close()


Connection = tuple[SocketStream, Transport, list[str]]


async def test_a_request_on_a_connection_that_is_lost_meanwhile_ends_at_once(connection: Connection) -> None:
    made, _, _ = connection
    writing = asyncio.create_task(made.write(b"GET /", timeout=30))
    await asyncio.sleep(0)
    made.connection_lost(ConnectionResetError("reset"))
    with pytest.raises(httpcore.WriteError, match="reset"):
        await asyncio.wait_for(writing, 5)


@pytest.mark.parametrize("lost", [None, ConnectionResetError("reset")])
async def test_the_end_of_an_answer_is_no_loss_of_it(connection: Connection, lost: Exception | None) -> None:
    made, _, _ = connection
    made.data_received(b"ab")
    made.connection_lost(lost)
    assert await made.read(1) == b"a"
    assert await made.read(9) == b"b", "what has come is there, whatever came then"
    if lost is None:
        assert await made.read(9) == b""
    else:
        with pytest.raises(httpcore.ReadError, match="reset"):
            await made.read(9)


async def test_who_says_more_than_is_read_is_read_no_further(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_MOST_UNREAD", 4)
    made, transport, _ = connection
    made.data_received(b"abcd")
    assert transport.paused == []
    made.data_received(b"e")
    assert transport.paused == [True]
    await made.read(1)
    assert transport.paused == [True, False]


async def test_what_the_system_holds_already_was_said_before_the_request() -> None:
    """Nobody has read it yet when the request is to be written."""
    told: list[str] = []
    ours, other = socket.socketpair()
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(lambda: SocketStream(lambda: told.append("it spoke")), sock=ours)
    other.send(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(Unasked):
        await made.write(b"GET /")
    assert (told, made.requests) == (["it spoke"], 0)
    await made.aclose()
    other.close()


@pytest.mark.parametrize(
    ("data", "ended", "tells"), [(b"x", False, True), (b"x", True, False), (b"HTTP/1.1 408 ", False, False)]
)
async def test_last_words_before_the_end_are_no_answer_of_somebody_else(
    connection: Connection, data: bytes, ended: bool, tells: bool
) -> None:
    made, _, told = connection
    made.data_received(data)
    if ended:
        made.eof_received()
    with pytest.raises(Unasked):
        await made.write(b"GET /")
    assert told == ["it spoke"] * tells


async def test_only_without_tls_may_still_be_written_after_the_other_side_s_end(connection: Connection) -> None:
    made, transport, _ = connection
    assert (made.eof_received(), transport.limits) == (True, (0, 0))
    made._tls = True
    made._use(cast(Any, transport))
    assert (made.eof_received(), transport.limits) == (False, (1, 0))
