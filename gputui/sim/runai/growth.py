"""Add inferences to the initial tenant, and nodes for them."""

from __future__ import annotations

from random import Random

from gputui.sim.runai.models import Node, NodePool, Phase, Workload
from gputui.sim.runai.seeding import DAY, MODELS, fresh_id, grow_old, new_workload
from gputui.sim.runai.state import RunAI

INFERENCES_OF_A_NODE = 4
# One inference in this many stays in this phase; all others run.
ODD: tuple[tuple[int, Phase], ...] = ((97, "Failed"), (83, "Degraded"), (31, "Stopped"))


def grow(cloud: RunAI, count: int, random: Random) -> None:
    """Add that many inferences, without changing existing ones."""
    for number in range(count // INFERENCES_OF_A_NODE):
        cloud.nodes.append(_node(cloud.pools[number % len(cloud.pools)], random, 101 + number))
    first = len(cloud.workloads)
    for number in range(first, first + count):
        cloud.add(_workload(cloud, random, number))


def _node(pool: NodePool, random: Random, number: int) -> Node:
    made = pool.created
    return Node(fresh_id(random), f"{pool.name}-{number:04d}", pool, "Ready", "NVIDIA-H100-80GB-HBM3", 8, made, made)


def _workload(cloud: RunAI, random: Random, number: int) -> Workload:
    project = cloud.projects[number % len(cloud.projects)]
    pool = random.choice([pool for pool in cloud.pools if pool.cluster is project.cluster])
    name = f"{MODELS[number % len(MODELS)]}-{1 + number // len(MODELS):03d}"
    now = cloud.clock.now()
    made = new_workload(random, number, "Inference", name, project, pool, now - random.uniform(0.2, 40) * DAY)
    phase: Phase = next((phase for every, phase in ODD if number % every == 0), "Running")
    grow_old(random, made, phase, cloud.nodes, now)
    return made
