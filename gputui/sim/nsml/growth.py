"""Add active nodes to the initial account, in their own runs."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from gputui.sim.growing import address
from gputui.sim.nsml.catalogue import DAY
from gputui.sim.nsml.models import RUNNING
from gputui.sim.nsml.seeding import new_node, new_run
from gputui.sim.nsml.state import Nsml

NETWORK = 40
SIZES = (16, 8, 4, 2, 1)
A100 = 12


def grow(cloud: Nsml, count: int, random: Random) -> None:
    """Add that many running nodes, without changing existing ones, whose runs remain the newest."""
    begun = min(run.created for run in cloud.runs())
    number = 0
    for at, size in enumerate(_sizes(count)):
        project = cloud.projects[at % len(cloud.projects)]
        run = new_run(random, project, A100, begun - random.uniform(0.1, 5) * DAY)
        run.updated = run.created + random.uniform(100, 10000)
        for rank in range(size):
            number += 1
            node = new_node(random, run, rank, RUNNING)
            node.home = address(NETWORK, number)
            cloud.open(run, node)
            run.nodes.append(node)


def _sizes(count: int) -> Iterator[int]:
    """Yield the sizes of the runs, from the largest down to one node."""
    for size in SIZES:
        while count >= size:
            yield size
            count -= size
