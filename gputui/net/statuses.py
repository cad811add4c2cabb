"""What a reply other than 2xx means: one table of statuses for all providers, with the server's own message."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Mapping
from datetime import UTC

from gputui.core.problem import Cause, Problem
from gputui.net.bodies import is_page, message, parse_quietly, words

_PROXY_LOGIN = "give the proxy's user and password where it is named: http://user:password@host:port"
_TABLE = {
    403: (Cause.FORBIDDEN, "these keys may not do that: their owner or an administrator can allow it"),
    404: (Cause.MISSING, ""),
    407: (Cause.NETWORK, _PROXY_LOGIN),
    408: (Cause.TIMEOUT, ""),
    429: (Cause.THROTTLED, "it is asked less often by itself; `refresh_seconds` makes it less for good"),
}
"""Cause and remedy of statuses for which their class (4xx, 5xx) does not give them."""
_PAGE = "is this the API's address? check `base_url`; or a login page of the network or of a proxy in between"


def problem_of_status(status: int, headers: Mapping[str, str], body: bytes, now: float) -> Problem:
    """The problem for a reply other than 2xx, with the server's own message if it has one.

    A 404 means that the item does not exist only if the API itself says so: gateways and proxies send it too.
    """
    own = message(parse_quietly(body))
    said = own or words(headers, body)
    text = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if 300 <= status < 400:
        return Problem(Cause.REPLY, f"{text}: redirects to {headers.get('location', 'elsewhere')}", _PAGE, status)
    if status == 401:
        return Problem(Cause.CREDENTIALS, text, _clock_remedy(headers, now), status)
    if status == 404 and not own:
        return Problem(Cause.REPLY, text, _PAGE, status)
    cause, remedy = _TABLE.get(status, (Cause.SERVER if status >= 500 else Cause.REFUSED, ""))
    if not remedy and is_page(headers, body):
        remedy = "" if status >= 500 else _PAGE
    waits = cause in (Cause.THROTTLED, Cause.SERVER)
    return Problem(cause, text, remedy, status, retry_after(headers, now) if waits else None)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by the Retry-After header (seconds or a date); None if it is absent or invalid."""
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
