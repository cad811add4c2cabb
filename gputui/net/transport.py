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

import httpx

from gputui.core.provider import Settings
from gputui.net.errors import DeadlinePassed, TooLarge
from gputui.net.tls import context

LARGEST_REPLY = 8 * 1024 * 1024
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RawReply:
    """Status, lower-case headers and the whole body of one reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(eq=False, slots=True)
class _Pool:
    client: httpx.AsyncClient
    exchanges: set[asyncio.Task[RawReply]] = field(default_factory=set)


class Transport:
    """The connections of one profile.

    Reads share kept-alive connections. Each change gets a fresh one, because a server may close an idle connection
    while the request is on its way, which would leave its fate unknown.
    """

    def __init__(self, settings: Settings, *, deadline: float = 15.0, largest: int = LARGEST_REPLY) -> None:
        self._settings = settings
        self._deadline = deadline
        self._largest = largest
        self._reading: _Pool | None = None
        self._pools: set[_Pool] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self.requests = 0
        self.received = 0

    def build(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> httpx.Request:
        """Build the request as it will stand on the wire; raises httpx.InvalidURL for an address that cannot be."""
        sent = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "gputui", **headers}
        return httpx.Request(method, url, headers=sent, content=body)

    async def exchange(self, request: httpx.Request, *, fresh: bool = False) -> RawReply:
        """Send `request` once and read its whole reply, within the deadline and the cap.

        Raises httpx errors, TooLarge and DeadlinePassed. When the caller is cancelled, the exchange goes on to its
        own end in the background.
        """
        pool = self._open() if fresh else self._shared()
        task = asyncio.create_task(self._run(pool.client, request))
        pool.exchanges.add(task)
        task.add_done_callback(_look_at_error)
        watchdog = asyncio.get_running_loop().call_later(self._deadline, self._give_up, task, pool)
        task.add_done_callback(lambda _: watchdog.cancel())
        if fresh:
            self._retire(pool)
        await asyncio.wait({task})
        pool.exchanges.discard(task)
        if task.cancelled():
            raise DeadlinePassed
        return task.result()

    async def _run(self, client: httpx.AsyncClient, request: httpx.Request) -> RawReply:
        self.requests += 1
        until = time.monotonic() + self._deadline
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
        headers = {name.lower(): value for name, value in response.headers.items()}
        return RawReply(response.status_code, headers, bytes(body))

    def _shared(self) -> _Pool:
        if self._reading is None:
            self._reading = self._open()
        return self._reading

    def _open(self) -> _Pool:
        settings = self._settings
        client = httpx.AsyncClient(
            verify=context(settings.ca_file, settings.client_cert),
            proxy=settings.proxy,
            timeout=httpx.Timeout(self._deadline, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=4),
            follow_redirects=False,
        )
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
        pools = tuple(self._pools)
        for pool in pools:
            for task in tuple(pool.exchanges):
                task.cancel()
        await asyncio.gather(*(self._close(pool) for pool in pools), *self._retiring, return_exceptions=True)


def _look_at_error(task: asyncio.Task[RawReply]) -> None:
    """Retrieve the error of an exchange whose caller has gone, so that asyncio does not complain at its end."""
    if not task.cancelled():
        task.exception()
