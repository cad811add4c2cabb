"""Run:ai's metrics: their types, required parameters, and plausible series."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from starlette.datastructures import QueryParams

from gputui.sim.runai.models import Pod, Refused, Workload
from gputui.sim.runai.query import moment, number
from gputui.sim.runai.wire import Body, stamp

INFERENCE = ("THROUGHPUT", "LATENCY")
POD = (
    "GPU_UTILIZATION_PER_GPU", "GPU_UTILIZATION", "GPU_MEMORY_USAGE_BYTES_PER_GPU", "GPU_MEMORY_USAGE_BYTES",
    "CPU_USAGE_CORES", "CPU_MEMORY_USAGE_BYTES",
)  # fmt: skip
WORKLOAD = (
    "GPU_UTILIZATION", "GPU_MEMORY_USAGE_BYTES", "GPU_MEMORY_REQUEST_BYTES", "CPU_USAGE_CORES", "CPU_REQUEST_CORES",
    "CPU_LIMIT_CORES", "CPU_MEMORY_USAGE_BYTES", "CPU_MEMORY_REQUEST_BYTES", "CPU_MEMORY_LIMIT_BYTES", "POD_COUNT",
    "RUNNING_POD_COUNT", "GPU_ALLOCATION",
)  # fmt: skip
# the mean of each type of series, for one pod
LEVELS = {
    "THROUGHPUT": 85.0, "LATENCY": 240.0, "GPU_UTILIZATION": 70.0, "GPU_MEMORY_USAGE_BYTES": 5.4e10,
    "CPU_USAGE_CORES": 2.6, "CPU_MEMORY_USAGE_BYTES": 2.1e10,
}  # fmt: skip
STEADY = {
    "GPU_MEMORY_REQUEST_BYTES": 8e10, "CPU_REQUEST_CORES": 4.0, "CPU_LIMIT_CORES": 8.0,
    "CPU_MEMORY_REQUEST_BYTES": 3.2e10, "CPU_MEMORY_LIMIT_BYTES": 6.4e10, "POD_COUNT": 1.0, "RUNNING_POD_COUNT": 1.0,
}  # fmt: skip
RAN = ("Running", "Degraded", "Updating")
SHARED_OUT = ("GPU_UTILIZATION", "LATENCY")  # independent of the number of pods


def measurements(
    workload: Workload,
    pod: Pod | None,
    query: QueryParams,
    known: tuple[str, ...],
    *,
    as_documented: bool,
    partial: bool,
) -> Body:
    """Return the requested metrics of a workload or one of its pods.

    There are no samples of times at which it did not run; `partial` leaves the last type without any.
    """
    start, end = _moment(query, "start"), _moment(query, "end")
    if end < start:
        raise Refused(400, "Bad request - end should not be before start")
    types = [name for name in query.get("metricType", "").split(",") if name]
    if not types or any(name not in known for name in types):
        raise Refused(400, f"Bad request - metricType should be some of {','.join(known)}")
    samples = number(query, "numberOfSamples", 20, least=0, most=1000)
    times = [start + (end - start) * at / max(1, samples - 1) for at in range(samples)]
    pods = [pod] if pod else workload.running
    working = [one for one in pods if one.phase == "Running"]
    found: list[Body] = []
    for at, name in enumerate(types):
        silent = not working or (partial and at == len(types) - 1)
        for labels, shift in _parts(name, workload, as_documented=as_documented):
            series = [
                _point(name, workload, len(working), time, shift, as_documented)
                for time in times
                if _ran(workload, pod, time)
            ]
            found.append({"type": name, "labels": labels, "values": None if silent else series})
    return {"measurements": found}


def _ran(workload: Workload, pod: Pod | None, at: float) -> bool:
    """Whether it ran at a time, by the history of its phases, and the pod was there."""
    phases = [turn.phase for turn in workload.history if turn.at <= at]
    return bool(phases) and phases[-1] in RAN and (pod is None or pod.created <= at)


def _moment(query: QueryParams, name: str) -> float:
    found = moment(query.get(name, ""))
    if found is None:
        raise Refused(400, f"Bad request - {name} should be an ISO 8601 date-time")
    return found


def _parts(name: str, workload: Workload, *, as_documented: bool) -> list[tuple[object, int]]:
    """Return the series of one type: a single one, or one per GPU with a label that identifies it."""
    if as_documented:  # the document's example prints a Python dictionary as text
        return [("{'gpu': '3'}", 3)]
    if not name.endswith("_PER_GPU"):
        return [(None, 0)]
    return [({"gpu": str(gpu)}, gpu) for gpu in range(max(1, int(workload.gpus)))]


def _point(name: str, workload: Workload, pods: int, at: float, shift: int, as_documented: bool) -> Body:
    kind = name.removesuffix("_PER_GPU")
    scale = 1 if kind in SHARED_OUT else pods
    if kind == "GPU_ALLOCATION":
        value = workload.gpus * pods
    elif kind in STEADY:
        value = STEADY[kind] * scale
    else:
        wave = math.sin(at / 97 + workload.number + shift) + 0.3 * math.sin(at / 13 + shift)
        value = LEVELS[kind] * scale * (1 + 0.25 * wave)
    return {"value": f"{value:.6g}" if value < 1e6 else str(int(value)), "timestamp": _time(at, as_documented)}


def _time(at: float, as_documented: bool) -> str | None:
    if not as_documented:
        return stamp(at)
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
