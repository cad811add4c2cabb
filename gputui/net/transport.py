"""One bounded HTTP exchange: total deadline, size limit, and no cancellation that reaches a live request.

httpx 0.28 leaks a pool slot for every request cancelled in flight and never recovers it (encode/httpcore#1093), and its
timeouts bound single reads, not calls. So each exchange runs in a task of its own that callers wait for without
cancelling; one that passes its deadline is cancelled and its pool retired, and the next call makes a new one.

A connection whose other side sent more than it was asked for is never used again: the rest would be taken for the reply
to the next request. A server that does so once gets a new connection for every request from then on.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.net.bodies import Packed, unpacked
from gputui.net.errors import Closed, DeadlinePassed, Journey, TooLarge
from gputui.net.lean_httpx import httpx
from gputui.net.proxies import Proxy, proxy_for
from gputui.net.sockets import Sockets, SocketStream, Unasked
from gputui.net.tls import context

LARGEST_REPLY = 8 * 1024 * 1024
CONNECT_SECONDS = 5.0
KEPT_ALIVE_SECONDS = 30.0
"""Longer than the usual pause between two readings, so that not every reading needs a new handshake."""
_TURN_SECONDS = 0.005
_DISARMED = "gputui-location"


@dataclass(frozen=True, slots=True)
class RawReply:
    """Status, lower-case headers and the whole body of one reply; `packed` says why a body could not be decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    packed: str = ""


class Departure:
    """Tracks one request: `begun` from the moment its first byte may have been sent, `stage` what it is doing.

    `left` is called at that moment.

    An httpx trace extension, called before each stage starts. Stages that send or receive carry the request itself,
    connecting does not, and a CONNECT is a request to the proxy alone.
    """

    def __init__(self) -> None:
        self.begun = False
        self.stage = ""
        self.proxy: Proxy | None = None
        self.left: Callable[[], None] = lambda: None

    async def __call__(self, stage: str, details: Mapping[str, Any]) -> None:
        """Called by httpcore when `stage` starts or has ended."""
        name = stage.split(".")[1]
        if stage.endswith(".started") and "close" not in name:
            self.stage = name
        request = details.get("request")
        if request is not None and request.method != b"CONNECT" and not self.begun:
            self.begun = True
            self.left()


def departure_of(request: httpx.Request) -> Departure:
    """The departure of `request`."""
    found = request.extensions.get("trace")
    return found if isinstance(found, Departure) else _unwatched()


def _unwatched() -> Departure:
    unknown = Departure()
    unknown.begun = True
    return unknown


def may_have_left(request: httpx.Request, error: Exception) -> bool:
    """Whether a byte of `request` may have been sent when it failed with `error`; False proves that none was."""
    return departure_of(request).begun and not unasked(error)


def journey_of(request: httpx.Request) -> Journey:
    """How far `request` has come."""
    watched = departure_of(request)
    return Journey(request.url.host, watched.proxy, watched.stage, watched.begun)


def unasked(error: BaseException) -> bool:
    """Whether nothing was sent because the other side had sent data first."""
    return isinstance(error.__cause__ or error.__context__, Unasked)


class _NoCookies(CookieJar):
    """Keeps no cookies: they are never sent back, so a server could only fill memory with them."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore them."""


async def _disarm_redirect(response: httpx.Response) -> None:
    """Move Location where httpx does not look for it.

    Even with redirects off it builds the next request, and fails on an odd address although the reply has come.
    """
    if "location" in response.headers:
        response.headers[_DISARMED] = response.headers.pop("location")


class _Wire(httpx.AsyncHTTPTransport):
    """httpx over our own sockets; it has no parameter for them, so they are set on its pool."""

    def __init__(self, sockets: Sockets, verify: ssl.SSLContext, limits: httpx.Limits, proxy: Proxy | None) -> None:
        super().__init__(verify=verify, limits=limits, proxy=proxy.url if proxy else None, trust_env=False)
        self._pool._network_backend = sockets


def _says_more(response: httpx.Response) -> bool:
    """Whether data follows `response`, whose whole body was read; also True if that cannot be determined.

    httpcore keeps such bytes for the next reply, without exposing them.
    """
    connection: SocketStream = response.extensions["network_stream"]
    try:
        stream: Any = response.stream
        behind, _ = stream._stream._httpcore_stream._stream._connection._h11_state.trailing_data
    except AttributeError:
        return True
    return bool(behind) or connection.unread > 0


@dataclass(eq=False, slots=True)
class _Pool:
    client: httpx.AsyncClient
    exchanges: set[asyncio.Task[RawReply]] = field(default_factory=set)


class Transport:
    """The connections of one profile.

    Reads share kept-alive connections. Each change gets a fresh one, because a server may close an idle connection
    while the request is on its way, which would leave its outcome unknown. `environ` names proxies and certificates.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        deadline: float = 15.0,
        largest: int = LARGEST_REPLY,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings = settings
        self._deadline = deadline
        self._largest = largest
        self._environ = environ
        self._keeps_alive = True
        self.closed = False
        self._reading: dict[Proxy | None, _Pool] = {}
        self._pools: set[_Pool] = set()
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def received(self) -> int:
        """Bytes of all answers' bodies."""
        return sum(one.received for one in self._settings.traffic.hosts.values())

    def build(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> httpx.Request:
        """Build the request as it will be on the wire; raises httpx.InvalidURL for an invalid URL."""
        sent = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "gputui", **headers}
        return httpx.Request(method, url, headers=sent, content=body, extensions={"trace": Departure()})

    def start(self, request: httpx.Request, *, fresh: bool = False) -> asyncio.Task[RawReply]:
        """Start to send `request` once and to read its whole reply, within the deadline and the size limit.

        To be awaited with `reply`. Raises Failed if connecting is impossible: a wrong proxy or certificate file.
        """
        if self.closed:
            raise Failed(Problem(Cause.NETWORK, f"the connections of {self._settings.profile} are closed"))
        proxy = proxy_for(str(request.url), self._settings.proxy, self._environ)
        departure_of(request).proxy = proxy
        pool = self._open(proxy) if fresh else self._shared(proxy)
        task = asyncio.create_task(self._run(pool.client, request))
        pool.exchanges.add(task)
        task.add_done_callback(pool.exchanges.discard)
        task.add_done_callback(_look_at_error)
        watchdog = asyncio.get_running_loop().call_later(self._deadline, self._give_up, task, pool)
        task.add_done_callback(lambda _: watchdog.cancel())
        if fresh:
            self._retire(pool)
        return task

    async def reply(self, exchange: asyncio.Task[RawReply]) -> RawReply:
        """Wait for the end of `exchange`. If the caller is cancelled, it goes on in the background.

        Raises httpx errors, ssl.SSLError, TooLarge, DeadlinePassed and Closed.
        """
        await asyncio.wait({exchange})
        if exchange.cancelled():
            raise Closed if self.closed else DeadlinePassed
        return exchange.result()

    async def _run(self, client: httpx.AsyncClient, request: httpx.Request) -> RawReply:
        traffic = self._settings.traffic.to(request.url.host)
        traffic.requests += 1
        turn = begun = time.monotonic()
        until = turn + self._deadline
        response = await client.send(request, stream=True)
        async with aclosing(response):
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                traffic.received += len(chunk)
                if len(body) > self._largest:
                    raise TooLarge(f"over {self._largest // 1024} KiB")
                if time.monotonic() > until:
                    raise DeadlinePassed
                if time.monotonic() > turn + _TURN_SECONDS:
                    # Thousands of tiny chunks come out of one read without a pause: give the event loop its turn.
                    await asyncio.sleep(0)
                    turn = time.monotonic()
            await self._leave(response)
        traffic.answer(time.monotonic() - begun)
        headers = {name.lower(): value for name, value in response.headers.items()}
        if _DISARMED in headers:
            headers["location"] = headers.pop(_DISARMED)
        return _plain(response.status_code, headers, bytes(body), self._largest)

    async def _leave(self, response: httpx.Response) -> None:
        """Close the connection if more than the reply has come on it, or if that cannot be determined.

        On a reused connection the reply itself may then belong to an earlier request: it is refused.
        """
        connection: SocketStream = response.extensions["network_stream"]
        if not _says_more(response):
            return
        reused = connection.requests > 1
        self._distrust()
        await connection.aclose()
        if reused:
            raise httpx.RemoteProtocolError("more than one answer came to one request")

    def _distrust(self) -> None:
        """Use no connection twice from now on."""
        if self._keeps_alive:
            self._keeps_alive = False
            for pool in self._reading.values():
                self._retire(pool)
            self._reading.clear()

    def _shared(self, proxy: Proxy | None) -> _Pool:
        if proxy not in self._reading:
            self._reading[proxy] = self._open(proxy)
        return self._reading[proxy]

    def _open(self, proxy: Proxy | None) -> _Pool:
        settings = self._settings
        verify = context(settings.ca_file, settings.client_cert, self._environ)
        kept = 4 if self._keeps_alive else 0
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=kept, keepalive_expiry=KEPT_ALIVE_SECONDS)
        client = httpx.AsyncClient(
            transport=_Wire(Sockets(self._distrust), verify, limits, proxy),
            timeout=httpx.Timeout(self._deadline, connect=CONNECT_SECONDS),
            follow_redirects=False,
            event_hooks={"response": [_disarm_redirect]},
            cookies=_NoCookies(),
        )
        pool = _Pool(client)
        self._pools.add(pool)
        return pool

    def _give_up(self, task: asyncio.Task[RawReply], pool: _Pool) -> None:
        task.cancel()
        for proxy, reading in tuple(self._reading.items()):
            if reading is pool:
                del self._reading[proxy]
                self._retire(pool)

    def _retire(self, pool: _Pool) -> None:
        """Close `pool` once its remaining exchanges have ended."""
        retiring = asyncio.create_task(self._close(pool))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)

    async def _close(self, pool: _Pool) -> None:
        await asyncio.gather(*pool.exchanges, return_exceptions=True)
        await pool.client.aclose()
        self._pools.discard(pool)

    async def aclose(self) -> None:
        """Cancel all exchanges and close the connections."""
        self.closed = True
        pools = tuple(self._pools)
        for pool in pools:
            for task in tuple(pool.exchanges):
                task.cancel()
        await asyncio.gather(*(self._close(pool) for pool in pools), *self._retiring, return_exceptions=True)


def _plain(status: int, headers: dict[str, str], body: bytes, largest: int) -> RawReply:
    encoding = headers.get("content-encoding", "identity")
    if encoding.lower() == "identity":
        return RawReply(status, headers, body)
    try:
        return RawReply(status, headers, unpacked(encoding, body, largest))
    except Packed as reason:
        return RawReply(status, headers, body, str(reason))


def _look_at_error(task: asyncio.Task[RawReply]) -> None:
    """Retrieve the error of an exchange whose caller has gone, so that asyncio does not warn about it."""
    if not task.cancelled():
        task.exception()
