"""hosted·ai's admin API: the reads of a panel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Reply, Request, path
from gputui.core.rows import Item, Listing
from gputui.core.text import Json, as_object
from gputui.net.api import Api, Authorization
from gputui.providers.address import with_path
from gputui.providers.cached import Cached
from gputui.providers.hostedai.auth import LOGIN, ApiKey, LogIn, cookie
from gputui.providers.hostedai.inventory import filled, tells_pools
from gputui.providers.hostedai.refusals import judged
from gputui.providers.hostedai.wire import GpuPool, HostedNode, PhysicalGpu, Region, Service
from gputui.providers.listings import attempt, gather_listings, left_out
from gputui.providers.pages import whole
from gputui.providers.session import TokenSession
from gputui.providers.variant import NO_SUCH_CALL, Variant
from gputui.providers.wire import RowRule, Wire, as_listing, entries_or_none, read_item, read_rows

T = TypeVar("T")
M = TypeVar("M", bound=Wire)
CHANGING_GETS = tuple(
    f"/gpuaas/node/{verb}" for verb in ("init", "deinit", "test_conn", "scan_gpus", "scan_npus", "scan_resources")
)
LIST_KEYS = ("items", "data")
DEADLINE = 30.0
"""Some of its reads take 15 to 20 seconds."""
NO_SERVICE = Gap(
    "the GPUaaS", Problem(Cause.CONFIG, "this panel does not list its GPUaaS", "set gpuaas_ids in the profile")
)


class HostedAI:
    """One panel. Reads raise Failed; one that needs several calls reports those that failed as gaps."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        bases = {"": with_path(settings.text("base_url"), "/api")}
        self._ids: Sequence[int] = tuple(settings.values.get("gpuaas_ids") or ())
        # A separate Api: a login happens while a request already holds one of the concurrent slots.
        self._logins = Api(settings, bases, safe_posts=(LOGIN,), now=now)
        login = LogIn(self._logins, settings.text("username"), settings.secret("password"))
        self._session = TokenSession(login, now, cookie)
        scheme = settings.text("auth") or "bearer"
        who: Authorization = self._session if scheme == "login" else ApiKey(scheme, settings.secret("token"))
        self._api = Api(settings, bases, who, changing_gets=CHANGING_GETS, now=now, deadline=DEADLINE)
        # The path in the document, and the one that hosted·ai's own app uses.
        regions = Variant(
            lambda: self._listing(Region, "/gpuaas/list/regions"), lambda: self._listing(Region, "/regions")
        )
        self._regions = Cached(regions.read, now)
        self._services = Cached(self._listed_services, now)

    async def nodes(self) -> Listing[HostedNode]:
        """The nodes of all regions; the API lists one region at a time."""
        return await self._regions.read_by(self._nodes_in)

    async def pools(self) -> Listing[GpuPool]:
        """The pools of every GPUaaS."""
        return await self._of_services(self._pools_of)

    async def gpus(self) -> Listing[PhysicalGpu]:
        """The GPUs of every GPUaaS, in pools and free, each once."""
        return await self._of_services(self._gpus_of)

    async def regions(self) -> Listing[Region]:
        """All regions."""
        return await self._regions.anew()

    async def services(self) -> Listing[Service]:
        """The GPUaaS that the profile names, otherwise all that the panel lists, with the names of their regions."""
        if self._ids:
            found = await gather_listings((f"gpuaas {number}", self._service_of(number)) for number in self._ids)
        else:
            found = await self._services.anew()
        names = await self._region_names()
        return replace(found, items=tuple(_named(item, names) for item in found.items))

    async def _region_names(self) -> Mapping[str, str]:
        """The names of the regions by id; empty if they cannot be read: a GPUaaS is shown with the id then."""

        async def as_they_are(regions: Listing[Region]) -> Listing[Region]:
            return regions

        try:
            regions = await self._regions.read_by(as_they_are)
        except Failed:
            return {}
        return {str(item.value.id): item.value.name for item in regions.items}

    async def node(self, node_id: str) -> Json:
        """One node, read anew."""
        return await self._api.get(path("gpuaas", "node", node_id))

    async def node_again(self, node: HostedNode) -> Item[HostedNode]:
        """One node, in the form the list has: with the region it was listed in."""
        item = read_item(HostedNode, await self.node(node.id))
        region = None if item.value.region and item.value.region.region_name else node.region
        return Item(item.value.model_copy(update={"region": region}) if region else item.value, item.raw)

    async def pool_again(self, pool: GpuPool) -> Item[GpuPool]:
        """One pool, in the form the list has. Raises Failed if only the list contains its GPUs."""
        item = read_item(GpuPool, await self.pool(str(pool.id)))
        if item.value.gpus is None:
            raise Failed(Problem(Cause.REPLY, "this panel lists the GPUs of a pool elsewhere"))
        return item

    async def pool(self, pool_id: str) -> Json:
        """One pool, read anew."""
        return await self._api.get(path("gpuaas", "pool", pool_id))

    async def service(self, gpuaas_id: str) -> Json:
        """One GPUaaS, read anew."""
        return await self._api.get(path("gpuaas", gpuaas_id))

    async def _nodes_in(self, regions: Listing[Region]) -> Listing[HostedNode]:
        readings = ((f"region {item.value.name}", self._nodes_of(item.value)) for item in regions.items)
        return await gather_listings(readings, left_out(regions, "regions"))

    async def _nodes_of(self, region: Region) -> Listing[HostedNode]:
        nodes = await self._listing(HostedNode, "/gpuaas/node/list", {"region_id": str(region.id)})
        return replace(nodes, items=tuple(_within(region, item) for item in nodes.items))

    async def _service_of(self, number: int) -> Listing[Service]:
        """One GPUaaS, whose reply may lack the id it was requested by."""
        reply = await self.service(str(number))
        return read_rows(Service, [{"id": number, **reply} if isinstance(reply, dict) else reply])

    async def _pools_of(self, gpuaas_id: str) -> Listing[GpuPool]:
        pools = await self._listing(GpuPool, path("gpuaas", gpuaas_id, "pool", "list"))
        if all(item.value.gpus is not None for item in pools.items):
            return pools
        found = await attempt(self._gpus_at, gpuaas_id, "all_gpus")
        if isinstance(found, Failed):
            if found.problem.status in NO_SUCH_CALL:
                return pools
            return replace(pools, missing=(*pools.missing, Gap("GPUs of pools", found.problem, rows=False)))
        gpus = [item.value for item in found.items]
        return filled(pools, gpus) if tells_pools(gpus) else pools

    async def _gpus_of(self, gpuaas_id: str) -> Listing[PhysicalGpu]:
        # The inventory comes second: its data on a GPU take precedence.
        listing = await gather_listings(
            (words, self._gpus_at(gpuaas_id, name))
            for words, name in (("free GPUs", "available_gpus"), ("all GPUs", "all_gpus"))
        )
        by_uuid = {item.value.uuid: item for item in listing.items}
        return replace(listing, items=tuple(by_uuid.values()))

    async def _gpus_at(self, gpuaas_id: str, name: str) -> Listing[PhysicalGpu]:
        return await self._listing(PhysicalGpu, path("gpuaas", gpuaas_id, "pool", name))

    async def _of_services(self, read: Callable[[str], Awaitable[Listing[T]]]) -> Listing[T]:
        if self._ids:
            return await gather_listings((f"gpuaas {number}", read(str(number))) for number in self._ids)

        async def of_all(services: Listing[Service]) -> Listing[T]:
            readings = ((f"gpuaas {item.value.id}", read(str(item.value.id))) for item in services.items)
            return await gather_listings(readings, left_out(services, "GPUaaS"))

        return await self._services.read_by(of_all)

    async def _listed_services(self) -> Listing[Service]:
        """All GPUaaS; a panel may lack this undocumented call."""
        try:
            return await self._listing(Service, "/gpuaas")
        except Failed as failed:
            if failed.problem.status not in NO_SUCH_CALL:
                raise
            return Listing((), (), (NO_SERVICE,))

    async def _listing(self, model: type[M], where: str, query: Mapping[str, str] | None = None) -> Listing[M]:
        """A list in any of the shapes observed on panels, and a gap if it says that it is only one page."""
        reply = await self._api.list(where, query, keys=LIST_KEYS, rule=RowRule(model))
        entries = entries_or_none(reply, *LIST_KEYS)
        told = as_object(reply.rest)
        total = whole(told.get("total_items", told.get("total")))
        cut = total is not None and total > len(entries)
        return as_listing(entries, (Gap(listed=len(entries), total=total),) if cut else ())

    async def read(self, request: Request) -> Reply:
        """The reply to one of the read-only calls."""
        return await self._api.read(request)

    async def change(self, request: Request) -> Outcome:
        """Send one changing request once."""
        return judged(request, await self._api.change(request))

    def forget(self) -> None:
        """Read regions and GPUaaS again before the next list."""
        self._regions.drop()
        self._services.drop()

    async def aclose(self) -> None:
        """Close the connections."""
        self._session.close()
        await asyncio.gather(self._api.aclose(), self._logins.aclose())


def _named(item: Item[Service], names: Mapping[str, str]) -> Item[Service]:
    name = names.get(str(item.value.region_id))
    return Item(item.value.model_copy(update={"region_name": name}), item.raw) if name else item


def _within(region: Region, item: Item[HostedNode]) -> Item[HostedNode]:
    """The node with its region: the same item if it names one itself, as then its row can stay, too."""
    named = item.value.within(region)
    return item if named is item.value else Item(named, item.raw)
