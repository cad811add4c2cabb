"""hosted·ai's admin API over HTTP: the 32 calls of its document, three kinds of login, its error bodies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gputui.sim.hostedai.changes import Changes
from gputui.sim.hostedai.models import Complaint, Declined, Refused
from gputui.sim.hostedai.reads import Reads
from gputui.sim.hostedai.state import HostedAI

# the panel numbers its errors itself; the HTTP status does not follow from the number
ERROR_CODES = {400: 12370004, 401: 12370001, 404: 12370010, 405: 12370011, 500: 12370020}
OTHER_ERROR = 12370000
Call = Callable[[Request], Awaitable[Response]]


def build(cloud: HostedAI, base_path: str) -> Starlette:
    """Return the API of one panel."""
    return Starlette(
        routes=[Mount(base_path, routes=_routes(Reads(cloud), Changes(cloud)))],
        middleware=[Middleware(Guard, cloud=cloud, open_path=base_path + "/login")],
        exception_handlers={Declined: partial(_decline, cloud), Refused: _refused, HTTPException: _not_offered},
    )


def _routes(reads: Reads, changes: Changes) -> list[Route]:
    table: tuple[tuple[str, str, Call], ...] = (
        ("POST", "/login", changes.log_in),
        ("GET", "/regions", reads.regions),
        ("GET", "/gpuaas", reads.services),
        ("POST", "/gpuaas/pool/create", changes.create_pool),
        ("POST", "/gpuaas/pool/add", changes.create_pool),
        ("DELETE", "/gpuaas/pool/{id:int}/delete", changes.delete_pool),
        ("GET", "/gpuaas/{id:int}/pool/list", reads.pools),
        ("GET", "/gpuaas/pool/{id:int}", reads.pool),
        ("GET", "/gpuaas/pool/{id:int}/metrics", reads.pool_metrics),
        ("POST", "/gpuaas/pool/{id:int}/add_gpus", changes.add_gpus),
        ("POST", "/gpuaas/pool/{id:int}/remove_gpus", changes.remove_gpus),
        ("GET", "/gpuaas/{id:int}/pool/available_gpus", reads.available_gpus),
        ("GET", "/gpuaas/{id:int}/pool/all_gpus", reads.all_gpus),
        ("POST", "/gpuaas/node/add", changes.add_node),
        ("PUT", "/gpuaas/node/{id:int}/edit", changes.edit_node),
        ("DELETE", "/gpuaas/node/{id:int}/delete", changes.delete_node),
        ("GET", "/gpuaas/node/init", changes.initialise),
        ("GET", "/gpuaas/node/deinit", changes.deinitialise),
        ("POST", "/gpuaas/node/reboot", changes.reboot),
        ("POST", "/gpuaas/node/join", changes.join),
        ("POST", "/gpuaas/node/leave", changes.leave),
        ("GET", "/gpuaas/node/list", reads.nodes),
        ("GET", "/gpuaas/node/{id:int}", reads.node),
        ("GET", "/gpuaas/node/test_conn", changes.try_connection),
        ("GET", "/gpuaas/node/{id:int}/logs", reads.logs),
        ("GET", "/gpuaas/node/{id:int}/storage_metrics", reads.storage_metrics),
        ("GET", "/gpuaas/node/scan_gpus", changes.scan_gpus),
        ("GET", "/gpuaas/node/scan_npus", changes.scan_npus),
        ("GET", "/gpuaas/node/scan_gpus/status", reads.gpu_scan),
        ("GET", "/gpuaas/node/scan_npus/status", reads.npu_scan),
        ("POST", "/gpuaas/enable", changes.enable),
        ("POST", "/gpuaas/node/{id:int}/disable", changes.disable),
        ("GET", "/gpuaas/node/{id:int}/ssh_keys", reads.ssh_keys),
        ("GET", "/gpuaas/list/regions", reads.regions),
        ("GET", "/gpuaas/{id:int}", reads.service),
    )
    routes = [Route(path, call, methods=[method]) for method, path, call in table]
    for route in routes:  # by default the framework would allow HEAD, and so initialise a node, wherever GET does
        route.methods = (route.methods or set()) - {"HEAD"}
    return routes


def error(status: int, message: str, *complaints: Complaint, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an error: the panel's own number, a message, and the invalid fields."""
    entries = [{"field": field, "message": wrong} for field, wrong in complaints] or [{"message": message}]
    body = {"code": ERROR_CODES.get(status, OTHER_ERROR), "message": message, "errors": entries}
    return JSONResponse(body, status_code=status, headers=headers)


class Guard:
    """ASGI middleware: ticks the panel, then requires a login."""

    def __init__(self, app: ASGIApp, cloud: HostedAI, open_path: str) -> None:
        self._app = app
        self._cloud = cloud
        self._open_path = open_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            self._cloud.tick()
            if scope["path"] != self._open_path and not self._may_enter(Request(scope)):
                app = error(401, "unauthorized: the key is missing, wrong, expired or revoked")
        await app(scope, receive, send)

    def _may_enter(self, request: Request) -> bool:
        headers = request.headers
        return self._cloud.authorised(
            headers.get("authorization", ""), headers.get("x-api-key", ""), request.cookies.get("token", "")
        )


def _decline(cloud: HostedAI, request: Request, problem: Exception) -> Response:
    """Answer an operation that is not possible now, in one of the forms seen in practice."""
    assert isinstance(problem, Declined)
    match cloud.refusal:
        case "coded":
            return error(problem.status, problem.message)
        case "error":
            return JSONResponse({"error": problem.message}, problem.status)
        case "text":
            return PlainTextResponse(problem.message, problem.status)
        case "accepted":
            return JSONResponse({"code": ERROR_CODES[problem.status], "message": problem.message})


def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refused)
    return error(problem.status, problem.message, *problem.complaints)


def _not_offered(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return error(problem.status_code, problem.detail, headers=dict(problem.headers or {}))
