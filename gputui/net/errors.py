"""What the exception of a failed exchange means: a problem that names the party and the remedy."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gputui.core.problem import Cause, Problem
from gputui.net.lean_httpx import httpx
from gputui.net.proxies import Proxy
from gputui.net.sockets import ConnectionLate, NoConnection, Unasked

_TLS_REMEDIES = (
    ("not yet valid", "check this machine's clock"),
    ("expired", "its owner must renew it, unless this machine's clock is wrong"),
    ("mismatch", "check `base_url`"),
    ("self-signed", "an authority that is not known here: a proxy in between, or your own? then set `ca_file`"),
    ("unable to get", "an authority that is not known here: a proxy in between, or your own? then set `ca_file`"),
    ("certificate verify failed", "a proxy in between? then set `ca_file`"),
    ("WRONG_VERSION", "this port does not speak TLS: check `base_url`"),
    ("", "the server ended it: does it want `client_cert`, or another one?"),
)
_STAGES = {
    "connect_tcp": "it did not take the connection",
    "start_tls": "it did not finish the TLS handshake",
    "send_request_headers": "it did not take the request",
    "send_request_body": "it did not take the whole request",
    "receive_response_headers": "it took the request and said nothing",
    "receive_response_body": "its answer did not end",
}
"""What a call was waiting for, by the last stage of httpcore that had begun."""
_REMEDIES = {
    "connect_tcp": "check `base_url` and the network: a firewall that drops packets looks like this",
    "start_tls": "check `base_url` and the network",
}

_PROXY_TLS = "the handshake with an https:// proxy"


class TooLarge(Exception):
    """The reply exceeded the size limit."""


class DeadlinePassed(Exception):
    """The whole call took longer than allowed."""


class Closed(Exception):
    """The connections were closed on our side during the call."""


EXCHANGE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, OSError, ExceptionGroup, TooLarge, DeadlinePassed, Closed)
"""What an exchange can raise: InvalidURL is not an HTTPError, and some connection failures come as groups."""


@dataclass(frozen=True, slots=True)
class Journey:
    """How far a request had come: its host and proxy, the stage, and whether any of it had been sent."""

    host: str
    proxy: Proxy | None = None
    stage: str = ""
    begun: bool = False

    @property
    def party(self) -> str:
        """The party spoken to: the proxy until the request itself is sent, except in the TLS handshake through it."""
        if self.proxy is None or self.begun or self.stage == "start_tls":
            return self.host
        return f"the proxy {self.proxy.place}"

    def remedy(self, else_: str) -> str:
        """The remedy for a failure of that party; `else_` if it is not the proxy."""
        if self.proxy is None or self.party == self.host:
            return else_
        return f"check {self.proxy.named_by}, and whether the proxy is up; NO_PROXY passes it by"


def problem_of_exception(error: BaseException, journey: Journey) -> Problem:
    """The problem for `error`, raised on that journey. `str(error)` alone is empty for timeouts."""
    host, journey = journey.host, _at_proxy(error, journey)
    if isinstance(error, TooLarge):
        return Problem(Cause.REPLY, f"the reply of {host} is too large: {error}")
    if isinstance(error, Closed):
        return Problem(Cause.NETWORK, f"the connection to {host} was closed here")
    if isinstance(error, DeadlinePassed | httpx.TimeoutException):
        return _late(error, journey)
    if isinstance(error, httpx.ProxyError):
        return _proxy_problem(error, journey)
    if isinstance(error, httpx.LocalProtocolError):  # its text repeats the rejected header
        return Problem(Cause.CONFIG, "a header holds what HTTP forbids", "check the keys of this profile")
    tls = next((cause for cause in _chain(error) if isinstance(cause, ssl.SSLError)), None)
    if tls is not None:
        return _tls_problem(str(tls), journey)
    if any(isinstance(cause, NoConnection) and cause.port is None for cause in _chain(error)):
        return _tls_problem("the connection was ended in the TLS handshake", journey)
    if isinstance(error, httpx.ConnectError):
        return _connect_problem(error, journey)
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return _broken(error, journey)
    reason = list(_chain(error))[-1] if isinstance(error, ExceptionGroup) else error
    return Problem(Cause.NETWORK, f"{host}: {_kind(reason)} {reason}")


def _kind(error: BaseException) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and its causes: httpx keeps the real reason two or three exceptions down."""
    reason: BaseException | None = error
    for _ in range(10):
        if reason is None:
            return
        yield reason
        inner = reason.exceptions[0] if isinstance(reason, BaseExceptionGroup) else None
        reason = inner or reason.__cause__ or reason.__context__


def _late(error: BaseException, journey: Journey) -> Problem:
    late = next((cause for cause in _chain(error) if isinstance(cause, ConnectionLate)), None)
    stage = ("connect_tcp" if late.port else "start_tls") if late else journey.stage
    phase = _STAGES.get(stage, _kind(error))
    remedy = journey.remedy(_REMEDIES.get(stage, ""))
    return Problem(Cause.TIMEOUT, f"{journey.party} did not answer in time: {phase}", remedy)


def _broken(error: BaseException, journey: Journey) -> Problem:
    words = str(error) or _kind(error)
    if any(isinstance(cause, Unasked) for cause in _chain(error)):
        return Problem(
            Cause.NETWORK, f"{journey.party} spoke before it was asked: nothing was sent", "check `base_url`"
        )
    return Problem(Cause.NETWORK, f"the connection to {journey.party} broke: {words}", journey.remedy(""))


def _connect_problem(error: httpx.ConnectError, journey: Journey) -> Problem:
    reasons = [cause for cause in _chain(error) if isinstance(cause, OSError)]
    named = next((reason for reason in reasons if isinstance(reason, socket.gaierror)), None)
    if named is not None:
        resolver = "the resolver does not answer: check the network and /etc/resolv.conf"
        unknown = "check `base_url`, region and the resolver"
        remedy = resolver if named.errno == socket.EAI_AGAIN else unknown
        return Problem(Cause.DNS, f"no address for {journey.party}", journey.remedy(remedy))
    words = _system_words(reasons) or str(error) or _kind(error)
    remedy = journey.remedy("check `base_url`, and the network between here and there")
    return Problem(Cause.NETWORK, f"cannot connect to {journey.party}: {words}", remedy)


def _system_words(reasons: list[OSError]) -> str:
    """The system's message by error number, as asyncio puts its own, "Connect call failed", in its place.

    If several addresses failed, the numbers are only in asyncio's message.
    """
    numbers = [reason.errno for reason in reversed(reasons) if reason.errno]
    numbers += [int(number) for reason in reasons for number in re.findall(r"\[Errno (\d+)\]", str(reason))]
    return os.strerror(numbers[0]) if numbers else ""


def _tls_problem(text: str, journey: Journey) -> Problem:
    remedy = next(remedy for word, remedy in _TLS_REMEDIES if word in text)
    if journey.stage != _PROXY_TLS:
        return Problem(Cause.TLS, f"{journey.host}: {text}", remedy)
    named_by = journey.proxy.named_by if journey.proxy else "the proxy's address"
    plain = "WRONG_VERSION" in text
    remedy = f"it does not speak TLS: http:// in {named_by}" if plain else remedy.replace("`base_url`", named_by)
    return Problem(Cause.TLS, f"{journey.party}: {text}", remedy)


def _at_proxy(error: BaseException, journey: Journey) -> Journey:
    """The journey, marked as ended in the TLS handshake with an https:// proxy itself if it was."""
    failed = next((cause for cause in _chain(error) if isinstance(cause, NoConnection | ConnectionLate)), None)
    proxy = journey.proxy
    if failed is None or failed.port is not None or proxy is None or failed.host != proxy.host != journey.host:
        return journey
    return replace(journey, stage=_PROXY_TLS)


def _proxy_problem(error: httpx.ProxyError, journey: Journey) -> Problem:
    """The proxy's reply to CONNECT, `407 Proxy Authentication Required`: its status decides about retries."""
    text = str(error)
    status = int(text[:3]) if re.match(r"[0-9]{3}\b", text) else None
    proxy = journey.proxy
    place, named_by = (proxy.place, proxy.named_by) if proxy else ("", "`proxy` of the profile and HTTPS_PROXY")
    remedy = f"check {named_by}"
    if status == 407:
        remedy = f"give its user and password in {named_by}: http://user:password@host:port"
    return Problem(Cause.NETWORK, f"the proxy {place} refused: {text}".replace("  ", " "), remedy, status)
