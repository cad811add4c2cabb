"""The initial account: 64 nodes in six fabrics over three pools."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from gputui.sim.machine import Ailment
from gputui.sim.scp.catalogue import images, products, subnets
from gputui.sim.scp.models import Fabric, Node, PublicIp

DAY = 86400.0
# Name, pool (by subnet), product, nodes, purpose.
FABRICS = (
    ("cluster001", 0, 0, 16, "llm pre-training"),
    ("cluster002", 0, 0, 12, "llm fine-tuning"),
    ("cluster003", 1, 0, 12, "vision"),
    ("cluster004", 1, 1, 10, "next generation pre-training"),
    ("cluster005", 2, 0, 8, "speech"),
    ("cluster006", 2, 1, 6, "lab"),
)
# Node number → state; all others run.
STATES = {
    7: "ERROR",
    12: "STOPPED",
    19: "STOPPED",
    23: "STOPPED",
    31: "UNKNOWN",
    38: "ERROR",
    45: "STOPPED",
    60: "STOPPED",
}
AILMENTS: dict[int, Ailment] = {
    7: "lost",
    19: "slow",
    23: "link",
    27: "spins",
    33: "app",
    38: "ecc",
    41: "hung",
    52: "hot",
}
WITH_NAT = (1, 2, 12, 29, 41)
LOCKED = (1, 2, 3, 4, 7, 29, 30, 41)
RESERVED = 8


@dataclass(frozen=True, slots=True)
class Account:
    """All objects of the account."""

    nodes: dict[str, Node]
    fabrics: dict[str, Fabric]
    ips: dict[str, PublicIp]


def seed_account(random: Random, now: float) -> Account:
    """Return the account, the same one for the same seed and moment."""
    account = Account({}, {}, {})
    for name, network, kind, count, purpose in FABRICS:
        fabric = fresh_fabric(random, now, name, network, kind, purpose, int(name[-3:]))
        account.fabrics[fabric.id] = fabric
        for _ in range(count):
            number = len(account.nodes) + 1
            node = fresh_node(random, fabric, number)
            node.state, node.locked = STATES.get(number, "RUNNING"), number in LOCKED
            node.ailment = AILMENTS.get(number, "")
            account.nodes[node.id] = node
    _give_addresses(random, now, account)
    return account


def fresh_id(random: Random) -> str:
    """Return an id in this cloud's format, from the world's random source."""
    return f"{random.getrandbits(128):032x}"


def fresh_fabric(random: Random, now: float, name: str, network: int, kind: int, purpose: str, number: int) -> Fabric:
    """Return a fabric created some months ago, on one of the networks and for one of the products."""
    created = now - random.uniform(20, 200) * DAY
    subnet, product = subnets()[network], products()[kind]
    return Fabric(
        fresh_id(random), name, subnet.pool_id, product.id, product.name, subnet.id, purpose, created, created + DAY,
        pirp_id=20 + number,
    )  # fmt: skip


def fresh_node(random: Random, fabric: Fabric, number: int) -> Node:
    """Return a running node of a fabric; the number is in its name and its addresses."""
    subnet = next(subnet for subnet in subnets() if subnet.id == fabric.subnet_id)
    image = images()[1 if number % 9 else 2]
    created = fabric.created + random.uniform(0, 0.2) * DAY
    return Node(
        id=fresh_id(random),
        name=f"gpu-node-{number:03d}",
        fabric_id=fabric.id,
        state="RUNNING",
        server_type=fabric.server_type,
        product_id=fabric.product_id,
        image_id=image.id,
        image=image.name,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        ip=f"{subnet.cidr.rsplit('.', 1)[0]}.{number}",
        pfs_ips=(f"10.252.{128 + number // 100}.{2 * number}", f"10.252.{128 + number // 100}.{2 * number + 1}"),
        created=created,
        modified=created + random.uniform(1, 15) * DAY,
    )


def _give_addresses(random: Random, now: float, account: Account) -> None:
    nodes = {int(node.name[-3:]): node for node in account.nodes.values()}
    owners = [nodes[number] for number in WITH_NAT]
    for last in range(len(owners) + RESERVED):
        made = now - random.uniform(10, 100) * DAY
        ip = PublicIp(fresh_id(random), f"127.203.113.{last + 4}", made, made)
        account.ips[ip.id] = ip
        if last < len(owners):
            ip.node, owners[last].nat = owners[last], ip
