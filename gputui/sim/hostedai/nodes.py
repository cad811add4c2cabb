"""Operations on nodes and their service, and the conditions under which hosted·ai's panel declines them."""

from __future__ import annotations

from functools import partial

from gputui.sim.hostedai import doors, steps
from gputui.sim.hostedai.hardware import fresh_id, new_node
from gputui.sim.hostedai.models import Accelerator, Declined, GpuaaS, Node, NodeOrder, NodeStatus, Scan, WrongField
from gputui.sim.hostedai.state import HostedAI


def add(cloud: HostedAI, order: NodeOrder) -> Node:
    """Add a node, uninitialized; on loopback its SSH server starts."""
    _check_place(cloud, order, None)
    node = new_node(cloud.random, cloud.number("node"), order, "H100" if "worker" in order.roles else "")
    cloud.nodes[node.id] = node
    doors.let_in(cloud.door, node)
    cloud.note(node, "info", "node added to region")
    return node


def edit(cloud: HostedAI, node: Node, order: NodeOrder) -> None:
    """Change the record of a node; new credentials are taken to be correct."""
    _check_place(cloud, order, node)
    fixed = (order.region_id, order.roles) == (node.region_id, node.roles)
    if not fixed and node.status != "uninitialized":
        raise Declined(f"node {node.id} is {node.status}: region and roles change on an uninitialized node only")
    way_in = (order.host, order.port, order.username)
    moved = way_in != (node.host, node.port, node.username)
    if moved:
        doors.shut(cloud.door, node)
        node.host, node.port, node.username = way_in
        node.reachable = True
    node.name, node.region_id, node.roles = order.name, order.region_id, order.roles
    node.external_ip, node.volume_group = order.external_ip, order.volume_group
    if moved and not node.rebooting:
        doors.let_in(cloud.door, node)
    cloud.note(node, "info", "node configuration updated")


def delete(cloud: HostedAI, node: Node) -> None:
    """Start deleting a node. One that is not de-initialised is kept without an error."""
    if node.status != "uninitialized" or node.rebooting:
        cloud.note(node, "error", f"delete refused: node is {node.status}")
        return

    def remove() -> None:
        doors.shut(cloud.door, node)
        del cloud.nodes[node.id]

    cloud.later(node, steps.DELETION, remove)


def initialise(cloud: HostedAI, node: Node) -> None:
    """Start setting up a node."""
    _must_be_up(node)
    if node.status != "uninitialized" and node.codes[0] != -1:
        raise Declined(f"node {node.id} is {node.status}: only an uninitialized node can be initialized")
    _set_going(cloud, node, "initializing")


def deinitialise(cloud: HostedAI, node: Node) -> None:
    """Start resetting a node to its state before the setup; fails while it has pools."""
    _must_be_up(node)
    if node.codes[0] not in (2, -1) or node.status == "k8_initializing":
        raise Declined(f"node {node.id} is {node.status}: it cannot be de-initialized now")
    _must_be_spare(cloud, node)
    service = cloud.service_in(node.region_id)
    if service is not None and steps.is_last_controller(cloud, node):
        steps.turn_service(cloud, service, "GPUAAS_INACTIVE")
    steps.lose_gpus(cloud, node)
    _set_going(cloud, node, "resetting")


def reboot(cloud: HostedAI, node: Node) -> None:
    """Start a reboot of a node, which interrupts its users."""
    _must_be_up(node)
    if node.status in ("initializing", "k8_initializing", "resetting"):
        raise Declined(f"node {node.id} is {node.status}: it cannot be rebooted now")
    steps.reboot(cloud, node)


def join(cloud: HostedAI, node: Node, region_id: int) -> None:
    """Start joining an initialised node to the cluster of its region."""
    if cloud.region(region_id).id != node.region_id:
        raise WrongField("region_id", f"{region_id} is not the region of node {node.id}")
    _must_be_up(node)
    if node.status != "initialized" and node.codes[1] != -1:
        raise Declined(f"node {node.id} is {node.status}: only an initialized node can join")
    service = cloud.service_in(region_id)
    if service is None or service.status != "GPUAAS_ACTIVE":
        raise Declined(f"region {region_id} has no active GPUaaS: enable it on a controller first")
    _set_going(cloud, node, "k8_initializing")


def leave(cloud: HostedAI, node: Node) -> None:
    """Start removing a node from its cluster."""
    if steps.is_last_controller(cloud, node):
        raise Declined(f"node {node.id} is the only controller: disable it instead")
    disable(cloud, node)


def disable(cloud: HostedAI, node: Node) -> None:
    """Start disabling GPUaaS on a node; on the only controller that disables the whole service."""
    _must_be_up(node)
    if node.codes[1] in (0, 1):
        raise Declined(f"node {node.id} is {node.status}: it is in no cluster")
    _must_be_spare(cloud, node)
    steps.lose_gpus(cloud, node)
    cloud.note(node, "info", "leaving the cluster")
    cloud.later(node, steps.LEAVING, partial(steps.withdraw, cloud, node))


def enable(cloud: HostedAI, node: Node) -> GpuaaS | None:
    """Start enabling the service of a region. The service is returned only if it existed before."""
    if "controller" not in node.roles:
        raise WrongField("controller_node_id", f"{node.id} is not a controller")
    _must_be_up(node)
    if node.status != "initialized" and node.codes[1] != -1:
        raise Declined(f"node {node.id} is {node.status}: the controller must be initialized and in no cluster")
    known = cloud.service_in(node.region_id)
    if known is not None and known.status in ("GPUAAS_ACTIVE", "GPUAAS_ENABLE_SETTING_UP"):
        raise Declined(f"gpuaas {known.id} is {known.status} already")
    now = cloud.life.now
    service = known or GpuaaS(cloud.number("service"), node.region_id, "GPUAAS_INITIALIZING", now, now)
    cloud.services[service.id] = service
    steps.turn_service(cloud, service, "GPUAAS_ENABLE_SETTING_UP")
    _set_going(cloud, node, "k8_initializing")
    return known


def try_connection(cloud: HostedAI, node: Node) -> str | None:
    """Log in once and record it in the node's log. Returns why that failed, or None."""
    problem = None if node.answers else steps.unreachable(node)
    cloud.note(node, "error" if problem else "info", problem or "ssh connection established")
    return problem


def scan(cloud: HostedAI, node: Node, kind: Accelerator) -> Scan:
    """Start scanning for accelerators."""
    for other in cloud.scans.values():
        if (other.node_id, other.kind) == (node.id, kind) and other.status in ("pending", "processing"):
            raise Declined(f"scan {other.id} of node {node.id} is {other.status}")
    started = Scan(cloud.number("scan"), kind, node.id, fresh_id(cloud.random), "pending")
    cloud.scans[started.id] = started
    cloud.note(node, "info", f"{kind} scan requested")
    steps.go_on_with_scan(cloud, started)
    return started


def _check_place(cloud: HostedAI, order: NodeOrder, own: Node | None) -> None:
    cloud.region(order.region_id)
    for other in cloud.nodes.values():
        if other is own:
            continue
        if other.name == order.name:
            raise WrongField("name", f"{order.name} is taken by node {other.id}")
        if (other.host, other.port) == (order.host, order.port):
            raise WrongField("node_ip", f"{order.host}:{order.port} is node {other.id} already")


def _must_be_up(node: Node) -> None:
    if node.rebooting:
        raise Declined(f"node {node.id} is rebooting")


def _must_be_spare(cloud: HostedAI, node: Node) -> None:
    """Require that nothing depends on a node: no pool on its GPUs, and nothing at all on the only controller."""
    pools = sorted({gpu.pool_id for gpu in cloud.gpus_in_node(node) if gpu.pool_id is not None})
    if pools:
        raise Declined(f"node {node.id} has GPUs in pool {pools[0]}: all GPUs must be removed from the pool first")
    if not steps.is_last_controller(cloud, node):
        return
    service = cloud.service_in(node.region_id)
    if service is not None and cloud.pools_of(service.id):
        raise Declined(f"gpuaas {service.id} still has pools")
    if len(steps.members(cloud, node.region_id)) > 1:
        raise Declined(f"node {node.id} is the only controller of nodes that are still joined")


def _set_going(cloud: HostedAI, node: Node, status: NodeStatus) -> None:
    steps.enter(cloud, node, status)
    steps.go_on_with_node(cloud, node)
