"""Automatic events in a hosted·ai panel: setups progress, GPUs fail and return, pools come and go."""

from __future__ import annotations

from functools import partial
from typing import cast

from gputui.sim.churn import Turns
from gputui.sim.hostedai import steps
from gputui.sim.hostedai.models import Gpu, Node, NodeStatus, Pool
from gputui.sim.hostedai.state import HostedAI

MOST_POOLS = 10


def begin(cloud: HostedAI) -> None:
    """Continue what is in progress at the start, and schedule an event every few seconds."""
    for pool in cloud.pools.values():
        steps.go_on_with_pool(cloud, pool)
    for node in cloud.nodes.values():
        steps.go_on_with_node(cloud, node)
    for gpu in cloud.gpus.values():
        if gpu.status == "UNASSIGNING":
            cloud.later(gpu, 6, partial(steps.leave_pool, cloud, gpu))
    for scan in cloud.scans.values():
        steps.go_on_with_scan(cloud, scan)
    cloud.life.repeat(3, 8, partial(_something, cloud))


def _something(cloud: HostedAI) -> None:
    cloud.random.choice((_lose_gpu, _lose_gpu, _move_gpu, _move_gpu, _hurt_node, _turn_pool))(cloud)


def _restless_gpus(cloud: HostedAI) -> list[Gpu]:
    return [gpu for gpu in cloud.gpus.values() if cloud.nodes[gpu.node_id].restless]


def _lose_gpu(cloud: HostedAI) -> None:
    gpus = _restless_gpus(cloud)
    gpu = cloud.random.choice(gpus) if gpus else None
    if gpu is None or gpu.status not in ("ASSIGNED", "UNASSIGNED"):
        return
    gpu.status = "UNAVAILABLE"
    cloud.note(cloud.nodes[gpu.node_id], "error", f"{gpu.uuid} stopped answering")
    cloud.later(gpu, cloud.random.uniform(15, 40), partial(steps.settle, cloud, gpu))


def _move_gpu(cloud: HostedAI) -> None:
    gpus = _restless_gpus(cloud)
    gpu = cloud.random.choice(gpus) if gpus else None
    if gpu is not None and gpu.status == "ASSIGNED":
        steps.begin_leaving(cloud, gpu)
    elif gpu is not None and gpu.status == "UNASSIGNED":
        pools = [pool for pool in cloud.pools.values() if pool.status == "ACTIVE" and pool.gpu_model == gpu.model]
        in_use = [pool for pool in pools if cloud.gpus_in_pool(pool)]  # an empty one is about to be deleted
        if in_use:
            steps.enter_pool(cloud, gpu, cloud.random.choice(in_use))


def _hurt_node(cloud: HostedAI) -> None:
    nodes = [node for node in cloud.nodes.values() if node.restless and not node.rebooting]
    node = cloud.random.choice(nodes) if nodes else None
    if node is not None and node.status in ("healthy", "initialized", "uninitialized"):
        was_healthy = node.status == "healthy"
        node.status = "error" if was_healthy else "initializing"
        node.failed_at = "join"
        cloud.note(node, "error" if was_healthy else "info", f"node is {node.status}")
        if was_healthy:
            cloud.later(node, cloud.random.uniform(15, 30), partial(_heal, cloud, node))
        else:
            steps.go_on_with_node(cloud, node)


def _heal(cloud: HostedAI, node: Node) -> None:
    node.status = "k8_initializing"
    steps.go_on_with_node(cloud, node)


def _turn_pool(cloud: HostedAI) -> None:
    """Create a pool while there is room for one, otherwise delete one created this way."""
    free = [gpu for gpu in cloud.available_gpus(1) if cloud.nodes[gpu.node_id].restless]
    if len(cloud.pools) < MOST_POOLS and free:
        number = cloud.number("pool")
        model = free[0].model
        pool = Pool(number, 1, f"burst-{number:02d}", None, 2, 30, "medium", "DEPLOYMENT_SCHEDULED", model, True)
        cloud.pools[number] = pool
        free[0].pool_id = number
        free[0].status = "ASSIGNING"
        steps.go_on_with_pool(cloud, pool)
        return
    made = [pool for pool in cloud.pools.values() if pool.restless and pool.status == "ACTIVE"]
    if made:
        steps.dissolve(cloud, made[0])


def turns(cloud: HostedAI) -> Turns[Node]:
    """Return how the panel's nodes change in benchmark worlds: they fail, or rejoin their cluster."""

    def enter(node: Node, status: str) -> None:
        node.status = cast(NodeStatus, status)

    return Turns(
        things=lambda: list(cloud.nodes.values()),
        state=lambda node: node.status,
        enter=enter,
        words={"resting": "healthy", "other": "error", "moving": "k8_initializing"},
    )
