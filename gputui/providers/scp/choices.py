"""Choices for creating or moving GPU nodes, read live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gputui.core.actions import Choice, Inputs
from gputui.core.problem import Cause, Failed, Problem
from gputui.providers.scp import network, rules
from gputui.providers.scp.client import ScpClient
from gputui.providers.scp.hardware import gpus_of
from gputui.providers.scp.wire import Fabric, Product, ScpNode

NEW = "new"
"""The choice of a new fabric; it cannot equal an existing one, whose values hold id and name."""
_NOT_THERE = frozenset({Cause.MISSING, Cause.FORBIDDEN, Cause.CONFIG})
"""Why an account may lack the VPC service: then the networks of its existing nodes are offered."""


@dataclass(frozen=True, slots=True)
class SubnetChoice:
    """A subnet with the constraints on its addresses; both are empty if the API does not give them."""

    id: str
    cidr: str = ""
    gateway: str = ""

    @property
    def value(self) -> str:
        """All of it, encoded as the value of a choice: requests and checks use the choice alone."""
        return " ".join((self.id, self.cidr, self.gateway)).rstrip()

    @classmethod
    def of(cls, value: str) -> SubnetChoice:
        """The subnet encoded in a choice's value."""
        id, cidr, gateway, *_ = [*value.split(" "), "", ""]
        return cls(id, cidr, gateway)


@dataclass(frozen=True, slots=True)
class Joined:
    """A fabric that nodes can join: a request needs its id and name."""

    id: str
    name: str

    @property
    def value(self) -> str:
        """Both, encoded as the value of a choice."""
        return f"{self.id} {self.name}"

    @classmethod
    def of(cls, value: str) -> Joined:
        """The fabric encoded in a choice's value."""
        id, _, name = value.partition(" ")
        return cls(id, name)


async def regions(client: ScpClient, _: object, __: Inputs) -> Sequence[Choice]:
    """The profile's region; if it names none, the regions of the existing fabrics."""
    if client.region:
        return [Choice(client.region, client.region, "the profile's")]
    found = (item.value.region_id for item in (await client.fabrics()).items)
    return [Choice(region, region) for region in sorted(set(filter(None, found)))]


async def vpcs(client: ScpClient, _: object, __: Inputs) -> Sequence[Choice]:
    """The networks; without the VPC service, those of the existing nodes."""
    try:
        return [Choice(vpc.id, vpc.name or vpc.id) for vpc in await network.vpcs(client)]
    except Failed as failed:
        return await _of_nodes(client, failed, lambda node: node.vpc_id)


async def subnets(client: ScpClient, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The subnets of the chosen network."""
    vpc = str(inputs.get("vpc_id") or "")
    if not vpc:
        return []
    try:
        found = await network.subnets(client, vpc)
    except Failed as failed:
        return await _of_nodes(client, failed, lambda node: node.network_id if node.vpc_id == vpc else None)
    return [
        Choice(
            SubnetChoice(subnet.id, subnet.cidr or "", subnet.gateway_ip_address or "").value,
            subnet.name or subnet.id,
            " · ".join(filter(None, (subnet.cidr, subnet.type))),
        )
        for subnet in found
    ]


async def node_pools(client: ScpClient, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The node pools on the chosen subnet."""
    subnet = SubnetChoice.of(str(inputs.get("subnet_id") or "")).id
    if not subnet:
        return []
    found = [item.value for item in (await client.node_pools({"subnet_id": subnet})).items]
    return [Choice(pool.node_pool_id, pool.node_pool_id, _count(pool.cluster_fabric_details)) for pool in found]


async def fabrics(client: ScpClient, _: object, inputs: Inputs) -> Sequence[Choice]:
    """A new fabric, and those of the chosen node pool that nodes can join now."""
    pool = inputs.get("node_pool_id")
    if not pool:
        return []
    found = [item.value for item in (await client.fabrics()).items]
    open_ones = [one for one in found if one.node_pool_id == pool and one.cluster_name and _runs(one)]
    joined = [Choice(Joined(one.id, one.cluster_name or "").value, _name(one), _described(one)) for one in open_ones]
    return [Choice(NEW, "a new fabric", f"{rules.FEWEST_AT_FIRST} nodes or more"), *joined]


async def images(client: ScpClient, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The operating system images of the chosen region."""
    region = str(inputs.get("region_id") or "")
    found = [item.value for item in (await client.images(region)).items] if region else []
    return [Choice(image.id, image.name or image.id, image.scp_image_type or "") for image in found]


async def products(client: ScpClient, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The available server types that support the chosen image; for an existing fabric, only its own.

    All of them if the fabric names its type differently from the price list, as in the document's own examples: the
    cloud then decides.
    """
    image, fabric = str(inputs.get("image_id") or ""), str(inputs.get("fabric") or "")
    if not image or not fabric:
        return []
    found = [item.value for item in (await client.products(image)).items]
    if fabric != NEW:
        there = {item.value.id: item.value for item in (await client.fabrics()).items}
        joined = there.get(Joined.of(fabric).id)
        if joined is None:
            return []
        found = [product for product in found if _is_of(product, joined)] or found
    found = [product for product in found if (product.state or "").upper() == "AVAILABLE"]
    return [Choice(product.id, product.name or product.id, _inside(product)) for product in found]


async def first_numbers(client: ScpClient, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The names for new nodes: as many consecutive ones as are wanted, none of them in use."""
    prefix, count = str(inputs.get("prefix") or ""), int(inputs.get("count") or 0)
    if rules.prefix(prefix) or rules.number_of_nodes(str(count)):
        return []
    names = {item.value.gpu_node_name for item in (await client.nodes()).items}
    used = {number for number in range(1, rules.LAST_NUMBER + 1) if rules.numbered(prefix, number, 1)[0] in names}
    starts = range(1, rules.LAST_NUMBER - count + 2)
    free = [start for start in starts if used.isdisjoint(range(start, start + count))]
    behind = max(used, default=0) + 1
    offered = dict.fromkeys([*free[:1], *([behind] if behind in free else [])])
    return [Choice(str(start), _row_of(rules.numbered(prefix, start, count))) for start in offered]


async def public_ips(client: ScpClient, _: object, inputs: Inputs) -> Sequence[Choice]:
    """The reserved public addresses; none if the chosen network has no Internet gateway."""
    vpc = str(inputs.get("vpc_id") or "")
    if not vpc or not await network.is_online(client, vpc):
        return []
    return await reserved_ips(client, None, {})


async def reserved_ips(client: ScpClient, _: object, __: Inputs) -> Sequence[Choice]:
    """The unused public addresses of the account's VPC service."""
    listing = await client.reserved_ips()
    return [Choice(ip.value.id, ip.value.ip_address, ip.value.description or "") for ip in listing.items]


async def targets(client: ScpClient, node: ScpNode, _: Inputs) -> Sequence[Choice]:
    """The fabrics that a node can be moved to: of its node pool and server type, and not being changed."""
    found = [item.value for item in (await client.fabrics()).items]
    before = next((fabric for fabric in found if fabric.id == node.cluster_fabric_id), None)
    if before is not None and not _runs(before):
        words = f"its fabric {_name(before)} is {before.state}: members are moved while both fabrics are RUNNING"
        raise Failed(Problem(Cause.REFUSED, words))
    return [
        Choice(fabric.id, _name(fabric), _described(fabric))
        for fabric in found
        if fabric.id != node.cluster_fabric_id
        and fabric.node_pool_id == node.node_pool_id
        and _runs(fabric)
        and (before is None or fabric.product_id == before.product_id)
    ]


async def _of_nodes(client: ScpClient, failed: Failed, where: Callable[[ScpNode], str | None]) -> Sequence[Choice]:
    if failed.problem.cause not in _NOT_THERE:
        raise failed
    found = (where(item.value) for item in (await client.nodes()).items)
    return [Choice(id, id, "known from nodes that are there") for id in sorted(set(filter(None, found)))]


def _runs(fabric: Fabric) -> bool:
    return (fabric.state or "").upper() == "RUNNING"


def _name(fabric: Fabric) -> str:
    return fabric.cluster_name or fabric.id


def _described(fabric: Fabric) -> str:
    size = "" if fabric.size is None else f"{fabric.size} nodes"
    return " · ".join(filter(None, (size, _gpus(fabric.server_type))))


def _is_of(product: Product, fabric: Fabric) -> bool:
    return fabric.product_id is None or fabric.product_id == product.id or fabric.server_type == product.name


def _inside(product: Product) -> str:
    parts = product.parts
    known = gpus_of(product.name)
    gpus = f"{known[0]}×{parts.gpu_model or known[1]}" if known else parts.gpu_model or ""
    cores = f"{parts.cpu_value} cores" if parts.cpu_value else ""
    memory = f"{parts.memory_value} GB" if parts.memory_value else ""
    return " · ".join(filter(None, (gpus, cores, memory)))


def _gpus(server_type: str | None) -> str:
    known = gpus_of(server_type)
    return f"{known[0]}×{known[1]}" if known else server_type or ""


def _count(fabrics: Sequence[object] | None) -> str:
    return f"{len(fabrics)} fabrics" if fabrics else ""


def _row_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
