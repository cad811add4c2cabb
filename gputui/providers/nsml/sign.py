"""The authentication of Naver's API gateway: signature version 2 over method, path and time, and an API key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from gputui.core.secret import Secret


def signature(method: str, path_and_query: str, timestamp: str, access_key: Secret, secret_key: Secret) -> str:
    """The x-ncp-apigw-signature-v2 of one request: `path_and_query` is all that follows the host on the wire."""
    message = f"{method} {path_and_query}\n{timestamp}\n{access_key.reveal()}"
    digest = hmac.new(secret_key.reveal().encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class NsmlSigner:
    """Authorization by a pair of keys and the API key that was approved for NSML."""

    def __init__(self, access_key: Secret, secret_key: Secret, api_key: Secret) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._api_key = api_key

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """The headers for sending a request once; neither the host nor the API key is signed."""
        timestamp = str(int(now * 1000))
        after_host = "/" + url.partition("://")[2].partition("/")[2]
        return {
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": self._access_key.reveal(),
            "x-ncp-apigw-signature-v2": signature(method, after_host, timestamp, self._access_key, self._secret_key),
            "x-ncp-apigw-api-key": self._api_key.reveal(),
        }

    async def refused(self) -> bool:
        """Keys cannot be renewed: a refused request is not worth another try."""
        return False
