"""What a failed call means: exceptions and statuses turned into problems, by one set of rules for all providers."""

from __future__ import annotations

import email.utils
import json
import math
import re
import ssl
from collections.abc import Mapping
from datetime import datetime

import httpx

from gputui.core.problem import Cause, Problem
from gputui.core.text import Json, as_object, shorten

LONGEST_RETRY_AFTER = 3600.0
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    UnicodeError,
)


class TooLarge(Exception):
    """The reply grew over the cap."""


class DeadlinePassed(Exception):
    """The whole call took longer than it may."""


EXCHANGE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, OSError, ExceptionGroup, TooLarge, DeadlinePassed)
"""All that `Transport.exchange` raises: InvalidURL is no HTTPError, and some connection failures come as groups."""


def never_left(error: BaseException) -> bool:
    """Whether `error` proves that no byte of the request reached the server."""
    return isinstance(error, _NEVER_LEFT)


def problem_of_exception(error: BaseException, host: str) -> Problem:
    """Say what `error`, raised by a call to `host`, means. `str(error)` alone is empty for timeouts."""
    if isinstance(error, TooLarge):
        return Problem(Cause.REPLY, f"the reply of {host} is too large: {error}")
    if isinstance(error, DeadlinePassed | httpx.TimeoutException):
        return Problem(Cause.TIMEOUT, f"{host} did not answer in time ({_kind(error)})")
    if isinstance(error, httpx.ProxyError):
        return Problem(Cause.NETWORK, f"the proxy refused: {error}", "check `proxy` of the profile and HTTPS_PROXY")
    if isinstance(error, httpx.ConnectError):
        return _connect_problem(error, host)
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return Problem(Cause.NETWORK, f"the connection to {host} broke: {error or _kind(error)}")
    return Problem(Cause.NETWORK, f"{host}: {_kind(error)} {error}")


def _kind(error: BaseException) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()


def _connect_problem(error: httpx.ConnectError, host: str) -> Problem:
    text = str(error)
    cause = error.__cause__ or error.__context__
    if "CERTIFICATE" in text.upper() or isinstance(cause, ssl.SSLError) or "SSL" in text:
        remedy = "check this machine's clock" if "not yet valid" in text else "a proxy in between? then set `ca_file`"
        return Problem(Cause.TLS, f"{host}: {text}", remedy)
    if "Name or service not known" in text or "nodename nor servname" in text or "name resolution" in text:
        return Problem(Cause.DNS, f"no address for {host}", "check `base_url`, region and the resolver")
    return Problem(Cause.NETWORK, f"cannot connect to {host}: {text}")


def problem_of_status(status: int, headers: Mapping[str, str], body: bytes, now: float) -> Problem:
    """Say what a reply that is not 2xx means, in the server's own words where it has any."""
    words = message(parse_quietly(body)) or _raw_words(headers, body)
    text = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    if 300 <= status < 400:
        return Problem(Cause.REPLY, f"{text}: redirects to {headers.get('location', 'elsewhere')}", status=status)
    if status == 401:
        return Problem(Cause.CREDENTIALS, text, _clock_remedy(headers, now), status)
    if status == 429:
        return Problem(Cause.THROTTLED, text, status=status, retry_after=retry_after(headers, now))
    if status >= 500:
        return Problem(Cause.SERVER, text, status=status, retry_after=retry_after(headers, now))
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
    for key in ("error", "error_description", "msg", "reason", "name", "details"):
        if isinstance(found.get(key), str) and (not parts or key in ("name", "error_description")):
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
    """Read JSON strictly: UTF-8, no NaN, bounded depth. Raises ValueError with what is wrong."""
    try:
        parsed: Json = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error
    return parsed


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by the Retry-After header (seconds or a date); None where absent or senseless."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        moment = _http_date(value)
        seconds = moment.timestamp() - now if moment else math.nan
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_RETRY_AFTER)


def _http_date(value: str) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None


def _clock_remedy(headers: Mapping[str, str], now: float) -> str:
    server = _http_date(headers.get("date", ""))
    skew = now - server.timestamp() if server else 0.0
    if abs(skew) > 60:
        return f"this machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}: set it right"
    return "check the keys of this profile"
