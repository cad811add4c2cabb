"""Requests to a cloud's HTTP API: reads are retried, changes sent exactly once, read-only is enforced here."""

from __future__ import annotations

import asyncio
import json
import os
import posixpath
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar
from urllib.parse import quote, unquote, urlencode

import stamina

from gputui.core.guards import read_only
from gputui.core.problem import Cause, Failed, Problem, ReplyTooLarge
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Reply, Request, SendStatus
from gputui.core.text import Json, clean, clean_tree
from gputui.net import bodies, errors
from gputui.net.lean_httpx import httpx
from gputui.net.lists import EntryRule, ListReaders, ListReply
from gputui.net.redact import Redaction
from gputui.net.statuses import problem_of_status
from gputui.net.transport import RawReply, Transport, departure_of, journey_of, may_have_left

T = TypeVar("T")
READ_TRIES = 3
_WORTH_RETRYING = frozenset({Cause.NETWORK, Cause.TIMEOUT, Cause.SERVER})
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-ncp-trace-id", "x-amzn-requestid", "x-correlation-id")


class Authorization(Protocol):
    """How a provider authenticates its requests."""

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """Headers for sending `method url` once; `url` is exactly the one on the wire. May raise Failed."""

    async def refused(self) -> bool:
        """Called after a 401. Return whether new credentials were obtained, so that a read is worth one more try."""


class _NoProof(Failed):
    """Authentication failed. The call for a token has been retried already; its caller must not retry it."""


@dataclass(frozen=True, slots=True)
class _OutgoingRequest:
    """A request ready to send, and its secrets, which must not be shown again."""

    request: httpx.Request
    redaction: Redaction

    def problem(self, error: Exception) -> Problem:
        return self.redaction.problem(errors.problem_of_exception(error, journey_of(self.request)))

    def checked(self, raw: RawReply) -> RawReply:
        """`raw` unchanged if it is 2xx; otherwise without our secrets, because errors often echo what was sent."""
        if 200 <= raw.status < 300:
            return raw
        headers = {name: self.redaction.text(value) for name, value in raw.headers.items()}
        return RawReply(raw.status, headers, self.redaction.bytes(raw.body), raw.packed)


class Api:
    """The API of one profile.

    `bases` maps a service name (`""` is the main one) to its base URL. `changing_gets` are paths whose GET has side
    effects, `safe_posts` paths whose POST changes nothing (logins): read-only is decided by them here, for all callers.
    `explain` lets the provider refine a problem, given the reply's body. At most `concurrency` reads of one service run
    at once, including those whose caller no longer waits. `pace` waits for a read's turn; the function that it returns
    is called when the request has left.
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
        pace: Callable[[], Awaitable[Callable[[], None]]] | None = None,
        explain: Callable[[Problem, Json], Problem] = lambda problem, body: problem,
        now: Callable[[], float] = time.time,
        deadline: float = 15.0,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings = settings
        self._bases = {service: base.rstrip("/") for service, base in bases.items()}
        self._authorization = authorization
        self._headers = headers or {}
        self._changing_gets = frozenset(_plain(path) for path in changing_gets)
        self._safe_posts = frozenset(safe_posts)
        # One for each service: a service that hangs must not use up the slots of another.
        self._slots = {service: asyncio.Semaphore(concurrency) for service in self._bases}
        self._lists = ListReaders()
        self._pace = pace
        self._explain = explain
        self._now = now
        self.transport = Transport(settings, deadline=deadline, environ=environ)

    def changes(self, request: Request) -> bool:
        """Whether sending `request` may change anything at the provider."""
        if request.method in ("GET", "HEAD"):
            return _plain(request.path) in self._changing_gets
        return request.path not in self._safe_posts

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, service: str = "") -> Json:
        """Read `path`: the cleaned JSON body. Retried; raises Failed."""
        return (await self.read(Request("GET", path, query or {}, service=service))).body

    async def read(self, request: Request, *, form: Mapping[str, str] | None = None) -> Reply:
        """Send a request that changes nothing, retrying temporary failures. Raises Failed."""
        raw = await self._retried(request, form)
        try:
            body = clean_tree(bodies.parse(raw.body)) if raw.body.strip() else None
        except ValueError as error:
            raise Failed(_no_json(raw, error)) from None
        return Reply(raw.status, body, _request_id(raw, body))

    async def list(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        keys: Sequence[str],
        rule: EntryRule[T],
        service: str = "",
    ) -> ListReply[T]:
        """Read a list found under one of `keys`, or that is the body itself; `rule` makes a value of each entry.

        Entries unchanged since the last reply to the same request stay the same objects. Retried; raises Failed.
        """
        request = Request("GET", path, query or {}, service=service)
        raw = await self._retried(request, None)
        if not raw.body.strip():
            return ListReply(None, {})
        reader = self._lists.reader((path, *request.query.items(), service, tuple(keys), rule), keys, rule)
        try:
            text = bodies.text_of(raw.body)
        except ValueError as error:
            raise Failed(_no_json(raw, error)) from None
        raw = replace(raw, body=b"")  # megabytes, of which one copy is enough
        try:
            return await reader.read(text)
        except ValueError as error:
            raise Failed(_no_json(replace(raw, body=text.encode()), error)) from None

    async def _retried(self, request: Request, form: Mapping[str, str] | None) -> RawReply:
        if self.changes(request):
            raise Failed(Problem(Cause.BUG, f"{request.method} {request.path} changes things and was sent as a read"))
        retrying = stamina.retry_context(
            on=self._worth_retrying, attempts=READ_TRIES, timeout=30.0, wait_initial=0.2, wait_max=5.0, wait_jitter=0.5
        )
        async for attempt in retrying:
            with attempt:
                return await self._read_once(request, form)
        raise AssertionError("stamina ends with a value or an error")

    async def change(self, request: Request) -> Outcome:
        """Send a changing request exactly once. Never raises for network or server errors."""
        if self._settings.read_only and self.changes(request):
            text = f"{read_only(self._settings.profile)}: {request.method} {request.path} was not sent"
            return Outcome(SendStatus.NOT_SENT, problem=Problem(Cause.READ_ONLY, text))
        try:
            sending = await self._build(request, None)
            exchange = self.transport.start(sending.request, fresh=True)
        except Failed as failed:
            return Outcome(SendStatus.NOT_SENT, problem=failed.problem)
        try:
            raw = await self.transport.reply(exchange)
        except Exception as error:  # noqa: BLE001 - whatever it was, the request may have been sent: report that
            send_status = SendStatus.UNKNOWN if may_have_left(sending.request, error) else SendStatus.NOT_SENT
            return Outcome(send_status, problem=sending.problem(error))
        return self._outcome(sending.checked(raw))

    def _outcome(self, raw: RawReply) -> Outcome:
        body = clean_tree(bodies.parse_quietly(raw.body))
        request_id = _request_id(raw, body)
        if 200 <= raw.status < 300:
            if body is None and raw.body.strip():
                text = f"HTTP {raw.status}, but {raw.packed or 'the reply is not JSON'}"
                problem = Problem(Cause.REPLY, text, status=raw.status)
                return Outcome(SendStatus.UNKNOWN, raw.status, request_id, problem)
            return Outcome(SendStatus.ACCEPTED, raw.status, request_id, body=body)
        problem = self._refusal(raw, body)
        # Only 4xx is a refusal: a redirect may be the server's reply after it has acted.
        send_status = SendStatus.REFUSED if 400 <= raw.status < 500 else SendStatus.UNKNOWN
        return Outcome(send_status, raw.status, request_id, problem, body)

    async def _read_once(self, request: Request, form: Mapping[str, str] | None) -> RawReply:
        raw = await self._answer(request, form)
        if raw.status == 401 and await self._has_new_proof():
            raw = await self._answer(request, form)
        if not 200 <= raw.status < 300:
            raise Failed(self._refusal(raw, bodies.parse_quietly(raw.body)))
        if not raw.body.strip() and raw.status != 204:
            raise Failed(Problem(Cause.REPLY, f"HTTP {raw.status}, but the reply is empty", status=raw.status))
        return raw

    def _refusal(self, raw: RawReply, body: Json) -> Problem:
        return self._explain(problem_of_status(raw.status, raw.headers, raw.body, self._now()), body)

    async def _answer(self, request: Request, form: Mapping[str, str] | None) -> RawReply:
        self._base(request.service)
        slots = self._slots[request.service]
        await slots.acquire()
        exchange: asyncio.Task[RawReply] | None = None
        left: Callable[[], None] = _unpaced
        try:
            if self._pace is not None:
                left = await self._pace()
            sending = await self._build(request, form)
            departure_of(sending.request).left = left
            exchange = self.transport.start(sending.request)
        finally:
            # The slot is held until the exchange has ended, which may be after its caller was cancelled.
            if exchange is None:
                slots.release()
                left()
            else:
                exchange.add_done_callback(lambda _: slots.release())
                exchange.add_done_callback(lambda _: left())
        try:
            return sending.checked(await self.transport.reply(exchange))
        except errors.EXCHANGE_ERRORS as error:
            kind = ReplyTooLarge if isinstance(error, errors.TooLarge) else Failed
            raise kind(sending.problem(error)) from None  # the error's own text may hold our secrets

    async def _build(self, request: Request, form: Mapping[str, str] | None) -> _OutgoingRequest:
        headers = dict(self._headers.get(request.service, {}))
        proof: Mapping[str, str] = {}
        try:
            body = _content(request, form, headers)
            built = self.transport.build(request.method, self._url(request), headers, body)
            self._check_path(request, built)
            if self._authorization is not None and request.path not in self._safe_posts:
                proof = await self._proof(self._authorization, built)
                _check_headers(proof)
                built.headers.update(proof)
        except UnicodeError:  # its text would show what could not be encoded
            raise Failed(Problem(Cause.INPUT, "this request holds characters that cannot be written")) from None
        except (httpx.InvalidURL, ValueError) as error:
            raise Failed(Problem(Cause.INPUT, f"this request cannot be written: {error}")) from error
        return _OutgoingRequest(built, Redaction(proof, request.body, form, request.secrets))

    async def _proof(self, authorization: Authorization, built: httpx.Request) -> Mapping[str, str]:
        try:
            return await authorization.headers(built.method, wire_url(built), self._now())
        except Failed as failed:
            raise _NoProof(failed.problem) from failed

    async def _has_new_proof(self) -> bool:
        try:
            return self._authorization is not None and await self._authorization.refused()
        except Failed as failed:
            raise _NoProof(failed.problem) from failed

    def _url(self, request: Request) -> str:
        base = self._base(request.service)
        query = "&".join(f"{quote(k, safe='')}={quote(v, safe=',')}" for k, v in request.query.items())
        return f"{base}{request.path}?{query}" if query else base + request.path

    def _base(self, service: str) -> str:
        base = self._bases.get(service)
        if base is None:
            raise Failed(Problem(Cause.CONFIG, f"no address is known for the service {service}"))
        return base

    def _check_path(self, request: Request, built: httpx.Request) -> None:
        """httpx normalises `..`: the path sent must be the one asked for, or read-only was checked on another path."""
        sent = built.url.raw_path.partition(b"?")[0]
        if sent != httpx.URL(self._base(request.service)).raw_path.rstrip(b"/") + request.path.encode():
            raise Failed(Problem(Cause.BUG, f"{request.path} would not be sent as it stands"))

    def _worth_retrying(self, error: Exception) -> bool:
        if not isinstance(error, Failed) or isinstance(error, _NoProof) or self.transport.closed:
            return False
        problem = error.problem
        passing = problem.status is None or problem.status == 408 or problem.status >= 500
        return problem.cause in _WORTH_RETRYING and passing and problem.retry_after is None

    async def aclose(self) -> None:
        """Cancel all exchanges and close the connections."""
        await self.transport.aclose()


def _unpaced() -> None:
    """Called in place of a pace where there is none."""


def _no_json(raw: RawReply, error: ValueError) -> Problem:
    remedy = "is this the API's address? check `base_url`"
    if raw.packed:
        return Problem(Cause.REPLY, raw.packed, "a proxy in between? it must leave replies as they are")
    if bodies.is_page(raw.headers, raw.body):
        text = f"HTTP {raw.status}, but the reply is {bodies.words(raw.headers, raw.body)}"
        return Problem(Cause.REPLY, text, f"{remedy}; or a login page of the network or of a proxy in between")
    kind = raw.headers.get("content-type", "no type")
    return Problem(Cause.REPLY, f"the reply is not JSON ({kind}, {len(raw.body)} bytes): {error}", remedy)


def wire_url(request: httpx.Request) -> str:
    """The URL of `request` byte for byte as the server sees it: scheme, Host header, raw path and query."""
    return f"{request.url.scheme}://{request.headers['host']}{request.url.raw_path.decode('ascii')}"


def _content(request: Request, form: Mapping[str, str] | None, headers: dict[str, str]) -> bytes | None:
    """The body as bytes; its content type is put into `headers`. Raises ValueError for what JSON cannot express."""
    if form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
        return urlencode(form).encode()
    if request.body is None:
        return None
    headers["content-type"] = "application/json"
    return json.dumps(request.body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _check_headers(proof: Mapping[str, str]) -> None:
    for name, value in proof.items():
        if not value.isascii() or not value.isprintable() or value != value.strip():
            text = f"the header {name} would hold a line break, an edge space or a letter outside ASCII"
            raise Failed(Problem(Cause.CONFIG, text, "check the keys of this profile"))


def _plain(path: str) -> str:
    """`path` as a server may read it: without escapes, empty or dotted segments, and a trailing slash."""
    return posixpath.normpath("/" + unquote(path).partition("?")[0].partition("#")[0].lstrip("/")).lower()


def _request_id(raw: RawReply, body: Json) -> str:
    found = next((raw.headers[name] for name in _REQUEST_ID_HEADERS if name in raw.headers), "")
    if not found and isinstance(body, dict):
        found = str(body.get("request_id") or "")
    return clean(found)[:200]
