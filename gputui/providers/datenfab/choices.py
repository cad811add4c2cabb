"""Choices for a new Datenfab instance, read live: regions, specifications, billing types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gputui.core.actions import Choice, Inputs
from gputui.core.problem import Cause, Failed, Problem
from gputui.providers.datenfab import wire
from gputui.providers.datenfab.client import Datenfab, Offer
from gputui.providers.datenfab.wire import COST_WORDS

NO_UNIT = "the document names no unit of money"


@dataclass(frozen=True, slots=True)
class InstancePlace:
    """Where an instance is created: the path names the cluster, the id selects prices, the title goes into the body."""

    cluster: str
    region_id: str
    title: str

    @property
    def value(self) -> str:
        """All of it, encoded as the value of a choice: a request is made from the choice alone."""
        return f"{self.cluster} {self.region_id} {self.title}"

    @classmethod
    def of(cls, value: str) -> InstancePlace:
        """The place encoded in a choice's value."""
        cluster, region_id, title, *_ = [*value.split(" ", 2), "", ""]
        return cls(cluster, region_id, title)


async def namespaces(client: Datenfab, _: object, __: Inputs) -> Sequence[Choice]:
    """The profile's own namespace."""
    return [Choice(client.namespace, client.namespace, "the profile's")]


async def regions(client: Datenfab, _: object, __: Inputs) -> Sequence[Choice]:
    """All regions, each with its cluster."""
    found = [item.value for item in (await client.regions()).items]
    return [Choice(InstancePlace(one.cluster, one.id, one.title or "").value, one.name, one.cluster) for one in found]


async def skus(client: Datenfab, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The specifications on sale in the chosen region that have enough stock."""
    offers = await _offers(client, str(inputs.get("region") or ""))
    by_id: dict[str, list[Offer]] = {}
    for offer in offers:
        if sold_out(offer) is None:
            by_id.setdefault(str(offer.sku.id), []).append(offer)
    return [Choice(id, _name(same[0]), _described(same)) for id, same in by_id.items()]


async def cost_types(client: Datenfab, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The billing types of the chosen specification, with the price."""
    offers = await _offers(client, str(inputs.get("region") or ""))
    return _payable(offer for offer in offers if str(offer.sku.id) == inputs.get("sku"))


async def cost_types_of(_: Datenfab, offer: Offer, __: Inputs) -> Sequence[Choice]:
    """The billing types of this entry of the price list, with the price."""
    return _payable([offer])


def sold_out(offer: Offer) -> str | None:
    """Why no instance can be created from it; None if there are enough GPUs, or the number is unknown."""
    free, needed = wire.count(offer.sku.free), wire.count(offer.sku.gpu_counts) or 1
    return f"sold out: {free} GPUs are left and it has {needed}" if free is not None and free < needed else None


def price(offer: Offer) -> str:
    """The price as received, with the discount in force; the document names no unit."""
    figure = wire.number(offer.sku.price)
    if figure is None:
        return "no price is told"
    factor = "" if offer.discount is None else f" ×{offer.discount:g}"
    return f"{figure:g}{factor} {offer.sku.selling}".rstrip()


async def _offers(client: Datenfab, region: str) -> list[Offer]:
    if not region:
        return []
    listing = await client.offers()
    found = [item.value for item in listing.items if item.value.region_id == InstancePlace.of(region).region_id]
    if not found and listing.missing:
        raise Failed(Problem(Cause.REPLY, listing.notice))
    return found


def _payable(offers: Iterable[Offer]) -> list[Choice]:
    """A choice for each billing type; all types if the price list does not name any."""
    found: dict[str, Choice] = {}
    for offer in offers:
        told = offer.sku.selling_type
        for kind in COST_WORDS if told is None else (str(told),):
            found.setdefault(kind, Choice(kind, COST_WORDS.get(kind, kind), price(offer)))
    return list(found.values())


def _name(offer: Offer) -> str:
    count = wire.count(offer.sku.gpu_counts)
    return f"{count}×{offer.sku.name}" if count else offer.sku.name


def _described(same: Sequence[Offer]) -> str:
    sku = same[0].sku
    free = wire.count(sku.free)
    parts = (
        f"price {', '.join(price(offer) for offer in same)} (unit unknown)",
        "" if free is None else f"{free} GPUs free",
        "" if sku.cores is None else f"{sku.cores} cores",
        "" if sku.memory is None else f"{sku.memory} GB",
    )
    return " · ".join(part for part in parts if part)
