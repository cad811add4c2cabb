"""Gets Run:ai tokens, by the two spellings of the v1 call and by the v2 call, and computes their lifetime."""

from __future__ import annotations

import base64
import json
from typing import Literal

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Reply, Request
from gputui.core.secret import Secret
from gputui.core.text import Json, as_object
from gputui.net.api import Api
from gputui.providers.session import Token

Grant = Literal["app_token", "client_credentials", "v2"]

V1 = "/api/v1/token"
V2 = "/api/v2/token"
RENEW_BEFORE = 60.0
USUAL_LIFETIME = 3600.0
_REFUSED_GRANT = (400, 401)
_BAD_CREDENTIALS = ("invalid_client", "invalid_grant", "unauthorized_client")


class TokenCall:
    """The token call, by the grant that works: first the one of 2.18, then the one added in 2.20."""

    def __init__(self, api: Api, client_id: str, client_secret: Secret, grant: Grant) -> None:
        self._api = api
        self._id = client_id
        self._secret = client_secret
        self._grants: tuple[Grant, ...] = ("app_token", "client_credentials") if grant == "app_token" else (grant,)
        self._worked: Grant | None = None

    async def __call__(self, now: float) -> Token:
        """Get a token. Raises Failed."""
        grants = (self._worked,) if self._worked else self._grants
        self._worked = None
        for grant in grants:
            try:
                reply = await self._ask(grant)
            except Failed as failed:
                if grant is grants[-1] or failed.problem.status not in _REFUSED_GRANT:
                    raise Failed(_in_words(failed.problem)) from failed
            else:
                token = read_token(reply.body, now)
                self._worked = grant
                return token
        raise AssertionError("the last grant returns or raises")

    async def _ask(self, grant: Grant) -> Reply:
        secret = self._secret.reveal()
        if grant == "v2":
            form = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": secret}
            return await self._api.read(Request("POST", V2, secrets=frozenset({"client_secret"})), form=form)
        names = ("AppId", "AppSecret") if grant == "app_token" else ("clientId", "clientSecret")
        body: Json = {"grantType": grant, names[0]: self._id, names[1]: secret}
        return await self._api.read(Request("POST", V1, body=body, secrets=frozenset({names[1]})))


def read_token(body: Json, now: float) -> Token:
    """The token of a v1 (`accessToken`) or v2 (`access_token`) reply. Raises Failed if there is none."""
    found = as_object(body)
    value = found.get("accessToken") or found.get("access_token")
    if not isinstance(value, str):
        raise Failed(Problem(Cause.REPLY, "the token call answered without a token", "check `base_url`"))
    lifetime = _seconds(found.get("expiresIn")) or _seconds(found.get("expires_in")) or _own_lifetime(value, now)
    # Otherwise a token that lives less than two minutes would be renewed at every request.
    return Token(Secret(value), now + lifetime - min(RENEW_BEFORE, lifetime / 2))


def _own_lifetime(token: str, now: float) -> float:
    """The lifetime in seconds by the claims of a JWT; its own `iat` is used, as the local clock may be wrong."""
    claims = _claims(token)
    expires = _seconds(claims.get("exp"))
    if expires is None:
        return USUAL_LIFETIME
    left = expires - (_seconds(claims.get("iat")) or now)
    return left if left > 0 else USUAL_LIFETIME


def _claims(token: str) -> dict[str, Json]:
    """The claims of a JWT, unverified: they only decide when to ask again. Empty for an opaque token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        return as_object(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))
    except (ValueError, RecursionError):
        return {}


def _seconds(value: Json) -> float | None:
    """A positive number of seconds, also if it is spelled as text."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < 1e11 else None


def _in_words(problem: Problem) -> Problem:
    """The problem of a refused token call, with its cause.

    Only a 401, and OAuth's error codes for it, prove that the credentials are wrong: a 400 may come from another
    version, a 403 from a gateway, and with wrong credentials nothing is read for ten minutes.
    """
    if problem.status == 404:
        return Problem(problem.cause, problem.text, "is `base_url` the control plane's address? see `grant`", 404)
    if problem.cause not in (Cause.REFUSED, Cause.FORBIDDEN, Cause.CREDENTIALS):
        return problem
    proved = problem.status == 401 or any(word in problem.text for word in _BAD_CREDENTIALS)
    remedy = problem.remedy or "check client_id, client_secret and grant"
    return Problem(Cause.CREDENTIALS if proved else problem.cause, problem.text, remedy, problem.status)
