"""Add nodes to the initial panel: workers of the first region, and pools for their GPUs."""

from __future__ import annotations

from functools import partial
from random import Random

from gputui.sim.growing import address
from gputui.sim.hostedai import doors
from gputui.sim.hostedai.hardware import CARDS, DRIVER, built_in, new_node
from gputui.sim.hostedai.models import Gpu, LogLine, Node, NodeOrder, Pool, Role
from gputui.sim.hostedai.seeding import DAY
from gputui.sim.hostedai.state import HostedAI

NETWORK = 50
WORKER: frozenset[Role] = frozenset({"worker"})
NODES_OF_A_POOL = 16
FAILED_EVERY = 97


def grow(cloud: HostedAI, count: int, random: Random) -> None:
    """Add that many nodes, without changing existing ones."""
    made: list[Node] = []
    for at in range(count):
        card = tuple(CARDS)[at // NODES_OF_A_POOL % len(CARDS)]
        made.append(_node(cloud, random, cloud.number("node"), card))
    for first in range(0, count, NODES_OF_A_POOL):
        _share(cloud, made[first : first + NODES_OF_A_POOL])


def _node(cloud: HostedAI, random: Random, number: int, card: str) -> Node:
    order = NodeOrder(f"gpu-worker-{number:02d}", 1, address(NETWORK, number), 0, "admin", WORKER, None, "vg0")
    node = new_node(random, number, order, card)
    node.status = "healthy" if number % FAILED_EVERY else "error"
    node.driver = DRIVER
    node.log.append(LogLine(1, cloud.clock.now() - 2 * DAY, "info", "node added to region"))
    node.bays = built_in(random, node, partial(cloud.number, "gpu"))
    cloud.nodes[node.id] = node
    cloud.gpus.update((gpu.uuid, gpu) for gpu in node.bays)
    doors.let_in(cloud.door, node)
    return node


def _share(cloud: HostedAI, nodes: list[Node]) -> None:
    """Put the GPUs of these nodes, which are of one model, into a pool."""
    number = cloud.number("pool")
    model = CARDS[nodes[0].card].model
    cloud.pools[number] = Pool(number, 1, f"pool-{number:03d}", None, 2, 30, "medium", "ACTIVE", model)
    for gpu in (gpu for node in nodes for gpu in node.bays):
        _assign(gpu, number, healthy=cloud.nodes[gpu.node_id].status == "healthy")


def _assign(gpu: Gpu, pool: int, *, healthy: bool) -> None:
    gpu.pool_id = pool
    gpu.status = "ASSIGNED" if healthy else "UNAVAILABLE"
