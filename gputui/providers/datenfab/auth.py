"""Datenfab's proof of who asks: a long-lived token and the account's namespace, on every request."""

from __future__ import annotations

from collections.abc import Mapping

from gputui.core.secret import Secret


class TokenAndNamespace:
    """The two headers. The scheme is spelled `bearer`, as the provider's document has it throughout."""

    def __init__(self, token: Secret, namespace: str) -> None:
        self._token = token
        self._namespace = namespace

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """The same two headers whatever is asked."""
        return {"authorization": f"bearer {self._token.reveal()}", "namespace": self._namespace}

    async def refused(self) -> bool:
        """A token is made by hand in the provider's own pages: there is no other one to be had."""
        return False
