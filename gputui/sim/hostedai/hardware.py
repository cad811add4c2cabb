"""The hardware of nodes: their GPUs, the driver, and the keys with which the panel logs in."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from gputui.sim.hostedai.models import Gpu, Node, NodeOrder

SLOTS = 8
DRIVER = "550.90.07"


class Card(NamedTuple):
    """One product; memory in MiB."""

    model: str
    memory_mb: int


CARDS = {
    "H100": Card("NVIDIA H100 80GB HBM3", 81_559),
    "L40S": Card("NVIDIA L40S", 46_068),
    "A100": Card("NVIDIA A100-SXM4-80GB", 81_920),
}


def new_node(random: Random, number: int, order: NodeOrder, card: str) -> Node:
    """Return a newly added node, not yet initialised, with its hardware."""
    keys = tuple(f"ssh-ed25519 {_public_key(random)} hostedai-{part}" for part in ("platform", "controller"))
    return Node(
        id=number, name=order.name, region_id=order.region_id, roles=order.roles, status="uninitialized",
        host=order.host, port=order.port, username=order.username, cores=192 if card else 32,
        cpu_model="Intel(R) Xeon(R) Platinum 8480C", memory_mb=2_063_872 if card else 257_024,
        disk_mb=30_720_000 if card else 3_840_000, volume_group=order.volume_group, keys=keys,
        external_ip=order.external_ip, card=card,
    )  # fmt: skip


def built_in(random: Random, node: Node, number: Callable[[], int]) -> list[Gpu]:
    """Return what the first scan of a node finds; `number` gives each GPU its id."""
    if not node.card:
        return []
    model, memory = CARDS[node.card]
    return [
        Gpu(number(), slot, f"GPU-{fresh_id(random)}", model, memory, node.id, "UNAVAILABLE") for slot in range(SLOTS)
    ]


def fresh_id(random: Random) -> str:
    """Return a version 4 UUID from the world's random source, so that a seed reproduces the world."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _public_key(random: Random) -> str:
    return base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + random.randbytes(32)).decode()
