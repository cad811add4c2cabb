"""Datenfab's authentication: a long-lived token and the account's namespace, in each request."""

from __future__ import annotations

from collections.abc import Mapping

from gputui.core.secret import Secret


class TokenAndNamespace:
    """The two headers. The scheme is spelled `bearer`, as throughout the provider's document."""

    def __init__(self, token: Secret, namespace: str) -> None:
        self._token = token
        self._namespace = namespace

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """The same two headers for every request."""
        return {"authorization": f"bearer {self._token.reveal()}", "namespace": self._namespace}

    async def refused(self) -> bool:
        """A token is created by hand on the provider's pages: no new one can be obtained."""
        return False
