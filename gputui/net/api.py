"""The way to a cloud's HTTP API: reads retried, changes sent exactly once, read-only held here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode

import httpx
import stamina

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Fate, Outcome, Reply, Request
from gputui.core.text import Json, clean, clean_tree
from gputui.net import errors
from gputui.net.transport import RawReply, Transport

READ_TRIES = 3
_WORTH_RETRYING = frozenset({Cause.NETWORK, Cause.TIMEOUT, Cause.SERVER})
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-ncp-trace-id", "x-amzn-requestid", "x-correlation-id")


class Authorization(Protocol):
    """How a provider proves who asks."""

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """Headers for one sending of `method url`; `url` is exactly what stands on the wire. May raise Failed."""

    async def refused(self) -> bool:
        """A 401 came. Return whether new credentials were had, so that a read is worth one more try."""


class Api:
    """The API of one profile.

    `bases` maps a service name (`""` is the main one) to its base URL. `changing_gets` are paths whose GET has side
    effects, `safe_posts` paths whose POST changes nothing (logins): with them read-only is decided here, whoever asks.
    """

    def __init__(
        self,
        settings: Settings,
        bases: Mapping[str, str],
        authorization: Authorization | None = None,
        *,
        headers: Mapping[str, Mapping[str, str]] | None = None,
        changing_gets: Iterable[str] = (),
        safe_posts: Iterable[str] = (),
        concurrency: int = 4,
        pace: Callable[[], Awaitable[None]] | None = None,
        now: Callable[[], float] = time.time,
        deadline: float = 15.0,
    ) -> None:
        self._settings = settings
        self._bases = {service: base.rstrip("/") for service, base in bases.items()}
        self._authorization = authorization
        self._headers = headers or {}
        self._changing_gets = frozenset(changing_gets)
        self._safe_posts = frozenset(safe_posts)
        self._slots = asyncio.Semaphore(concurrency)
        self._pace = pace
        self._now = now
        self.transport = Transport(settings, deadline=deadline)

    def changes(self, request: Request) -> bool:
        """Whether sending `request` may change anything at the provider."""
        if request.method in ("GET", "HEAD"):
            return request.path in self._changing_gets
        return request.path not in self._safe_posts

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, service: str = "") -> Json:
        """Read `path`: the cleaned JSON body. Retried; raises Failed."""
        return (await self.read(Request("GET", path, query or {}, service=service))).body

    async def read(self, request: Request, *, form: Mapping[str, str] | None = None) -> Reply:
        """Send a request that changes nothing, retrying what may pass by itself. Raises Failed."""
        if self.changes(request):
            raise Failed(Problem(Cause.BUG, f"{request.method} {request.path} changes things and was sent as a read"))
        retrying = stamina.retry_context(
            on=_backoff, attempts=READ_TRIES, timeout=30.0, wait_initial=0.2, wait_max=5.0, wait_jitter=0.5
        )
        async for attempt in retrying:
            with attempt:
                return await self._read_once(request, form)
        raise AssertionError("stamina ends with a value or an error")

    async def change(self, request: Request) -> Outcome:
        """Send a changing request exactly once. Never raises for what the network or the server does."""
        if self._settings.read_only and self.changes(request):
            text = f"profile {self._settings.profile} is read-only: {request.method} {request.path} was not sent"
            return Outcome(Fate.NOT_SENT, problem=Problem(Cause.READ_ONLY, text))
        try:
            built = await self._build(request, None)
        except Failed as failed:
            return Outcome(Fate.NOT_SENT, problem=failed.problem)
        try:
            raw = await self.transport.exchange(built, fresh=True)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            OSError,
            ExceptionGroup,
            errors.TooLarge,
            errors.DeadlinePassed,
        ) as e:
            fate = Fate.NOT_SENT if errors.never_left(e) else Fate.UNKNOWN
            return Outcome(fate, problem=errors.problem_of_exception(e, built.url.host))
        return self._outcome(raw)

    def _outcome(self, raw: RawReply) -> Outcome:
        body = clean_tree(errors.parse_quietly(raw.body))
        request_id = _request_id(raw, body)
        if 200 <= raw.status < 300:
            if body is None and raw.body.strip():
                problem = Problem(Cause.REPLY, f"HTTP {raw.status}, but the reply is not JSON", status=raw.status)
                return Outcome(Fate.UNKNOWN, raw.status, request_id, problem)
            return Outcome(Fate.ACCEPTED, raw.status, request_id, body=body)
        problem = errors.problem_of_status(raw.status, raw.headers, raw.body, self._now())
        fate = Fate.UNKNOWN if raw.status >= 500 else Fate.REFUSED
        return Outcome(fate, raw.status, request_id, problem, body)

    async def _read_once(self, request: Request, form: Mapping[str, str] | None) -> Reply:
        raw = await self._answer(request, form)
        if raw.status == 401 and self._authorization is not None and await self._authorization.refused():
            raw = await self._answer(request, form)
        if not 200 <= raw.status < 300:
            raise Failed(errors.problem_of_status(raw.status, raw.headers, raw.body, self._now()))
        try:
            body = clean_tree(errors.parse(raw.body)) if raw.body.strip() else None
        except ValueError as error:
            kind = raw.headers.get("content-type", "no type")
            text = f"the reply is not JSON ({kind}, {len(raw.body)} bytes): {error}"
            raise Failed(Problem(Cause.REPLY, text, "is this the API's address? check `base_url`")) from None
        return Reply(raw.status, body, _request_id(raw, body))

    async def _answer(self, request: Request, form: Mapping[str, str] | None) -> RawReply:
        async with self._slots:
            if self._pace is not None:
                await self._pace()
            built = await self._build(request, form)
            try:
                return await self.transport.exchange(built)
            except errors.EXCHANGE_ERRORS as error:
                raise Failed(errors.problem_of_exception(error, built.url.host)) from error

    async def _build(self, request: Request, form: Mapping[str, str] | None) -> httpx.Request:
        headers = dict(self._headers.get(request.service, {}))
        body: bytes | None = None
        if form is not None:
            body = urlencode(form).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        elif request.body is not None:
            body = json.dumps(request.body, ensure_ascii=False, separators=(",", ":")).encode()
            headers["content-type"] = "application/json"
        try:
            built = self.transport.build(request.method, self._url(request), headers, body)
            if self._authorization is not None and request.path not in self._safe_posts:
                proof = await self._authorization.headers(request.method, wire_url(built), self._now())
                built.headers.update(proof)
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise Failed(Problem(Cause.INPUT, f"this request cannot be written: {error}")) from error
        return built

    def _url(self, request: Request) -> str:
        base = self._bases.get(request.service)
        if base is None:
            raise Failed(Problem(Cause.CONFIG, f"no address is known for the service {request.service}"))
        query = "&".join(f"{quote(k, safe='')}={quote(v, safe=',')}" for k, v in request.query.items())
        return f"{base}{request.path}?{query}" if query else base + request.path

    async def aclose(self) -> None:
        """End what is under way and close the connections."""
        await self.transport.aclose()


def wire_url(request: httpx.Request) -> str:
    """The URL of `request` byte for byte as the server sees it: scheme, Host header, raw path and query."""
    return f"{request.url.scheme}://{request.headers['host']}{request.url.raw_path.decode('ascii')}"


def _backoff(error: Exception) -> bool:
    return isinstance(error, Failed) and error.problem.cause in _WORTH_RETRYING and error.problem.retry_after is None


def _request_id(raw: RawReply, body: Json) -> str:
    found = next((raw.headers[name] for name in _REQUEST_ID_HEADERS if name in raw.headers), "")
    if not found and isinstance(body, dict):
        found = str(body.get("request_id") or "")
    return clean(found)[:200]
