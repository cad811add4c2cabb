"""The way to the clouds on real sockets: what is retried, what is sent once, what is believed, how long it may take."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import pty
import random
import socket
import ssl
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, SendStatus, path
from gputui.net.api import READ_TRIES, Api, wire_url
from gputui.net.tls import context
from gputui.net.transport import LARGEST_REPLY, Transport
from tests.clocks import until
from tests.contract.servers import (
    Authority,
    RawServer,
    Script,
    Wire,
    answering,
    refusing_port,
    reply,
    self_signed,
    serving,
    tunnelling,
)
from tests.examples import examples

STOP = Request("POST", "/v1/nodes/7/stop", body={"force": True})
BOUND = 10.0
"""Seconds after which something that never ends is taken to hang: no measure of how soon it should end."""
CANARY = "canary-5up3r-s3cr3t-0123456789"


class Proof:
    """An authorization that counts: what it was asked, and how many more tokens it can have."""

    def __init__(self, spare: int = 0, before: Callable[[], Awaitable[None]] | None = None) -> None:
        self.urls: list[tuple[str, str]] = []
        self.times: list[float] = []
        self._spare = spare
        self._before = before
        self._token = 0

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        if self.urls and self._before is not None:
            await self._before()
        self.urls.append((method, url))
        self.times.append(now)
        return {"Authorization": f"Bearer token-number-{self._token}"}

    async def refused(self) -> bool:
        self._token += 1
        return self._token <= self._spare


@asynccontextmanager
async def api_of(base: str, proof: Proof | None = None, **options: Any) -> AsyncIterator[Api]:
    profile = {name: options.pop(name) for name in ("read_only", "ca_file", "client_cert", "proxy") if name in options}
    api = Api(Settings("prod", {}, **profile), {"": base}, proof, **options)
    try:
        yield api
    finally:
        await api.aclose()


async def failing(asked: Awaitable[object]) -> Problem:
    with pytest.raises(Failed) as failed:
        await asked
    return failed.value.problem


@pytest.fixture(autouse=True)
def without_the_environments_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=READ_TRIES + 5, cap=True):
        yield


async def hang(wire: Wire) -> None:
    await wire.request()
    await wire.until_gone()


# ---------------------------------------------------------------------------------------------- reads


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_read_is_tried_again_after_a_servers_failure(status: int) -> None:
    async with RawServer(answering(reply(status), reply(body=b'{"n": 1}'))) as server, api_of(server.base) as api:
        assert await api.get("/v1/nodes") == {"n": 1}
        assert [seen.target for seen in server.seen] == ["/v1/nodes", "/v1/nodes"]


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 20", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
async def test_a_read_is_tried_again_after_a_cut(said: bytes, without_pauses: None) -> None:
    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            if len(server.seen) == 1:
                await wire.send(said)
                return
            await wire.send(reply())

    async with RawServer(script) as server, api_of(server.base) as api:
        assert await api.get("/v1/nodes") == {}
        assert len(server.seen) == 2


async def test_a_read_is_tried_again_where_nobody_listened_yet(without_pauses: None) -> None:
    server = RawServer(answering(reply()))
    with refusing_port() as held:
        proof = Proof(before=lambda: server.start(held))
        base = f"http://127.0.0.1:{held.getsockname()[1]}"
        async with api_of(base, proof) as api:
            assert await api.get("/v1/nodes") == {}
            assert len(proof.urls) == 2
            assert len(server.seen) == 1
        await server.__aexit__(None, None, None)


async def test_a_connection_that_the_server_closed_meanwhile_costs_one_more_try(without_pauses: None) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(reply())
        await wire.request()
        wire.reset()

    async with RawServer(script) as server, api_of(server.base) as api:
        await api.get("/1")
        assert await api.get("/2") == {}
        assert [seen.target for seen in server.seen] == ["/1", "/2", "/2"]
        assert server.connections == 2


@pytest.mark.parametrize("script", [answering(reply(503)), answering(b"gone\r\n\r\n")], ids=["503", "garbled"])
async def test_a_read_that_never_succeeds_is_sent_three_times(script: Script, without_pauses: None) -> None:
    async with RawServer(script) as server, api_of(server.base) as api:
        problem = await failing(api.get("/v1/nodes"))
        assert problem.cause in (Cause.SERVER, Cause.NETWORK)
        assert len(server.seen) == READ_TRIES == 3


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (reply(400), Cause.REFUSED),
        (reply(401), Cause.CREDENTIALS),
        (reply(403), Cause.FORBIDDEN),
        (reply(404, b'{"message": "no such node"}'), Cause.MISSING),
        (reply(404), Cause.REPLY),
        (reply(407), Cause.NETWORK),
        (reply(409), Cause.REFUSED),
        (reply(429), Cause.THROTTLED),
        (reply(302, headers=("Location: http://127.0.0.1:1/",)), Cause.REPLY),
        (reply(503, headers=("Retry-After: 30",)), Cause.SERVER),
        (reply(body=b"<html>Sign in</html>", headers=("Content-Type: text/html",)), Cause.REPLY),
        (reply(body=b'{"cut": '), Cause.REPLY),
    ],
)
async def test_what_does_not_pass_by_itself_is_read_once(answer: bytes, cause: Cause, without_pauses: None) -> None:
    async with RawServer(answering(answer)) as server, api_of(server.base, Proof()) as api:
        assert (await failing(api.get("/v1/nodes"))).cause is cause
        assert len(server.seen) == 1


async def test_retry_after_reaches_whoever_waits(without_pauses: None) -> None:
    for status in (429, 503):
        answer = reply(status, headers=("Retry-After: 17",))
        async with RawServer(answering(answer)) as server, api_of(server.base) as api:
            assert (await failing(api.get("/"))).retry_after == 17.0


async def test_a_401_is_asked_again_once_with_new_credentials(without_pauses: None) -> None:
    async with RawServer(answering(reply(401), reply())) as server, api_of(server.base, Proof(spare=1)) as api:
        assert await api.get("/") == {}
        tokens = [seen.headers["authorization"] for seen in server.seen]
        assert tokens == ["Bearer token-number-0", "Bearer token-number-1"]
    async with RawServer(answering(reply(401))) as server, api_of(server.base, Proof(spare=9)) as api:
        assert (await failing(api.get("/"))).cause is Cause.CREDENTIALS
        assert len(server.seen) == 2


async def test_every_try_is_signed_anew(without_pauses: None) -> None:
    ticks = iter(range(100))
    proof = Proof()
    async with (
        RawServer(answering(reply(500), reply(500), reply())) as server,
        api_of(server.base, proof, now=lambda: float(next(ticks))) as api,
    ):
        await api.get("/")
        assert len(set(proof.times)) == 3


async def test_a_first_bad_reply_of_credentials_does_not_hide_a_wrong_clock(without_pauses: None) -> None:
    answer = reply(401, headers=("Date: Wed, 01 Jan 2025 00:00:00 GMT",))
    async with RawServer(answering(answer)) as server, api_of(server.base, now=lambda: 1_735_689_600.0 + 312) as api:
        assert "312 s ahead" in (await failing(api.get("/"))).remedy


# ---------------------------------------------------------------------------------------------- changes

BIG = Request("POST", "/v1/nodes", body={"script": "x" * 300_000})


async def after_accept(wire: Wire, end: Callable[[], None]) -> None:
    end()


async def after_head(wire: Wire, end: Callable[[], None]) -> None:
    await wire.head()
    end()


def after_request(*said: bytes) -> Callable[[Wire, Callable[[], None]], Awaitable[None]]:
    async def script(wire: Wire, end: Callable[[], None]) -> None:
        await wire.request()
        await wire.send(*said)
        end()

    return script


CUTS = {
    "after accept": (after_accept, 0),
    "after the head": (after_head, 1),
    "after the request": (after_request(), 1),
    "in the status line": (after_request(b"HTTP/1.1 2"), 1),
    "in the headers": (after_request(b"HTTP/1.1 200 OK\r\nContent-Le"), 1),
    "in the body": (after_request(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"), 1),
    "in a chunk": (after_request(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), 1),
}


@pytest.mark.parametrize("request_", [STOP, BIG, Request("DELETE", "/v1/nodes/7")], ids=["small", "big", "bodiless"])
@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize("cut", CUTS)
async def test_a_change_whose_connection_is_cut_is_unknown(cut: str, ending: str, request_: Request) -> None:
    act, requests = CUTS[cut]

    async def script(wire: Wire) -> None:
        await act(wire, wire.reset if ending == "reset" else wire.writer.close)

    async with RawServer(script) as server, api_of(server.base, Proof()) as api:
        outcome = await api.change(request_)
        assert outcome.send_status is SendStatus.UNKNOWN
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.NETWORK
        assert not outcome.problem.text.endswith(": ")
        assert server.connections == 1
        assert len(server.seen) == requests


async def test_a_change_that_finds_nobody_listening_was_not_sent() -> None:
    with refusing_port() as held:
        async with api_of(f"http://127.0.0.1:{held.getsockname()[1]}") as api:
            outcome = await api.change(STOP)
    assert outcome.send_status is SendStatus.NOT_SENT
    assert outcome.problem is not None
    assert "Connection refused" in outcome.problem.text


@pytest.mark.parametrize("answer", [reply(), reply(202), reply(200, b""), b"HTTP/1.1 204 None\r\n\r\n"])
async def test_a_change_with_a_whole_2xx_is_accepted_though_the_connection_ends(answer: bytes) -> None:
    async with RawServer(lambda wire: after_request(answer)(wire, wire.writer.close)) as server:
        async with api_of(server.base) as api:
            outcome = await api.change(STOP)
        assert outcome.send_status is SendStatus.ACCEPTED
        assert outcome.problem is None
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("answer", "send_status", "cause"),
    [
        (reply(400), SendStatus.REFUSED, Cause.REFUSED),
        (reply(401), SendStatus.REFUSED, Cause.CREDENTIALS),
        (reply(403), SendStatus.REFUSED, Cause.FORBIDDEN),
        (reply(404, b'{"message": "no such node"}'), SendStatus.REFUSED, Cause.MISSING),
        (reply(404, b"<html>nginx</html>"), SendStatus.REFUSED, Cause.REPLY),
        (reply(409), SendStatus.REFUSED, Cause.REFUSED),
        (reply(423), SendStatus.REFUSED, Cause.REFUSED),
        (reply(429, headers=("Retry-After: 3",)), SendStatus.REFUSED, Cause.THROTTLED),
        (reply(500), SendStatus.UNKNOWN, Cause.SERVER),
        (reply(502, b"<html>bad gateway</html>"), SendStatus.UNKNOWN, Cause.SERVER),
        (reply(503, headers=("Retry-After: 3",)), SendStatus.UNKNOWN, Cause.SERVER),
        (reply(504, b""), SendStatus.UNKNOWN, Cause.SERVER),
        (reply(999), SendStatus.UNKNOWN, Cause.SERVER),
        (reply(200, b"<html>Sign in</html>"), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(200, b'{"state": "STOP'), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(200, b'{"cost": NaN}'), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(200, b"[" * 2000 + b"]" * 2000), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(200, b"[" * 450 + b"]" * 450), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(200, b"\xff\xfe"), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(301, headers=("Location: /elsewhere",)), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(303, headers=("Location: /v1/jobs/1",)), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(302, headers=("Location: mailto:x",)), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(302, headers=("Location: http://[",)), SendStatus.UNKNOWN, Cause.REPLY),
        (reply(307, headers=("Location: file:///etc/passwd",)), SendStatus.UNKNOWN, Cause.REPLY),
        (
            reply(503, headers=(f"Retry-After: Wed, 01 Jan 2025 00:00:00 +{'9' * 20}",)),
            SendStatus.UNKNOWN,
            Cause.SERVER,
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            SendStatus.UNKNOWN,
            Cause.NETWORK,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n{}", SendStatus.UNKNOWN, Cause.NETWORK),
        (b"HTTP/1.1 200 OK\r\nX: " + b"h" * 200_000 + b"\r\n\r\n{}", SendStatus.UNKNOWN, Cause.NETWORK),
        (b"SSH-2.0-OpenSSH_9.6\r\n", SendStatus.UNKNOWN, Cause.NETWORK),
    ],
)
async def test_what_an_answer_says_of_a_change(
    answer: bytes, send_status: SendStatus, cause: Cause, without_pauses: None
) -> None:
    async with RawServer(lambda wire: after_request(answer)(wire, wire.writer.close)) as server:
        async with api_of(server.base, Proof(spare=5)) as api:
            outcome = await api.change(STOP)
        assert (outcome.send_status, outcome.problem and outcome.problem.cause) == (send_status, cause)
        assert [(seen.method, seen.target) for seen in server.seen] == [("POST", "/v1/nodes/7/stop")]


async def test_a_change_never_takes_a_connection_that_was_used_before() -> None:
    async with RawServer(answering(reply())) as server, api_of(server.base) as api:
        await api.get("/1")
        await api.get("/2")
        assert server.connections == 1
        await api.change(STOP)
        await api.change(STOP)
        assert server.connections == 3
        await until(lambda: server.open <= 1)


async def test_a_change_that_cannot_be_written_was_not_sent() -> None:
    async with RawServer(answering(reply())) as server:
        for request in (
            Request("POST", "/x", body={"name": "\ud800"}),
            Request("POST", "/x", body={"cost": float("nan")}),
            Request("POST", "/x", {"q": "\udcff"}),
            Request("POST", "/x", service="vpc"),
            Request("POST", "/a/../x"),
            Request("POST", "/x?force=true"),
        ):
            async with api_of(server.base) as api:
                assert (await api.change(request)).send_status is SendStatus.NOT_SENT
        profiles: tuple[dict[str, Any], ...] = (
            {"ca_file": "/nowhere/ca.pem"},
            {"client_cert": "/nowhere/me.pem"},
            {"proxy": "socks5://127.0.0.1:1"},
            {"proxy": f"ftp://me:{CANARY}@h"},
        )
        for profile in profiles:
            async with api_of(server.base, **profile) as api:
                outcome = await api.change(STOP)
                assert outcome.send_status is SendStatus.NOT_SENT
                assert outcome.problem is not None
                assert outcome.problem.cause is Cause.CONFIG
                assert CANARY not in str(outcome)
        assert server.connections == 0


@pytest.mark.parametrize("value", ["Bearer a\n", "Bearer a\r\nX-Evil: 1", "Bearer \x00", "a ", "Bearer é"])
async def test_a_token_that_no_header_can_hold_is_said_and_not_shown(value: str, without_pauses: None) -> None:
    class Odd(Proof):
        async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
            return {"Authorization": CANARY + value}

    async with RawServer(answering(reply())) as server, api_of(server.base, Odd()) as api:
        outcome = await api.change(STOP)
        problem = await failing(api.get("/"))
        assert outcome.send_status is SendStatus.NOT_SENT
        assert outcome.problem == problem
        assert problem.cause is Cause.CONFIG
        assert CANARY not in str(problem)
        assert server.connections == 0


async def test_a_failure_that_nobody_foresaw_still_leaves_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: httpx.AsyncClient, request: httpx.Request, **options: object) -> httpx.Response:
        await send(self, request, **options)  # type: ignore[arg-type]
        raise KeyError("a bug in a library")

    send = httpx.AsyncClient.send
    monkeypatch.setattr(httpx.AsyncClient, "send", broken)
    async with RawServer(answering(reply())) as server, api_of(server.base) as api:
        assert (await api.change(STOP)).send_status is SendStatus.UNKNOWN
        assert len(server.seen) == 1


# ---------------------------------------------------------------------------------------------- time and size


async def drip_head(wire: Wire) -> None:
    await wire.request()
    await wire.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await wire.send(b"x")
        await asyncio.sleep(0.05)


async def drip_body(wire: Wire) -> None:
    await wire.request()
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
    while True:
        await wire.send(b" ")
        await asyncio.sleep(0.05)


async def never_ready(wire: Wire) -> None:
    await wire.request()
    while True:
        await wire.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await asyncio.sleep(0.05)


async def never_reads(wire: Wire) -> None:
    wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(60)


LATE = {"silent": hang, "drips head": drip_head, "drips body": drip_body, "1xx for ever": never_ready}


@pytest.mark.parametrize("script", LATE.values(), ids=list(LATE))
async def test_no_call_outlives_its_deadline(script: Script) -> None:
    async with RawServer(script) as server, api_of(server.base, deadline=0.6) as api:
        started = time.monotonic()
        async with asyncio.timeout(BOUND):
            outcome = await api.change(STOP)
        assert time.monotonic() - started >= 0.6
        assert outcome.send_status is SendStatus.UNKNOWN
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.TIMEOUT
        assert len(server.seen) == 1
        with stamina.set_testing(True, attempts=1):
            async with asyncio.timeout(BOUND):
                assert (await failing(api.get("/"))).cause is Cause.TIMEOUT
        await until(lambda: server.open == 0)


async def test_a_server_that_does_not_read_holds_no_call_either() -> None:
    huge = Request("POST", "/v1/nodes", body={"script": "x" * 20_000_000})
    async with RawServer(never_reads) as server, api_of(server.base, deadline=0.6) as api:
        async with asyncio.timeout(BOUND):
            outcome = await api.change(huge)
        assert outcome.send_status is SendStatus.UNKNOWN
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.TIMEOUT


async def test_a_handshake_that_never_ends_has_sent_nothing() -> None:
    """Bytes have left, those of TLS, and the deadline is no connection error: yet none of them was the request's."""

    async def mute(wire: Wire) -> None:
        await wire.until_gone()

    async with (
        RawServer(mute) as server,
        api_of(server.base.replace("http://", "https://"), deadline=0.4) as api,
    ):
        outcome = await api.change(STOP)
        assert outcome.send_status is SendStatus.NOT_SENT
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.TIMEOUT
        assert server.connections == 1


async def test_a_reply_may_be_8_mib_and_no_more(without_pauses: None) -> None:
    assert LARGEST_REPLY == 8 * 1024 * 1024
    fits = b'"' + b"x" * (LARGEST_REPLY - 2) + b'"'
    async with RawServer(answering(reply(body=fits), reply(body=fits + b" "))) as server, api_of(server.base) as api:
        assert len(str(await api.get("/"))) == LARGEST_REPLY - 2
        problem = await failing(api.get("/"))
        assert problem.cause is Cause.REPLY
        assert "too large" in problem.text
        assert len(server.seen) == 2


async def test_a_reply_without_end_is_left_at_the_cap() -> None:
    async def endless(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n[")
        while True:
            await wire.send(b"1," * 30_000)

    async with RawServer(endless) as server, api_of(server.base) as api:
        outcome = await api.change(STOP)
        assert outcome.send_status is SendStatus.UNKNOWN
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.REPLY
        assert api.transport.received < LARGEST_REPLY + 200_000
        await until(lambda: server.open == 0)


async def test_compression_is_not_asked_for_and_undone_up_to_the_cap() -> None:
    bomb = gzip.compress(b"[" + b"0," * 20_000_000 + b"0]", 9)
    answer = reply(body=bomb, headers=("Content-Encoding: gzip",))
    async with RawServer(answering(answer)) as server, api_of(server.base) as api:
        problem = await failing(api.get("/"))
        assert problem.cause is Cause.REPLY
        assert "gzip" in problem.text
        assert server.seen[0].headers["accept-encoding"] == "identity"
        assert api.transport.received == len(bomb)


async def test_what_goes_over_the_line_is_counted_by_host() -> None:
    async with RawServer(answering(reply(body=b"[1, 2]"))) as server, api_of(server.base) as api:
        await api.get("/")
        await api.get("/")
        (host, counted), *others = api._settings.traffic.hosts.items()
        assert host == "127.0.0.1"
        assert not others
        assert (counted.requests, counted.answered, counted.received) == (2, 2, 12)
        assert all(0 < seconds < 10 for seconds in counted.seconds)


async def test_a_flood_of_tiny_chunks_leaves_the_loop_its_turns() -> None:
    """Counted in turns, not in time: what one read brings in must not be worked off in one piece."""

    async def flood(wire: Wire) -> None:
        await wire.request()
        await wire.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 60_000 + b"2\r\n{}\r\n0\r\n\r\n"
        )

    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with RawServer(flood) as server, api_of(server.base) as api:
        counting = asyncio.create_task(count())
        longest = 0.0

        async def feel() -> None:
            nonlocal longest
            while True:
                started = time.thread_time()
                await asyncio.sleep(0)
                longest = max(longest, time.thread_time() - started)

        feeling = asyncio.create_task(feel())
        assert await api.get("/") == {}
        counting.cancel()
        feeling.cancel()
        assert api.transport.received == 60_002
        assert longest < 0.08
        assert turns > 20


# ---------------------------------------------------------------------------------------------- cancelling


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts the open files of Linux")
async def test_hundreds_of_cancelled_reads_leave_nothing_behind() -> None:
    rng = random.Random(7)

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await asyncio.sleep(rng.uniform(0, 0.02))
            answer = reply(body=b'{"rows": [1, 2, 3]}')
            half = rng.randrange(len(answer))
            await wire.send(answer[:half])
            await asyncio.sleep(rng.uniform(0, 0.005))
            await wire.send(answer[half:])

    async with RawServer(script) as server, api_of(server.base, Proof(), concurrency=8) as api:
        await api.get("/warm")
        tasks, files = len(asyncio.all_tasks()), descriptors()
        for _ in range(30):
            reads = [asyncio.create_task(api.get("/v1/nodes")) for _ in range(20)]
            for read in reads:
                asyncio.get_running_loop().call_later(rng.uniform(0, 0.03), read.cancel)
            await asyncio.gather(*reads, return_exceptions=True)
        good = await asyncio.gather(*(api.get("/v1/nodes") for _ in range(50)))
        assert good == [{"rows": [1, 2, 3]}] * 50
        assert 51 < len(server.seen) <= 651, "some of the cancelled ones had left, too"
        await until(lambda: server.open <= 4)
        await until(lambda: len(asyncio.all_tasks()) <= tasks + 4)  # a script for each connection that is kept alive
        await until(lambda: descriptors() <= files + 8)  # both ends of those
        (pool,) = api.transport._reading.values()
        assert not pool.exchanges


async def test_a_cancelled_read_holds_its_place_until_its_exchange_ends() -> None:
    """Otherwise a person who pages quickly through a slow cloud would pile requests upon it."""
    answers = asyncio.Event()

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await answers.wait()
            await wire.send(reply())

    async with RawServer(script) as server, api_of(server.base, concurrency=3) as api:
        for _ in range(10):
            reads = [asyncio.create_task(api.get("/slow")) for _ in range(5)]
            await until(lambda: len(server.seen) == 3)
            for read in reads:
                read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)
        last = asyncio.create_task(api.get("/last"))
        await asyncio.sleep(0)
        assert len(server.seen) == 3
        answers.set()
        assert await last == {}
        assert len(server.seen) == 4


async def test_a_cancelled_wait_for_a_place_gives_it_on() -> None:
    async with RawServer(answering(reply())) as server:
        proof = Proof(before=lambda: asyncio.sleep(60))
        async with api_of(server.base, proof, concurrency=1) as api:
            await api.get("/1")
            stuck = asyncio.create_task(api.get("/2"))
            await until(lambda: api._slots[""].locked())
            stuck.cancel()
            await asyncio.gather(stuck, return_exceptions=True)
            assert not api._slots[""].locked()
            assert len(server.seen) == 1


async def test_a_service_that_hangs_costs_the_other_one_nothing(without_pauses: None) -> None:
    async with RawServer(hang) as stuck, RawServer(answering(reply())) as good:
        api = Api(Settings("prod", {}), {"": good.base, "vpc": stuck.base}, deadline=30.0)
        hung = [asyncio.create_task(api.get("/ips", service="vpc")) for _ in range(12)]
        await until(lambda: len(stuck.seen) == 4)
        for _ in range(20):
            assert await asyncio.wait_for(api.get("/nodes"), 5) == {}
        assert (await api.change(STOP)).send_status is SendStatus.ACCEPTED
        assert not any(read.done() for read in hung)
        await api.aclose()
        for read in hung:
            read.cancel()
        await asyncio.gather(*hung, return_exceptions=True)


async def test_a_service_that_hung_is_whole_again_after_one_deadline() -> None:
    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            if len(server.seen) > 4:
                await wire.send(reply())

    async with RawServer(script) as server, api_of(server.base, deadline=0.8) as api:
        with stamina.set_testing(True, attempts=1):
            hung = [asyncio.create_task(api.get("/hung")) for _ in range(4)]
            await until(lambda: len(server.seen) == 4)
            async with asyncio.timeout(BOUND):
                assert await asyncio.gather(*(api.get("/good") for _ in range(20))) == [{}] * 20
            assert len(server.seen) == 24, "those that hung were not sent again"
            ended = await asyncio.gather(*hung, return_exceptions=True)
            assert all(isinstance(end, Failed) and end.problem.cause is Cause.TIMEOUT for end in ended)
        await until(lambda: len(api.transport._pools) == 1)


async def test_deadlines_at_any_moment_cost_no_place_in_the_pool() -> None:
    """A request that httpx 0.28 sees cancelled may keep its place in the pool for ever: the pool must go with it."""
    rng = random.Random(3)
    good = False

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await asyncio.sleep(0 if good else rng.uniform(0.0, 0.03))
            await wire.send(reply(headers=("Connection: close",)))
            if not good or rng.random() < 0.5:
                return

    async with RawServer(script) as server, api_of(server.base, deadline=0.015, concurrency=40) as api:
        with stamina.set_testing(True, attempts=1):
            for _ in range(15):
                await asyncio.gather(*(api.get("/") for _ in range(40)), return_exceptions=True)
            good = True
            api.transport._deadline = 5.0
            assert await asyncio.gather(*(api.get("/") for _ in range(50))) == [{}] * 50
        await until(lambda: len(api.transport._pools) == 1)


async def test_a_change_whose_caller_leaves_is_still_sent_whole_and_once() -> None:
    answers = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await answers.wait()
        await wire.send(reply())
        await wire.until_gone()

    async with RawServer(script) as server, api_of(server.base) as api:
        change = asyncio.create_task(api.change(BIG))
        await until(lambda: bool(server.seen) and bool(server.seen[0].body))
        change.cancel()
        await asyncio.gather(change, return_exceptions=True)
        answers.set()
        await until(lambda: server.open == 0)
        assert len(server.seen) == 1
        await until(lambda: not api.transport._pools)


async def test_closing_ends_what_is_under_way_at_once() -> None:
    async with RawServer(hang) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        read = asyncio.create_task(api.get("/nodes"))
        change = asyncio.create_task(api.change(STOP))
        await until(lambda: len(server.seen) == 2)
        async with asyncio.timeout(BOUND):  # the deadline of the calls is longer
            await api.aclose()
            problem = await failing(read)
            outcome = await change
        assert outcome.send_status is SendStatus.UNKNOWN
        assert "closed here" in problem.text
        assert (await api.change(STOP)).send_status is SendStatus.NOT_SENT
        assert "closed" in (await failing(api.get("/nodes"))).text
        assert len(server.seen) == 2
        await until(lambda: server.open == 0)


# ---------------------------------------------------------------------------------------------- read-only


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "get", "PURGE"])
async def test_read_only_lets_no_method_pass_that_may_change_something(method: str) -> None:
    async with RawServer(answering(reply())) as server, api_of(server.base, read_only=True) as api:
        outcome = await api.change(Request(method, "/v1/nodes/7"))
        assert outcome.send_status is SendStatus.NOT_SENT
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.READ_ONLY
        assert (await failing(api.read(Request(method, "/v1/nodes/7")))).cause is Cause.BUG
        assert server.connections == 0


@pytest.mark.parametrize(
    "spelled",
    ["/node/init", "/node/init/", "//node//init", "/x/../node/init", "/node/%69nit", "/NODE/INIT", "/node/./init"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_read_only_holds_for_gets_that_change_something_however_spelled(method: str, spelled: str) -> None:
    options: dict[str, Any] = {"read_only": True, "changing_gets": ("/node/init",)}
    async with RawServer(answering(reply())) as server, api_of(server.base, **options) as api:
        outcome = await api.change(Request(method, spelled, {"node_id": "7"}))
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.READ_ONLY
        assert (await failing(api.read(Request(method, spelled)))).cause is Cause.BUG
        assert server.connections == 0


async def test_what_changes_is_never_sent_as_a_read_even_where_changes_are_allowed() -> None:
    async with RawServer(answering(reply())) as server, api_of(server.base, changing_gets=("/scan",)) as api:
        assert (await failing(api.read(STOP))).cause is Cause.BUG
        assert (await failing(api.get("/scan"))).cause is Cause.BUG
        assert server.connections == 0
        assert (await api.change(Request("GET", "/scan"))).send_status is SendStatus.ACCEPTED
        assert len(server.seen) == 1


async def test_logging_in_is_no_change_and_carries_no_proof() -> None:
    proof = Proof()
    options: dict[str, Any] = {"read_only": True, "safe_posts": ("/login",)}
    async with RawServer(answering(reply(body=b'{"token": "t"}'))) as server:
        async with api_of(server.base, proof, **options) as api:
            answer = await api.read(Request("POST", "/login"), form={"user": "a b", "password": "p&=é"})
            assert answer.body == {"token": "t"}
            for near in ("/login/", "/login/x", "/LOGIN", "/%6cogin"):
                assert (await api.change(Request("POST", near))).send_status is SendStatus.NOT_SENT
        assert [seen.method for seen in server.seen] == ["POST"]
        assert dict(parse_qsl(server.seen[0].body.decode())) == {"user": "a b", "password": "p&=é"}
        assert "authorization" not in server.seen[0].headers
        assert not proof.urls


# ---------------------------------------------------------------------------------------------- addresses


def asked(segments: tuple[str, ...], query: Mapping[str, str]) -> tuple[str, str, str]:
    """Send it for real: the raw target and Host that the server saw, and the URL that was signed."""

    async def ask() -> tuple[str, str, str]:
        proof = Proof()
        async with RawServer(answering(reply())) as server, api_of(server.base + "/api", proof) as api:
            await api.get(path(*segments), query)
            (seen,) = server.seen
            return seen.target, seen.headers["host"], proof.urls[0][1]

    return asyncio.run(ask())


IDS = st.text("AZaz09._:@=+~-", min_size=1, max_size=30)


@settings(max_examples=examples(60), deadline=None)
@given(st.tuples(IDS, IDS), st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=3))
def test_an_id_is_one_segment_and_the_signed_address_is_the_sent_one(
    ids: tuple[str, str], query: dict[str, str]
) -> None:
    if any(name in (".", "..") for name in ids):
        with pytest.raises(Failed):
            path("v1", *ids)
        return
    clean_query = {k: v for k, v in query.items() if not any("\ud800" <= c <= "\udfff" for c in k + v)}
    target, host, signed = asked(("v1", *ids, "stop"), clean_query)
    sent, _, asked_for = target.partition("?")
    assert [unquote(segment) for segment in sent.split("/")] == ["", "api", "v1", *ids, "stop"]
    assert parse_qsl(asked_for, keep_blank_values=True) == list(clean_query.items())
    assert signed == f"http://{host}{target}"


@pytest.mark.parametrize(
    "name",
    ["..", ".", "", "a/b", "a?x=1", "a#b", "%2e%2e", "a%00", "a\n", "a b", "é", "x" * 201, "a\\b", "a;b", "a\x00"],
)
def test_an_id_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(Failed) as failed:
        path("v1", "nodes", name)
    assert failed.value.problem.cause is Cause.INPUT


async def test_odd_queries_are_signed_as_they_are_sent() -> None:
    odd = "a b&c=d+e%f#g?h/i:j@k!l$m'n(o)p*q,r;s[t]u\"v<w>x\\y^z`{|}~é한\x7f\t\n"
    proof = Proof()
    async with RawServer(answering(reply())) as server, api_of(server.base, proof) as api:
        await api.get("/v1/nodes", {"name": odd, odd: "1", "ids": "a,b", "empty": ""})
        (seen,) = server.seen
        assert proof.urls == [("GET", f"{server.base}{seen.target}")]
        assert "ids=a,b" in seen.target
        query = seen.target.partition("?")[2]
        assert parse_qsl(query, keep_blank_values=True) == [("name", odd), (odd, "1"), ("ids", "a,b"), ("empty", "")]


@pytest.mark.parametrize("shape", ["http://127.0.0.1:{}", "http://127.0.0.1:{}/", "http://LOCALHOST:{}/Api/v1/"])
async def test_the_signed_address_is_the_sent_one_for_every_base(shape: str) -> None:
    proof = Proof()
    async with RawServer(answering(reply())) as server, api_of(shape.format(server.port), proof) as api:
        await api.get("/nodes")
        await api.change(STOP)
        for (method, url), seen in zip(proof.urls, server.seen, strict=True):
            assert (method, url) == (seen.method, f"http://{seen.headers['host']}{seen.target}")
        assert server.seen[0].target.endswith("/nodes")
        assert "//" not in server.seen[0].target


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
async def test_the_signed_address_of_an_ipv6_host_has_its_brackets() -> None:
    proof = Proof()
    async with RawServer(answering(reply()), host="::1") as server, api_of(server.base, proof) as api:
        await api.get("/nodes")
        assert server.seen[0].headers["host"] == f"[::1]:{server.port}"
        assert proof.urls == [("GET", f"http://[::1]:{server.port}/nodes")]


async def test_a_default_port_is_neither_sent_nor_signed() -> None:
    """Seen at a proxy, because nobody may listen on port 80 here."""
    proof = Proof()
    async with RawServer(answering(reply())) as proxy:
        async with api_of("http://cloud.invalid:80/v1", proof, proxy=proxy.base) as api:
            await api.get("/nodes", {"q": "1"})
        (seen,) = proxy.seen
        assert seen.headers["host"] == "cloud.invalid"
        assert seen.target == proof.urls[0][1] == "http://cloud.invalid/v1/nodes?q=1"
    built = Transport(Settings("prod", {})).build("GET", "https://cloud.invalid:443/x", {}, None)
    assert wire_url(built) == "https://cloud.invalid/x"


async def test_what_every_request_carries() -> None:
    async with RawServer(answering(reply())) as server:
        api = Api(Settings("p", {}), {"": server.base, "vpc": server.base}, headers={"vpc": {"Api-Version": "vpc 1.2"}})
        await api.get("/nodes")
        await api.get("/ips", service="vpc")
        await api.change(Request("POST", "/bodiless"))
        await api.change(Request("PUT", "/named", body={"name": "gpu-한"}))
        await api.aclose()
        nodes, ips, bodiless, named = server.seen
        assert nodes.headers["accept"] == "application/json"
        assert nodes.headers["user-agent"] == "gputui"
        assert "api-version" not in nodes.headers
        assert ips.headers["api-version"] == "vpc 1.2"
        assert bodiless.headers["content-length"] == "0"
        assert "content-type" not in bodiless.headers
        assert named.body == '{"name":"gpu-한"}'.encode()
        assert named.headers["content-type"] == "application/json"


async def test_cookies_are_neither_kept_nor_sent_back() -> None:
    answer = reply(headers=[f"Set-Cookie: c{n}=1" for n in range(50)])
    async with RawServer(answering(answer)) as server, api_of(server.base) as api:
        await api.get("/1")
        await api.get("/2")
        assert "cookie" not in server.seen[1].headers
        (pool,) = api.transport._reading.values()
        assert not list(pool.client.cookies.jar)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with RawServer(answering(reply())) as elsewhere:
        answer = reply(status, headers=(f"Location: {elsewhere.base}/steal",))
        async with RawServer(answering(answer)) as server, api_of(server.base, Proof()) as api:
            problem = await failing(api.get("/nodes"))
            outcome = await api.change(STOP)
            assert problem.cause is Cause.REPLY
            assert urlsplit(elsewhere.base).netloc in problem.text
            assert outcome.problem is not None
            assert outcome.send_status is SendStatus.UNKNOWN
            assert len(server.seen) == 2
        assert elsewhere.connections == 0


# ---------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


def bad_certificates(authority: Authority) -> dict[str, tuple[Path, str, str]]:
    return {
        "self-signed": (self_signed(authority.folder), "self-signed", "ca_file"),
        "expired": (authority.issue("expired", starts=-9, ends=-2), "expired", "renew"),
        "future": (authority.issue("future", starts=3, ends=9), "not yet valid", "clock"),
        "wrong host": (authority.issue("wrong", hosts=("cloud.invalid",)), "mismatch", "base_url"),
    }


@pytest.mark.parametrize("kind", ["self-signed", "expired", "future", "wrong host"])
async def test_a_bad_certificate_is_refused_before_anything_is_sent(kind: str, authority: Authority) -> None:
    pair, words, remedy = bad_certificates(authority)[kind]
    async with RawServer(answering(reply()), tls=serving(pair)) as server:
        async with api_of(server.base, Proof(), ca_file=str(authority.file)) as api:
            problem = await failing(api.get("/nodes"))
            outcome = await api.change(STOP)
        assert problem.cause is Cause.TLS
        assert words in problem.text
        assert remedy in problem.remedy
        assert outcome.send_status is SendStatus.NOT_SENT
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.TLS
        assert not server.seen


async def test_an_authority_is_believed_only_where_the_profile_names_it(authority: Authority) -> None:
    async with RawServer(answering(reply()), tls=serving(authority.issue("good"))) as server:
        async with api_of(server.base, ca_file=str(authority.file)) as api:
            assert await api.get("/nodes") == {}
        async with api_of(server.base) as api:
            assert (await failing(api.get("/nodes"))).cause is Cause.TLS
        assert len(server.seen) == 1


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_wants_a_certificate_gets_the_profiles(
    newest: ssl.TLSVersion, authority: Authority
) -> None:
    wanting = serving(authority.issue("strict"), clients=authority.file, newest=newest)
    ours = authority.issue("ours", hosts=("us.invalid",))
    async with RawServer(answering(reply()), tls=wanting) as server:
        async with api_of(server.base, ca_file=str(authority.file)) as api:
            outcome = await api.change(STOP)
        assert outcome.problem is not None
        if newest is ssl.TLSVersion.TLSv1_2:
            assert outcome.send_status is SendStatus.NOT_SENT
            assert outcome.problem.cause is Cause.TLS
            assert "client_cert" in outcome.problem.remedy
        else:  # TLS 1.3 says no after our first bytes have left, and its words may be lost with the connection
            assert outcome.send_status is SendStatus.UNKNOWN
        assert not server.seen
        async with api_of(server.base, ca_file=str(authority.file), client_cert=str(ours)) as api:
            assert await api.get("/nodes") == {}


async def test_plain_http_where_tls_is_expected_is_said_and_not_sent() -> None:
    async def plain(wire: Wire) -> None:
        await wire.reader.read(100)
        await wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with RawServer(plain) as server, api_of(server.base.replace("http:", "https:")) as api:
        outcome = await api.change(STOP)
        assert outcome.send_status is SendStatus.NOT_SENT
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.TLS


def test_a_locked_client_key_never_asks_on_the_terminal(authority: Authority) -> None:
    """OpenSSL would write its question over the console and wait for ever: tried where there is a terminal to ask."""
    pair = authority.issue("locked", passphrase="open sesame")
    code = f"from gputui.net.tls import context\ntry: context(None, {str(pair)!r})\nexcept Exception as e: print(e)"
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    said = b""
    try:
        while b"config error" not in said and b"PEM" not in said:
            piece = os.read(terminal, 4096)
            if not piece:
                break
            said += piece
    except OSError:  # how a terminal without a process ends on Linux
        pass
    os.close(terminal)
    os.waitpid(child, 0)
    assert b"pass phrase" not in said
    assert b"config error: `client_cert` of the profile cannot be used" in said
    assert b"locked by a passphrase" in said


def test_a_context_always_verifies(authority: Authority) -> None:
    for made in (context(), context(str(authority.file))):
        assert made.check_hostname
        assert made.verify_mode.name == "CERT_REQUIRED"
        assert made.minimum_version.name in ("TLSv1_2", "TLSv1_3")


# ---------------------------------------------------------------------------------------------- proxies


async def test_https_goes_through_the_profiles_proxy_as_a_tunnel(authority: Authority) -> None:
    async with RawServer(answering(reply()), tls=serving(authority.issue("behind"))) as server:
        async with RawServer(tunnelling(server)) as proxy:
            via = proxy.base.replace("//", f"//me:{CANARY}@")
            async with api_of(server.base, Proof(), ca_file=str(authority.file), proxy=via) as api:
                assert await api.get("/nodes") == {}
                assert (await api.change(STOP)).send_status is SendStatus.ACCEPTED
            assert {seen.target for seen in proxy.seen} == {f"127.0.0.1:{server.port}"}
            assert all("proxy-authorization" in seen.headers for seen in proxy.seen)
            assert all("authorization" not in seen.headers for seen in proxy.seen)
        assert len(server.seen) == 2
        assert all("proxy-authorization" not in seen.headers for seen in server.seen)


@pytest.mark.parametrize(("status", "sent"), [(407, 1), (403, 1), (502, READ_TRIES)])
async def test_a_proxy_that_refuses_is_named_and_nothing_was_sent(
    status: int, sent: int, authority: Authority, without_pauses: None
) -> None:
    async def refuse(wire: Wire) -> None:
        await wire.head()
        await wire.send(reply(status, b"", reason="Proxy Says No"))

    async with RawServer(answering(reply()), tls=serving(authority.issue("hidden"))) as server:
        async with RawServer(refuse) as proxy, api_of(server.base, proxy=proxy.base) as api:
            problem = await failing(api.get("/nodes"))
            assert len(proxy.seen) == sent
            outcome = await api.change(STOP)
            assert len(proxy.seen) == sent + 1
        assert problem.cause is Cause.NETWORK
        assert f"the proxy 127.0.0.1:{proxy.port} refused: {status} Proxy Says No" in problem.text
        assert outcome.send_status is SendStatus.NOT_SENT
        assert server.connections == 0


@pytest.mark.parametrize("script", [hang, after_head], ids=["hangs", "cuts"])
async def test_a_proxy_that_fails_before_there_is_a_tunnel_has_forwarded_nothing(
    script: Callable[..., Awaitable[None]],
) -> None:
    async def act(wire: Wire) -> None:
        await (script(wire) if script is hang else script(wire, wire.reset))

    async with RawServer(act) as proxy:
        async with api_of("https://cloud.invalid", proxy=proxy.base, deadline=0.4) as api:
            assert (await api.change(STOP)).send_status is SendStatus.NOT_SENT
        assert [seen.method for seen in proxy.seen] == ["CONNECT"]


async def test_a_proxy_that_forwards_and_then_cuts_leaves_it_unknown() -> None:
    async with RawServer(lambda wire: after_request()(wire, wire.reset)) as proxy:
        async with api_of("http://cloud.invalid", proxy=proxy.base) as api:
            assert (await api.change(STOP)).send_status is SendStatus.UNKNOWN
        assert len(proxy.seen) == 1


async def test_the_environments_proxy_is_used_but_never_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(answering(reply())) as server, RawServer(answering(reply())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base)
        async with api_of("http://cloud.invalid") as api:
            await api.get("/nodes")
        async with api_of(server.base) as api:
            await api.get("/nodes")
        assert [seen.target for seen in proxy.seen] == ["http://cloud.invalid/nodes"]
        assert [seen.target for seen in server.seen] == ["/nodes"]
        monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
        async with api_of(server.base) as api:
            assert await api.get("/nodes") == {}
        async with api_of("http://cloud.invalid") as api:
            assert (await failing(api.get("/nodes"))).cause is Cause.CONFIG


async def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(answering(reply())) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.base)
        monkeypatch.setenv("NO_PROXY", "cloud.invalid")
        async with api_of("http://cloud.invalid") as api:
            assert (await failing(api.get("/nodes"))).cause is Cause.DNS
        assert proxy.connections == 0


# ---------------------------------------------------------------------------------------------- replies


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b"[" * 100_000,
        b"[" * 100 + b"]" * 100,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b"1" * 5000,
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b")]}'\n{}",
        b"{} {}",
        b"<html></html>",
    ],
    ids=lambda body: repr(body[:12]),
)
async def test_a_reply_that_is_no_good_json_is_a_problem_of_one_line(body: bytes, without_pauses: None) -> None:
    async with RawServer(answering(reply(body=body))) as server, api_of(server.base) as api:
        problem = await failing(api.get("/"))
        assert problem.cause is Cause.REPLY
        assert "\n" not in problem.text
        assert "Traceback" not in problem.text
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"null", None),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"[" * 60 + b"]" * 60, None),
        (b'{"n": "\\u001b]52;c;eA==\\u0007", "\\ud800": 9223372036854775808}', None),
    ],
)
async def test_odd_but_good_json_is_read_and_cleaned(body: bytes, read: object) -> None:
    async with RawServer(answering(reply(body=body))) as server, api_of(server.base) as api:
        found = await api.get("/")
        if read is not None:
            assert found == read
        assert "\x1b" not in str(found)
        assert "\ud800" not in str(found)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
async def test_an_empty_reply_is_no_empty_list(body: bytes) -> None:
    async with RawServer(answering(reply(body=body))) as server, api_of(server.base) as api:
        problem = await failing(api.get("/"))
    assert (problem.cause, problem.text) == (Cause.REPLY, "HTTP 200, but the reply is empty")


async def test_no_content_is_what_204_says() -> None:
    async with RawServer(answering(b"HTTP/1.1 204 None\r\n\r\n")) as server, api_of(server.base) as api:
        assert await api.get("/") is None


async def test_request_ids_are_kept_for_the_journal() -> None:
    replies = (
        reply(headers=("X-Request-Id: req-1",)),
        reply(500, b'{"request_id": "req-2"}'),
        reply(headers=("X-Request-Id: \x1b[2J" + "x" * 400,)),
    )
    async with RawServer(answering(*replies)) as server, api_of(server.base) as api:
        outcomes = [await api.change(STOP) for _ in replies]
        assert [outcome.request_id for outcome in outcomes[:2]] == ["req-1", "req-2"]
        assert len(outcomes[2].request_id) <= 200
        assert "\x1b" not in outcomes[2].request_id


# ---------------------------------------------------------------------------------------------- secrets

ECHOES = {
    "json": reply(401, b'{"message": "no such token: Bearer ' + CANARY.encode() + b'"}'),
    "fastapi": reply(422, b'{"detail": [{"input": {"password": "' + CANARY.encode() + b'"}}]}'),
    "text": reply(500, b"x" * 170 + b" token " + CANARY.encode()),
    "cut text": reply(500, b"x" * 185 + CANARY.encode()),
    "location": reply(302, headers=(f"Location: https://elsewhere.invalid/?token={CANARY}",)),
    "status line": b"HTTP/1.1 " + CANARY.encode() + b"\r\n\r\n",
    "header line": b"HTTP/1.1 200 OK\r\n" + CANARY.encode() + b"\r\n\r\n",
    "cut header line": b"HTTP/1.1 200 OK\r\n" + b"y" * 310 + CANARY.encode() + b"\r\n\r\n",
    "not json": reply(200, CANARY.encode()),
    "silence": b"",
}


class Canary(Proof):
    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {CANARY}", "X-Signature": CANARY[::-1], "Cookie": f"token={CANARY}"}


@pytest.mark.parametrize("echo", ECHOES)
async def test_no_secret_comes_back_in_words(
    echo: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], without_pauses: None
) -> None:
    caplog.set_level(logging.DEBUG)
    script = after_request(ECHOES[echo])
    options: dict[str, Any] = {"safe_posts": ("/login",), "proxy": None}
    async with RawServer(lambda wire: script(wire, wire.writer.close)) as server:
        async with api_of(server.base, Canary(), **options) as api:
            outcome = await api.change(STOP)
            read = await failure(api.get("/nodes"))
            login = Request("POST", "/login", body={"password": CANARY}, secrets=frozenset({"password"}))
            logged_in = await failure(api.read(login))
            form = await failure(api.read(Request("POST", "/login"), form={"client_secret": CANARY}))
        assert all(CANARY in str(seen) for seen in server.seen)
    words = [repr(outcome), *("".join(traceback.format_exception(error)) for error in (read, logged_in, form))]
    ours = [record for record in caplog.records if echo == "silence" or not record.name.startswith("httpcore")]
    words += [f"{record.getMessage()} {record.__dict__}" for record in ours]
    words += capfd.readouterr()
    for length in range(len(CANARY), 9, -1):
        assert not any(CANARY[:length] in line or CANARY[::-1][:length] in line for line in words)


async def failure(asked: Awaitable[object]) -> Failed:
    with pytest.raises(Failed) as failed:
        await asked
    return failed.value


async def test_redaction_leaves_the_servers_words_alone() -> None:
    answer = reply(403, b'{"message": "token-number-0 may not Stop"}')
    async with RawServer(answering(answer)) as server, api_of(server.base, Proof()) as api:
        outcome: Outcome = await api.change(STOP)
        assert outcome.problem is not None
        assert outcome.problem.text == "HTTP 403: *** may not Stop"
        assert outcome.body == {"message": "*** may not Stop"}
