"""The API Gateway in front of CLOVA NSML: signature version 2, then the API key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from gputui.sim.nsml.errors import Turned

MAX_SKEW_SECONDS = 300.0
TIMESTAMP, ACCESS, SIGNATURE, API = (
    "x-ncp-apigw-timestamp",
    "x-ncp-iam-access-key",
    "x-ncp-apigw-signature-v2",
    "x-ncp-apigw-api-key",
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The account's key pair and the API key of its subscription."""

    access: str
    secret: str
    api: str


def signature(keys: Keys, method: str, target: str, timestamp: str) -> str:
    """Return the Base64 HMAC of method and request target on one line, timestamp and access key each on its own."""
    message = f"{method} {target}\n{timestamp}\n{keys.access}"
    return base64.b64encode(hmac.new(keys.secret.encode(), message.encode(), hashlib.sha256).digest()).decode()


def refusal(keys: Keys, method: str, target: str, headers: Mapping[str, str], now: float) -> Turned | None:
    """Return why a request is refused, or None; `target` is path and query exactly as sent."""
    timestamp, access, signed = (headers.get(name, "") for name in (TIMESTAMP, ACCESS, SIGNATURE))
    if not (timestamp and access and signed):
        return Turned(401, "200", "Authentication Failed", "Authentication information are missing.")
    stale = not (timestamp.isascii() and timestamp.isdigit()) or abs(int(timestamp) / 1000 - now) >= MAX_SKEW_SECONDS
    right = hmac.compare_digest(signature(keys, method, target, timestamp).encode(), signed.encode())
    if stale or access != keys.access or not right:
        return Turned(401, "200", "Authentication Failed", "Invalid authentication information.")
    if not hmac.compare_digest(keys.api.encode(), headers.get(API, "").encode()):
        return Turned(401, "210", "Permission Denied", "A subscription to the API is required.")
    return None
