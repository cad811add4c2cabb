"""Choices for a new inference: fixed words, and what the tenant has, read live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from gputui.core.actions import Choice, Choices, Inputs
from gputui.providers.runai import spec
from gputui.providers.runai.client import RunAI


def _words(literal: Any, **labels: str) -> Choices:
    """The words that the schema allows, with clearer labels for some."""
    choices = [Choice(word, labels.get(word, word)) for word in get_args(literal)]

    async def read(client: RunAI, item: object, inputs: Inputs) -> Sequence[Choice]:
        return choices

    return read


gpu_requests = _words(
    spec.GpuRequest, portion="portion of a GPU, or whole ones", memory="GPU memory", migProfile="MIG profile"
)
mig_profiles = _words(spec.MigProfile)
pull_policies = _words(spec.PullPolicy)
protocols = _words(spec.Protocol)


async def metrics(client: RunAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """The metrics by which replicas may scale; latency cannot scale to zero."""
    from_zero = inputs.get("minReplicas") == 0
    return [Choice(word, word) for word in get_args(spec.Metric) if not (from_zero and word == "latency")]


async def projects(client: RunAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """All projects, with their cluster and how much of their GPU quota is in use."""
    found = [entry.value for entry in (await client.projects()).items]
    return [Choice(str(one.thing.id), one.thing.name, _quota(one.thing, one.cluster)) for one in found]


def _quota(project: Any, cluster: str) -> str:
    quota = project.total.gpu_quota if project.total else None
    status = project.status
    used = (
        status.quota_status.allocated.gpu if status and status.quota_status and status.quota_status.allocated else None
    )
    told = "" if quota is None else f"quota {quota:g} GPU" + ("" if used is None else f", {used:g} in use")
    return " · ".join(filter(None, (cluster, told, status.phase if status and status.phase != "Ready" else "")))


async def clusters(client: RunAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """The cluster of the chosen project, which is on one cluster; all clusters if that is unknown."""
    chosen = inputs.get("projectId")
    if not chosen:
        return []
    homes = {entry.value.cluster_id for entry in (await client.projects()).items if str(entry.value.thing.id) == chosen}
    found = [entry.value for entry in (await client.clusters()).items]
    told = [one for one in found if one.id in homes] or found
    return [Choice(one.id, one.name, (one.status.state if one.status else None) or "") for one in told]


async def node_pools(client: RunAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """The node pools of the chosen cluster, by name, as workloads refer to them."""
    chosen = inputs.get("clusterId")
    found = [entry.value for entry in (await client.pools()).items if chosen and entry.value.cluster_id == chosen]
    return [Choice(one.thing.name, one.thing.name, one.thing.phase or "") for one in found]
