"""The calls to Samsung Cloud Platform: the GPU cluster service and, for public addresses, the VPC service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, path
from gputui.core.rows import Listing
from gputui.core.text import Json, as_object
from gputui.net.api import Api
from gputui.providers.scp.addresses import VPC, bases
from gputui.providers.scp.pools import Pool, pools_of
from gputui.providers.scp.sign import Signer
from gputui.providers.scp.wire import Fabric, Image, Node, Product, PublicIp
from gputui.providers.wire import Page, Wire, all_pages, as_list, read_rows

M = TypeVar("M", bound=Wire)
PAGE_SIZE = 100
_GATEWAY_404 = frozenset({"timestamp", "path", "status", "error", "requestId"})
_HIDDEN = "the gateway answers so to keys it does not know: check access_key, environment, region and `base_url`"


class ScpClient:
    """One account in one region."""

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time) -> None:
        self._region = settings.text("region")
        versions = {
            "": {"Scp-Api-Version": "multinodegpucluster 1.2"},
            VPC: {"Scp-Api-Version": "vpc 1.2"},
        }
        signer = Signer(settings.secret("access_key"), settings.secret("secret_key"))
        self._api = Api(settings, bases(settings), signer, headers=versions, now=now)

    async def nodes(self) -> Listing[Node]:
        """All GPU nodes, by name: a unique order keeps pages from overlapping."""
        return await self._paged(Node, "/v1/gpu-nodes", "gpu_nodes", {"sort": "gpu_node_name:asc"})

    async def fabrics(self) -> Listing[Fabric]:
        """All cluster fabrics with their nodes."""
        return await self._paged(Fabric, "/v1/cluster-fabrics", "cluster_fabrics", {"sort": "created_at:asc"})

    async def pools(self) -> Listing[Pool]:
        """The node pools that fabrics and nodes name: the node-pools call answers 400 without one of them."""
        fabrics, nodes = await asyncio.gather(self.fabrics(), self.nodes())
        return pools_of(fabrics, nodes)

    async def images(self) -> Listing[Image]:
        """The operating system images of the profile's region."""
        if not self._region:
            raise Failed(Problem(Cause.CONFIG, "images are listed by region", "set `region` of this profile"))
        body = await self._list("/v1/gpu-nodes/images", {"region_id": self._region})
        return read_rows(Image, _entries(body, "images"))

    async def products(self) -> Listing[Product]:
        """The server types that can be ordered."""
        return read_rows(Product, _entries(await self._list("/v1/gpu-nodes/products", {}), "products"))

    async def reserved_ips(self) -> Listing[PublicIp]:
        """The public addresses that are free to be assigned."""
        wanted = {"state": "RESERVED", "type": "IGW"}
        found = await self._paged(PublicIp, "/v1/publicips", "publicips", wanted, VPC)
        free = tuple(
            item for item in found.items if item.value.state == "RESERVED" and item.value.type in (None, "IGW")
        )
        return replace(found, items=free)

    async def show_node(self, node: Node) -> Json:
        """One node, read anew."""
        return await self._api.get(path("v1", "gpu-nodes", node.id))

    async def show_fabric(self, fabric: Fabric) -> Json:
        """One fabric, read anew."""
        return await self._api.get(path("v1", "cluster-fabrics", fabric.id))

    async def show_pool(self, pool: Pool) -> Json:
        """What the node-pools call tells of a pool: asked by each of its fabrics, or by a subnet where it has none."""
        asked = [{"cluster_fabric_id": fabric} for fabric in pool.fabric_ids]
        asked = asked or [{"subnet_id": subnet} for subnet in pool.subnet_ids]
        bodies = await asyncio.gather(*(self._list("/v1/cluster-fabrics/node-pools", query) for query in asked))
        answers: list[Json] = []
        for entry in (entry for body in bodies for entry in _entries(body, "node_pools")):
            if as_object(entry).get("node_pool_id") == pool.id and entry not in answers:
                answers.append(entry)
        return {**as_object(pool.summary), "node_pools": answers}

    async def change(self, request: Request) -> Outcome:
        """Send a changing request once; the gateway's 404 for unknown callers is told as what it is."""
        outcome = await self._api.change(request)
        if outcome.problem and outcome.status == 404 and as_object(outcome.body).keys() >= _GATEWAY_404:
            return replace(outcome, problem=_hidden(outcome.problem))
        return outcome

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def _paged(
        self, model: type[M], where: str, key: str, query: Mapping[str, str], service: str = ""
    ) -> Listing[M]:
        """Read a list to its end: `count` says when, or a short page where the server gives no count.

        What counts is what came, not page times size: the VPC service does not keep to the size it is asked for.
        """
        seen, count = 0, None

        async def read(page: int) -> Page:
            nonlocal seen, count
            body = await self._list(where, {"size": str(PAGE_SIZE), "page": str(page), **query}, service)
            entries = _entries(body, key)
            seen += len(entries)
            told = as_object(body).get("count")
            count = told if isinstance(told, int) else None
            return entries, len(entries) >= PAGE_SIZE if count is None else seen < count

        entries, notice = await all_pages(read)
        if not notice and count is not None and seen < count:
            notice = f"the list has {count} entries but gave {seen}"
        return read_rows(model, entries, notice)

    async def _list(self, where: str, query: Mapping[str, str], service: str = "") -> Json:
        """Read a list. Lists always exist, so a 404 means the caller, the host or the route."""
        try:
            return await self._api.get(where, query, service=service)
        except Failed as failed:
            if failed.problem.status == 404:
                raise Failed(_hidden(failed.problem)) from failed
            if failed.problem.status == 401 and "endpoint" in failed.problem.text:
                remedy = "this service is not enabled for the account in this region"
                raise Failed(replace(failed.problem, remedy=remedy)) from failed
            raise


def _entries(body: Json, key: str) -> list[Json]:
    """The entries of a list reply; an empty reply is no empty list."""
    return as_list({} if body is None else body, key)


def _hidden(problem: Problem) -> Problem:
    return replace(problem, cause=Cause.CREDENTIALS, remedy=_HIDDEN)
