"""The NSML API over HTTP, behind its gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gputui.sim.log import raw_target
from gputui.sim.nsml.auth import refusal
from gputui.sim.nsml.catalogue import images, keys, products, registries, storages
from gputui.sim.nsml.errors import Turned, not_found
from gputui.sim.nsml.models import Wire
from gputui.sim.nsml.paths import PREFIX
from gputui.sim.nsml.state import Nsml


def api(cloud: Nsml) -> ASGIApp:
    """Return the service as an ASGI application."""
    routes = Mount(PREFIX, routes=Service(cloud).routes())
    app = Starlette(routes=[routes], exception_handlers={Turned: _turned, HTTPException: _unknown})
    app.router.redirect_slashes = False
    return Gateway(app, cloud)


def _turned(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Turned)
    return JSONResponse(problem.body(), problem.status)


def _unknown(request: Request, _problem: Exception) -> Response:
    return _turned(request, not_found())


class Gateway:
    """ASGI middleware that checks signature and API key, and ticks the cloud."""

    def __init__(self, app: ASGIApp, cloud: Nsml) -> None:
        self._app = app
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._cloud.tick()
        request = Request(scope)
        now = self._cloud.clock.now()
        turned = refusal(self._cloud.keys, request.method, raw_target(scope), request.headers, now)
        answer = self._app if turned is None else JSONResponse(turned.body(), turned.status)
        await answer(scope, receive, send)


class Service:
    """The endpoints, one method each."""

    def __init__(self, cloud: Nsml) -> None:
        self._cloud = cloud

    def routes(self) -> list[Route]:
        """Run details are at the short path and nodes at `/nodes`, contrary to the document's table."""
        run = "/projects/{project}/runs/{run}"
        return [
            Route("/projects", self.projects, methods=["GET"]),
            Route("/projects/runs", self.runs, methods=["GET"]),
            Route("/projects/{project}", self.project, methods=["GET"]),
            Route("/projects/{project}/nas", self.volume, methods=["GET"]),
            Route(run, self.run, methods=["GET"]),
            Route(f"{run}/nodes", self.nodes, methods=["GET"]),
            Route("/server-products", self.products, methods=["GET"]),
            Route("/images/base", self.images, methods=["GET"]),
            Route("/images/secret", self.registries, methods=["GET"]),
            Route("/auth-keys", self.keys, methods=["GET"]),
            Route("/blk-storages", self.storages, methods=["GET"]),
        ]

    async def projects(self, request: Request) -> Response:
        """List projects."""
        rows = [project.wire() for project in self._cloud.projects]
        return JSONResponse({"projects": _page(rows, request.query_params), "totalCount": len(rows)})

    async def project(self, request: Request) -> Response:
        """Show a project."""
        return JSONResponse(self._cloud.project(request.path_params["project"]).detail())

    async def volume(self, request: Request) -> Response:
        """Show a project's volume."""
        return JSONResponse(self._cloud.project(request.path_params["project"]).volume())

    async def runs(self, request: Request) -> Response:
        """List the runs of all projects; this list has no total."""
        rows = [run.wire() for run in self._cloud.runs()]
        return JSONResponse({"runList": _page(rows, request.query_params)})

    async def run(self, request: Request) -> Response:
        """Show a run."""
        return JSONResponse(self._cloud.run(request.path_params["project"], request.path_params["run"]).detail())

    async def nodes(self, request: Request) -> Response:
        """List the nodes of a run."""
        run = self._cloud.run(request.path_params["project"], request.path_params["run"])
        rows = [node.wire(run) for node in run.nodes]
        return JSONResponse({"nodes": _page(rows, request.query_params), "totalCount": len(rows)})

    async def products(self, _request: Request) -> Response:
        """List kinds of GPU servers."""
        rows = [product.wire() for product in products()]
        return JSONResponse({"serverProductList": rows, "totalCount": len(rows)})

    async def images(self, _request: Request) -> Response:
        """List base images."""
        rows = [{"name": name, "path": path} for name, path in images()]
        return JSONResponse({"imageList": rows, "totalCount": len(rows)})

    async def registries(self, _request: Request) -> Response:
        """List the credentials of private registries; the total has another name here."""
        rows = registries(self._cloud.clock.now())
        return JSONResponse({"dockerCredentials": rows, "totalSize": len(rows)})

    async def keys(self, _request: Request) -> Response:
        """List public keys."""
        rows = keys(self._cloud.clock.now())
        return JSONResponse({"keyList": rows, "totalCount": len(rows)})

    async def storages(self, request: Request) -> Response:
        """List block storages."""
        cloud = self._cloud
        nodes = [node.id for run in cloud.runs() for node in run.nodes]
        rows = storages(cloud.clock.now(), [project.id for project in cloud.projects], nodes)
        page, size = _numbers(request.query_params)
        body = {"page": page, "pageSize": size, "totalCount": len(rows)}
        return JSONResponse({**body, "blockStorageMgmtList": _page(rows, request.query_params)})


def _numbers(query: Mapping[str, str]) -> tuple[int, int]:
    numbers = []
    for name, default in (("page", "1"), ("pageSize", "10")):
        text = query.get(name) or default
        if not (text.isascii() and text.isdigit() and int(text) >= 1):
            raise Turned(400, "100", "Bad Request Exception", f"Invalid {name}.")
        numbers.append(int(text))
    return numbers[0], numbers[1]


def _page(rows: Sequence[Wire], query: Mapping[str, str]) -> Sequence[Wire]:
    """Return the requested page; pages count from 1."""
    page, size = _numbers(query)
    return rows[(page - 1) * size : page * size]
