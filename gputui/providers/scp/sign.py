"""Samsung Cloud Platform's authentication: an HMAC over method, full URL, time and key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from gputui.core.secret import Secret

CLIENT_TYPE = "Openapi"


def signature(
    method: str, url: str, timestamp: str, access_key: Secret, secret_key: Secret, account_id: str = ""
) -> str:
    """The Scp-Signature of one request: `url` is the full URL with its query, byte for byte as on the wire.

    The body is not signed. `account_id` is included only if it is also sent as a header, which we never do.
    """
    message = f"{method}{url}{timestamp}{access_key.reveal()}{account_id}{CLIENT_TYPE}"
    digest = hmac.new(secret_key.reveal().encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class ScpSigner:
    """Authorization by a pair of keys."""

    def __init__(self, access_key: Secret, secret_key: Secret) -> None:
        self._access_key = access_key
        self._secret_key = secret_key

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """The headers for sending a request once."""
        timestamp = str(int(now * 1000))
        return {
            "Scp-Accesskey": self._access_key.reveal(),
            "Scp-Signature": signature(method, url, timestamp, self._access_key, self._secret_key),
            "Scp-Timestamp": timestamp,
            "Scp-ClientType": CLIENT_TYPE,
            "Accept-Language": "en-US",
        }

    async def refused(self) -> bool:
        """Keys cannot be renewed: a refused request is not worth another try."""
        return False
