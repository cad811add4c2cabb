"""Faults between a client and a cloud, injected by a test or by the world at random."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gputui.sim.log import raw_target
from gputui.sim.web import Wire, wire_of

Kind = Literal["status", "garbage", "slow", "drip", "cut", "cut_before", "hang"]
DRIP_SECONDS = 0.2
GARBAGE = b'<!DOCTYPE html><html><head><title>Sign in</title></head><body>{"items": [</body>'


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    `status` returns that status without asking the cloud · `garbage` 200 with invalid JSON · `slow` the real response
    after `delay` seconds · `drip` the real response, a byte every 0.2 s (or `delay`) · `cut` half of the real response,
    then the connection closes · `cut_before` the cloud processes the request, then the connection closes without a byte
    · `hang` no response ever, the cloud is not asked. `headers` and `body` belong to `status` and `garbage`.
    """

    kind: Kind
    status: int = 500
    delay: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(slots=True)
class Planned:
    """A fault that waits for matching requests."""

    fault: Fault
    times: int | None
    match: str | None

    def meets(self, line: str) -> bool:
        """Whether a request line matches."""
        return self.match is None or self.match in line


@dataclass(slots=True)
class Faults:
    """The faults of one cloud; may be set from any thread while the servers run."""

    _planned: list[Planned] = field(default_factory=list)
    _standing: Planned | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, fault: Fault, times: int = 1, match: str | None = None) -> None:
        """Make the next `times` requests whose `METHOD /path?query` contains `match` fail (None matches all)."""
        with self._lock:
            self._planned.append(Planned(fault, times, match))

    def always(self, fault: Fault | None, match: str | None = None) -> None:
        """Make every matching request fail until `always(None)`."""
        with self._lock:
            self._standing = None if fault is None else Planned(fault, None, match)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._planned.clear()
            self._standing = None

    def pick(self, line: str) -> Fault | None:
        """Return the fault for a request with this line, and use it up."""
        with self._lock:
            for planned in self._planned:
                if planned.meets(line) and planned.times is not None:
                    planned.times -= 1
                    if planned.times <= 0:
                        self._planned.remove(planned)
                    return planned.fault
            standing = self._standing
            return standing.fault if standing is not None and standing.meets(line) else None


class Faulty:
    """ASGI middleware that applies the planned faults; needs the `Wire` protocol beneath."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._faults.pick(f"{scope['method']} {raw_target(scope)}") if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in ("status", "garbage"):
            await _answer(fault, send)
        elif fault.kind in ("slow", "hang"):
            await self._wait(fault, scope, receive, send)
        else:
            await self._spoil(fault, scope, receive, send)

    async def _wait(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        wire = wire_of(scope)
        await wire.pause(None if fault.kind == "hang" else fault.delay)
        if not wire.gone.is_set():
            await self._app(scope, receive, send)

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the cloud process the request, then deliver its response faultily."""
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        wire = wire_of(scope)
        start = next(message for message in answer if message["type"] == "http.response.start")
        body = b"".join(message.get("body", b"") for message in answer)
        if fault.kind == "drip":
            await _drip(fault.delay or DRIP_SECONDS, wire, start, body, send)
            return
        if fault.kind == "cut":
            await _half(start, body, send)
        await wire.drop()


async def _answer(fault: Fault, send: Send) -> None:
    garbage = fault.kind == "garbage"
    body = fault.body or (GARBAGE if garbage else b"")
    kind = b"text/html" if garbage else b"application/json"
    given = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fault.headers]
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode("ascii"))]
    kept = [header for header in headers if header[0] not in dict(given)]
    await send({"type": "http.response.start", "status": 200 if garbage else fault.status, "headers": kept + given})
    await send({"type": "http.response.body", "body": body})


async def _drip(seconds: float, wire: Wire, start: Message, body: bytes, send: Send) -> None:
    await send(start)
    for at in range(len(body)):
        if wire.gone.is_set():
            return
        await send({"type": "http.response.body", "body": body[at : at + 1], "more_body": True})
        await wire.pause(seconds)
    await send({"type": "http.response.body", "body": b""})


async def _half(start: Message, body: bytes, send: Send) -> None:
    """Send half of the response; the announced length is one byte too long, so that even an empty one is cut."""
    headers = [header for header in start["headers"] if header[0].lower() != b"content-length"]
    promise = (b"content-length", str(len(body) + 1).encode("ascii"))
    await send({**start, "headers": [*headers, promise]})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
