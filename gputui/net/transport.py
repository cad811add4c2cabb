"""One bounded HTTP exchange at a time: total deadline, size cap, and no cancellation that reaches a live request.

httpx 0.28 leaks a pool slot for every request cancelled in flight and never heals (encode/httpcore#1093), and its
timeouts bound single reads, not calls. So each exchange runs in a task of its own that callers wait for without
cancelling; one that passes its deadline is cancelled and its pool retired, the next call making a new one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any

import httpx

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.net.errors import Closed, DeadlinePassed, TooLarge
from gputui.net.tls import context

LARGEST_REPLY = 8 * 1024 * 1024
CONNECT_SECONDS = 5.0
KEPT_ALIVE_SECONDS = 30.0
"""Longer than the usual pause between two readings, so that not every one of them pays for a handshake."""
_TURN_SECONDS = 0.005
_DISARMED = "gputui-location"
_PROXY_REMEDY = "check `proxy` of the profile, HTTPS_PROXY and ALL_PROXY; SOCKS proxies are not spoken"


@dataclass(frozen=True, slots=True)
class RawReply:
    """Status, lower-case headers and the whole body of one reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Departure:
    """Watches one request on its way: `begun` from the moment the first of its bytes may have left.

    An httpx trace extension. Every stage is told to it before it starts; those that send or receive carry the request
    itself, connecting does not, and a CONNECT speaks to the proxy alone.
    """

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, stage: str, details: Mapping[str, Any]) -> None:
        """Be told that `stage` starts or has ended."""
        request = details.get("request")
        if request is not None and request.method != b"CONNECT":
            self.begun = True


def may_have_left(request: httpx.Request) -> bool:
    """Whether a byte of `request` may have left; False is proof that none did."""
    departure = request.extensions.get("trace")
    return not isinstance(departure, Departure) or departure.begun


class _NoCookies(CookieJar):
    """Keeps none: they are never sent back, so a server could only fill memory with them."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Pass them by."""


async def _disarm_redirect(response: httpx.Response) -> None:
    """Put Location where httpx does not look for it: it builds the next request even if redirects are off, and fails
    on an odd address after the answer to ours has come."""
    if "location" in response.headers:
        response.headers[_DISARMED] = response.headers.pop("location")


@dataclass(eq=False, slots=True)
class _Pool:
    client: httpx.AsyncClient
    exchanges: set[asyncio.Task[RawReply]] = field(default_factory=set)


class Transport:
    """The connections of one profile.

    Reads share kept-alive connections. Each change gets a fresh one, because a server may close an idle connection
    while the request is on its way, which would leave its fate unknown. `local` passes by the proxies that the
    environment names, which cannot reach this machine's loopback addresses.
    """

    def __init__(
        self, settings: Settings, *, deadline: float = 15.0, largest: int = LARGEST_REPLY, local: bool = False
    ) -> None:
        self._settings = settings
        self._deadline = deadline
        self._largest = largest
        self._local = local
        self.closed = False
        self._reading: _Pool | None = None
        self._pools: set[_Pool] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self.requests = 0
        self.received = 0

    def build(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> httpx.Request:
        """Build the request as it will stand on the wire; raises httpx.InvalidURL for an address that cannot be."""
        sent = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "gputui", **headers}
        return httpx.Request(method, url, headers=sent, content=body, extensions={"trace": Departure()})

    def start(self, request: httpx.Request, *, fresh: bool = False) -> asyncio.Task[RawReply]:
        """Begin to send `request` once and to read its whole reply, within the deadline and the cap.

        To be awaited by `reply`. Raises Failed where no connection can be tried: a wrong proxy or certificate file.
        """
        if self.closed:
            raise Failed(Problem(Cause.NETWORK, f"the connections of {self._settings.profile} are closed"))
        pool = self._open() if fresh else self._shared()
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
        """Wait for the end of `exchange`. When the caller is cancelled, it goes on to its own end in the background.

        Raises httpx errors, ssl.SSLError, TooLarge, DeadlinePassed and Closed.
        """
        await asyncio.wait({exchange})
        if exchange.cancelled():
            raise Closed if self.closed else DeadlinePassed
        return exchange.result()

    async def _run(self, client: httpx.AsyncClient, request: httpx.Request) -> RawReply:
        self.requests += 1
        turn = time.monotonic()
        until = turn + self._deadline
        response = await client.send(request, stream=True)
        async with aclosing(response):
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                self.received += len(chunk)
                if len(body) > self._largest:
                    raise TooLarge(f"over {self._largest // 1024} KiB")
                if time.monotonic() > until:
                    raise DeadlinePassed
                if time.monotonic() > turn + _TURN_SECONDS:
                    # Thousands of tiny chunks come out of one read without a pause: let the screen have its turn.
                    await asyncio.sleep(0)
                    turn = time.monotonic()
        headers = {name.lower(): value for name, value in response.headers.items()}
        if _DISARMED in headers:
            headers["location"] = headers.pop(_DISARMED)
        return RawReply(response.status_code, headers, bytes(body))

    def _shared(self) -> _Pool:
        if self._reading is None:
            self._reading = self._open()
        return self._reading

    def _open(self) -> _Pool:
        settings = self._settings
        verify = context(settings.ca_file, settings.client_cert)
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=4, keepalive_expiry=KEPT_ALIVE_SECONDS)
        try:
            client = httpx.AsyncClient(
                verify=verify,
                proxy=settings.proxy,
                timeout=httpx.Timeout(self._deadline, connect=CONNECT_SECONDS),
                limits=limits,
                follow_redirects=False,
                event_hooks={"response": [_disarm_redirect]},
                cookies=_NoCookies(),
                trust_env=not self._local,
            )
        except (ValueError, ImportError, httpx.InvalidURL):  # whose words may hold the proxy's password
            raise Failed(Problem(Cause.CONFIG, "the proxy's address cannot be used", _PROXY_REMEDY)) from None
        pool = _Pool(client)
        self._pools.add(pool)
        return pool

    def _give_up(self, task: asyncio.Task[RawReply], pool: _Pool) -> None:
        task.cancel()
        if pool is self._reading:
            self._reading = None
            self._retire(pool)

    def _retire(self, pool: _Pool) -> None:
        """Close `pool` when the exchanges it still carries have ended."""
        retiring = asyncio.create_task(self._close(pool))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)

    async def _close(self, pool: _Pool) -> None:
        await asyncio.gather(*pool.exchanges, return_exceptions=True)
        await pool.client.aclose()
        self._pools.discard(pool)

    async def aclose(self) -> None:
        """End every exchange and close the connections."""
        self.closed = True
        pools = tuple(self._pools)
        for pool in pools:
            for task in tuple(pool.exchanges):
                task.cancel()
        await asyncio.gather(*(self._close(pool) for pool in pools), *self._retiring, return_exceptions=True)


def _look_at_error(task: asyncio.Task[RawReply]) -> None:
    """Retrieve the error of an exchange whose caller has gone, so that asyncio does not complain at its end."""
    if not task.cancelled():
        task.exception()
