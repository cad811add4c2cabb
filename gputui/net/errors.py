"""What a failed call means: exceptions and statuses turned into problems, by one set of rules for all providers."""

from __future__ import annotations

import email.utils
import json
import math
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

import httpx

from gputui.core.problem import Cause, Problem
from gputui.core.text import Json, as_object, shorten
from gputui.net.sockets import NoConnection

DEEPEST = 64
"""Levels of nesting in a reply. The five APIs need 8; what walks the tree later must not run out of stack."""
_NESTING = frozenset((dict, list))
_TLS_REMEDIES = (
    ("not yet valid", "check this machine's clock"),
    ("expired", "its owner must renew it, unless this machine's clock is wrong"),
    ("mismatch", "check `base_url`"),
    ("certificate verify failed", "a proxy in between? then set `ca_file`"),
    ("WRONG_VERSION", "this port does not speak TLS: check `base_url`"),
    ("", "the server ended it: does it want `client_cert`, or another one?"),
)


class TooLarge(Exception):
    """The reply grew over the cap."""


class DeadlinePassed(Exception):
    """The whole call took longer than it may."""


class Closed(Exception):
    """The connections were closed here while the call was under way."""


EXCHANGE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, OSError, ExceptionGroup, TooLarge, DeadlinePassed, Closed)
"""What the end of an exchange raises: InvalidURL is no HTTPError, and some connection failures come as groups."""


def problem_of_exception(error: BaseException, host: str) -> Problem:
    """Say what `error`, raised by a call to `host`, means. `str(error)` alone is empty for timeouts."""
    if isinstance(error, TooLarge):
        return Problem(Cause.REPLY, f"the reply of {host} is too large: {error}")
    if isinstance(error, Closed):
        return Problem(Cause.NETWORK, f"the connection to {host} was closed here")
    if isinstance(error, DeadlinePassed | httpx.TimeoutException):
        return Problem(Cause.TIMEOUT, f"{host} did not answer in time ({_kind(error)})")
    if isinstance(error, httpx.ProxyError):
        return _proxy_problem(error)
    if isinstance(error, httpx.LocalProtocolError):  # its words repeat the header it dislikes
        return Problem(Cause.CONFIG, "a header holds what HTTP forbids", "check the keys of this profile")
    tls = next((cause for cause in _chain(error) if isinstance(cause, ssl.SSLError)), None)
    if tls is not None:
        return _tls_problem(str(tls), host)
    if any(isinstance(cause, NoConnection) and cause.port is None for cause in _chain(error)):
        return _tls_problem("the connection was ended in the TLS handshake", host)
    if isinstance(error, httpx.ConnectError):
        return _connect_problem(error, host)
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return Problem(Cause.NETWORK, f"the connection to {host} broke: {str(error) or _kind(error)}")
    reason = list(_chain(error))[-1] if isinstance(error, ExceptionGroup) else error
    return Problem(Cause.NETWORK, f"{host}: {_kind(reason)} {reason}")


def _kind(error: BaseException) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what led to it: httpx keeps the real reason two or three exceptions down."""
    reason: BaseException | None = error
    for _ in range(10):
        if reason is None:
            return
        yield reason
        inner = reason.exceptions[0] if isinstance(reason, BaseExceptionGroup) else None
        reason = inner or reason.__cause__ or reason.__context__


def _connect_problem(error: httpx.ConnectError, host: str) -> Problem:
    reasons = [cause for cause in _chain(error) if isinstance(cause, OSError)]
    if any(isinstance(reason, socket.gaierror) for reason in reasons):
        return Problem(Cause.DNS, f"no address for {host}", "check `base_url`, region and the resolver")
    words = _system_words(reasons) or str(error) or _kind(error)
    return Problem(Cause.NETWORK, f"cannot connect to {host}: {words}")


def _system_words(reasons: list[OSError]) -> str:
    """By number: asyncio puts its own words, "Connect call failed", where the system's would stand.

    Where several addresses failed, the numbers stand in its words only.
    """
    numbers = [reason.errno for reason in reversed(reasons) if reason.errno]
    numbers += [int(number) for reason in reasons for number in re.findall(r"\[Errno (\d+)\]", str(reason))]
    return os.strerror(numbers[0]) if numbers else ""


def _tls_problem(text: str, host: str) -> Problem:
    return Problem(Cause.TLS, f"{host}: {text}", next(remedy for word, remedy in _TLS_REMEDIES if word in text))


def _proxy_problem(error: httpx.ProxyError) -> Problem:
    """The proxy's own answer to CONNECT, `407 Proxy Authentication Required`: its status decides about retries."""
    text = str(error)
    status = int(text[:3]) if re.match(r"[0-9]{3}\b", text) else None
    return Problem(Cause.NETWORK, f"the proxy refused: {text}", "check `proxy` of the profile and HTTPS_PROXY", status)


def problem_of_status(status: int, headers: Mapping[str, str], body: bytes, now: float) -> Problem:
    """Say what a reply that is not 2xx means, in the server's own words where it has any.

    A 404 means that the thing is not there only where the API itself says so: gateways and proxies answer it too.
    """
    own = message(parse_quietly(body))
    words = own or _raw_words(headers, body)
    text = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    if 300 <= status < 400:
        return Problem(Cause.REPLY, f"{text}: redirects to {headers.get('location', 'elsewhere')}", status=status)
    if status == 401:
        return Problem(Cause.CREDENTIALS, text, _clock_remedy(headers, now), status)
    if status == 429:
        return Problem(Cause.THROTTLED, text, status=status, retry_after=retry_after(headers, now))
    if status >= 500:
        return Problem(Cause.SERVER, text, status=status, retry_after=retry_after(headers, now))
    if status == 404 and not own:
        return Problem(Cause.REPLY, text, "is this the API's address? check `base_url`", status)
    cause = {403: Cause.FORBIDDEN, 404: Cause.MISSING, 407: Cause.NETWORK}.get(status, Cause.REFUSED)
    return Problem(cause, text, status=status)


def message(body: Json) -> str:
    """The words of an error body of any of the five APIs, joined; empty where it has none."""
    found = as_object(body)
    errors = found.get("errors")
    parts: list[str] = []
    if isinstance(found.get("message"), str):
        parts.append(str(found["message"]))
    for entry in errors if isinstance(errors, list) else []:
        error = as_object(entry)
        detail = error.get("detail") or error.get("message") or error.get("title")
        parts.extend(str(line) for line in (detail if isinstance(detail, list) else [detail]) if line)
    nested = found.get("error")
    if isinstance(nested, dict):
        parts.extend(str(nested[key]) for key in ("message", "details") if nested.get(key))
    for key in ("error", "error_description", "msg", "detail", "reason", "name", "details"):
        if isinstance(found.get(key), str) and (not parts or key in ("name", "error_description", "details")):
            parts.append(str(found[key]))
    return ", ".join(dict.fromkeys(parts))


def _raw_words(headers: Mapping[str, str], body: bytes) -> str:
    kind = headers.get("content-type", "").split(";")[0]
    if "html" in kind or body.lstrip()[:1] == b"<":
        return f"a web page, not the API ({len(body)} bytes)"
    return shorten(body[:800].decode("utf-8", "replace"), 200)


def parse_quietly(body: bytes) -> Json:
    """The body as JSON, or None where it is none."""
    try:
        return parse(body)
    except ValueError:
        return None


def parse(body: bytes) -> Json:
    """Read JSON strictly: UTF-8, finite numbers, bounded depth. Raises ValueError with what is wrong."""
    try:
        parsed: Json = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error
    _check_depth(parsed)
    return parsed


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _check_depth(parsed: Json) -> None:
    level: list[Any] = [parsed]
    for _ in range(DEEPEST):
        parents = (entry for entry in level if type(entry) in _NESTING)
        inside = (entry.values() if type(entry) is dict else entry for entry in parents)
        level = [child for entries in inside for child in entries if type(child) in _NESTING]
        if not level:
            return
    raise ValueError("it nests too deeply")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by the Retry-After header (seconds or a date); None where absent or senseless."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        moment = _http_date(value)
        seconds = math.nan if moment is None else moment - now
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _http_date(value: str) -> float | None:
    """The moment in epoch seconds; a date without a zone is GMT, as all dates of HTTP are."""
    try:
        moment = email.utils.parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _clock_remedy(headers: Mapping[str, str], now: float) -> str:
    server = _http_date(headers.get("date", ""))
    skew = 0.0 if server is None else now - server
    if abs(skew) > 60:
        return f"this machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}: set it right"
    return "check the keys of this profile"
