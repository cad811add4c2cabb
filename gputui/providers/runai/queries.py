"""Queries on Run:ai's inferences and their pods: throughput, latency, GPUs, memory and replicas over time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from gputui.core.actions import Answer, Inputs, KnownVerb, Query
from gputui.core.metrics import RANGE, Limit, Series
from gputui.core.problem import Failed
from gputui.core.request import path
from gputui.providers.runai.actions import INFERENCES
from gputui.providers.runai.client import RunAI
from gputui.providers.runai.events import EVENTS_OF_INFERENCE, EVENTS_OF_POD, of_known_inference
from gputui.providers.runai.in_cluster import InCluster, InferencePod
from gputui.providers.runai.metrics import HOUR, OF_INFERENCE, OF_POD, OF_WORKLOAD, RANGES, MetricCall, measured
from gputui.providers.runai.wire import InferenceAutoscaling, Workload
from gputui.providers.runai.workloads import WORKLOADS


async def _of_inference(client: RunAI, one: InCluster[Workload], inputs: Inputs) -> Answer:
    where = path(one.thing.id, "metrics")
    calls = (MetricCall(f"{INFERENCES}{where}", OF_INFERENCE), MetricCall(f"{WORKLOADS}{where}", OF_WORKLOAD))
    found, scaling = await asyncio.gather(measured(client, calls, _range(inputs)), _scaling(client, one.thing.id))
    return replace(found, series=tuple(_with_scaling(series, scaling) for series in found.series))


async def _of_pod(client: RunAI, one: InferencePod, inputs: Inputs) -> Answer:
    where = path(one.pod.workload_id or "", "pods", one.pod.id, "metrics")
    calls = (MetricCall(f"{INFERENCES}{where}", OF_INFERENCE), MetricCall(f"{WORKLOADS}{where}", OF_POD))
    return await measured(client, calls, _range(inputs))


def _range(inputs: Inputs) -> str:
    return str(inputs.get(RANGE, ""))


async def _scaling(client: RunAI, workload_id: str) -> InferenceAutoscaling | None:
    """How an inference scales; None if it does not, or if that cannot be read: the metrics are shown without it."""
    try:
        spec = (await client.inference(workload_id)).value.spec
    except Failed:
        return None
    return spec.autoscaling if spec else None


def _with_scaling(series: Series, scaling: InferenceAutoscaling | None) -> Series:
    return series if scaling is None else replace(series, limits=(*series.limits, *_limits(series.label, scaling)))


def _limits(label: str, scaling: InferenceAutoscaling) -> Iterator[Limit]:
    if label == scaling.metric and scaling.metric_threshold is not None:
        yield Limit("scales at", scaling.metric_threshold)
    if label == "replicas" and scaling.max_replicas is not None:
        yield Limit("most", scaling.max_replicas)


INFERENCE_QUERIES: tuple[Query[InCluster[Workload]], ...] = (
    Query(KnownVerb.METRICS, "Metrics", _of_inference, key="m", ranges=RANGES, first_range=HOUR, many=True),
    EVENTS_OF_INFERENCE,
)
POD_QUERIES: tuple[Query[InferencePod], ...] = (
    Query(
        KnownVerb.METRICS,
        "Metrics",
        _of_pod,
        blocked_reason=of_known_inference,
        key="m",
        ranges=RANGES,
        first_range=HOUR,
        many=True,
    ),
    EVENTS_OF_POD,
)
