"""Run:ai's metrics over time: what is asked of which call, and how the replies become series with their limits.

The calls for inferences know throughput and latency only; GPUs, memory and replicas come from those for any workload.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gputui.core.metrics import Limit, Measurements, Range, Series, known
from gputui.core.problem import Failed
from gputui.core.request import Request
from gputui.core.text import Json, as_object
from gputui.providers.runai.client import RunAI
from gputui.providers.wire import as_list_or_null, read_moment

RANGES = (
    Range("900", "15m", 15.0),
    Range("3600", "1h", 30.0),
    Range("21600", "6h", 120.0),
    Range("86400", "24h", 300.0),
)
"""Seconds; each is asked for in steps of as many seconds as lie between two readings of it."""
HOUR = 1
PARTIAL = 207
_LABEL = re.compile(r"'([^']*)': '([^']*)'")


@dataclass(frozen=True, slots=True)
class MetricKind:
    """What a type of metric is: a series of its own, or with `limit` a value that the series of its label keeps to."""

    label: str
    unit: str = ""
    part: str = ""
    ceiling: float | None = None
    limit: str = ""

    @property
    def words(self) -> str:
        """Its name among those of its label."""
        return " ".join(filter(None, (self.label, self.part, self.limit)))


KINDS = {
    "THROUGHPUT": MetricKind("throughput", "req/s"),
    "LATENCY": MetricKind("latency", "ms"),
    "GPU_UTILIZATION": MetricKind("gpu utilization", "%", ceiling=100.0),
    "GPU_UTILIZATION_PER_GPU": MetricKind("gpu utilization", "%", ceiling=100.0),
    "GPU_MEMORY_USAGE_BYTES": MetricKind("gpu memory", "B"),
    "GPU_MEMORY_USAGE_BYTES_PER_GPU": MetricKind("gpu memory", "B"),
    "GPU_MEMORY_REQUEST_BYTES": MetricKind("gpu memory", "B", limit="requested"),
    "RUNNING_POD_COUNT": MetricKind("replicas", "", "running"),
    "POD_COUNT": MetricKind("replicas", "", "all"),
    "CPU_USAGE_CORES": MetricKind("cpu", "cores"),
    "CPU_LIMIT_CORES": MetricKind("cpu", "cores", limit="limit"),
    "CPU_MEMORY_USAGE_BYTES": MetricKind("memory", "B"),
    "CPU_MEMORY_LIMIT_BYTES": MetricKind("memory", "B", limit="limit"),
}
OF_INFERENCE = ("THROUGHPUT", "LATENCY")
OF_WORKLOAD = (
    *("GPU_UTILIZATION", "GPU_MEMORY_USAGE_BYTES", "GPU_MEMORY_REQUEST_BYTES", "RUNNING_POD_COUNT", "POD_COUNT"),
    *("CPU_USAGE_CORES", "CPU_LIMIT_CORES", "CPU_MEMORY_USAGE_BYTES", "CPU_MEMORY_LIMIT_BYTES"),
)
OF_POD = (*("GPU_UTILIZATION_PER_GPU", "GPU_MEMORY_USAGE_BYTES_PER_GPU", "CPU_USAGE_CORES", "CPU_MEMORY_USAGE_BYTES"),)


@dataclass(frozen=True, slots=True)
class MetricCall:
    """One call for metrics: its path and the types it is asked for."""

    where: str
    types: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it is asked for, in words."""
        return ", ".join(dict.fromkeys(KINDS[name].label for name in self.types))


async def measured(client: RunAI, calls: Sequence[MetricCall], chosen: str) -> Measurements:
    """The series of all calls over the chosen range; a call that fails beside others is said to be missing.

    The window ends at a whole step, so that the same readings have the same times whenever they are asked for.
    """
    window = next((one for one in RANGES if one.value == chosen), RANGES[HOUR])
    end = math.floor(client.now() / window.every) * window.every
    start = end - float(window.value)
    replies = await asyncio.gather(*(_asked(client, call, start, end, window.every) for call in calls))
    failed = [reply for reply in replies if isinstance(reply, Failed)]
    if len(failed) == len(replies):
        raise failed[0]
    came = [reply for reply in replies if not isinstance(reply, Failed)]
    lacking = ", ".join(dict.fromkeys(reply.missing for reply in came if reply.missing))
    missing = [f"{call.words}: {reply.problem}" for call, reply in zip(calls, replies, strict=True) if reply in failed]
    missing += [f"the API has only a part of it (207): {lacking}"] if lacking else []
    return Measurements(tuple(series for reply in came for series in reply.series), start, end, "; ".join(missing))


async def _asked(client: RunAI, call: MetricCall, start: float, end: float, step: float) -> Measurements | Failed:
    query = {
        "metricType": ",".join(call.types),
        "start": _stamp(start),
        "end": _stamp(end),
        "numberOfSamples": str(round((end - start) / step) + 1),
    }
    try:
        reply = await client.read(Request("GET", call.where, query))
    except Failed as failed:
        return failed
    told = [as_object(one) for one in as_list_or_null(reply.body, "measurements")]
    return Measurements(tuple(with_limits(told)), missing=_missing(told) if reply.status == PARTIAL else "")


def _missing(told: Sequence[dict[str, Json]]) -> str:
    """What a reply that says that it is partial lacks, in words."""
    lacking = dict.fromkeys(_kind(one).words for one in told if not one.get("values"))
    return ", ".join(f"no {words}" for words in lacking) or "it does not say what is missing"


def with_limits(told: Sequence[dict[str, Json]]) -> Iterator[Series]:
    """Yield the series of one reply, each with the limits that the same reply tells for its label."""
    made = [(_kind(one), _series(one)) for one in told]
    for kind, series in made:
        if not kind.limit:
            yield replace(series, limits=tuple(_limits(kind.label, made)))


def _limits(label: str, made: Sequence[tuple[MetricKind, Series]]) -> Iterator[Limit]:
    for kind, series in made:
        if kind.limit and kind.label == label and (readings := known(series.points)):
            yield Limit(kind.limit, readings[-1][1])


def _kind(told: dict[str, Json]) -> MetricKind:
    name = str(told.get("type") or "?")
    return KINDS.get(name) or MetricKind(name.replace("_", " ").lower())


def _series(told: dict[str, Json]) -> Series:
    kind, values = _kind(told), told.get("values")
    points = (_point(as_object(value)) for value in (values if isinstance(values, list) else ()))
    dated = sorted(((at, value) for at, value in points if at is not None), key=lambda point: point[0])
    part = " ".join(filter(None, (kind.part, _labels(told.get("labels")))))
    return Series(kind.label, kind.unit, tuple(dated), kind.ceiling, part)


def _stamp(at: float) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _labels(labels: Json) -> str:
    """What distinguishes series of the same kind; the document's example prints a Python dictionary as text."""
    if isinstance(labels, str):
        pairs: list[tuple[str, object]] = [(name, value) for name, value in _LABEL.findall(labels)]
        return labels if not pairs else _joined(pairs)
    return _joined(list(as_object(labels).items()))


def _joined(pairs: list[tuple[str, object]]) -> str:
    return " ".join(f"{name} {value}" for name, value in pairs)


def _point(told: dict[str, Json]) -> tuple[float | None, float | None]:
    moment = read_moment(told.get("timestamp"))
    return (None if moment is None else moment.timestamp()), _value(told.get("value"))


def _value(told: Json) -> float | None:
    """A reading; the API sends numbers as text."""
    try:
        number = float(told) if isinstance(told, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
