"""The request that creates an inference: its body, the rules between its fields, and derived values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gputui.sim.runai import inference
from gputui.sim.runai.models import Refused
from gputui.sim.runai.spec import Spec

MEMORY_OF_A_GPU = 80e9
UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


@dataclass(frozen=True, slots=True)
class Order:
    """A requested inference; `spec` is kept as sent, and shown again in this form."""

    name: str
    is_prefix: bool
    project_id: str
    cluster_id: str
    spec: Spec

    @property
    def image(self) -> str:
        """The image to run; empty if none was given."""
        return str(self.spec.get("image") or "")

    @property
    def node_pools(self) -> list[str]:
        """The names of the node pools it may run in."""
        asked = self.spec.get("nodePools")
        return [str(name) for name in asked] if isinstance(asked, list) else []

    @property
    def replicas(self) -> tuple[int, int]:
        """The minimum and the maximum number of replicas."""
        return _replicas(_part(self.spec, "autoscaling"))

    @property
    def gpus(self) -> float:
        """The number of GPUs, or the fraction of one, for each replica."""
        return _gpus(_part(self.spec, "compute"))


def order_of(body: bytes) -> Order:
    """Parse a request body. Raises Refused with 400 and the reason if it is invalid."""
    try:
        given = json.loads(body)
    except ValueError:
        raise Refused(400, "Bad request - the body is not JSON") from None
    problem = next(inference.request()(given, ""), None)
    if problem == "name is required":
        problem = "Resource should have a name"  # the text of the API's own example
    if problem is None:
        problem = next(_broken_rules(given.get("spec") or {}), None)
    if problem is not None:
        raise Refused(400, f"Bad request - {problem}")
    is_prefix = given.get("useGivenNameAsPrefix") is True
    return Order(given["name"], is_prefix, str(given["projectId"]), given["clusterId"].lower(), given.get("spec") or {})


def _part(spec: Mapping[str, object], name: str) -> Spec:
    part = spec.get(name)
    return part if isinstance(part, dict) else {}


def _broken_rules(spec: Spec) -> Iterator[str]:
    """Yield violations of the rules between fields in the schema's descriptions."""
    yield from _compute(_part(spec, "compute"))
    yield from _autoscaling(_part(spec, "autoscaling"))


def _compute(compute: Spec) -> Iterator[str]:
    devices, kind = compute.get("gpuDevicesRequest"), compute.get("gpuRequestType")
    if isinstance(devices, int) and devices > 1 and kind not in (None, "portion"):
        yield "gpuRequestType should be portion if gpuDevicesRequest is more than 1"
    if compute.get("migProfile") is not None and kind != "migProfile":
        yield "migProfile should be given only if gpuRequestType is migProfile"


def _autoscaling(scaling: Spec) -> Iterator[str]:
    (least, most), metric = _replicas(scaling), scaling.get("metric")
    if least > most:
        yield "minReplicas should not be more than maxReplicas"
    if metric is None and least < most and (least, most) != (0, 1):
        yield "metric is required if minReplicas is less than maxReplicas"
    if metric is not None and scaling.get("metricThreshold") is None:
        yield "metricThreshold is required if metric is given"
    if metric == "latency" and least == 0:
        yield "only throughput and concurrency scale to zero"
    if scaling.get("scaleToZeroRetentionSeconds") is not None and least > 0:
        yield "scaleToZeroRetentionSeconds should be given only if minReplicas is 0"


def _replicas(scaling: Spec) -> tuple[int, int]:
    least, most = scaling.get("minReplicas"), scaling.get("maxReplicas")
    fewest = least if isinstance(least, int) else 1
    return fewest, most if isinstance(most, int) else max(1, fewest)


def _gpus(compute: Spec) -> float:
    devices, kind = compute.get("gpuDevicesRequest"), compute.get("gpuRequestType")
    count = devices if isinstance(devices, int) else 0 if kind is None else 1
    if count != 1:
        return float(count)
    if kind == "migProfile":
        return round(int(str(compute.get("migProfile") or "7g")[0]) / 7, 2)
    if kind == "memory":
        return round(min(1.0, _bytes(str(compute.get("gpuMemoryRequest") or "0")) / MEMORY_OF_A_GPU), 2)
    portion = compute.get("gpuPortionRequest")
    return float(portion) if isinstance(portion, int | float) else 1.0


def _bytes(quantity: str) -> float:
    digits = quantity.rstrip("KMGTPEkimun")
    try:
        return float(digits) * UNITS.get(quantity[len(digits) :], 1.0)
    except ValueError:
        return 0.0
