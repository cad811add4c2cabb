"""The Multi-node GPU Cluster API 1.2 over HTTP."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gputui.sim.answers import Answer, Rows
from gputui.sim.scp.bodies import Fields, body_of
from gputui.sim.scp.catalogue import images, products, subnets
from gputui.sim.scp.errors import Refused, request_id
from gputui.sim.scp.gate import Gate, refused, unknown_route
from gputui.sim.scp.listing import page_of
from gputui.sim.scp.models import ACCOUNT, REGION, Node, Wire
from gputui.sim.scp.order import order_of
from gputui.sim.scp.state import Scp

NODE_FILTERS = {
    "gpu_node_name": "gpu_node_name",
    "state": "state",
    "ip": "policy_ip",
    "vpc_id": "vpc_id",
    "cluster_fabric_name": "cluster_fabric_name",
    "cluster_fabric_id": "cluster_fabric_id",
}
FABRIC_FILTERS = {"cluster_fabric_name": "cluster_name", "state": "state", "node_pool_id": "node_pool_id"}


def api(cloud: Scp) -> ASGIApp:
    """Return the service as an ASGI application."""
    served = Service(cloud)
    app = Starlette(
        routes=served.routes(),
        exception_handlers={
            Refused: lambda _request, problem: refused(cloud, problem),
            HTTPException: lambda request, problem: unknown_route(cloud, request, problem),
        },
    )
    app.router.redirect_slashes = False
    return Gate(app, cloud)


def discovery(id: str) -> Response:
    """Return the list of versions, which is public."""
    links = [{"href": "/", "rel": "self"}]
    return JSONResponse({"versions": [{"id": id, "links": links, "not_before": "", "status": "CURRENT"}]})


class Service:
    """The endpoints, one method each."""

    def __init__(self, cloud: Scp) -> None:
        self._cloud = cloud
        self._nodes = Rows(attrgetter(*(field.name for field in fields(Node))), self._node)

    def routes(self) -> list[Route]:
        """Fixed names come before `{id}`, as in the real service."""
        node, fabric = "/v1/gpu-nodes", "/v1/cluster-fabrics"
        return [
            Route("/", self.versions, methods=["GET"]),
            Route(f"{node}/images", self.images, methods=["GET"]),
            Route(f"{node}/products", self.products, methods=["GET"]),
            Route(f"{node}/start", self.start, methods=["POST"]),
            Route(f"{node}/stop", self.stop, methods=["POST"]),
            Route(node, self.nodes, methods=["GET"]),
            Route(node, self.create, methods=["POST"]),
            Route(node, self.delete, methods=["DELETE"]),
            Route(f"{node}/{{id}}", self.node, methods=["GET"]),
            Route(f"{node}/{{id}}/lock", self.lock, methods=["PUT"]),
            Route(f"{node}/{{id}}/unlock", self.unlock, methods=["PUT"]),
            Route(f"{node}/{{id}}/public-nat-ip", self.assign, methods=["POST"]),
            Route(f"{node}/{{id}}/public-nat-ip", self.release, methods=["DELETE"]),
            Route(f"{fabric}/node-pools", self.pools, methods=["GET"]),
            Route(f"{fabric}/modify-members", self.move, methods=["POST"]),
            Route(fabric, self.fabrics, methods=["GET"]),
            Route(f"{fabric}/{{id}}", self.fabric, methods=["GET"]),
        ]

    async def versions(self, _request: Request) -> Response:
        """Version discovery, without credentials."""
        return discovery("v1.2")

    async def nodes(self, request: Request) -> Response:
        """List GPU nodes."""
        cloud = self._cloud
        page = page_of(self._nodes.of(cloud.nodes.values()), request.query_params, NODE_FILTERS)
        return Answer({"count": page.count, "gpu_nodes": page.rows})

    async def node(self, request: Request) -> Response:
        """Show a GPU node."""
        return JSONResponse(self._node(self._cloud.node(request.path_params["id"])))

    def _node(self, node: Node) -> Wire:
        return node.wire(self._cloud.fabrics[node.fabric_id])

    async def fabrics(self, request: Request) -> Response:
        """List cluster fabrics."""
        cloud = self._cloud
        members = cloud.members_by_fabric()
        rows = [fabric.wire(members[fabric.id]) for fabric in cloud.fabrics.values()]
        page = page_of(rows, request.query_params, FABRIC_FILTERS)
        return JSONResponse({"cluster_fabrics": page.rows, "count": page.count})

    async def fabric(self, request: Request) -> Response:
        """Show a cluster fabric."""
        fabric = self._cloud.fabric(request.path_params["id"])
        return JSONResponse(fabric.wire(self._cloud.members(fabric)))

    async def pools(self, request: Request) -> Response:
        """List node pools; the parameters are documented as optional, but the real service requires one of two."""
        subnet, fabric = request.query_params.get("subnet_id"), request.query_params.get("cluster_fabric_id")
        if not subnet and not fabric:
            raise Refused(400, "ValidationError", "One of subnet_id and cluster_fabric_id is required")
        found = {known.pool_id for known in subnets() if known.id == subnet}
        found |= {known.pool_id for known in self._cloud.fabrics.values() if known.id == fabric}
        wanted = request.query_params.get("node_pool_id")
        rows = [self._pool(id) for id in sorted(found) if wanted in (None, "", id)]
        return JSONResponse({"count": len(rows), "node_pools": rows})

    def _pool(self, id: str) -> Wire:
        fabrics = [fabric for fabric in self._cloud.fabrics.values() if fabric.pool_id == id]
        details = [
            {"cluster_fabric_id": fabric.id, "cluster_fabric_name": fabric.name, "product_id": fabric.product_id}
            for fabric in fabrics
        ]
        return {"cluster_fabric_details": details, "node_pool_id": id}

    async def images(self, request: Request) -> Response:
        """List images of a region."""
        region = request.query_params.get("region_id")
        if not region:
            raise Refused(400, "ValidationError", "Field required")
        return JSONResponse({"images": [image.wire() for image in images()] if region == REGION else []})

    async def products(self, request: Request) -> Response:
        """List products; every one supports every image."""
        kind, image = request.query_params.get("type"), request.query_params.get("image_id")
        known = not image or image in {one.id for one in images()}
        rows = [product.wire() for product in products() if known]
        return JSONResponse({"products": [row for row in rows if kind in (None, "", row["type"])]})

    async def create(self, request: Request) -> Response:
        """Create GPU nodes; the response contains all ids in one text."""
        return self._accepted(self._cloud.create(order_of(await body_of(request))))

    async def move(self, request: Request) -> Response:
        """Move GPU nodes to another cluster fabric, which is the resource named in the response."""
        body = await body_of(request)
        before, after = body.text("before_cluster_fabric_id"), body.text("after_cluster_fabric_id")
        ids = body.texts("gpu_node_id_list")
        body.settle()
        self._cloud.move(ids, before, after)
        return self._accepted([after])

    async def start(self, request: Request) -> Response:
        """Start GPU nodes."""
        ids = _ids(await body_of(request))
        self._cloud.start(ids)
        return self._accepted(ids)

    async def stop(self, request: Request) -> Response:
        """Stop GPU nodes."""
        ids = _ids(await body_of(request))
        self._cloud.stop(ids)
        return self._accepted(ids)

    async def delete(self, request: Request) -> Response:
        """Delete GPU nodes, named in the body."""
        ids = _ids(await body_of(request))
        self._cloud.delete(ids)
        return self._accepted(ids)

    async def lock(self, request: Request) -> Response:
        """Lock a GPU node, immediately."""
        return self._lock(request, locked=True)

    async def unlock(self, request: Request) -> Response:
        """Unlock a GPU node, immediately."""
        return self._lock(request, locked=False)

    def _lock(self, request: Request, *, locked: bool) -> Response:
        id = request.path_params["id"]
        self._cloud.lock(id, locked=locked)
        return JSONResponse({"gpu_node_id": id})

    async def assign(self, request: Request) -> Response:
        """Assign a public NAT IP."""
        id = request.path_params["id"]
        body = await body_of(request)
        ip_id = body.text("public_ip_address_id")
        body.settle()
        self._cloud.assign_nat(id, ip_id)
        return JSONResponse({"gpu_node_id": id}, 202)

    async def release(self, request: Request) -> Response:
        """Release the public NAT IP."""
        id = request.path_params["id"]
        self._cloud.release_nat(id)
        return JSONResponse({"gpu_node_id": id}, 202)

    def _accepted(self, ids: list[str]) -> Response:
        body = {"account_id": ACCOUNT, "request_id": request_id(self._cloud.ids), "resource_id": ",".join(ids)}
        return JSONResponse(body, 202)


def _ids(body: Fields) -> list[str]:
    ids = body.texts("gpu_node_ids")
    body.settle()
    return ids
