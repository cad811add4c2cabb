"""The HTTP server of the clouds: one uvicorn for all ports, with connections that can be dropped on purpose."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import Server, ServerState

from gputui.sim.clock import Clock

WIRE = "gputui.wire"


class Wire(H11Protocol):
    """A connection that reports its loss to the application and can be dropped by it, which plain ASGI cannot."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.gone = asyncio.Event()
        inner = self.app

        async def with_wire(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[WIRE] = self
            await inner(scope, receive, send)

        self.app = with_wire

    def connection_lost(self, exc: Exception | None) -> None:
        """Record that the client is gone."""
        super().connection_lost(exc)
        self.gone.set()

    async def drop(self) -> None:
        """Close the connection now; unsent data is lost."""
        self.transport.abort()
        await self.gone.wait()

    async def pause(self, seconds: float | None) -> None:
        """Wait that long, or forever with None, but no longer than the client does."""
        try:
            await asyncio.wait_for(self.gone.wait(), seconds)
        except TimeoutError:
            return


class HttpServer(Server):
    """uvicorn that reports when it listens, and ends at once: its own loop checks only ten times a second."""

    def __init__(self, config: Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = started
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """End the server; called in the thread of the loop."""
        self._leaving.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then report it."""
        await super().startup(sockets)
        self._on_start()

    async def main_loop(self) -> None:
        """Serve until told to end."""
        await self._leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close all connections; requests in progress notice that the client is gone."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=0.5)
        for bound in sockets or ():
            bound.close()


def wire_of(scope: Scope) -> Wire:
    """Return the connection of a request; available only under the `Wire` protocol."""
    wire = scope["extensions"][WIRE]
    assert isinstance(wire, Wire)
    return wire


class Ports:
    """An ASGI application that dispatches by port, so that one server serves all."""

    def __init__(self, apps: Mapping[int, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = scope["server"]
        assert server is not None
        await self._apps[server[1]](scope, receive, send)


class Dated:
    """ASGI middleware that sets the Date header from the world's clock, which clients compare with their own."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def date(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = formatdate(self._clock.now(), usegmt=True).encode("ascii")
                message = {**message, "headers": [*message.get("headers", ()), (b"date", now)]}
            await send(message)

        await self._app(scope, receive, date)
