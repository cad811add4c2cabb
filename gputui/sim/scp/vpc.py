"""The VPC API 1.2, as far as nodes need it: public addresses and networks, read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gputui.sim.scp.api import discovery
from gputui.sim.scp.catalogue import internet_gateways, subnets, vpcs
from gputui.sim.scp.errors import Refused, not_found
from gputui.sim.scp.gate import Gate, refused, unknown_route
from gputui.sim.scp.listing import page_of
from gputui.sim.scp.models import Wire
from gputui.sim.scp.state import Scp

IP_FILTERS = ("ip_address", "state", "attached_resource_type", "attached_resource_id", "attached_resource_name", "type")
NETWORK_FILTERS = ("id", "name", "state", "type", "cidr", "vpc_id", "vpc_name")


def vpc(cloud: Scp) -> ASGIApp:
    """Return the service as an ASGI application."""
    served = Network(cloud)
    app = Starlette(
        routes=[
            Route("/", served.versions, methods=["GET"]),
            Route("/v1/publicips", served.ips, methods=["GET"]),
            Route("/v1/publicips/{id}", served.ip, methods=["GET"]),
            Route("/v1/vpcs", served.vpcs, methods=["GET"]),
            Route("/v1/subnets", served.subnets, methods=["GET"]),
            Route("/v1/internet-gateways", served.gateways, methods=["GET"]),
        ],
        exception_handlers={
            Refused: lambda _request, problem: refused(cloud, problem),
            HTTPException: lambda request, problem: unknown_route(cloud, request, problem),
        },
    )
    app.router.redirect_slashes = False
    return Gate(app, cloud)


class Network:
    """The endpoints, one method each."""

    def __init__(self, cloud: Scp) -> None:
        self._cloud = cloud

    async def versions(self, _request: Request) -> Response:
        """Version discovery, without credentials."""
        return discovery("v1.2")

    async def ips(self, request: Request) -> Response:
        """List public addresses."""
        query = request.query_params
        owned = [ip for ip in self._cloud.ips.values() if not query.get("vpc_id") or _in_vpc(ip.node, query["vpc_id"])]
        return _page("publicips", [ip.wire() for ip in owned], query, IP_FILTERS)

    async def ip(self, request: Request) -> Response:
        """Show a public address."""
        ip = self._cloud.ips.get(request.path_params["id"])
        if ip is None:
            raise not_found()
        return JSONResponse({"publicip": ip.wire()})

    async def vpcs(self, request: Request) -> Response:
        """List networks."""
        return _page("vpcs", vpcs(), request.query_params, NETWORK_FILTERS)

    async def subnets(self, request: Request) -> Response:
        """List subnets."""
        return _page("subnets", [subnet.wire() for subnet in subnets()], request.query_params, NETWORK_FILTERS)

    async def gateways(self, request: Request) -> Response:
        """List Internet gateways."""
        return _page("internet_gateways", internet_gateways(), request.query_params, NETWORK_FILTERS)


def _in_vpc(node: object, vpc_id: str) -> bool:
    return getattr(node, "vpc_id", None) == vpc_id


def _page(name: str, rows: Sequence[Wire], query: Mapping[str, str], filters: Sequence[str]) -> Response:
    page = page_of(rows, query, {field: field for field in filters})
    sort = [query["sort"]] if query.get("sort") else []
    return JSONResponse({"count": page.count, "page": page.number, "size": page.size, "sort": sort, name: page.rows})
