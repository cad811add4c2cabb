"""The transitions of objects in a hosted·ai panel after an operation has started."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gputui.sim.hostedai import doors
from gputui.sim.hostedai.hardware import DRIVER, built_in
from gputui.sim.hostedai.models import Gpu, GpuaaS, Node, NodeStatus, Pool, PoolStatus, Scan, ServiceStatus
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
REBOOT = 8.0
LEAVING = 6.0
DELETION = 2.0
SCAN_WAITS, SCAN_LASTS = 2.0, 6.0
GPU_MOVES = 5.0


# -- pools and their GPUs --


def go_on_with_pool(cloud: HostedAI, pool: Pool) -> None:
    """Set up a pool step by step; the last step fails if one of its GPUs is gone, otherwise they are assigned."""
    following = SET_UP.get(pool.status)
    if following is None:
        return

    def step() -> None:
        gpus = cloud.gpus_in_pool(pool)
        if following == "ACTIVE" and any(gpu.status == "UNAVAILABLE" for gpu in gpus):
            pool.status = "ERROR_WHILE_DEPLOYING"
            return
        pool.status = following
        if following == "ACTIVE":
            for gpu in gpus:
                gpu.status = "ASSIGNED"
        go_on_with_pool(cloud, pool)

    cloud.later(pool, cloud.random.uniform(4, 9), step)


def dissolve(cloud: HostedAI, pool: Pool) -> None:
    """Delete a pool; GPUs that are still in it become free."""
    pool.status = "DELETING"
    for gpu in cloud.gpus_in_pool(pool):
        leave_pool(cloud, gpu)
    cloud.later(pool, 6, partial(cloud.pools.__delitem__, pool.id))


def enter_pool(cloud: HostedAI, gpu: Gpu, pool: Pool) -> None:
    """Add a free GPU to an active pool."""
    gpu.pool_id = pool.id
    gpu.status = "ASSIGNING"
    cloud.later(gpu, GPU_MOVES, partial(settle, cloud, gpu))


def begin_leaving(cloud: HostedAI, gpu: Gpu) -> None:
    """Start removing a GPU from its pool."""
    gpu.status = "UNASSIGNING"
    cloud.later(gpu, GPU_MOVES, partial(leave_pool, cloud, gpu))


def leave_pool(cloud: HostedAI, gpu: Gpu) -> None:
    """Remove a GPU from its pool."""
    gpu.pool_id = None
    settle(cloud, gpu)


def settle(cloud: HostedAI, gpu: Gpu) -> None:
    """Set the status of a GPU that follows from its node and pool."""
    node = cloud.nodes.get(gpu.node_id)  # the node may have been deleted meanwhile
    if gpu.broken or node is None or not node.joined:
        gpu.status = "UNAVAILABLE"
    else:
        gpu.status = "UNASSIGNED" if gpu.pool_id is None else "ASSIGNED"


# -- nodes --


def go_on_with_node(cloud: HostedAI, node: Node) -> None:
    """Advance a node in transition, up to a state in which it waits for an operation."""
    following = RECOVERY.get(node.status)
    if following is None:
        return

    def step() -> None:
        if not node.reachable:
            fail(cloud, node)
            return
        enter(cloud, node, following)
        go_on_with_node(cloud, node)

    cloud.later(node, cloud.random.uniform(5, 10), step)


def enter(cloud: HostedAI, node: Node, status: NodeStatus) -> None:
    """Set a node's state, with the consequences for its GPUs and its service."""
    node.status = status
    cloud.note(node, "info", f"node is {status}")
    if status == "initialized":
        node.driver = DRIVER if node.card else None
    elif status == "uninitialized":
        for gpu in cloud.gpus_in_node(node):
            del cloud.gpus[gpu.uuid]
    elif status == "healthy":
        for gpu in cloud.gpus_in_node(node):
            if gpu.status == "UNAVAILABLE":
                settle(cloud, gpu)
        service = cloud.service_in(node.region_id)
        if service is not None and service.status == "GPUAAS_ENABLE_SETTING_UP" and "controller" in node.roles:
            turn_service(cloud, service, "GPUAAS_ACTIVE")


def fail(cloud: HostedAI, node: Node) -> None:
    """Fail a node's current operation, because the panel cannot log in."""
    node.failed_at = "init" if node.status in ("initializing", "resetting") else "join"
    node.status = "error"
    cloud.note(node, "error", unreachable(node))
    service = cloud.service_in(node.region_id)
    if service is not None and service.status == "GPUAAS_ENABLE_SETTING_UP" and "controller" in node.roles:
        turn_service(cloud, service, "GPUAAS_ERROR_WHILE_ENABLING")


def unreachable(node: Node) -> str:
    """Return why the panel cannot log in."""
    if node.rebooting:
        return f"dial tcp {node.host}:{node.port}: connection refused"
    return f"ssh: handshake failed: unable to authenticate as {node.username}"


def reboot(cloud: HostedAI, node: Node) -> None:
    """Close a node's SSH port, and reopen it after the reboot; a node that had joined, or failed since, rejoins."""
    node.rebooting = True
    lose_gpus(cloud, node)
    doors.shut(cloud.door, node)
    cloud.note(node, "info", "reboot requested")
    if node.joined or (node.status == "error" and node.failed_at == "join"):
        node.status = "k8_initializing"
    elif node.status == "initialized":
        node.status = "initializing"

    def back() -> None:
        node.rebooting = False
        if node.ailment == "lost":  # a reboot recovers a GPU that fell off the bus
            node.ailment = ""
        doors.let_in(cloud.door, node)
        cloud.note(node, "info", "node is back after a reboot")
        go_on_with_node(cloud, node)

    cloud.life.after(REBOOT, back)


def lose_gpus(cloud: HostedAI, node: Node) -> None:
    """Make a node's GPUs unavailable; those in a pool stay in it."""
    for gpu in cloud.gpus_in_node(node):
        gpu.status = "UNAVAILABLE"


def withdraw(cloud: HostedAI, node: Node) -> None:
    """Remove a node from its cluster; without a controller the service is disabled."""
    service = cloud.service_in(node.region_id)
    if service is not None and is_last_controller(cloud, node):
        turn_service(cloud, service, "GPUAAS_INACTIVE")
    lose_gpus(cloud, node)
    enter(cloud, node, "initialized")


def is_last_controller(cloud: HostedAI, node: Node) -> bool:
    """Whether no other controller works in the node's cluster."""
    working = [other for other in members(cloud, node.region_id) if "controller" in other.roles]
    return working == [node]


def members(cloud: HostedAI, region_id: int) -> list[Node]:
    """Return the nodes of a region's cluster, including those that have just joined or had trouble with it."""
    return [node for node in cloud.nodes.values() if node.region_id == region_id and node.codes[1] != 0]


# -- service and scans --


def turn_service(cloud: HostedAI, service: GpuaaS, status: ServiceStatus) -> None:
    """Set a service's state; its region shows whether it is enabled."""
    service.status = status
    service.updated = cloud.life.now
    region = cloud.regions[service.region_id]
    shown = {"GPUAAS_ACTIVE": "enabled", "GPUAAS_INACTIVE": "disabled"}.get(status, region.gpuaas)
    cloud.regions[region.id] = replace(region, gpuaas=shown)


def go_on_with_scan(cloud: HostedAI, scan: Scan) -> None:
    """Run a scan, which finds the hardware or fails."""
    if scan.status == "pending":
        cloud.later(scan, SCAN_WAITS, partial(_look, cloud, scan))
    elif scan.status == "processing":
        cloud.later(scan, SCAN_LASTS, partial(_finish, cloud, scan))


def _look(cloud: HostedAI, scan: Scan) -> None:
    scan.status = "processing"
    go_on_with_scan(cloud, scan)


def _finish(cloud: HostedAI, scan: Scan) -> None:
    node = cloud.nodes.get(scan.node_id)
    scan.error = _hindrance(node)
    scan.status = "failed" if scan.error else "completed"
    if node is None:
        return
    cloud.note(node, "error" if scan.error else "info", f"{scan.kind} scan {scan.status}")
    if scan.kind == "gpu" and not scan.error:
        scan.found = discover(cloud, node)


def _hindrance(node: Node | None) -> str | None:
    if node is None:
        return "the node has been deleted"
    if not node.answers:
        return unreachable(node)
    return None if node.codes[0] == 2 else f"node is {node.status}: no driver to ask"


def discover(cloud: HostedAI, node: Node) -> list[Gpu]:
    """Add the hardware of a node to the inventory; the same cards become the same GPUs again."""
    node.bays = node.bays or built_in(cloud.random, node, partial(cloud.number, "gpu"))
    for gpu in node.bays:
        if gpu.uuid not in cloud.gpus:
            cloud.gpus[gpu.uuid] = gpu
            settle(cloud, gpu)
    return node.bays
