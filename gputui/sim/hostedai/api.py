"""hosted·ai's admin API over HTTP: the reading calls of its document, three ways to log in, its error body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gputui.sim.hostedai import wire
from gputui.sim.hostedai.model import Accelerator, Gpu, Node, Pool, Refused

if TYPE_CHECKING:
    from gputui.sim.hostedai.state import HostedAI

# the panel numbers its complaints itself; the HTTP status does not follow from the number
ERROR_CODES = {400: 12370004, 401: 12370001, 404: 12370010, 405: 12370011}


def build(cloud: HostedAI, base_path: str) -> Starlette:
    """The API of one panel. Order matters: `/gpuaas/node/list` stands before `/gpuaas/node/{id}`."""
    calls = Calls(cloud)
    reads = {
        "/regions": calls.regions,
        "/gpuaas": calls.services,
        "/gpuaas/list/regions": calls.regions,
        "/gpuaas/node/list": calls.nodes,
        "/gpuaas/node/scan_gpus/status": calls.gpu_scan,
        "/gpuaas/node/scan_npus/status": calls.npu_scan,
        "/gpuaas/node/{id:int}": calls.node,
        "/gpuaas/node/{id:int}/logs": calls.logs,
        "/gpuaas/node/{id:int}/storage_metrics": calls.storage_metrics,
        "/gpuaas/node/{id:int}/ssh_keys": calls.ssh_keys,
        "/gpuaas/pool/{id:int}": calls.pool,
        "/gpuaas/pool/{id:int}/metrics": calls.pool_metrics,
        "/gpuaas/{id:int}": calls.service,
        "/gpuaas/{id:int}/pool/list": calls.pools,
        "/gpuaas/{id:int}/pool/available_gpus": calls.available_gpus,
        "/gpuaas/{id:int}/pool/all_gpus": calls.all_gpus,
    }
    routes = [Route(path, call, methods=["GET"]) for path, call in reads.items()]
    routes.append(Route("/login", calls.log_in, methods=["POST"]))
    return Starlette(
        routes=[Mount(base_path, routes=routes)],
        middleware=[Middleware(Guard, cloud=cloud, open_path=base_path + "/login")],
        exception_handlers={Refused: _refused, HTTPException: _not_offered},
    )


def error(status: int, message: str, field: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    """The error body: the panel's own number, a sentence, and what is wrong with which field."""
    entry = {"message": message} | ({"field": field} if field else {})
    body = {"code": ERROR_CODES.get(status, 12370000), "message": message, "errors": [entry]}
    return JSONResponse(body, status_code=status, headers=headers)


class Guard:
    """ASGI middleware: lets the panel live up to the clock, then lets in only who is logged in."""

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


class Calls:
    """One method for each call."""

    def __init__(self, cloud: HostedAI) -> None:
        self._cloud = cloud

    async def log_in(self, request: Request) -> Response:
        """`POST /login`: a token in the body and the same as a cookie."""
        try:
            asked = json.loads(await request.body())
            username, password = asked["username"], asked["password"]
        except (ValueError, KeyError, TypeError):
            raise Refused(400, "username and password are required", "username") from None
        token = self._cloud.log_in(username, password)
        body = {
            "id": 1,
            "username": username,
            "email": f"{username}@example.com",
            "role": "admin",
            "is_super_admin": True,
            "token": token,
            "page_access": ["gpuaas", "regions"],
        }
        reply = JSONResponse(body)
        reply.set_cookie("token", token, max_age=int(self._cloud.session_seconds), httponly=True)
        return reply

    async def regions(self, request: Request) -> Response:
        """`GET /gpuaas/list/regions`, and `GET /regions` which the panel itself uses."""
        bodies = [wire.region_body(region) for region in self._cloud.regions.values()]
        return JSONResponse(self._cloud.wrap("regions", bodies))

    async def services(self, request: Request) -> Response:
        """`GET /gpuaas`."""
        bodies = [wire.service_body(service) for service in self._cloud.services.values()]
        return JSONResponse(self._cloud.wrap("services", bodies))

    async def service(self, request: Request) -> Response:
        """`GET /gpuaas/{id}`."""
        return JSONResponse(wire.service_body(self._cloud.service(request.path_params["id"])))

    async def nodes(self, request: Request) -> Response:
        """`GET /gpuaas/node/list?region_id=`."""
        nodes = self._cloud.nodes_in(_number(request, "region_id"))
        return JSONResponse(self._cloud.wrap("nodes", [self._node_body(node) for node in nodes]))

    async def node(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}`."""
        return JSONResponse(self._node_body(self._cloud.node(request.path_params["id"])))

    async def logs(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}/logs?page=&per_page=`."""
        node = self._cloud.node(request.path_params["id"])
        page, per_page = _number(request, "page", 0), _number(request, "per_page", 50)
        if page < 0 or not 1 <= per_page <= 500:
            raise Refused(400, "page starts at 0, per_page is 1 to 500", "page" if page < 0 else "per_page")
        return JSONResponse(wire.log_body(node.log, page, per_page))

    async def storage_metrics(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}/storage_metrics`."""
        return JSONResponse(wire.storage_body(self._cloud.node(request.path_params["id"])))

    async def ssh_keys(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}/ssh_keys`: the public keys the panel itself logs in with."""
        keys = list(self._cloud.node(request.path_params["id"]).keys)
        return JSONResponse({"public_keys": keys} if self._cloud.wrapped_keys else keys)

    async def gpu_scan(self, request: Request) -> Response:
        """`GET /gpuaas/node/scan_gpus/status?scan_id=`."""
        return self._scan(request, "gpu")

    async def npu_scan(self, request: Request) -> Response:
        """`GET /gpuaas/node/scan_npus/status?scan_id=`."""
        return self._scan(request, "npu")

    async def pools(self, request: Request) -> Response:
        """`GET /gpuaas/{id}/pool/list`."""
        pools = self._cloud.pools_of(request.path_params["id"])
        return JSONResponse(self._cloud.wrap("pools", [self._pool_body(pool) for pool in pools]))

    async def pool(self, request: Request) -> Response:
        """`GET /gpuaas/pool/{id}`."""
        return JSONResponse(self._pool_body(self._cloud.pool(request.path_params["id"])))

    async def pool_metrics(self, request: Request) -> Response:
        """`GET /gpuaas/pool/{id}/metrics?time_grouping=`."""
        pool = self._cloud.pool(request.path_params["id"])
        grouping = request.query_params.get("time_grouping", "hourly")
        if grouping not in wire.STEPS:
            raise Refused(400, f"time_grouping is one of {', '.join(wire.STEPS)}", "time_grouping")
        gpus = self._cloud.gpus_in_pool(pool)
        return JSONResponse(wire.metrics_body(pool, gpus, grouping, self._cloud.clock.now()))

    async def available_gpus(self, request: Request) -> Response:
        """`GET /gpuaas/{id}/pool/available_gpus`."""
        gpus = self._cloud.available_gpus(request.path_params["id"])
        return JSONResponse(self._cloud.wrap("available_gpus", [self._gpu_body(gpu) for gpu in gpus]))

    async def all_gpus(self, request: Request) -> Response:
        """`GET /gpuaas/{id}/pool/all_gpus`."""
        gpus = self._cloud.gpus_of(request.path_params["id"])
        return JSONResponse(self._cloud.wrap("all_gpus", [self._gpu_body(gpu) for gpu in gpus]))

    def _scan(self, request: Request, kind: Accelerator) -> Response:
        scan = self._cloud.scan(kind, _number(request, "scan_id"))
        gpus = self._cloud.gpus_in_node(self._cloud.node(scan.node_id))
        return JSONResponse(wire.scan_body(scan, gpus))

    def _node_body(self, node: Node) -> dict[str, object]:
        return wire.node_body(node, self._cloud.region(node.region_id), self._cloud.gpus_in_node(node))

    def _pool_body(self, pool: Pool) -> dict[str, object]:
        return wire.pool_body(pool, self._cloud.gpus_in_pool(pool))

    def _gpu_body(self, gpu: Gpu) -> dict[str, object]:
        pool = None if gpu.pool_id is None else self._cloud.pools.get(gpu.pool_id)
        return wire.gpu_body(gpu, self._cloud.nodes[gpu.node_id], pool, flat=self._cloud.flat_gpus)


def _number(request: Request, name: str, default: int | None = None) -> int:
    """A whole number of the query. Refused with 400 where it is none, or missing without a default."""
    given = request.query_params.get(name)
    if given is None and default is not None:
        return default
    try:
        return int(given or "")
    except ValueError:
        raise Refused(400, f"{name} is required and a whole number", name) from None


def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refused)
    return error(problem.status, problem.message, problem.field)


def _not_offered(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return error(problem.status_code, problem.detail, headers=dict(problem.headers or {}))
