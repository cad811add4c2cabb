"""Connections that notice data nobody asked for: httpcore's network backend in place of anyio's."""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

_MOST_UNREAD = 256 * 1024
"""Bytes that may wait to be read before the other side has to pause."""
_LAST_WORDS = (b"HTTP/1.1 408 ", b"HTTP/1.0 408 ")
_NEXT_ADDRESS_SECONDS = 0.25


class Unasked(httpcore.RemoteProtocolError):
    """The other side sent data before the request: that can be no reply to it. Nothing was sent."""


class NoConnection(httpcore.ConnectError):
    """Connecting to `host`, or the TLS handshake with it, failed; the reason is the cause."""

    def __init__(self, host: str, port: int | None = None) -> None:
        super().__init__(f"{host}:{port}" if port else host)
        self.host = host
        self.port = port


class ConnectionLate(httpcore.ConnectTimeout):
    """`host` took too long to accept the connection, or for its part of the handshake (then there is no `port`)."""

    def __init__(self, host: str, port: int | None = None) -> None:
        super().__init__(f"{host}:{port}" if port else host)
        self.host = host
        self.port = port


class Sockets(httpcore.AsyncNetworkBackend):
    """Opens connections on the running loop; `unasked` is called when one of them receives unexpected data."""

    def __init__(self, unasked: Callable[[], None] = lambda: None) -> None:
        self._unasked = unasked

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - required by httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> SocketStream:
        """Connect to the first address of `host` that answers. Raises NoConnection and ConnectionLate."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                _, connection = await loop.create_connection(
                    lambda: SocketStream(self._unasked), host, port, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS
                )
        except TimeoutError as error:
            raise ConnectionLate(host, port) from error
        except (OSError, UnicodeError) as error:
            raise NoConnection(host, port) from error
        return connection

    async def sleep(self, seconds: float) -> None:
        """Pause for that many seconds."""
        await asyncio.sleep(seconds)


class SocketStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection, read as soon as data arrives, so that it is always known whether any has.

    Half duplex, as HTTP/1.1 is used here: a request is written, then its reply is read. `requests` counts the requests
    begun since the connection, or its TLS, was established.
    """

    def __init__(self, unasked: Callable[[], None]) -> None:
        self._unasked = unasked
        self._transport: asyncio.Transport
        self._unread = bytearray()
        self._ended = False
        self._lost: Exception | None = None
        self._asking = False
        self._full = False
        self._tls = False
        self._waiting: asyncio.Future[None] | None = None
        self.requests = 0

    @property
    def unread(self) -> int:
        """How many received bytes have not been read yet."""
        return len(self._unread)

    # -- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, and write to it only as fast as the system accepts data."""
        assert isinstance(transport, asyncio.Transport)
        self._use(transport)

    def _use(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        # asyncio's TLS calls a buffer of `high` bytes full, others only a larger one: with 0 it would stay full
        # forever.
        transport.set_write_buffer_limits(high=1 if self._tls else 0, low=0)

    def data_received(self, data: bytes) -> None:
        """Buffer it until it is read."""
        self._unread += data
        if len(self._unread) > _MOST_UNREAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """No more data will come. Without TLS we may still write; with it asyncio closes the connection anyway."""
        self._ended = True
        self._wake()
        return not self._tls

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._ended, self._lost, self._full = True, exc, False
        self._wake()

    def pause_writing(self) -> None:
        """The system has accepted less than was written."""
        self._full = True

    def resume_writing(self) -> None:
        """The system has accepted everything."""
        self._full = False
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _until(self, done: Callable[[], bool], seconds: float | None) -> None:
        async with asyncio.timeout(seconds):
            while not done():
                self._waiting = asyncio.get_running_loop().create_future()
                await self._waiting

    # -- called by httpcore

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Some bytes; none at the end of the stream. Raises ReadTimeout and ReadError."""
        self._asking = False
        try:
            await self._until(lambda: bool(self._unread) or self._ended, timeout)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        if not self._unread and self._lost is not None:
            raise _lost(httpcore.ReadError, self._lost)
        taken = bytes(self._unread[:max_bytes])
        del self._unread[:max_bytes]
        if len(self._unread) <= _MOST_UNREAD and not self._ended:
            self._transport.resume_reading()
        return taken

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send all of it. Raises WriteTimeout and WriteError, and Unasked at the beginning of a request."""
        if not buffer:
            return
        if not self._asking:
            await self._be_silent()
            self._asking = True
            self.requests += 1
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed") from self._lost
        self._transport.write(buffer)
        try:
            await self._until(lambda: not self._full, timeout)
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        if self._lost is not None:
            raise _lost(httpcore.WriteError, self._lost)

    async def _be_silent(self) -> None:
        """Raise Unasked if the other side has already sent data, including what is still in the system's buffer."""
        if self._system_has_some():
            for _ in range(2):  # one turn of the loop detects it, the next one delivers it to us
                await asyncio.sleep(0)
        if self._unread:
            self._tell()
            raise Unasked("it spoke before it was asked")

    def _system_has_some(self) -> bool:
        socket = self._transport.get_extra_info("socket")
        if socket is None or socket.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(socket.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def _tell(self) -> None:
        """Report the data, unless it is a usual last message before closing, such as the 408 for an idle connection."""
        if not self._ended and not self._unread.startswith(_LAST_WORDS):
            self._unasked()

    async def aclose(self) -> None:
        """Close at once: the system has accepted what was written, and nobody waits for the peer's closing."""
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - required by httpcore
    ) -> SocketStream:
        """Start TLS. Raises NoConnection, ConnectionLate and Unasked."""
        name = server_hostname or ""
        if self._unread:
            await self.aclose()
            raise Unasked("it spoke before the handshake")
        self._tls, self._asking, self.requests = True, False, 0
        try:
            async with asyncio.timeout(timeout):
                transport = await asyncio.get_running_loop().start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            raise ConnectionLate(name) from error
        except (OSError, ValueError) as error:
            await self.aclose()
            raise NoConnection(name) from error
        if transport is None:
            raise NoConnection(name)
        self._use(transport)
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: whether an idle connection is still usable, and what TLS has negotiated."""
        if info == "is_readable":
            if self._unread:
                self._tell()
            return bool(self._unread) or self._ended or self._system_has_some()
        known = {"ssl_object": "ssl_object", "socket": "socket", "client_addr": "sockname", "server_addr": "peername"}
        return self._transport.get_extra_info(known[info]) if info in known else None


def _lost(kind: type[httpcore.NetworkError], reason: Exception) -> httpcore.NetworkError:
    """The error for a lost connection, with the peer's reason if it gave one: TLS 1.3 rejects us only now.

    The reason is the context, not the cause, because httpcore's pool raises everything anew `from None`.
    """
    error = kind(str(reason))
    if isinstance(reason, ssl.SSLError) and "ALERT" in str(reason):
        error.__context__ = reason
    return error
