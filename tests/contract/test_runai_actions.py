"""Every verb of Run:ai against the embedded control plane, over real sockets, to its end."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any, get_args

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from gputui.core.actions import Progress
from gputui.core.problem import Cause
from gputui.core.provider import Settings
from gputui.core.request import SendStatus
from gputui.core.secret import Secret
from gputui.engine.journal import described
from gputui.providers.runai import spec
from gputui.providers.runai.client import RunAI
from gputui.providers.runai.views import INFERENCES, PROVIDER
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.runai.state import RunAI as Tenant
from gputui.sim.serve import Simulator
from tests.contract.test_runai import NOON, client_of, cloud
from tests.contract.test_sim_runai import INFERENCE
from tests.contract.verbs import Verbs, complaints
from tests.examples import examples

DONE, GOING, WAITING = Progress.DONE, Progress.GOING, Progress.WAITING


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(only=["runai"], calm=True, clock=clock) as served:
        yield served


@pytest.fixture
def tenant(simulator: Simulator) -> Tenant:
    found: Tenant = cloud(simulator)
    return found


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[RunAI]:
    made = client_of(simulator)
    yield made
    await made.aclose()


@pytest.fixture
def verbs(client: RunAI, clock: ManualClock) -> Verbs:
    return Verbs(client, INFERENCES, clock)


def order(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """A form filled in as shortly as it may be."""
    project = tenant.projects[0]
    least = {"name": "chat-9b", "projectId": project.id, "clusterId": project.cluster.id, "image": "vllm:v1"}
    return {**least, "servingPort": 8000, "protocol": "http", "minReplicas": 1, "maxReplicas": 1} | changes


def sent(simulator: Simulator) -> list[tuple[str, Any, int]]:
    """The changes that arrived: their first line, their body, and the status they were given."""
    changes = simulator.logs["runai"].changes()
    return [(f"{one.method} {one.target}", json.loads(one.body) if one.body else None, one.status) for one in changes]


@pytest.mark.parametrize(("version", "statuses"), [("2.18", [200, 204]), ("2.20", [202, 204]), ("2.21", [202, 202])])
async def test_an_inference_is_made_and_deleted(
    verbs: Verbs, simulator: Simulator, tenant: Tenant, version: Any, statuses: list[int]
) -> None:
    tenant.version = version
    assert await verbs.done("create", None, order(tenant)) == (WAITING, GOING, DONE)
    row = await verbs.row("chat-9b")
    assert row.state == "Running"
    assert await verbs.done("delete", row) == (WAITING, GOING, DONE)
    (create, body, _), (delete, nothing, _) = sent(simulator)
    assert [status for *_, status in sent(simulator)] == statuses
    assert (create, delete) == (
        "POST /api/v1/workloads/inferences",
        f"DELETE /api/v1/workloads/inferences/{row.ref.id}",
    )
    project = tenant.projects[0]
    assert (body, nothing) == (
        {
            "name": "chat-9b",
            "projectId": project.id,
            "clusterId": project.cluster.id,
            "spec": {
                "image": "vllm:v1",
                "servingPort": {"container": 8000, "protocol": "http"},
                "autoscaling": {"minReplicas": 1, "maxReplicas": 1},
            },
        },
        None,
    )


async def test_everything_on_the_form_arrives(verbs: Verbs, simulator: Simulator, tenant: Tenant) -> None:
    inputs = order(
        tenant, useGivenNameAsPrefix=True, command="python", args="serve.py --port 8000", workingDir="/srv",
        imagePullPolicy="IfNotPresent", gpuRequestType="portion", gpuDevicesRequest=1, gpuPortionRequest="0.5",
        gpuPortionLimit="1", cpuCoreRequest="0.5", cpuCoreLimit="4", cpuMemoryRequest="20M", cpuMemoryLimit="1.5G",
        largeShmRequest=True, minReplicas=0, maxReplicas=3, metric="throughput", metricThreshold=50,
        scaleToZeroRetentionSeconds=3600, nodePools=("default",), environment=(("MODE", "a=b"), ("EMPTY", "")),
        credentials=(("HF_TOKEN", "hugging-face/token"),),
    )  # fmt: skip
    assert (await verbs.done("create", None, inputs))[-1] is DONE
    ((_, body, _),) = sent(simulator)
    assert body["useGivenNameAsPrefix"] is True
    assert body["spec"] == {
        "image": "vllm:v1",
        "imagePullPolicy": "IfNotPresent",
        "command": "python",
        "args": "serve.py --port 8000",
        "workingDir": "/srv",
        "nodePools": ["default"],
        "environmentVariables": [
            {"name": "MODE", "value": "a=b"},
            {"name": "EMPTY", "value": ""},
            {"name": "HF_TOKEN", "secret": {"name": "hugging-face", "key": "token"}},
        ],
        "compute": {
            "gpuRequestType": "portion",
            "gpuDevicesRequest": 1,
            "gpuPortionRequest": 0.5,
            "gpuPortionLimit": 1,
            "cpuCoreRequest": 0.5,
            "cpuCoreLimit": 4,
            "cpuMemoryRequest": "20M",
            "cpuMemoryLimit": "1.5G",
            "largeShmRequest": True,
        },
        "servingPort": {"container": 8000, "protocol": "http"},
        "autoscaling": {
            "minReplicas": 0,
            "maxReplicas": 3,
            "scaleToZeroRetentionSeconds": 3600,
            "metric": "throughput",
            "metricThreshold": 50,
        },
    }


async def test_what_there_is_to_choose_from_is_read_live(verbs: Verbs, tenant: Tenant) -> None:
    projects = await verbs.choices("create", "projectId")
    assert projects == {project.id: project.name for project in tenant.projects}
    assert await verbs.choices("create", "clusterId") == {}
    for project in tenant.projects:
        clusters = await verbs.choices("create", "clusterId", inputs={"projectId": project.id})
        assert clusters == {project.cluster.id: project.cluster.name}, "a project is on one cluster"
    for cluster in tenant.clusters:
        pools = await verbs.choices("create", "nodePools", inputs={"clusterId": cluster.id})
        assert pools.keys() == {pool.name for pool in tenant.pools if pool.cluster is cluster}
    assert list(await verbs.choices("create", "gpuRequestType")) == list(get_args(spec.GpuRequest))
    assert list(await verbs.choices("create", "migProfile")) == list(get_args(spec.MigProfile))
    assert list(await verbs.choices("create", "metric", inputs={"minReplicas": 0})) == ["throughput", "concurrency"]
    assert len(await verbs.choices("create", "metric", inputs={"minReplicas": 1})) == 3


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "Chat"}, "name", "lower-case"),
        ({"gpuRequestType": "memory", "gpuDevicesRequest": 2, "gpuMemoryRequest": "20G"}, "gpuRequestType", "portion"),
        ({"gpuRequestType": "portion", "gpuDevicesRequest": 1, "gpuPortionRequest": "1.5"}, "gpuPortionRequest", "1"),
        ({"cpuMemoryRequest": "20 M"}, "cpuMemoryRequest", "with its unit"),
        ({"cpuMemoryRequest": "2G", "cpuMemoryLimit": "1Gi"}, "cpuMemoryLimit", "less than cpuMemoryRequest"),
        ({"cpuCoreRequest": "2", "cpuCoreLimit": "0.5"}, "cpuCoreLimit", "less than cpuCoreRequest"),
        ({"cpuCoreRequest": "many"}, "cpuCoreRequest", "number"),
        ({"minReplicas": 3, "maxReplicas": 2}, "minReplicas", "maxReplicas"),
        ({"minReplicas": 1, "maxReplicas": 2, "metricThreshold": 1}, "metric", "required"),
        ({"minReplicas": 0, "maxReplicas": 2, "metric": "latency", "metricThreshold": 1}, "metric", "zero"),
        ({"minReplicas": 1, "maxReplicas": 2, "metric": "latency"}, "metricThreshold", "required"),
        ({"minReplicas": 0, "scaleToZeroRetentionSeconds": 3601}, "scaleToZeroRetentionSeconds", "3600"),
        ({"servingPort": 65536}, "servingPort", "65535"),
        ({"environment": (("1A", "x"),)}, "environment", "no name"),
        ({"environment": (("A", "x"),), "credentials": (("A", "b/c"),)}, "environment", "given twice"),
        ({"credentials": (("A", "only-a-name"),)}, "credentials", "credential/key"),
    ],
)
async def test_a_form_that_would_be_refused_says_so_where_it_is_wrong(
    verbs: Verbs, tenant: Tenant, changes: dict[str, Any], field: str, words: str
) -> None:
    said = complaints(verbs.action("create"), order(tenant, **changes))
    assert said.keys() == {field}
    assert words in said[field]


async def test_what_goes_with_a_choice_is_asked_only_then(verbs: Verbs) -> None:
    def asked(**inputs: Any) -> set[str]:
        return {one.name for one in verbs.action("create").fields if one.when is not None and one.when(inputs)}

    one = {"minReplicas": 1, "maxReplicas": 1}
    assert asked(**one) == set()
    assert asked(**one, gpuRequestType="portion") == {"gpuDevicesRequest", "gpuPortionRequest", "gpuPortionLimit"}
    assert asked(**one, gpuRequestType="memory") == {"gpuDevicesRequest", "gpuMemoryRequest", "gpuMemoryLimit"}
    assert asked(**one, gpuRequestType="migProfile") == {"gpuDevicesRequest", "migProfile"}
    assert asked(minReplicas=0, maxReplicas=1) == {"scaleToZeroRetentionSeconds"}
    assert asked(minReplicas=1, maxReplicas=2) == {"metric", "metricThreshold"}


async def test_values_of_variables_are_seen_nowhere(verbs: Verbs, simulator: Simulator, tenant: Tenant) -> None:
    inputs = order(tenant, environment=(("HF_TOKEN", "hf_12345678"),), args="--api-key sk-9876 --port 1")
    request = verbs.action("create").request([], inputs)
    assert "environment" in request.secrets, "the form's own field, for the journal"
    shown = json.dumps(described(request))
    assert "hf_12345678" not in shown
    assert "sk-9876" not in shown
    assert "HF_TOKEN" in shown
    echo = b'{"code": 400, "message": "Bad request - HF_TOKEN=hf_12345678 is too short"}'
    simulator.faults["runai"].next(Fault("status", status=400, body=echo), match="POST /api/v1/workloads")
    outcome = await verbs.client.change(request)
    assert outcome.problem is not None
    assert "HF_TOKEN=***" in outcome.problem.text
    assert "hf_12345678" not in str(outcome)


async def test_arguments_without_a_secret_are_shown(verbs: Verbs, tenant: Tenant) -> None:
    request = verbs.action("create").request([], order(tenant, command="python", args="--max-model-len 8192"))
    assert "--max-model-len 8192" in json.dumps(described(request))


async def test_that_an_inference_goes_away_already_is_told_before_it_is_deleted_again(
    verbs: Verbs, tenant: Tenant
) -> None:
    row = next(iter((await verbs.rows()).values()))
    delete = verbs.action("delete")
    assert (delete.blocked_reason(row.item), delete.warning(row.item)) == (None, None)
    await verbs.send("delete", row)
    again = await verbs.row(row.name)
    assert again.state == "Deleting"
    assert (delete.blocked_reason(again.item), delete.warning(again.item)) == (None, "it is being deleted already")


async def test_what_the_control_plane_does_not_support_is_off(verbs: Verbs) -> None:
    row = next(iter((await verbs.rows()).values()))
    item: Any = row.item
    thing = type(item.thing).model_validate(
        {**item.thing.model_dump(by_alias=True), "actionsSupport": {"delete": False}}
    )
    item = type(item)(thing, item.cluster_id, item.cluster)
    assert verbs.action("delete").blocked_reason(item) == "the control plane says that this workload cannot be deleted"


async def test_a_refusal_is_told_in_the_words_of_the_api(verbs: Verbs, tenant: Tenant) -> None:
    row = next(iter((await verbs.rows()).values()))
    item: Any = row.item
    inputs = order(
        tenant, name=row.name, projectId=str(item.thing.project_id), clusterId=item.cluster_id
    )  # fmt: skip
    outcome = await verbs.send("create", None, inputs)
    assert outcome.send_status is SendStatus.REFUSED
    assert outcome.problem is not None
    assert "already exists in project" in outcome.problem.text


async def test_a_creation_whose_answer_is_lost_is_sent_once_and_found(
    verbs: Verbs, simulator: Simulator, tenant: Tenant
) -> None:
    simulator.faults["runai"].next(Fault("cut_before"), match="POST /api/v1/workloads")
    outcome = await verbs.send("create", None, order(tenant))
    assert outcome.send_status is SendStatus.UNKNOWN
    assert len(sent(simulator)) == 1
    assert (await verbs.row("chat-9b")).state == "Creating"


async def test_read_only_holds(simulator: Simulator, tenant: Tenant) -> None:
    profile: dict[str, Any] = tenant.profile(simulator.urls["runai"])
    values = {setting.name: profile.get(setting.name, setting.default) for setting in PROVIDER.settings}
    secret = Secret(values["client_secret"])
    client = RunAI(Settings("runai", {**values, "client_secret": secret}, read_only=True), now=simulator.clock.now)
    for action in INFERENCES.actions:
        row = (await client.inferences()).items[0].value
        outcome = await client.change(action.request([row] if action.on == "rows" else [], order(tenant)))
        assert outcome.problem is not None
        assert (outcome.send_status, outcome.problem.cause) == (SendStatus.NOT_SENT, Cause.READ_ONLY)
    assert sent(simulator) == []
    await client.aclose()


# -- what a form or a file lets through is valid --


@pytest.fixture(scope="module")
def standing() -> Iterator[Simulator]:
    with Simulator(only=["runai"], calm=True, clock=ManualClock(NOON)) as served:
        yield served


NUMBERS = st.sampled_from(["0.5", "1", "4", "0", "-1", "1e400", "NaN", "x", "0x1", "1_0", " 1"])
QUANTITIES = st.sampled_from(["20M", "1.5G", "10", "500m", "2Ti", "1..5", "20 M", "-3G", "1e3", "MB", "9" * 99 + "E"])
WORDS = st.sampled_from(["python", "a b", "", "é", "--x=1", "\u202e", "line\nbreak"])
COUNTS = st.integers(-1, 4)


def pairs(names: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Up to two lines of `name=value`."""
    return st.lists(st.tuples(st.sampled_from(names), values), max_size=2).map(tuple)


OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "image": WORDS, "command": WORDS, "args": WORDS, "workingDir": WORDS, "servingPort": st.sampled_from([0, 1, 65535]),
    "protocol": st.sampled_from(["http", "grpc"]), "gpuRequestType": st.sampled_from(get_args(spec.GpuRequest)),
    "gpuDevicesRequest": COUNTS, "gpuPortionRequest": NUMBERS, "gpuPortionLimit": NUMBERS,
    "gpuMemoryRequest": QUANTITIES, "gpuMemoryLimit": QUANTITIES,
    "migProfile": st.sampled_from(get_args(spec.MigProfile)),
    "cpuCoreRequest": NUMBERS, "cpuCoreLimit": NUMBERS, "cpuMemoryRequest": QUANTITIES, "cpuMemoryLimit": QUANTITIES,
    "largeShmRequest": st.booleans(), "minReplicas": COUNTS, "maxReplicas": COUNTS,
    "metric": st.sampled_from(get_args(spec.Metric)), "metricThreshold": COUNTS,
    "scaleToZeroRetentionSeconds": st.sampled_from([0, 60, 3600, 3601]),
    "environment": pairs(["A", "B", "c.d", "1x", ""], WORDS),
    "credentials": pairs(["A", "C"], st.sampled_from(["a/b", "a", "/"])),
}  # fmt: skip


@settings(max_examples=examples(120), deadline=None)
@given(data=st.data())
async def test_no_form_that_is_accepted_makes_an_invalid_request(standing: Simulator, data: st.DataObject) -> None:
    client = client_of(standing)
    try:
        verbs = Verbs(client, INFERENCES, ManualClock(NOON))
        chosen = data.draw(st.sets(st.sampled_from(sorted(OPTIONS)), max_size=6))
        changes = {name: data.draw(OPTIONS[name]) for name in sorted(chosen)}
        inputs = order(cloud(standing), name=f"i-{uuid.uuid4()}", **changes)
        action = verbs.action("create")
        fields = {one.name: one for one in action.fields}
        asked = {name: value for name, value in inputs.items() if value not in ("", ())}
        asked = {name: value for name, value in asked.items() if (when := fields[name].when) is None or when(asked)}
        said = complaints(action, asked)
        event("not accepted" if said else "accepted")
        if not said:
            outcome = await client.change(action.request([], asked))
            assert outcome.send_status is SendStatus.ACCEPTED, (outcome.problem, asked)
    finally:
        await client.aclose()


def document(tenant: Tenant) -> dict[str, Any]:
    """The document's example, with what this tenant has and its contradictions taken out."""
    project = tenant.projects[0]
    example: dict[str, Any] = copy.deepcopy(json.loads(INFERENCE)["spec"])
    example["nodePools"] = ["default"]
    del example["compute"]["migProfile"]
    example["compute"]["extendedResources"][0]["quantity"] = "2"
    return {"name": "chat-9b", "projectId": project.id, "clusterId": project.cluster.id, "spec": example}


async def test_every_field_of_the_document_may_be_sent_from_a_file(verbs: Verbs, tenant: Tenant) -> None:
    action = verbs.action("create")
    assert action.document is not None
    body = document(tenant)
    assert action.document(json.dumps(body, indent=2)) == []
    request = action.request([], order(tenant))
    outcome = await verbs.client.change(type(request)(request.method, request.path, body=body))
    assert outcome.send_status is SendStatus.ACCEPTED, outcome.problem


ODD_VALUES = st.sampled_from([None, True, -1, 0, 1, 2.5, 10**12, "", "x", "portion", [], [None], ["x"], {}, {"x": 1}])


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in inner:
        yield (*path, key)
        yield from leaves(entry, (*path, key))


@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
async def test_no_file_without_complaints_is_invalid(standing: Simulator, data: st.DataObject) -> None:
    """One field of the whole body at a time is made odd: what the file's check lets through, the API takes."""
    tenant: Tenant = cloud(standing)
    body = document(tenant) | {"name": f"i-{uuid.uuid4()}"}
    path = data.draw(st.sampled_from(sorted(leaves(body["spec"]), key=str)))
    holder = body["spec"]
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = data.draw(ODD_VALUES)
    (action,) = [one for one in INFERENCES.actions if one.name == "create"]
    assert action.document is not None
    said = action.document(json.dumps(body, indent=1))
    event("complaints" if said else "none")
    if said or "nodePools" in path:
        return
    client = client_of(standing)
    try:
        request = action.request([], order(tenant))
        outcome = await client.change(type(request)(request.method, request.path, body=body))
        assert outcome.send_status is SendStatus.ACCEPTED, (outcome.problem, path)
    finally:
        await client.aclose()
