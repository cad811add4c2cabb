"""Run:ai's metrics over real sockets: what is asked for each range, limits, gaps, partial and odd answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gputui.core.metrics import Limit, Measurements, Series
from gputui.core.problem import Cause, Failed
from gputui.providers.runai.client import RunAI
from gputui.providers.runai.metrics import KINDS, OF_INFERENCE, OF_POD, OF_WORKLOAD, RANGES
from gputui.providers.runai.views import INFERENCES, PODS
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.runai import metrics as served
from gputui.sim.runai.models import Turn
from gputui.sim.runai.state import RunAI as Tenant
from gputui.sim.serve import Simulator
from tests.contract.test_runai import NOON, client_of, cloud

NOW = NOON + 7
"""Not at a whole step of any range."""
BOTH = pytest.mark.parametrize("view", [INFERENCES, PODS], ids=["inference", "pod"])


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(only=["runai"], calm=True, clock=ManualClock(NOW)) as found:
        yield found


@pytest.fixture
def tenant(simulator: Simulator) -> Tenant:
    found: Tenant = cloud(simulator)
    return found


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[RunAI]:
    made = client_of(simulator)
    yield made
    await made.aclose()


async def measured(client: RunAI, view: Any, item: Any, chosen: str = "3600") -> Measurements:
    metrics = next(query for query in view.queries if query.name == "metrics")
    assert metrics.blocked_reason(item) is None
    found = await metrics.read(client, item, {"range": chosen})
    assert isinstance(found, Measurements)
    return found


async def running(client: RunAI, view: Any) -> Any:
    return next(one.value for one in (await view.fetch(client)).items if view.state(one.value) == "Running")


def asked(simulator: Simulator) -> list[tuple[str, dict[str, list[str]]]]:
    """The calls for metrics: path and query."""
    targets = [urlsplit(one.target) for one in simulator.logs["runai"].seen if "/metrics?" in one.target]
    return [(target.path, parse_qs(target.query)) for target in targets]


def of(found: Measurements, label: str) -> list[Series]:
    return [series for series in found.series if series.label == label]


@BOTH
@pytest.mark.parametrize("chosen", RANGES, ids=lambda chosen: chosen.label)
async def test_each_range_is_asked_for_in_its_steps(
    client: RunAI, simulator: Simulator, view: Any, chosen: Any
) -> None:
    item = await running(client, view)
    found = await measured(client, view, item, chosen.value)
    end = NOW // chosen.every * chosen.every
    assert end < NOW
    assert (found.start, found.end, found.missing) == (end - float(chosen.value), end, "")
    calls = asked(simulator)
    generic = OF_WORKLOAD if view is INFERENCES else OF_POD
    assert {path.split("/workloads/")[1].startswith("inferences/") for path, _ in calls} == {True, False}
    for path, query in calls:
        types = OF_INFERENCE if "/inferences/" in path else generic
        assert query["metricType"] == [",".join(types)]
        assert query["numberOfSamples"] == [str(round(float(chosen.value) / chosen.every) + 1)]
        assert query["start"][0].endswith("Z") and query["end"][0].endswith("Z")
    times = [at for at, _ in of(found, "throughput")[0].points]
    assert times == sorted(times)
    assert {round(later - at) for at, later in itertools.pairwise(times)} == {chosen.every}


def test_every_type_that_is_asked_for_is_known_to_both_sides() -> None:
    assert {*OF_INFERENCE, *OF_WORKLOAD, *OF_POD} == set(KINDS) - {"GPU_UTILIZATION_PER_GPU"} | {*OF_POD}
    assert (set(OF_INFERENCE), set(OF_WORKLOAD) - {*served.WORKLOAD}, set(OF_POD) - {*served.POD}) == (
        {*served.INFERENCE},
        set(),
        set(),
    )


async def test_an_inference_has_its_limits(client: RunAI, tenant: Tenant) -> None:
    items = [one.value for one in (await INFERENCES.fetch(client)).items]
    workload = next(one for one in tenant.living() if one.kind == "Inference" and one.least < one.most)
    item = next(one for one in items if one.thing.id == workload.id)
    found = await measured(client, INFERENCES, item)
    (throughput,), (memory,) = of(found, "throughput"), of(found, "gpu memory")
    assert [limit.label for limit in throughput.limits] == ["scales at"]
    assert memory.unit == "B"
    assert [series.part for series in of(found, "replicas")] == ["running", "all"]
    assert of(found, "replicas")[0].limits == (Limit("most", workload.most),)
    if workload.phase == "Running":
        assert [limit.label for limit in memory.limits] == ["requested"]


async def test_a_pod_has_each_of_its_gpus(client: RunAI) -> None:
    found = await measured(client, PODS, await running(client, PODS))
    parts = [series.part for series in of(found, "gpu utilization")]
    assert parts == [f"gpu {at}" for at in range(len(parts))]
    assert {series.ceiling for series in of(found, "gpu utilization")} == {100.0}


@BOTH
async def test_the_forms_of_the_documents_examples_are_read(client: RunAI, tenant: Tenant, view: Any) -> None:
    tenant.as_documented = True
    found = await measured(client, view, await running(client, view))
    assert [series.part for series in of(found, "throughput")] == ["gpu 3"]
    assert all(value is not None and value > 0 for _, value in of(found, "latency")[0].points)


async def test_a_partial_answer_says_what_it_lacks(client: RunAI, tenant: Tenant) -> None:
    tenant.partial_metrics = True
    found = await measured(client, INFERENCES, await running(client, INFERENCES))
    assert found.missing == "the API has only a part of it (207): no latency, no memory limit"
    assert of(found, "latency")[0].points == ()
    assert of(found, "throughput")[0].points


@pytest.mark.parametrize(
    ("match", "lacks"), [("/inferences/", "throughput, latency: "), ("GPU_UTILIZATION", "gpu utilization, ")]
)
async def test_a_call_that_fails_costs_its_own_series(
    client: RunAI, simulator: Simulator, match: str, lacks: str
) -> None:
    item = await running(client, INFERENCES)
    body = b'{"code":403,"message":"You do not have sufficient permissions."}'
    simulator.faults["runai"].always(Fault("status", status=403, body=body), match=match)
    found = await measured(client, INFERENCES, item)
    assert found.missing.startswith(lacks)
    assert "permissions" in found.missing
    assert bool(of(found, "throughput")) == (match != "/inferences/")
    assert bool(of(found, "gpu memory")) == (match == "/inferences/")


async def test_if_both_calls_fail_that_is_the_failure(client: RunAI, simulator: Simulator) -> None:
    item = await running(client, INFERENCES)
    simulator.faults["runai"].always(
        Fault("status", status=404, body=b'{"code":404,"message":"gone"}'), match="/metrics"
    )
    with pytest.raises(Failed) as failed:
        await measured(client, INFERENCES, item)
    assert failed.value.problem.cause is Cause.MISSING


async def test_without_a_running_pod_there_is_nothing_to_measure(client: RunAI, tenant: Tenant) -> None:
    for one in tenant.living():
        one.pods.clear()
    found = await measured(client, INFERENCES, await running(client, INFERENCES))
    assert all(series.points == () for series in found.series)


async def test_times_at_which_it_did_not_run_have_no_samples(client: RunAI, tenant: Tenant) -> None:
    item = await running(client, INFERENCES)
    workload = tenant.workloads[item.thing.id]
    turns = [(-9000, "Running"), (-1800, "Failed"), (-900, "Running")]
    workload.history[:] = [Turn(NOON + at, phase, "") for at, phase in turns]  # type: ignore[arg-type]
    (throughput,) = of(await measured(client, INFERENCES, item), "throughput")
    times = [at - NOON for at, _ in throughput.points]
    assert not [at for at in times if -1800 <= at < -900]
    assert {-1810 // 30 * 30, -900} <= {round(at) for at in times}


async def test_odd_measurements_are_taken_as_far_as_they_go(client: RunAI, simulator: Simulator) -> None:
    item = await running(client, INFERENCES)
    values: list[Any] = [
        {"value": "2", "timestamp": "2026-02-02T02:00:01Z"},
        {"value": "NaN", "timestamp": "2026-02-02T02:00:00Z"},
        {"value": 7, "timestamp": "2026-02-02 02:00:02"},
        {"value": "x", "timestamp": None},
        "what",
    ]
    body = {"measurements": [{"type": "NIM_QUEUE", "labels": "odd", "values": values}, {"labels": {"gpu": 0}}, None]}
    simulator.faults["runai"].next(Fault("garbage", body=json.dumps(body).encode()), match="THROUGHPUT")
    found = (await measured(client, INFERENCES, item)).series
    assert [(series.label, series.part) for series in found][:3] == [("nim queue", "odd"), ("?", "gpu 0"), ("?", "")]
    start = found[0].points[0][0]
    assert found[0].points == ((start, None), (start + 1, 2.0), (start + 2, 7.0))


async def test_a_pod_of_nothing_known_has_no_metrics(client: RunAI) -> None:
    metrics = next(query for query in PODS.queries if query.name == "metrics")
    item = await running(client, PODS)
    lost = type(item)(item.pod.model_copy(update={"workload_id": None}), None)
    assert metrics.blocked_reason(lost) == "the API does not say which inference it belongs to"
