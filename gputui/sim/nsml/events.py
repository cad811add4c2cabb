"""Automatic events in the account: runs end, others begin, a node sometimes fails."""

from __future__ import annotations

from gputui.sim.churn import Turns
from gputui.sim.nsml.models import (
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    NODE_COMPLETED,
    NODE_FAILED,
    PENDING,
    RUNNING,
    Node,
    Run,
)
from gputui.sim.nsml.seeding import new_node, new_run
from gputui.sim.nsml.state import Nsml
from gputui.sim.scheduler import Act

KEPT_RUNS, SPARE_RUNS = 24, 8
MOST_NODES, SPARE_NODES = 52, 7


def begin(cloud: Nsml) -> None:
    """Start the events."""
    Events(cloud).begin()


class Events:
    """Schedules one event after the other while the cloud lives."""

    def __init__(self, cloud: Nsml) -> None:
        self._cloud = cloud
        self._random = cloud.random
        self._most_nodes = max(MOST_NODES, sum(len(run.nodes) for run in self._going()) + SPARE_NODES)
        self._kept_runs = max(KEPT_RUNS, len(self._going()) + SPARE_RUNS)

    def begin(self) -> None:
        """Start with nodes that are starting up, so that the first screen already changes."""
        for run in self._going():
            self._bring_up(run)
        self._cloud.life.repeat(25, 60, self._start)
        self._cloud.life.repeat(30, 75, self._end)
        self._cloud.life.repeat(40, 100, self._fail)

    def _going(self) -> list[Run]:
        return [run for run in self._cloud.runs() if run.status == IN_PROGRESS]

    def _bring_up(self, run: Run) -> None:
        """Start the nodes of a run one after the other."""
        wait = 3.0
        for node in run.nodes:
            if node.state == PENDING:
                wait += self._random.uniform(1, 4)
                self._cloud.life.after(wait, self._up(run, node))

    def _up(self, run: Run, node: Node) -> Act:
        def up() -> None:
            if run.status == IN_PROGRESS and node.state == PENDING:
                self._cloud.enter(run, node, RUNNING)

        return up

    def _start(self) -> None:
        """Start a training run, unless the account is full."""
        if sum(len(run.nodes) for run in self._going()) > self._most_nodes:
            return
        project = self._random.choice(self._cloud.projects)
        run = new_run(self._random, project, self._random.choice((11, 12, 13)), self._cloud.life.now)
        run.nodes = [new_node(self._random, run, rank, PENDING) for rank in range(self._random.choice((1, 2, 4)))]
        self._bring_up(run)
        self._forget()

    def _end(self) -> None:
        """End the longest training run, usually successfully; large ones continue."""
        ended = [run for run in self._going() if len(run.nodes) <= 4]
        if len(ended) < 4:
            return
        if self._random.random() < 0.8:
            self._cloud.finish(ended[-1], COMPLETED, NODE_COMPLETED, 0)
        else:
            self._cloud.finish(ended[-1], FAILED, NODE_FAILED, 1)

    def _fail(self) -> None:
        """Fail a node, which comes back after a while, as in runs with many nodes."""
        run = self._random.choice(self._going())
        running = [node for node in run.nodes if node.state == RUNNING]
        if not running:
            return
        node = self._random.choice(running)
        self._cloud.enter(run, node, NODE_FAILED, 137)
        node.port = 0

        def again() -> None:
            if run.status == IN_PROGRESS and node.state == NODE_FAILED:
                self._cloud.enter(run, node, RUNNING)

        self._cloud.life.after(self._random.uniform(30, 90), again)

    def _forget(self) -> None:
        """Remove the oldest ended runs."""
        over = [run for run in self._cloud.runs() if run.status in (COMPLETED, FAILED)]
        for run in over[max(0, self._kept_runs - len(self._going())) :]:
            run.project.runs.remove(run)


def turns(cloud: Nsml) -> Turns[tuple[Run, Node]]:
    """Return how the nodes of active runs change in benchmark worlds: they fail, or are rescheduled."""

    def enter(one: tuple[Run, Node], state: str) -> None:
        run, node = one
        if state == NODE_FAILED:
            cloud.enter(run, node, state, 137)
            node.port = 0
        else:
            cloud.enter(run, node, state)

    return Turns(
        things=lambda: [(run, node) for run in cloud.runs() if run.lasts for node in run.nodes],
        state=lambda one: one[1].state,
        enter=enter,
        words={"resting": RUNNING, "other": NODE_FAILED, "moving": PENDING},
    )
