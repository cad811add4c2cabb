"""Node pools, derived from the fabrics and nodes that name them: the API cannot list them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gputui.core.gaps import Gap, distinct
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Item, Listing
from gputui.core.text import Json
from gputui.providers.scp.states import node_health
from gputui.providers.scp.wire import Fabric, ScpNode


@dataclass(frozen=True, slots=True)
class PoolMembers:
    """A node pool and its members. `fabric_ids` and `subnet_ids` are parameters of the node-pools call."""

    id: str
    fabric_ids: tuple[str, ...]
    fabric_names: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    nodes: int
    running: int
    faults: int

    @property
    def health(self) -> Health:
        """Bad if every node is faulty, degraded if one is."""
        if not self.faults:
            return Health.OK
        return Health.BAD if self.faults == self.nodes else Health.DEGRADED

    @property
    def summary(self) -> Json:
        """The same as JSON, for the raw view."""
        return {
            "node_pool_id": self.id,
            "cluster_fabrics": list(self.fabric_names),
            "nodes": self.nodes,
            "running": self.running,
            "faults": self.faults,
        }


@dataclass(frozen=True, slots=True)
class ProductOffer:
    """A pool on a subnet in which nodes can be created."""

    pool_id: str
    subnet_id: str


def pools_of(fabrics: Listing[Fabric], nodes: Listing[ScpNode], offers: Listing[ProductOffer]) -> Listing[PoolMembers]:
    """The pools that any of these name, in the order of their ids."""
    all_fabrics = [item.value for item in fabrics.items]
    all_nodes = [item.value for item in nodes.items]
    all_offers = [item.value for item in offers.items]
    named = {fabric.node_pool_id for fabric in all_fabrics} | {node.node_pool_id for node in all_nodes}
    named |= {offer.pool_id for offer in all_offers}
    pools = [_pool(pool_id, all_fabrics, all_nodes, all_offers) for pool_id in sorted(filter(None, named))]
    return Listing(tuple(Item(pool, pool.summary) for pool in pools), missing=_missing(fabrics, nodes, offers))


def _pool(
    pool_id: str, fabrics: Iterable[Fabric], nodes: Iterable[ScpNode], offers: Iterable[ProductOffer]
) -> PoolMembers:
    own_fabrics = [fabric for fabric in fabrics if fabric.node_pool_id == pool_id]
    own_nodes = [node for node in nodes if node.node_pool_id == pool_id]
    subnets = [
        *(node.network_id for node in own_nodes),
        *(offer.subnet_id for offer in offers if offer.pool_id == pool_id),
    ]
    healths = [node_health(node) for node in own_nodes]
    return PoolMembers(
        pool_id,
        tuple(fabric.id for fabric in own_fabrics),
        tuple(fabric.cluster_name or fabric.id for fabric in own_fabrics),
        tuple(dict.fromkeys(filter(None, subnets))),
        nodes=len(own_nodes),
        running=healths.count(Health.OK),
        faults=sum(health.faulty for health in healths),
    )


def _missing(*listings: Listing[Any]) -> tuple[Gap, ...]:
    """What the pools and their counts may lack."""
    gaps = [gap for listing in listings for gap in listing.missing]
    unreadable = [entry for listing in listings for entry in listing.unreadable]
    if unreadable:
        why = Problem(Cause.REPLY, f"unreadable, not counted: {unreadable[0].reason}")
        gaps.append(Gap(f"{len(unreadable)} entries", why))
    return distinct(gaps)
