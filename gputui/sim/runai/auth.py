"""Run:ai's two token endpoints: JSON with its many spellings, and an OAuth form."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gputui.sim.runai.models import Refused
from gputui.sim.runai.state import RunAI


class Login:
    """The calls that need no token."""

    def __init__(self, cloud: RunAI) -> None:
        self._cloud = cloud

    async def token_v1(self, request: Request) -> Response:
        """`POST /api/v1/token`: credentials of an application or a client, keys in any case."""
        client_id, secret = self._credentials(await request.body())
        if (client_id, secret) != (self._cloud.client_id, self._cloud.client_secret):
            raise Refused(401, "Invalid client credentials.")
        token = self._cloud.tokens.issue(client_id)
        body: dict[str, object] = {"accessToken": token, "idToken": "", "refreshToken": ""}
        if self._cloud.sends_expires_in:
            body["expiresIn"] = int(self._cloud.tokens.seconds)
        return JSONResponse(body)

    async def token_v2(self, request: Request) -> Response:
        """`POST /api/v2/token` (from 2.24): OAuth client credentials as a form, with OAuth errors."""
        self._cloud.needs("2.24")
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return oauth_error(400, "invalid_request", "the body is not a form")
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        grant, client_id, secret = (form.get(key, [""])[0] for key in ("grant_type", "client_id", "client_secret"))
        if not (grant and client_id and secret):
            return oauth_error(400, "invalid_request", "grant_type, client_id and client_secret are required")
        if grant != "client_credentials":
            return oauth_error(400, "unsupported_grant_type", f"{grant} is not supported")
        if (client_id, secret) != (self._cloud.client_id, self._cloud.client_secret):
            return oauth_error(401, "invalid_client", "Invalid client credentials.")
        token = self._cloud.tokens.issue(client_id)
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": int(self._cloud.tokens.seconds)}
        )

    def _credentials(self, body: bytes) -> tuple[str, str]:
        try:
            asked = json.loads(body)
        except ValueError:
            raise Refused(400, "Bad request - the body is not JSON") from None
        if not isinstance(asked, dict):
            raise Refused(400, "Bad request - the body is not an object")
        given = {key.lower(): str(value) for key, value in asked.items()}
        grant = given.get("granttype", "client_credentials")
        if grant == "app_token":
            names = ("appid", "appsecret") if "appid" in given else ("clientid", "clientsecret")
        elif grant == "client_credentials" and (self._cloud.is_at_least("2.20") or "granttype" not in given):
            names = ("clientid", "clientsecret")
        else:
            raise Refused(400, f"Bad request - grantType {grant} is not supported")
        if not all(given.get(name) for name in names):
            raise Refused(400, f"Bad request - {names[0]} and {names[1]} are required")
        return given[names[0]], given[names[1]]


def oauth_error(status: int, error: str, description: str) -> JSONResponse:
    """Return the error body of OAuth 2."""
    return JSONResponse({"error": error, "error_description": description}, status_code=status)
