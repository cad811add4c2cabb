"""Datenfab's Computing API: its regions, what they sell, and the instances of their clusters."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gputui.core.gaps import Gap
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, path
from gputui.core.rows import Item, Listing
from gputui.core.text import Json, as_object
from gputui.net.api import Api
from gputui.providers.address import with_path
from gputui.providers.cached import Cached
from gputui.providers.datenfab.auth import TokenAndNamespace
from gputui.providers.datenfab.wire import DatenfabRegion, InstanceBody, Sku
from gputui.providers.listings import gather_listings, left_out
from gputui.providers.pages import whole
from gputui.providers.secrecy import redact_secrets
from gputui.providers.wire import RowRule, as_listing, entries_of, read_item

HOST = "https://demo.cdc.datenfab.com"
ROOT = "/mdc/api/v1"


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance with the cluster it was listed in, which its paths need, and the name of that cluster's region."""

    body: InstanceBody
    cluster: str
    region: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A specification on sale, with the discount in force when it was read."""

    sku: Sku
    region_id: str
    discount: float | None


class Datenfab:
    """The account of one `namespace`. Reads raise Failed."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self.namespace = settings.text("namespace")
        authorization = TokenAndNamespace(settings.secret("token"), self.namespace)
        self._now = now
        self._api = Api(settings, {"": with_path(settings.text("base_url") or HOST, ROOT)}, authorization, now=now)
        self._regions = Cached(self._listed_regions, now)

    async def regions(self) -> Listing[DatenfabRegion]:
        """All regions, each with its one cluster."""
        return await self._regions.anew()

    async def offers(self) -> Listing[Offer]:
        """What is on sale in every region."""
        return await self._regions.read_by(self._offers_in)

    async def instances(self) -> Listing[Instance]:
        """The instances of every cluster. The API truncates lists without a way to read the rest, which is a gap."""
        return await self._regions.read_by(self._instances_in)

    async def _listed_regions(self) -> Listing[DatenfabRegion]:
        return as_listing(entries_of(await self._api.list("/regions", keys=(), rule=RowRule(DatenfabRegion))))

    async def _offers_in(self, regions: Listing[DatenfabRegion]) -> Listing[Offer]:
        readings = ((f"region {item.value.name}", self._offers_of(item.value)) for item in regions.items)
        return await gather_listings(readings, left_out(regions, "regions"))

    async def _instances_in(self, regions: Listing[DatenfabRegion]) -> Listing[Instance]:
        names: dict[str, str] = {}
        for item in regions.items:
            names.setdefault(item.value.cluster, item.value.name)
        readings = ((f"region {region}", self._instances_of(cluster, region)) for cluster, region in names.items())
        return await gather_listings(readings, left_out(regions, "regions"))

    async def instance(self, cluster: str, name: str) -> Json:
        """One instance, read anew."""
        return redact_secrets(await self._instance(cluster, name))

    async def again(self, one: Instance) -> Item[Instance]:
        """One instance, in the form the list has."""
        body = await self._instance(one.cluster, one.body.name)
        item = read_item(InstanceBody, body)
        return Item(Instance(item.value, one.cluster, one.region), redact_secrets(body))

    async def _instance(self, cluster: str, name: str) -> Json:
        """The instance with its password, for SSH."""
        return await self._api.get(path("clusters", cluster, "instances", name))

    async def _offers_of(self, region: DatenfabRegion) -> Listing[Offer]:
        reply = await self._api.list("/skus/computings", {"region_id": region.id}, keys=(), rule=RowRule(Sku))
        listing = as_listing(entries_of(reply))
        now = self._now()
        offers = (Item(Offer(item.value, region.id, item.value.discount(now)), item.raw) for item in listing.items)
        return Listing(tuple(offers), listing.unreadable)

    async def _instances_of(self, cluster: str, region: str) -> Listing[Instance]:
        rule = RowRule(InstanceBody, hide=redact_secrets, whole=True)
        reply = await self._api.list(path("clusters", cluster, "instances"), keys=("nodes",), rule=rule)
        entries = entries_of(reply, "nodes")
        listing = as_listing(entries)
        placed = (Item(Instance(item.value, cluster, region), item.raw) for item in listing.items)
        return Listing(tuple(placed), listing.unreadable, _cut(reply.rest, len(entries)))

    async def change(self, request: Request) -> Outcome:
        """Send one changing request once."""
        return await self._api.change(request)

    def forget(self) -> None:
        """Read the regions again before the next list."""
        self._regions.drop()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()


def _cut(reply: Json, listed: int) -> tuple[Gap, ...]:
    found = as_object(reply)
    total = whole(found.get("totalCount"))
    if total is not None and total > listed:
        return (Gap(listed=listed, total=total),)
    return (Gap(listed=listed),) if found.get("hasNextPage") is True else ()
