"""hosted·ai's three ways to authenticate: a bearer key (documented), an API key header, a login with a cookie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Request
from gputui.core.secret import Secret
from gputui.core.text import as_object
from gputui.net.api import Api
from gputui.providers.session import Token

LOGIN = "/login"


class ApiKey:
    """A key created in the panel, in the header of its scheme."""

    def __init__(self, scheme: str, key: Secret) -> None:
        self._scheme = scheme
        self._key = key

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """The same header for every request."""
        if self._scheme == "x-api-key":
            return {"x-api-key": self._key.reveal()}
        return {"authorization": f"Bearer {self._key.reveal()}"}

    async def refused(self) -> bool:
        """A key is created by hand in the panel: no new one can be obtained."""
        return False


class LogIn:
    """The login call of the admin panel. Its sessions last about an hour, without naming their expiry."""

    def __init__(self, api: Api, username: str, password: Secret) -> None:
        self._api = api
        self._username = username
        self._password = password

    async def __call__(self, now: float) -> Token:
        """Open a session. Raises Failed."""
        body = {"username": self._username, "password": self._password.reveal()}
        try:
            reply = await self._api.read(Request("POST", LOGIN, body={**body}, secrets=frozenset({"password"})))
        except Failed as failed:
            problem = failed.problem
            if problem.cause not in (Cause.CREDENTIALS, Cause.FORBIDDEN, Cause.REFUSED):
                raise
            # Only a 401 proves that they are wrong: a 400 or a 403 may come from a gateway before the panel.
            raise Failed(replace(problem, remedy="check username and password")) from failed
        token = as_object(reply.body).get("token")
        if not isinstance(token, str) or not token:
            raise Failed(Problem(Cause.REPLY, "the login answered without a token", "check `base_url`"))
        return Token(Secret(token))


def cookie(token: str) -> Mapping[str, str]:
    """The header of a session."""
    return {"cookie": f"token={token}"}
