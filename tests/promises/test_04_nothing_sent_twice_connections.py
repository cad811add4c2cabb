"""An answer belongs to the request before it: a connection that has more to say than was asked is never used again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import stamina

from gputui.core.problem import Failed
from gputui.core.provider import Settings
from gputui.core.request import Request, SendStatus
from gputui.net.api import READ_TRIES, Api
from gputui.net.sockets import Sockets, SocketStream, Unasked
from tests.clocks import until
from tests.contract.servers import Authority, RawServer, Script, Seen, Wire, reply, serving, tunnelling

STALE = reply(body=b'{"n": "an answer to nothing"}')
STOP = Request("POST", "/v1/nodes/7/stop")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(params=["plain", "TLS 1.2", "TLS 1.3"])
def tls(request: pytest.FixtureRequest, authority: Authority) -> ssl.SSLContext | None:
    newest = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}.get(request.param)
    return serving(authority.issue("server"), newest=newest) if newest else None


@pytest.fixture(autouse=True)
def without_pauses() -> Any:
    with stamina.set_testing(True, attempts=READ_TRIES, cap=True):
        yield


@asynccontextmanager
async def reading(script: Script, tls: ssl.SSLContext | None, authority: Authority) -> AsyncIterator[tuple[Any, Api]]:
    async with RawServer(script, tls=tls) as server:
        api = Api(Settings("prod", {}, ca_file=str(authority.file)), {"": server.base}, deadline=5.0)
        try:
            yield server, api
        finally:
            await api.aclose()


def answer(seen: Seen) -> bytes:
    return reply(body=json.dumps({"n": seen.target}).encode())


def saying(first: Callable[[Wire, Seen], Awaitable[None]]) -> Script:
    """Answers every request with its own path; `first` answers the very first one."""
    begun: list[Wire] = []

    async def script(wire: Wire) -> None:
        while True:
            seen = await wire.request()
            if not begun:
                begun.append(wire)
                await first(wire, seen)
            else:
                await wire.send(answer(seen))

    return script


async def asked(api: Api, *paths: str) -> list[Any]:
    return [(await api.get(path))["n"] for path in paths]  # type: ignore[call-overload, index]


PATHS = ("/1", "/2", "/3", "/4")


async def test_well_behaved_connections_are_kept(tls: ssl.SSLContext | None, authority: Authority) -> None:
    async def plainly(wire: Wire, seen: Seen) -> None:
        await wire.send(answer(seen))

    async with reading(saying(plainly), tls, authority) as (server, api):
        assert await asked(api, *PATHS) == [*PATHS]
        assert server.connections == 1


@pytest.mark.parametrize("extra", [STALE, STALE[:20], b"\r\n\r\nx", b"x"], ids=["whole", "half", "garbage", "byte"])
async def test_what_stands_behind_an_answer_in_one_piece(
    extra: bytes, tls: ssl.SSLContext | None, authority: Authority
) -> None:
    async def twice(wire: Wire, seen: Seen) -> None:
        await wire.send(answer(seen) + extra)

    async with reading(saying(twice), tls, authority) as (server, api):
        assert await asked(api, *PATHS) == [*PATHS]
        assert server.connections == len(PATHS), "a server that does so once gets a new connection each time"


async def test_what_stands_behind_the_last_chunk(tls: ssl.SSLContext | None, authority: Authority) -> None:
    async def twice(wire: Wire, seen: Seen) -> None:
        body = json.dumps({"n": seen.target}).encode()
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        await wire.send(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) + STALE)

    async with reading(saying(twice), tls, authority) as (_, api):
        assert await asked(api, *PATHS) == [*PATHS]


@pytest.mark.parametrize("seen_by_us", [True, False])
async def test_what_comes_before_the_next_request(
    seen_by_us: bool, tls: ssl.SSLContext | None, authority: Authority, connections: list[SocketStream]
) -> None:
    """In a segment of its own, when the answer has long been read; the next request needs no second try for it."""
    read, said = asyncio.Event(), asyncio.Event()

    async def later(wire: Wire, seen: Seen) -> None:
        await wire.send(answer(seen))
        await read.wait()
        await wire.send(STALE)
        said.set()

    async with reading(saying(later), tls, authority) as (server, api):
        with stamina.set_testing(True, attempts=1):
            assert await asked(api, "/1") == ["/1"]
            read.set()
            await said.wait()
            if seen_by_us:
                await until(lambda: connections[0].unread)
            assert await asked(api, "/2", "/3") == ["/2", "/3"]
        assert [seen.target for seen in server.seen] == ["/1", "/2", "/3"]
        if seen_by_us:
            assert server.connections == 3, "a server that does so once gets a new connection each time"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[SocketStream]:
    """All that are made."""

    async def connect(self: Sockets, host: str, port: int, **options: Any) -> SocketStream:
        made.append(await connect_tcp(self, host, port, **options))
        return made[-1]

    made: list[SocketStream] = []
    connect_tcp = Sockets.connect_tcp
    monkeypatch.setattr(Sockets, "connect_tcp", connect)
    return made


async def test_what_only_the_system_has_got_is_seen_before_a_request_leaves() -> None:
    """The loop stands still while it comes, so that nothing but asking the system can find it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        connection = await Sockets().connect_tcp("127.0.0.1", listening.getsockname()[1])
        other, _ = listening.accept()
        with other:
            other.sendall(STALE)
            select.select([connection.get_extra_info("socket").fileno()], [], [], 10)
            assert not connection.unread
            with pytest.raises(Unasked):
                await connection.write(b"GET / HTTP/1.1\r\n\r\n")
            await connection.aclose()
            loop = asyncio.get_running_loop()
            other.setblocking(False)
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(loop.sock_recv(other, 100), 10) == b""


async def test_what_comes_while_the_next_request_is_under_way(tls: ssl.SSLContext | None, authority: Authority) -> None:
    """The late answer first, its own right behind it: neither of them is believed, and it is asked anew."""

    async def script(wire: Wire) -> None:
        while True:
            seen = await wire.request()
            late = len(server.seen) == 2
            await wire.send((STALE if late else b"") + answer(seen))

    async with reading(script, tls, authority) as (server, api):
        assert await asked(api, *PATHS) == [*PATHS]


async def test_a_late_answer_as_long_as_one_read_is_not_believed_either(authority: Authority) -> None:
    """Its own answer then waits in the connection, not in what was read of it."""
    whole = 64 * 1024

    async def script(wire: Wire) -> None:
        while True:
            seen = await wire.request()
            late = len(server.seen) == 2
            wire.writer.write((padded(whole) if late else b"") + answer(seen))

    async with reading(script, None, authority) as (server, api):
        assert await asked(api, *PATHS) == [*PATHS]


def padded(length: int) -> bytes:
    body = b'{"n": "an answer to nothing"}'
    bare = len(reply(body=body.ljust(length - 100)))
    return reply(body=body.ljust(length - 100 + length - bare))


async def test_the_proxys_own_answer_is_none_to_our_first_request(authority: Authority) -> None:
    async def twice(wire: Wire, seen: Seen) -> None:
        await wire.send(answer(seen) + STALE)

    behind = RawServer(saying(twice), tls=serving(authority.issue("behind")))
    async with behind as server, RawServer(tunnelling(server)) as proxy:
        settings = Settings("prod", {}, ca_file=str(authority.file), proxy=proxy.base)
        api = Api(settings, {"": server.base}, deadline=5.0)
        assert await asked(api, "/1") == ["/1"]
        assert [seen.target for seen in server.seen] == ["/1"]
        await api.aclose()


async def test_what_cannot_be_told_from_an_answer_is_taken_for_one_once(authority: Authority) -> None:
    """A late answer after the next request has left, the true one so late that nobody waits for it any more."""
    taken = asyncio.Event()

    async def script(wire: Wire) -> None:
        while True:
            seen = await wire.request()
            if len(server.seen) == 2:
                await wire.send(STALE)
                await taken.wait()
            await wire.send(answer(seen))

    async with reading(script, None, authority) as (server, api):
        assert await asked(api, "/1", "/2") == ["/1", "an answer to nothing"]
        taken.set()
        await asyncio.gather(*(api.get("/other") for _ in range(3)))
        assert await asked(api, "/3", "/4") == ["/3", "/4"]


async def test_a_server_that_speaks_first_gets_no_request(authority: Authority, slowly: None) -> None:
    async def greeting(wire: Wire) -> None:
        await wire.send(STALE)
        await wire.request()

    async with reading(greeting, None, authority) as (server, api):
        with pytest.raises(Failed, match="spoke before it was asked"):
            await api.get("/1")
        assert server.connections == READ_TRIES
        outcome = await api.change(STOP)
        assert outcome.send_status is SendStatus.NOT_SENT
        assert not server.seen


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect, and go on when something has come."""

    async def connect(self: Sockets, host: str, port: int, **options: Any) -> SocketStream:
        connection = await connect_tcp(self, host, port, **options)
        await until(lambda: connection.unread)
        return connection

    connect_tcp = Sockets.connect_tcp
    monkeypatch.setattr(Sockets, "connect_tcp", connect)


async def test_a_last_word_before_the_end_costs_a_connection_and_no_more(authority: Authority) -> None:
    """Many gateways say 408 to a connection on which nobody has spoken for long, and close it."""
    read, said = asyncio.Event(), asyncio.Event()

    async def idle(wire: Wire, seen: Seen) -> None:
        await wire.send(answer(seen))
        await read.wait()
        await wire.send(reply(408))
        wire.writer.close()
        said.set()
        raise ConnectionError

    async with reading(saying(idle), None, authority) as (server, api):
        assert await asked(api, "/1") == ["/1"]
        read.set()
        await said.wait()
        assert await asked(api, "/2", "/3", "/4") == ["/2", "/3", "/4"]
        assert server.connections == 2
        assert len(server.seen) == 4


async def test_every_change_has_a_connection_of_its_own(tls: ssl.SSLContext | None, authority: Authority) -> None:
    async def plainly(wire: Wire, seen: Seen) -> None:
        await wire.send(answer(seen) + STALE)

    async with reading(saying(plainly), tls, authority) as (server, api):
        for number in range(1, 4):
            outcome = await api.change(STOP)
            assert outcome.send_status is SendStatus.ACCEPTED
            assert outcome.body == {"n": STOP.path}
            assert server.connections == number


@pytest.mark.parametrize("length", [2, 3_000_000])
async def test_a_change_with_a_body_leaves_whole(tls: ssl.SSLContext | None, authority: Authority, length: int) -> None:
    """Head and body are two writes: the second must not wait for a buffer that is empty already, as it did over TLS."""

    async def plainly(wire: Wire, seen: Seen) -> None:
        await wire.send(answer(seen))

    async with reading(saying(plainly), tls, authority) as (server, api):
        for _ in range(3):
            outcome = await api.change(Request("POST", STOP.path, body={"note": "x" * length}))
            assert outcome.send_status is SendStatus.ACCEPTED
        assert {len(seen.body) for seen in server.seen} == {length + len('{"note":""}')}
