"""The gateway before both services: checks the signature, and ticks the cloud."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gputui.sim.log import raw_target
from gputui.sim.scp.auth import is_anonymous, refusal
from gputui.sim.scp.errors import Refused, envelope, hidden, unauthorized
from gputui.sim.scp.state import Scp


class Gate:
    """ASGI middleware; only the version discovery at `/` is public."""

    def __init__(self, app: ASGIApp, cloud: Scp) -> None:
        self._app = app
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._cloud.tick()
        turned_away = self._check(Request(scope))
        await (turned_away or self._app)(scope, receive, send)

    def _check(self, request: Request) -> Response | None:
        now = self._cloud.clock.now()
        if request.method == "OPTIONS":
            return Response(status_code=403)
        if request.scope["path"] == "/" and request.method == "GET":
            return None
        if is_anonymous(request.headers):
            return JSONResponse(hidden(request.scope["path"], now, self._cloud.ids), 404)
        url = f"{request.scope['scheme']}://{request.headers.get('host', '')}{raw_target(request.scope)}"
        reason = refusal(self._cloud.keys, request.method, url, request.headers, now)
        return None if reason is None else JSONResponse(unauthorized(reason), 401)


def refused(cloud: Scp, problem: Exception) -> Response:
    """Return the response to a refused request."""
    assert isinstance(problem, Refused)
    return JSONResponse(envelope(problem, cloud.ids), problem.status)


def unknown_route(cloud: Scp, request: Request, problem: Exception) -> Response:
    """Return the framework's response to an unknown route; its 405 looks like its 404."""
    assert isinstance(problem, HTTPException)
    body = hidden(request.scope["path"], cloud.clock.now(), cloud.ids)
    error = {404: "Not Found", 405: "Method Not Allowed"}.get(problem.status_code, problem.detail)
    return JSONResponse({**body, "status": problem.status_code, "error": error}, problem.status_code)
