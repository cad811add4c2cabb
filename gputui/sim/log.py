"""A log of the requests to a cloud, for tests."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gputui.sim.clock import Clock

# hosted·ai changes machines by GET: setup, reset, scan, login by SSH.
CHANGING_GET = re.compile(r"/gpuaas/node/(init|deinit|scan_gpus|scan_npus|scan_resources|test_conn)(\?|$)")
# A login is a POST that changes nothing.
LOGIN = re.compile(r"/(api/v[12]/token|api/login)/?(\?|$)")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as received, and its response status (0: no response yet, or never)."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int
    at: float

    @property
    def changes(self) -> bool:
        """Whether the request would change something; logging in does not."""
        if self.method == "GET":
            return CHANGING_GET.search(self.target) is not None
        return self.method not in ("HEAD", "OPTIONS") and LOGIN.search(self.target) is None


class RequestLog:
    """Every request in order of arrival; written by the servers' thread, readable from any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[int, Seen] = {}
        self._count = 0

    @property
    def seen(self) -> list[Seen]:
        """Return all requests so far, oldest first (a copy)."""
        with self._lock:
            return list(self._seen.values())

    def changes(self) -> list[Seen]:
        """Return those that would change something: all but reads and logins; hosted·ai's changing GETs count."""
        return [seen for seen in self.seen if seen.changes]

    def clear(self) -> None:
        """Clear the log."""
        with self._lock:
            self._seen.clear()

    def arrived(self, seen: Seen) -> int:
        """Record a request before it is answered; return the number to report the response under."""
        with self._lock:
            self._count += 1
            self._seen[self._count] = seen
            return self._count

    def answered(self, number: int, status: int) -> None:
        """Record the response status of a request."""
        with self._lock:
            if number in self._seen:
                self._seen[number] = replace(self._seen[number], status=status)


class Recorder:
    """ASGI middleware that records every request before the application sees it."""

    def __init__(self, app: ASGIApp, log: RequestLog, clock: Clock) -> None:
        self._app = app
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        number = self._log.arrived(self._seen(scope, body))

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.answered(number, message["status"])
            await send(message)

        await self._app(scope, replayed(body, receive), note)

    def _seen(self, scope: Scope, body: bytes) -> Seen:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return Seen(scope["method"], raw_target(scope), headers, body, 0, self._clock.now())


def raw_target(scope: Scope) -> str:
    """Return path and query exactly as in the request line, which is what clients sign."""
    query = scope["query_string"].decode("latin-1")
    path: str = scope["raw_path"].decode("latin-1")
    return f"{path}?{query}" if query else path


async def read_body(receive: Receive) -> bytes:
    """Return the whole body of a request; if the client disconnects early, what it sent."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that replays a body already read, then continues with the real one."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again
