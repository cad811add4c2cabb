"""Datenfab's Computing API over HTTP: its calls, the two required headers and its error body."""

from __future__ import annotations

import re
from dataclasses import fields
from operator import attrgetter

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gputui.sim.answers import Answer, Rows
from gputui.sim.datenfab.models import Instance, Refused
from gputui.sim.datenfab.order import Body, object_of, order_of
from gputui.sim.datenfab.state import Datenfab
from gputui.sim.datenfab.wire import instance_body, region_body, sku_body

DEFAULT_GRACE = "10"
SECONDS = re.compile("[0-9]{1,6}")
# The attributes that an instance's body depends on.
INSTANCE = attrgetter(*(field.name for field in fields(Instance) if field.name != "sku"))


def build(cloud: Datenfab, base_path: str) -> Starlette:
    """Return the API of one account, under the path of the real one."""
    calls = Calls(cloud)
    instances = "/clusters/{cluster}/instances"
    routes = [
        Route("/regions", calls.regions, methods=["GET"]),
        Route("/skus/computings", calls.skus, methods=["GET"]),
        Route(instances, calls.instances, methods=["GET"]),
        Route(instances, calls.create, methods=["POST"]),
        Route(instances, calls.delete, methods=["DELETE"]),
        Route(instances + "/{name}", calls.instance, methods=["GET"]),
        Route(instances + "/{name}/power_off", calls.power_off, methods=["POST"]),
        Route(instances + "/{name}/power_on", calls.power_on, methods=["POST"]),
    ]
    return Starlette(
        routes=[Mount(base_path, routes=routes)],
        middleware=[Middleware(Guard, cloud=cloud)],
        exception_handlers={Refused: _refused, HTTPException: _not_offered},
    )


def error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an error; the document shows no body, so this is the form of its neighbouring APIs."""
    return JSONResponse({"code": status, "message": message}, status_code=status, headers=headers)


class Guard:
    """ASGI middleware: ticks the cloud, then checks token and namespace first of all."""

    def __init__(self, app: ASGIApp, cloud: Datenfab) -> None:
        self._app = app
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            self._cloud.tick()
            headers = Headers(scope=scope)
            if not self._cloud.authorised(headers.get("authorization", ""), headers.get("namespace", "")):
                app = error(401, "invalid token or namespace")
        await app(scope, receive, send)


class Calls:
    """One method per call of the document."""

    def __init__(self, cloud: Datenfab) -> None:
        self._cloud = cloud
        self._instances = Rows(self._marks, self._body)

    async def regions(self, request: Request) -> Response:
        """`GET /regions`: a bare array."""
        return JSONResponse([region_body(region) for region in self._cloud.regions])

    async def skus(self, request: Request) -> Response:
        """`GET /skus/computings?region_id=`: a bare array."""
        region_id = request.query_params.get("region_id")
        if not region_id:
            raise Refused(400, "region_id is required")
        return JSONResponse([sku_body(sku) for sku in self._cloud.skus_of(region_id)])

    async def instances(self, request: Request) -> Response:
        """`GET …/instances`: one page, with a flag for further pages."""
        rows = self._cloud.instances_of(request.path_params["cluster"])
        page = rows[: self._cloud.shown]
        nodes = self._instances.of(page)
        return Answer({"hasNextPage": len(page) < len(rows), "nodes": nodes, "totalCount": len(rows)})

    def _marks(self, one: Instance) -> object:
        return INSTANCE(one), self._cloud.namespace

    def _body(self, one: Instance) -> Body:
        return instance_body(one, self._cloud.namespace)

    async def instance(self, request: Request) -> Response:
        """`GET …/instances/{name}`."""
        one = self._cloud.instance(request.path_params["cluster"], request.path_params["name"])
        return JSONResponse(self._body(one))

    async def create(self, request: Request) -> Response:
        """`POST …/instances`: the instance in its initial state, without servers and pods and with a disk of 0."""
        one = self._cloud.create(request.path_params["cluster"], order_of(await request.body()))
        return JSONResponse(self._body(one))

    async def power_off(self, request: Request) -> Response:
        """`POST …/{name}/power_off` with an optional body."""
        grace, image = _end_asked_for(object_of(await request.body()))
        self._cloud.power_off(request.path_params["cluster"], request.path_params["name"], grace=grace, image=image)
        return JSONResponse("ok")

    async def power_on(self, request: Request) -> Response:
        """`POST …/{name}/power_on`."""
        self._cloud.power_on(request.path_params["cluster"], request.path_params["name"])
        return JSONResponse("ok")

    async def delete(self, request: Request) -> Response:
        """`DELETE …/instances?name=`: the name is a query parameter of the collection."""
        name = request.query_params.get("name")
        if not name:
            raise Refused(400, "name is required")
        self._cloud.delete(request.path_params["cluster"], name)
        return JSONResponse("ok")


def _end_asked_for(asked: Body) -> tuple[int, str]:
    """Return the grace seconds of a power-off, and the image to save or "".

    The document's table says strings but its example sends numbers: both are accepted.
    """
    given = asked.get("gracePeriodSeconds")
    grace = DEFAULT_GRACE if given in (None, "") else str(given)
    if not SECONDS.fullmatch(grace):
        raise Refused(400, "gracePeriodSeconds is not a number of seconds")
    wanted = str(asked.get("needSnapshot", "") or "false").lower()
    if wanted not in ("true", "false"):
        raise Refused(400, "needSnapshot is neither true nor false")
    if wanted == "false":
        return int(grace), ""
    return int(grace), f"{asked.get('imageName') or 'snapshot'}:{asked.get('tag') or 'latest'}"


def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refused)
    return error(problem.status, problem.message)


def _not_offered(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return error(problem.status_code, problem.detail, dict(problem.headers or {}))
