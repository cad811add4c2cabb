"""Run:ai's metrics of an inference and of its pods: throughput and latency of the last hour."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from gputui.core.actions import Answer, Inputs, KnownVerb, Query, Series
from gputui.core.request import Request, path
from gputui.core.text import Json, as_object
from gputui.providers.runai.actions import INFERENCES
from gputui.providers.runai.client import RunAI
from gputui.providers.runai.in_cluster import InCluster, InferencePod
from gputui.providers.runai.wire import Workload
from gputui.providers.wire import as_list_or_null, read_moment

WINDOW_SECONDS = 3600.0
SAMPLES = 60
EVERY_SECONDS = 30.0
TYPES = ("THROUGHPUT", "LATENCY")
PARTIAL = 207
_UNITS = {"THROUGHPUT": "req/s", "LATENCY": "ms"}
_LABEL = re.compile(r"'([^']*)': '([^']*)'")


async def _of_inference(client: RunAI, one: InCluster[Workload], _: Inputs) -> Answer:
    return await _measured(client, f"{INFERENCES}{path(one.thing.id, 'metrics')}")


async def _of_pod(client: RunAI, one: InferencePod, _: Inputs) -> Answer:
    where = path(one.pod.workload_id or "", "pods", one.pod.id, "metrics")
    return await _measured(client, INFERENCES + where)


async def _measured(client: RunAI, where: str) -> Answer:
    """The series of the last hour; all are marked if the reply says that it is incomplete."""
    now = client.now()
    query = {
        "metricType": ",".join(TYPES),
        "start": _stamp(now - WINDOW_SECONDS),
        "end": _stamp(now),
        "numberOfSamples": str(SAMPLES),
    }
    reply = await client.read(Request("GET", where, query))
    note = " (partial)" if reply.status == PARTIAL else ""
    return tuple(_series(as_object(one), note) for one in as_list_or_null(reply.body, "measurements"))


def _stamp(at: float) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _series(told: dict[str, Json], note: str) -> Series:
    kind = str(told.get("type") or "?")
    name = " ".join(filter(None, (kind.replace("_", " ").lower(), _labels(told.get("labels")))))
    values = told.get("values")
    points = (_point(as_object(value)) for value in (values if isinstance(values, list) else ()))
    known = sorted(((at, value) for at, value in points if at is not None), key=lambda point: point[0])
    return Series(name + note, _UNITS.get(kind, ""), tuple(known))


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


def _can_measure(one: InferencePod) -> str | None:
    return None if one.pod.workload_id else "the API does not say which inference it belongs to"


INFERENCE_QUERIES: tuple[Query[InCluster[Workload]], ...] = (
    Query(KnownVerb.METRICS, "Metrics", _of_inference, key="m", every=EVERY_SECONDS),
)
POD_QUERIES: tuple[Query[InferencePod], ...] = (
    Query(KnownVerb.METRICS, "Metrics", _of_pod, blocked_reason=_can_measure, key="m", every=EVERY_SECONDS),
)
