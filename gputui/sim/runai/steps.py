"""The transitions of a Run:ai workload: creation, deletion and what follows."""

from __future__ import annotations

from functools import partial

from gputui.sim.runai import seeding
from gputui.sim.runai.models import Phase, Refused, Workload
from gputui.sim.runai.order import Order
from gputui.sim.runai.seeding import MESSAGES
from gputui.sim.runai.state import RunAI

# phase → next phase, and the maximum delay in seconds
ONWARD: dict[Phase, tuple[Phase, float]] = {
    "Creating": ("Pending", 4),
    "Pending": ("Initializing", 12),
    "Resuming": ("Initializing", 6),
    "Initializing": ("Running", 10),
    "Updating": ("Running", 8),
    "Stopping": ("Stopped", 6),
    "Terminating": ("Completed", 8),
}
DELETING = 6.0


def submit(cloud: RunAI, order: Order) -> Workload:
    """Start creating an inference. Raises Refused: 403 for an inaccessible project, 400 for what does not fit."""
    project = next((one for one in cloud.projects if one.id == order.project_id), None)
    if project is None:
        raise Refused(403, "You do not have sufficient permissions.")
    if project.cluster.id != order.cluster_id:
        raise Refused(400, f"Bad request - project {project.name} is not on cluster {order.cluster_id}")
    pools = {pool.name: pool for pool in cloud.pools if pool.cluster is project.cluster}
    unknown = [name for name in order.node_pools if name not in pools]
    if unknown:
        raise Refused(400, f"Bad request - no such node pool: {unknown[0]}")
    name = f"{order.name}-{cloud.random.getrandbits(20):05x}" if order.is_prefix else order.name
    if any(one.name == name and one.project is project for one in cloud.living()):
        raise Refused(400, f"Bad request - {name} already exists in project {project.name}")
    pool = pools[order.node_pools[0]] if order.node_pools else cloud.default_pool(project.cluster)
    workload = seeding.ordered_workload(
        cloud.random, len(cloud.workloads), name, order, project, pool, cloud.client_id, cloud.life.now
    )
    cloud.add(workload)
    go_on(cloud, workload)
    return workload


def delete(cloud: RunAI, workload_id: str) -> None:
    """Start deleting an inference; may be repeated. Raises Refused with 404."""
    workload = cloud.inference(workload_id)
    if workload.phase not in ("Deleting", "Terminating"):
        cloud.enter(workload, "Deleting")
        go_on(cloud, workload)


def go_on(cloud: RunAI, workload: Workload) -> None:
    """Advance a workload in transition to the next phase, and so on."""
    if workload.phase == "Deleting":
        cloud.later(workload, DELETING, partial(cloud.vanish, workload))
        return
    following = ONWARD.get(workload.phase)
    if following is None or (workload.phase == "Pending" and not cloud.fits(workload)):
        return
    phase, most = following

    def step() -> None:
        cloud.enter(workload, phase, MESSAGES.get(phase, ""))
        cloud.fit_pods(workload)
        go_on(cloud, workload)

    cloud.later(workload, cloud.random.uniform(most / 2, most), step)
