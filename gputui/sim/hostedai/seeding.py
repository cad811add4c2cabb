"""The initial hosted·ai panel: two regions, one GPUaaS, 22 nodes, 8 pools and 120 GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random

from gputui.sim.hostedai import doors
from gputui.sim.hostedai.hardware import CARDS, DRIVER, built_in, fresh_id, new_node
from gputui.sim.hostedai.models import (
    Gpu,
    GpuaaS,
    LogLine,
    Node,
    NodeOrder,
    NodeStatus,
    Pool,
    PoolStatus,
    Region,
    Role,
    Scan,
    Security,
)
from gputui.sim.machine import Ailment
from gputui.sim.ssh_listeners import LOOPBACK, SshListeners

DAY = 86_400.0
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
WORKER: frozenset[Role] = frozenset({"worker"})
AILMENTS: dict[str, Ailment] = {"gpu-worker-06": "lost", "gpu-worker-03": "ecc"}
BROKEN = ("gpu-worker-03", 5)
# the deviations from healthy among the fifteen workers of the first region
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
    """All initial objects of a panel."""

    regions: list[Region]
    service: GpuaaS
    nodes: list[Node]
    pools: list[Pool]
    gpus: list[Gpu]
    scans: list[Scan]


def stock(random: Random, door: SshListeners, now: float) -> Stock:
    """Return all initial objects; the SSH servers of the nodes are listening afterwards."""
    nodes = _first_region(random, door) + _second_region(random, door)
    for node in nodes:
        _write_log(random, node, now)
    gpus = _gpus(random, nodes)
    pools = _pools()
    _assign(gpus, pools)
    service = GpuaaS(1, 1, "GPUAAS_ACTIVE", now - 90 * DAY, now - 2 * DAY)
    return Stock(_regions(), service, nodes, pools, gpus, _scans(random, nodes))


def _regions() -> list[Region]:
    return [
        Region(1, "seoul-1", "55 Sejong-daero", "Seoul", "South Korea", "KR", "04513", 37.5665, 126.978, "enabled",
               rdma="infiniband"),
        Region(2, "busan-1", "1001 Jungang-daero", "Busan", "South Korea", "KR", "47545", 35.1796, 129.0756, "none"),
    ]  # fmt: skip


def _first_region(random: Random, door: SshListeners) -> list[Node]:
    nodes = [
        _node(random, door, 1, "gpu-controller-01", 1, frozenset({"controller"}), "healthy"),
        _node(random, door, 2, "gpu-gateway-01", 1, frozenset({"gateway", "storage"}), "healthy"),
    ]
    for at in range(1, 16):
        status = WORKERS.get(at, "healthy")
        worker = _node(random, door, 2 + at, f"gpu-worker-{at:02d}", 1, WORKER, status, card=_card_of(at))
        worker.restless = at % 3 == 0
        nodes.append(worker)
    return nodes


def _second_region(random: Random, door: SshListeners) -> list[Node]:
    nodes = []
    for at, status in enumerate(SECOND_REGION, start=1):
        roles: frozenset[Role] = WORKER | {"controller"} if at == 1 else WORKER
        node = _node(random, door, 17 + at, f"busan-gpu-{at:02d}", 2, roles, status, card="H100")
        node.failed_at = "init"
        node.reachable = status != "error"
        node.restless = at in (2, 4)
        nodes.append(node)
    return nodes


def _card_of(worker: int) -> str:
    return "H100" if worker <= 7 else "L40S" if worker <= 11 else "A100"


def _node(
    random: Random,
    door: SshListeners,
    number: int,
    name: str,
    region_id: int,
    roles: frozenset[Role],
    status: NodeStatus,
    *,
    card: str = "",
) -> Node:
    volume_group = "vg0" if "storage" in roles or card else None
    external_ip = "203.0.113.20" if "gateway" in roles else None
    order = NodeOrder(name, region_id, LOOPBACK, 0, "admin", roles, external_ip, volume_group)
    node = new_node(random, number, order, card)
    node.status = status
    node.driver = DRIVER if card and status not in ("uninitialized", "initializing") else None
    node.ailment = AILMENTS.get(name, "")
    doors.let_in(door, node)
    return node


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
    numbers = count(1)
    for node in nodes:
        if node.region_id != 1:
            continue  # a node's hardware is only known after it was scanned and has joined
        node.bays = built_in(random, node, partial(next, numbers))
        for gpu in node.bays:
            gpu.broken = (node.name, gpu.slot) == BROKEN
            gpu.status = "UNAVAILABLE" if gpu.broken or node.status == "error" else "UNASSIGNED"
        gpus += node.bays
    return gpus


def _pools() -> list[Pool]:
    return [
        Pool(at, 1, name, name.replace("-", " ").title() if at % 3 == 0 else None, ratio, quantum, security, status,
             CARDS[card].model)
        for at, (name, card, ratio, quantum, security, status, _) in enumerate(POOLS, start=1)
    ]  # fmt: skip


def _assign(gpus: list[Gpu], pools: list[Pool]) -> None:
    for pool, (*_, wanted) in zip(pools, POOLS, strict=True):
        free = [gpu for gpu in gpus if gpu.status == "UNASSIGNED" and gpu.model == pool.gpu_model]
        for gpu in free[:wanted]:
            gpu.pool_id = pool.id
            gpu.status = "ASSIGNED" if pool.status == "ACTIVE" else "ASSIGNING"
    leaving = [gpu for gpu in gpus if gpu.pool_id == 5]
    leaving[-1].status = "UNASSIGNING"


def _scans(random: Random, nodes: list[Node]) -> list[Scan]:
    return [
        Scan(1, "gpu", 3, fresh_id(random), "completed", found=nodes[2].bays),
        Scan(2, "gpu", 22, fresh_id(random), "failed", "ssh: handshake failed"),
        Scan(3, "gpu", 19, fresh_id(random), "pending"),
        Scan(4, "npu", 3, fresh_id(random), "completed"),
    ]
