"""Automatic events in a Run:ai tenant: inferences scale and fail, pods restart, nodes become unavailable."""

from __future__ import annotations

from functools import partial
from typing import cast

from gputui.sim.churn import Turns
from gputui.sim.runai import steps
from gputui.sim.runai.models import Node, Phase, Workload
from gputui.sim.runai.seeding import MESSAGES, MODELS
from gputui.sim.runai.state import RunAI

MOST_WORKLOADS, SPARE_WORKLOADS = 50, 6


def begin(cloud: RunAI) -> None:
    """Continue what is in progress at the start, and schedule an event every few seconds."""
    for workload in cloud.living():
        steps.go_on(cloud, workload)
    most = max(MOST_WORKLOADS, len(cloud.living()) + SPARE_WORKLOADS)
    cloud.life.repeat(2.5, 7, partial(_something, cloud, most))


def _something(cloud: RunAI, most: int) -> None:
    what = cloud.random.choice(("scale", "scale", "restart", "restart", "falter", "node", "turn over"))
    if what == "node":
        _lose_node(cloud)
    elif what == "turn over":
        _turn_over(cloud, most)
    else:
        restless = [one for one in cloud.living() if one.restless and one.kind == "Inference"]
        if restless:
            {"scale": _scale, "restart": _restart, "falter": _falter}[what](cloud, cloud.random.choice(restless))


def _scale(cloud: RunAI, workload: Workload) -> None:
    if workload.phase != "Running" or workload.least == workload.most:
        return
    replicas = cloud.random.randint(workload.least, workload.most)
    cloud.enter(workload, "Updating", f"Scaling to {replicas} replicas")
    cloud.fit_pods(workload, replicas)
    steps.go_on(cloud, workload)


def _restart(cloud: RunAI, workload: Workload) -> None:
    if workload.phase != "Running" or not workload.running:
        return
    pod = cloud.random.choice(workload.running)
    cloud.say(workload, "Warning", "BackOff", "Back-off restarting failed container main", pod)
    replicas = len(workload.pods)
    workload.pods.remove(pod)
    cloud.enter(workload, "Updating", "Replacing a pod")
    cloud.fit_pods(workload, replicas)
    steps.go_on(cloud, workload)


def _falter(cloud: RunAI, workload: Workload) -> None:
    if workload.phase != "Running" or not workload.running:
        return
    worse: Phase = cloud.random.choice(("Degraded", "Degraded", "Failed"))
    pod = workload.running[0]
    pod.phase = "Failed"
    pod.completed = cloud.life.now
    cloud.say(workload, "Warning", "OOMKilling", "Memory cgroup out of memory: killed process", pod)
    if worse == "Failed":
        for other in workload.running:
            other.phase = "Failed"
            other.completed = cloud.life.now
    cloud.enter(workload, worse, MESSAGES[worse])
    cloud.later(workload, cloud.random.uniform(15, 35), partial(_recover, cloud, workload))


def _recover(cloud: RunAI, workload: Workload) -> None:
    workload.pods = [pod for pod in workload.pods if pod.phase != "Failed"]
    cloud.enter(workload, "Initializing", "Restarting")
    cloud.fit_pods(workload)
    steps.go_on(cloud, workload)


def _lose_node(cloud: RunAI) -> None:
    """Make a node without pods stop reporting for a while; no workload is affected."""
    busy = {pod.node.id for one in cloud.living() for pod in one.pods if pod.node}
    idle = [node for node in cloud.nodes if node.status == "Ready" and node.gpu and node.id not in busy]
    if idle:
        node = cloud.random.choice(idle)
        _turn_node(cloud, node, "NotReady")
        cloud.life.after(cloud.random.uniform(15, 40), partial(_turn_node, cloud, node, "Ready"))


def _turn_node(cloud: RunAI, node: Node, status: str) -> None:
    node.status = "Ready" if status == "Ready" else "NotReady"
    node.updated = cloud.life.now


def _turn_over(cloud: RunAI, most: int) -> None:
    """Create an inference while there is room, otherwise delete one created this way."""
    living = cloud.living()
    if len(living) < most:
        name = f"{cloud.random.choice(MODELS)}-canary-{cloud.random.randint(10, 99)}"
        project = cloud.random.choice(cloud.projects)
        workload = cloud.create("Inference", name, project)
        workload.restless = True
        steps.go_on(cloud, workload)
        return
    made = [one for one in living if "-canary-" in one.name and one.phase == "Running"]
    if made:
        cloud.enter(made[0], "Deleting")
        steps.go_on(cloud, made[0])


def turns(cloud: RunAI) -> Turns[Workload]:
    """Return how the tenant's inferences change in benchmark worlds: they degrade, or are updated."""
    return Turns(
        things=lambda: [one for one in cloud.living() if one.kind == "Inference"],
        state=lambda one: one.phase,
        enter=lambda one, phase: cloud.enter(one, cast(Phase, phase)),
        words={"resting": "Running", "other": "Degraded", "moving": "Updating"},
    )
