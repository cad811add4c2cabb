"""Run:ai's control plane over HTTP: its routes, its bearer token and its error body."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gputui.sim.runai.auth import Login
from gputui.sim.runai.models import Refused
from gputui.sim.runai.places import Places
from gputui.sim.runai.state import RunAI
from gputui.sim.runai.work import Work

TOKEN_PATHS = ("/api/v1/token", "/api/v2/token")


def build(cloud: RunAI) -> Starlette:
    """Return the API of one tenant. Order matters: `/workloads/count` comes before `/workloads/{id}`."""
    login, work, places = Login(cloud), Work(cloud), Places(cloud)
    workloads = "/api/v1/workloads"
    reads = {
        workloads: work.workloads,
        f"{workloads}/count": work.count,
        f"{workloads}/pods": work.all_pods,
        f"{workloads}/inferences/{{id}}": work.inference,
        f"{workloads}/inferences/{{id}}/metrics": work.inference_metrics,
        f"{workloads}/inferences/{{id}}/pods/{{pod_id}}/metrics": work.inference_pod_metrics,
        f"{workloads}/{{id}}": work.show,
        f"{workloads}/{{id}}/pods": work.pods,
        f"{workloads}/{{id}}/events": work.events,
        f"{workloads}/{{id}}/history": work.history,
        f"{workloads}/{{id}}/metrics": work.metrics,
        f"{workloads}/{{id}}/pods/{{pod_id}}/metrics": work.pod_metrics,
        "/api/v1/clusters": places.clusters,
        "/api/v1/clusters/{id}": places.cluster,
        "/api/v1/clusters/{id}/nodes": places.cluster_nodes,
        "/api/v1/nodes": places.nodes,
        "/api/v1/node-pools": places.pools,
        "/v1/k8s/clusters/{id}/node-pools": places.legacy_pools,
        "/api/v1/org-unit/projects": places.projects,
        "/api/v1/org-unit/projects/{id}": places.project,
    }
    routes = [Route(path, call, methods=["GET"]) for path, call in reads.items()]
    tokens = zip(TOKEN_PATHS, (login.token_v1, login.token_v2), strict=True)
    routes.append(Route(f"{workloads}/inferences", work.create_inference, methods=["POST"]))
    routes.append(Route(f"{workloads}/inferences/{{id}}", work.delete_inference, methods=["DELETE"]))
    routes += [Route(path, call, methods=["POST"]) for path, call in tokens]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, cloud=cloud)],
        exception_handlers={Refused: _refused, HTTPException: _not_offered},
    )


def error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the error body of every call except the second token call."""
    return JSONResponse({"code": status, "message": message}, status_code=status, headers=headers)


class Guard:
    """ASGI middleware: ticks the tenant, then requires a valid token."""

    def __init__(self, app: ASGIApp, cloud: RunAI) -> None:
        self._app = app
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            self._cloud.tick()
            scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
            known = scheme.lower() == "bearer" and self._cloud.tokens.knows(token.strip())
            if not known and scope["path"] not in TOKEN_PATHS:
                app = error(401, "Issuer is not familiar.")
        await app(scope, receive, send)


def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refused)
    return error(problem.status, problem.message)


def _not_offered(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return error(problem.status_code, problem.detail, dict(problem.headers or {}))
