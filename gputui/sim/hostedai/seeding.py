"""How a hosted·ai panel looks at the start: two regions, one GPUaaS, 22 nodes, 8 pools and 120 GPUs."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from random import Random

from gputui.sim.door import SshDoor
from gputui.sim.hostedai.model import (
    Gpu,
    GpuaaS,
    LogLine,
    Node,
    NodeStatus,
    Pool,
    PoolStatus,
    Region,
    Scan,
    Security,
)

DAY = 86_400.0
CARDS = {
    "H100": ("NVIDIA H100 80GB HBM3", 81_559),
    "L40S": ("NVIDIA L40S", 46_068),
    "A100": ("NVIDIA A100-SXM4-80GB", 81_920),
}
# name, card, sharing ratio, time quantum in seconds, security, status, GPUs
POOLS: tuple[tuple[str, str, int, int, Security, PoolStatus, int], ...] = (
    ("training-dedicated", "H100", 1, 60, "low", "ACTIVE", 24),
    ("high-throughput-pool", "H100", 4, 30, "medium", "ACTIVE", 12),
    ("inference-shared", "L40S", 8, 20, "medium", "ACTIVE", 16),
    ("notebooks", "L40S", 10, 10, "high", "ACTIVE", 6),
    ("research-a100", "A100", 2, 90, "low", "ACTIVE", 14),
    ("batch-night", "A100", 1, 120, "low", "SETTING_UP", 4),
    ("tenant-blue", "H100", 2, 45, "high", "ERROR_WHILE_DEPLOYING", 4),
    ("edge-trial", "L40S", 3, 30, "medium", "DEPLOYMENT_SCHEDULED", 2),
)
# what differs from healthy among the fifteen workers of the first region
WORKERS: dict[int, NodeStatus] = {6: "error", 14: "k8_initialized", 15: "k8_initializing"}
SECOND_REGION: tuple[NodeStatus, ...] = ("initialized", "initializing", "uninitialized", "resetting", "error")
LOG = (
    ("info", "node added to region"),
    ("info", "ssh connection established"),
    ("info", "container runtime checked"),
    ("info", "nvidia driver loaded"),
    ("debug", "device plugin answered in 12 ms"),
    ("warning", "clock drift of 0.4 s corrected"),
    ("info", "heartbeat"),
)


@dataclass(slots=True)
class Stock:
    """Everything a panel begins with."""

    regions: list[Region]
    service: GpuaaS
    nodes: list[Node]
    pools: list[Pool]
    gpus: list[Gpu]
    scans: list[Scan]


def stock(random: Random, door: SshDoor, now: float) -> Stock:
    """The whole beginning; the doors of the nodes are open when it returns."""
    nodes = _first_region(random, door) + _second_region(random, door)
    for node in nodes:
        _write_log(random, node, now)
    gpus = _gpus(random, nodes)
    pools = _pools()
    _assign(gpus, pools)
    service = GpuaaS(1, 1, "GPUAAS_ACTIVE", now - 90 * DAY, now - 2 * DAY)
    return Stock(_regions(), service, nodes, pools, gpus, _scans(random))


def fresh_id(random: Random) -> str:
    """A random (version 4) UUID from the world's own randomness, so that a seed gives the same world again."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _regions() -> list[Region]:
    return [
        Region(1, "seoul-1", "55 Sejong-daero", "Seoul", "South Korea", "KR", "04513", 37.5665, 126.978, "enabled",
               rdma="infiniband"),
        Region(2, "busan-1", "1001 Jungang-daero", "Busan", "South Korea", "KR", "47545", 35.1796, 129.0756, "none"),
    ]  # fmt: skip


def _first_region(random: Random, door: SshDoor) -> list[Node]:
    nodes = [
        _node(random, door, 1, "gpu-controller-01", 1, {"controller"}, "healthy"),
        _node(random, door, 2, "gpu-gateway-01", 1, {"gateway", "storage"}, "healthy"),
    ]
    nodes[1].external_ip = "203.0.113.20"
    for at in range(1, 16):
        status = WORKERS.get(at, "healthy")
        worker = _node(random, door, 2 + at, f"gpu-worker-{at:02d}", 1, {"worker"}, status, card=_card_of(at))
        worker.restless = at % 3 == 0
        nodes.append(worker)
    return nodes


def _second_region(random: Random, door: SshDoor) -> list[Node]:
    nodes = []
    for at, status in enumerate(SECOND_REGION, start=1):
        roles = {"controller", "worker"} if at == 1 else {"worker"}
        node = _node(random, door, 17 + at, f"busan-gpu-{at:02d}", 2, roles, status, card="H100")
        node.failed_at = "init"
        node.restless = at in (2, 4)
        nodes.append(node)
    return nodes


def _card_of(worker: int) -> str:
    return "H100" if worker <= 7 else "L40S" if worker <= 11 else "A100"


def _node(
    random: Random,
    door: SshDoor,
    number: int,
    name: str,
    region_id: int,
    roles: set[str],
    status: NodeStatus,
    *,
    card: str = "",
) -> Node:
    model = CARDS[card][0] if card else ""
    host, port = door.open(
        name, user="admin", password=None, gpus=8 if card else 0, gpu_model=model,
        ailment="lost" if name == "gpu-worker-06" else "ecc" if name == "gpu-worker-03" else "",
    )  # fmt: skip
    keys = tuple(f"ssh-ed25519 {_public_key(random)} hostedai-{part}" for part in ("platform", "controller"))
    return Node(
        id=number, name=name, region_id=region_id, roles=frozenset(roles), status=status, host=host, port=port,
        username="admin", cores=192 if card else 32, cpu_model="Intel(R) Xeon(R) Platinum 8480C",
        memory_mb=2_063_872 if card else 257_024, disk_mb=30_720_000 if card else 3_840_000,
        volume_group="vg0" if "storage" in roles or card else None, keys=keys,
        driver="550.90.07" if card and status not in ("uninitialized", "initializing") else None,
    )  # fmt: skip


def _public_key(random: Random) -> str:
    return base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + random.randbytes(32)).decode()


def _write_log(random: Random, node: Node, now: float) -> None:
    at = now - 2 * DAY
    for number in range(1, 61):
        level, message = LOG[min(number - 1, 3)] if number < 5 else random.choice(LOG[4:])
        at += random.uniform(60, 2 * DAY / 61)
        node.log.append(LogLine(number, at, level, message))
    if node.status == "error":
        node.log.append(LogLine(61, now - 300, "error", "NVRM: Xid 79, GPU has fallen off the bus"))


def _gpus(random: Random, nodes: list[Node]) -> list[Gpu]:
    gpus: list[Gpu] = []
    for node in nodes:
        if node.region_id != 1 or "worker" not in node.roles:
            continue  # what is in a node is only known after it was scanned and has joined
        model, memory = CARDS[_card_of(node.id - 2)]
        for slot in range(8):
            lost = node.status == "error" or (node.name == "gpu-worker-03" and slot == 5)
            gpus.append(
                Gpu(len(gpus) + 1, slot, f"GPU-{fresh_id(random)}", model, memory, node.id,
                    "UNAVAILABLE" if lost else "UNASSIGNED")
            )  # fmt: skip
    return gpus


def _pools() -> list[Pool]:
    return [
        Pool(at, 1, name, name.replace("-", " ").title() if at % 3 == 0 else None, ratio, quantum, security, status,
             CARDS[card][0])
        for at, (name, card, ratio, quantum, security, status, _) in enumerate(POOLS, start=1)
    ]  # fmt: skip


def _assign(gpus: list[Gpu], pools: list[Pool]) -> None:
    for pool, (*_, count) in zip(pools, POOLS, strict=True):
        free = [gpu for gpu in gpus if gpu.status == "UNASSIGNED" and gpu.model == pool.gpu_model]
        for gpu in free[:count]:
            gpu.pool_id = pool.id
            gpu.status = "ASSIGNED" if pool.status == "ACTIVE" else "ASSIGNING"
    leaving = [gpu for gpu in gpus if gpu.pool_id == 5]
    leaving[-1].status = "UNASSIGNING"


def _scans(random: Random) -> list[Scan]:
    return [
        Scan(1, "gpu", 3, fresh_id(random), "completed"),
        Scan(2, "gpu", 22, fresh_id(random), "failed", "ssh: handshake failed"),
        Scan(3, "gpu", 19, fresh_id(random), "pending"),
        Scan(4, "npu", 3, fresh_id(random), "completed"),
    ]
