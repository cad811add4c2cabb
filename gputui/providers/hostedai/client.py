"""hosted·ai's admin API: what the console reads of a panel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, path
from gputui.core.rows import Listing
from gputui.core.text import Json
from gputui.net.api import Api, Authorization
from gputui.providers.address import with_path
from gputui.providers.hostedai.auth import LOGIN, Key, LogIn, cookie
from gputui.providers.hostedai.wire import Gpu, Node, Pool, Region, Service
from gputui.providers.session import Session
from gputui.providers.variant import Variant
from gputui.providers.wire import as_list, read_rows

T = TypeVar("T")
CHANGING_GETS = tuple(
    f"/gpuaas/node/{verb}" for verb in ("init", "deinit", "test_conn", "scan_gpus", "scan_npus", "scan_resources")
)
DEADLINE = 30.0
"""Some of its reads take 15 to 20 seconds."""
NO_SERVICE = "this panel does not list its GPUaaS: set gpuaas_ids in the profile"


class HostedAI:
    """One panel. Reads raise Failed; one that needs several calls fails as a whole, so that nothing seems gone."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        bases = {"": with_path(settings.text("base_url"), "/api")}
        self._ids: Sequence[int] = tuple(settings.values.get("gpuaas_ids") or ())
        # An Api of its own: a login happens while a request already holds a place among the concurrent ones.
        self._logins = Api(settings, bases, safe_posts=(LOGIN,), now=now)
        login = LogIn(self._logins, settings.text("username"), settings.secret("password"))
        self._session = Session(login, now, cookie)
        scheme = settings.text("auth") or "bearer"
        who: Authorization = self._session if scheme == "login" else Key(scheme, settings.secret("token"))
        self._api = Api(settings, bases, who, changing_gets=CHANGING_GETS, now=now, deadline=DEADLINE)
        # The document's path, and the one that hosted·ai's own app uses.
        self._regions = Variant(lambda: self._api.get("/gpuaas/list/regions"), lambda: self._api.get("/regions"))

    async def nodes(self) -> Listing[Node]:
        """The nodes of all regions: the API lists those of one."""
        regions = await self.regions()
        listing = _joined(await _all(self._nodes_of(str(item.value.id)) for item in regions.items))
        left_out = len(regions.unreadable)
        notice = f"{left_out} regions cannot be read and are left out" if left_out else ""
        return Listing(listing.items, listing.unreadable, notice)

    async def pools(self) -> Listing[Pool]:
        """The pools of every GPUaaS."""
        return await self._of_services(self._pools_of)

    async def gpus(self) -> Listing[Gpu]:
        """The GPUs of every GPUaaS, in pools and free, each once."""
        return await self._of_services(self._gpus_of)

    async def regions(self) -> Listing[Region]:
        """All regions."""
        return read_rows(Region, _entries(await self._regions.read()))

    async def services(self) -> Listing[Service]:
        """The GPUaaS that the profile names, else all that the panel lists."""
        if not self._ids:
            found = await self._listed_services()
            return Listing((), (), NO_SERVICE) if found is None else found
        return read_rows(Service, await _all(self.service(str(number)) for number in self._ids))

    async def node(self, node_id: str) -> Json:
        """One node as it is now."""
        return await self._api.get(path("gpuaas", "node", node_id))

    async def pool(self, pool_id: str) -> Json:
        """One pool as it is now."""
        return await self._api.get(path("gpuaas", "pool", pool_id))

    async def service(self, gpuaas_id: str) -> Json:
        """One GPUaaS as it is now."""
        return await self._api.get(path("gpuaas", gpuaas_id))

    async def _nodes_of(self, region_id: str) -> Listing[Node]:
        return read_rows(Node, _entries(await self._api.get("/gpuaas/node/list", {"region_id": region_id})))

    async def _pools_of(self, gpuaas_id: str) -> Listing[Pool]:
        return read_rows(Pool, _entries(await self._api.get(path("gpuaas", gpuaas_id, "pool", "list"))))

    async def _gpus_of(self, gpuaas_id: str) -> Listing[Gpu]:
        free, everything = await _all(
            self._api.get(path("gpuaas", gpuaas_id, "pool", name)) for name in ("available_gpus", "all_gpus")
        )
        listings = [read_rows(Gpu, _entries(reply)) for reply in (free, everything)]
        # The inventory comes second: what it says of a GPU stands.
        by_uuid = {item.value.uuid: item for listing in listings for item in listing.items}
        return Listing(tuple(by_uuid.values()), _joined(listings).unreadable)

    async def _of_services(self, read: Callable[[str], Awaitable[Listing[T]]]) -> Listing[T]:
        if self._ids:
            return _joined(await _all(read(str(number)) for number in self._ids))
        found = await self._listed_services()
        if found is None:
            return Listing((), (), NO_SERVICE)
        listing = _joined(await _all(read(str(item.value.id)) for item in found.items))
        left_out = len(found.unreadable)
        return Listing(listing.items, listing.unreadable, f"{left_out} GPUaaS cannot be read" if left_out else "")

    async def _listed_services(self) -> Listing[Service] | None:
        """All GPUaaS, or None for a panel without this undocumented call."""
        try:
            return read_rows(Service, _entries(await self._api.get("/gpuaas")))
        except Failed as failed:
            if failed.problem.cause is not Cause.MISSING:
                raise
            return None

    async def change(self, request: Request) -> Outcome:
        """Send one changing request once."""
        return await self._api.change(request)

    async def aclose(self) -> None:
        """Close the connections."""
        self._session.close()
        await asyncio.gather(self._api.aclose(), self._logins.aclose())


async def _all(reads: Iterable[Awaitable[T]]) -> list[T]:
    return list(await asyncio.gather(*reads))


def _entries(reply: Json) -> list[Json]:
    """The entries of a list in any of the shapes that panels have been seen to give."""
    return as_list(reply, "items", "data")


def _joined(parts: Iterable[Listing[T]]) -> Listing[T]:
    listings = list(parts)
    return Listing(
        tuple(item for listing in listings for item in listing.items),
        tuple(entry for listing in listings for entry in listing.unreadable),
    )
