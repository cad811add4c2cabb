"""What happens in a hosted·ai panel without being asked: set-ups go on, GPUs drop out and return, pools come and go."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gputui.sim.hostedai.model import Gpu, Node, NodeStatus, Pool, PoolStatus

if TYPE_CHECKING:
    from gputui.sim.hostedai.state import HostedAI

SET_UP: dict[PoolStatus, PoolStatus] = {
    "DEPLOYMENT_SCHEDULED": "VM_CREATION",
    "VM_CREATION": "SETTING_UP",
    "SETTING_UP": "ACTIVE",
}
RECOVERY: dict[NodeStatus, NodeStatus] = {
    "resetting": "uninitialized",
    "initializing": "initialized",
    "k8_initializing": "k8_initialized",
    "k8_initialized": "healthy",
}
MOST_POOLS = 10
OWN_POOLS = 8  # those the panel begins with are the user's: only later ones are deleted by fate


def begin(cloud: HostedAI) -> None:
    """Let what is under way at the start go on, and something happen every few seconds."""
    for pool in cloud.pools.values():
        go_on_with_pool(cloud, pool)
    for node in cloud.nodes.values():
        go_on_with_node(cloud, node)
    for gpu in cloud.gpus.values():
        if gpu.status == "UNASSIGNING":
            cloud.later(gpu, 6, partial(leave_pool, gpu))
    cloud.life.repeat(3, 8, partial(_something, cloud))


def go_on_with_pool(cloud: HostedAI, pool: Pool) -> None:
    """Set a pool up step by step; once it is active its GPUs are assigned."""
    following = SET_UP.get(pool.status)
    if following is None:
        return

    def step() -> None:
        pool.status = following
        if following == "ACTIVE":
            for gpu in cloud.gpus_in_pool(pool):
                gpu.status = "ASSIGNED"
        go_on_with_pool(cloud, pool)

    cloud.later(pool, cloud.random.uniform(4, 9), step)


def go_on_with_node(cloud: HostedAI, node: Node) -> None:
    """Let a node that is between two states reach the next, up to one where it waits for somebody."""
    following = RECOVERY.get(node.status)
    if following is None:
        return

    def step() -> None:
        node.status = following
        cloud.note(node, "info", f"node is {following}")
        go_on_with_node(cloud, node)

    cloud.later(node, cloud.random.uniform(5, 10), step)


def delete_pool(cloud: HostedAI, pool: Pool) -> None:
    """Delete a pool after its GPUs have left it."""
    pool.status = "DELETING"
    for gpu in cloud.gpus_in_pool(pool):
        leave_pool(gpu)
    cloud.later(pool, 6, partial(cloud.pools.__delitem__, pool.id))


def leave_pool(gpu: Gpu) -> None:
    """Make a GPU free again."""
    gpu.status = "UNASSIGNED"
    gpu.pool_id = None


def _something(cloud: HostedAI) -> None:
    cloud.random.choice((_lose_gpu, _lose_gpu, _move_gpu, _move_gpu, _hurt_node, _turn_pool))(cloud)


def _restless_gpus(cloud: HostedAI) -> list[Gpu]:
    return [gpu for gpu in cloud.gpus.values() if cloud.nodes[gpu.node_id].restless]


def _lose_gpu(cloud: HostedAI) -> None:
    gpu = cloud.random.choice(_restless_gpus(cloud))
    if gpu.status not in ("ASSIGNED", "UNASSIGNED"):
        return
    before = gpu.status
    gpu.status = "UNAVAILABLE"
    cloud.note(cloud.nodes[gpu.node_id], "error", f"{gpu.uuid} stopped answering")

    def recover() -> None:
        # its pool may have been deleted meanwhile
        gpu.status = before if gpu.pool_id in cloud.pools else "UNASSIGNED"

    cloud.later(gpu, cloud.random.uniform(15, 40), recover)


def _move_gpu(cloud: HostedAI) -> None:
    gpu = cloud.random.choice(_restless_gpus(cloud))
    if gpu.status == "ASSIGNED":
        gpu.status = "UNASSIGNING"
        cloud.later(gpu, 5, partial(leave_pool, gpu))
    elif gpu.status == "UNASSIGNED":
        pools = [pool for pool in cloud.pools.values() if pool.status == "ACTIVE" and pool.gpu_model == gpu.model]
        if pools:
            _join_pool(cloud, gpu, cloud.random.choice(pools))


def _join_pool(cloud: HostedAI, gpu: Gpu, pool: Pool) -> None:
    gpu.pool_id = pool.id
    gpu.status = "ASSIGNING"

    def arrive() -> None:
        if pool.id in cloud.pools:
            gpu.status = "ASSIGNED"
        else:
            leave_pool(gpu)

    cloud.later(gpu, 5, arrive)


def _hurt_node(cloud: HostedAI) -> None:
    node = cloud.random.choice([node for node in cloud.nodes.values() if node.restless])
    if node.status in ("healthy", "initialized", "uninitialized"):
        was_healthy = node.status == "healthy"
        node.status = "error" if was_healthy else "initializing"
        cloud.note(node, "error" if was_healthy else "info", f"node is {node.status}")
        if was_healthy:
            cloud.later(node, cloud.random.uniform(15, 30), partial(_heal, cloud, node))
        else:
            go_on_with_node(cloud, node)


def _heal(cloud: HostedAI, node: Node) -> None:
    node.status = "k8_initializing"
    go_on_with_node(cloud, node)


def _turn_pool(cloud: HostedAI) -> None:
    """Create a pool while there is room for one, else delete one that fate has made."""
    free = [gpu for gpu in cloud.available_gpus(1) if cloud.nodes[gpu.node_id].restless]
    if len(cloud.pools) < MOST_POOLS and free:
        number = max(cloud.pools) + 1
        model = free[0].model
        pool = Pool(number, 1, f"burst-{number:02d}", None, 2, 30, "medium", "DEPLOYMENT_SCHEDULED", model)
        cloud.pools[number] = pool
        free[0].pool_id = number
        free[0].status = "ASSIGNING"
        go_on_with_pool(cloud, pool)
        return
    made = [pool for pool in cloud.pools.values() if pool.id > OWN_POOLS and pool.status == "ACTIVE"]
    if made:
        delete_pool(cloud, made[0])
