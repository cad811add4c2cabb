"""The calls to Samsung Cloud Platform: the GPU cluster service and, for public addresses, the VPC service.

Pages count from 0, `size` defaults to 20, and neither the API's document nor the gateway names a maximum: the vendor's
own Terraform provider asks for 2147483647 at once (client/multinodegpucluster, v4.2.0). Here a page has 1,000 entries,
about a megabyte: 10,000 nodes take 10 requests instead of 100 and an eighth of the time (measured), and no single reply
is so large that parsing it would block the screen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.raw import raw_json
from gputui.core.request import Outcome, Request, path
from gputui.core.rows import Item, Listing
from gputui.core.text import Json, as_object
from gputui.net.api import Api
from gputui.net.lists import ListReply
from gputui.providers.listings import attempt, gather_listings, or_empty
from gputui.providers.paged_lists import PagedLists, by
from gputui.providers.scp.addresses import VPC, bases
from gputui.providers.scp.pools import PoolMembers, ProductOffer, pools_of
from gputui.providers.scp.sign import ScpSigner
from gputui.providers.scp.wire import Fabric, Image, NodePool, Product, PublicIp, ScpNode
from gputui.providers.wire import ReadEntry, RowRule, Wire, as_listing, entries_of, read_item

M = TypeVar("M", bound=Wire)
_GATEWAY_404 = frozenset({"timestamp", "path", "status", "error", "requestId"})
_HIDDEN = (
    "the gateway answers so to routes and keys it does not know: check environment, region, `base_url`, access_key"
)


class ScpClient:
    """One account in one region; `region` is empty if the profile names none."""

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time) -> None:
        self.region = settings.text("region")
        versions = {
            "": {"Scp-Api-Version": "multinodegpucluster 1.2"},
            VPC: {"Scp-Api-Version": "vpc 1.2"},
        }
        signer = ScpSigner(settings.secret("access_key"), settings.secret("secret_key"))
        self._api = Api(settings, bases(settings), signer, headers=versions, explain=_explained, now=now)
        self._lists = PagedLists()

    async def nodes(self) -> Listing[ScpNode]:
        """All GPU nodes, by name: a unique order keeps pages from overlapping."""
        return await self.paged(ScpNode, "/v1/gpu-nodes", "gpu_nodes", {"sort": "gpu_node_name:asc"})

    async def nodes_in(self, states: Sequence[str]) -> Listing[ScpNode]:
        """The GPU nodes that are in one of these states."""
        sort = {"sort": "gpu_node_name:asc"}
        return await gather_listings(
            (f"nodes in {state}", self.paged(ScpNode, "/v1/gpu-nodes", "gpu_nodes", {**sort, "state": state}))
            for state in states
        )

    async def fabrics(self) -> Listing[Fabric]:
        """All cluster fabrics with their nodes."""
        return await self.paged(Fabric, "/v1/cluster-fabrics", "cluster_fabrics", {"sort": "created_at:asc"})

    async def pools(self) -> Listing[PoolMembers]:
        """The node pools that fabrics and nodes name, and those on the same subnets in which nodes could be created.

        The node-pools call answers 400 if it is asked without a fabric or a subnet.
        """
        fabrics, nodes = await asyncio.gather(attempt(self.fabrics), attempt(self.nodes))
        if isinstance(fabrics, Failed) and isinstance(nodes, Failed):
            raise fabrics
        known = or_empty("nodes", nodes)
        subnets = dict.fromkeys(item.value.network_id for item in known.items if item.value.network_id)
        offered = await attempt(
            gather_listings, ((f"pools of subnet {subnet}", self._offered(subnet)) for subnet in subnets)
        )
        return pools_of(or_empty("fabrics", fabrics), known, or_empty("pools by subnet", offered))

    async def images(self, region: str = "") -> Listing[Image]:
        """The operating system images of a region, by default the profile's."""
        asked = region or self.region
        if not asked:
            raise Failed(Problem(Cause.CONFIG, "images are listed by region", "set `region` of this profile"))
        return await self._whole(Image, "/v1/gpu-nodes/images", "images", {"region_id": asked})

    async def products(self, image_id: str = "") -> Listing[Product]:
        """All server types, or those that an image runs on."""
        query = {"image_id": image_id} if image_id else {}
        return await self._whole(Product, "/v1/gpu-nodes/products", "products", query)

    async def reserved_ips(self) -> Listing[PublicIp]:
        """The public addresses that can be assigned."""
        wanted = {"state": "RESERVED", "type": "IGW"}
        found = await self.paged(PublicIp, "/v1/publicips", "publicips", wanted, VPC)
        free = tuple(
            item for item in found.items if item.value.state == "RESERVED" and item.value.type in (None, "IGW")
        )
        return replace(found, items=free)

    async def show_node(self, node: ScpNode) -> Json:
        """One node, read anew."""
        return await self._api.get(path("v1", "gpu-nodes", node.id))

    async def node(self, node: ScpNode) -> Item[ScpNode]:
        """One node, in the form the list has."""
        return read_item(ScpNode, await self.show_node(node))

    async def show_fabric(self, fabric: Fabric) -> Json:
        """One fabric, read anew."""
        return await self._api.get(path("v1", "cluster-fabrics", fabric.id))

    async def fabric(self, fabric: Fabric) -> Item[Fabric]:
        """One fabric, in the form the list has."""
        return read_item(Fabric, await self.show_fabric(fabric))

    async def show_pool(self, pool: PoolMembers) -> Json:
        """The reply of the node-pools call on a pool: for each of its fabrics, or for a subnet if it has none."""
        asked = [("cluster_fabric_id", fabric) for fabric in pool.fabric_ids]
        asked = asked or [("subnet_id", subnet) for subnet in pool.subnet_ids]
        told = await gather_listings((f"by {name} {value}", self.node_pools({name: value})) for name, value in asked)
        answers: list[Json] = []
        for item in told.items:
            answer = raw_json(item.raw)
            if item.value.node_pool_id == pool.id and answer not in answers:
                answers.append(answer)
        return {**as_object(pool.summary), "node_pools": answers, **({"notice": told.notice} if told.missing else {})}

    async def node_pools(self, query: Mapping[str, str]) -> Listing[NodePool]:
        """The node pools of a fabric or a subnet, one of which is required."""
        return await self._whole(NodePool, "/v1/cluster-fabrics/node-pools", "node_pools", query)

    async def paged(
        self, model: type[M], where: str, key: str, query: Mapping[str, str], service: str = ""
    ) -> Listing[M]:
        """Read all pages of a list."""

        async def read(page: int, size: int) -> tuple[Sequence[ReadEntry[M]], Json]:
            asked = {"size": str(size), "page": str(page), **query}
            reply = await self._list(model, where, key, asked, service)
            return entries_of(reply, key), reply.field("count")

        name = " ".join((service, where, *query.values()))
        return as_listing(*await self._lists.read(name, read, by("id")))

    async def change(self, request: Request) -> Outcome:
        """Send a changing request once."""
        return await self._api.change(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def _offered(self, subnet: str) -> Listing[ProductOffer]:
        listing = await self.node_pools({"subnet_id": subnet})
        offers = tuple(Item(ProductOffer(item.value.node_pool_id, subnet), item.raw) for item in listing.items)
        return Listing(offers, listing.unreadable, listing.missing)

    async def _whole(self, model: type[M], where: str, key: str, query: Mapping[str, str]) -> Listing[M]:
        """Read a list that is not paged."""
        return as_listing(entries_of(await self._list(model, where, key, query), key))

    async def _list(
        self, model: type[M], where: str, key: str, query: Mapping[str, str], service: str = ""
    ) -> ListReply[ReadEntry[M]]:
        """Read a list. Lists always exist, so a 404 is a wrong caller, host or route."""
        try:
            return await self._api.list(where, query, keys=(key,), rule=RowRule(model), service=service)
        except Failed as failed:
            if failed.problem.status == 404:
                raise Failed(_hidden(failed.problem)) from failed
            raise


def _explained(problem: Problem, body: Json) -> Problem:
    """The meaning of the replies of the gateway in front of the services."""
    if problem.status == 404 and as_object(body).keys() >= _GATEWAY_404:
        return _hidden(problem)
    if problem.status == 401 and "endpoint" in problem.text:
        remedy = "this service is not enabled for the account in this region"
        return replace(problem, cause=Cause.FORBIDDEN, remedy=remedy)
    return problem


def _hidden(problem: Problem) -> Problem:
    """A problem that does not blame the keys: an unknown route gets the same reply, and bad signatures get 401."""
    return replace(problem, cause=Cause.REPLY, remedy=_HIDDEN)
