"""Add nodes to the initial account, in their own fabrics."""

from __future__ import annotations

from random import Random

from gputui.sim.growing import address, parted
from gputui.sim.scp.catalogue import products, subnets
from gputui.sim.scp.models import Node
from gputui.sim.scp.seeding import DAY, fresh_fabric, fresh_node
from gputui.sim.scp.state import Scp

NODES_OF_A_FABRIC = 16
NETWORK = 20
PURPOSES = ("pre-training", "fine-tuning", "vision", "speech", "inference", "evaluation")
# One node in this many stays in this state; all others run.
ODD = ((199, "ERROR"), (149, "UNKNOWN"), (61, "STOPPED"))


def grow(cloud: Scp, count: int, random: Random) -> None:
    """Add that many nodes, without changing existing ones."""
    now, pools, kinds = cloud.clock.now(), len(subnets()), len(products())
    for size in parted(count, NODES_OF_A_FABRIC):
        number = len(cloud.fabrics) + 1
        purpose = PURPOSES[number % len(PURPOSES)]
        fabric = fresh_fabric(
            random, now - 19 * DAY, f"cluster{number:03d}", number % pools, number % kinds, purpose, number
        )
        first = len(cloud.nodes) + 1
        nodes = [fresh_node(random, fabric, first + at) for at in range(size)]
        for at, node in enumerate(nodes, start=first):
            _settle(node, at)
        cloud.take_up(fabric, nodes)


def _settle(node: Node, number: int) -> None:
    node.state = next((state for every, state in ODD if number % every == 0), "RUNNING")
    node.ip = address(NETWORK, number)
    *_, third, last = node.ip.split(".")
    node.pfs_ips = (f"10.253.{third}.{last}", f"10.254.{third}.{last}")
