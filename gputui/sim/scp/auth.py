"""The gateway of Samsung Cloud Platform: authentication, and its error responses."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

MAX_SKEW_SECONDS = 300.0
CLIENT_TYPE = "Openapi"
SIGNED = ("scp-accesskey", "scp-signature", "scp-timestamp")


@dataclass(frozen=True, slots=True)
class Keys:
    """The account's key pair."""

    access: str
    secret: str


def signature(
    keys: Keys, method: str, url: str, timestamp: str, *, account: str = "", client: str = CLIENT_TYPE
) -> str:
    """Return the Base64 HMAC of method, whole URL as sent, timestamp, access key, account id if any, client type."""
    message = f"{method}{url}{timestamp}{keys.access}{account}{client}"
    return base64.b64encode(hmac.new(keys.secret.encode(), message.encode(), hashlib.sha256).digest()).decode()


def is_anonymous(headers: Mapping[str, str]) -> bool:
    """Whether a signature header is missing; the gateway hides everything from such a caller (404, not 401)."""
    return any(not headers.get(name) for name in SIGNED)


def refusal(keys: Keys, method: str, url: str, headers: Mapping[str, str], now: float) -> str | None:
    """Return why a signed request is refused, or None; `url` is built from the raw target and the Host header."""
    timestamp = headers["scp-timestamp"]
    if not timestamp.isascii() or not timestamp.isdigit():
        return "The timestamp is not a number of milliseconds."
    if abs(int(timestamp) / 1000 - now) > MAX_SKEW_SECONDS:
        return "The timestamp is too far from the server's time."
    client = headers.get("scp-clienttype", "")
    expected = signature(keys, method, url, timestamp, account=headers.get("scp-accountid", ""), client=client)
    right = hmac.compare_digest(expected.encode(), headers["scp-signature"].encode())
    if client != CLIENT_TYPE or headers["scp-accesskey"] != keys.access or not right:
        return "HMAC signature validation failed."
    return None
