"""Creating and deleting inferences at the embedded Run:ai: every field of the body, the life that follows, versions."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.runai.state import RunAI
from gputui.sim.serve import Simulator
from tests.contract.test_sim_runai import INFERENCE, INFERENCES, START, WINDOW, WORKLOADS, listed

Body = dict[str, Any]
# the five of the document
DOCUMENTED = (
    ("POST", "/api/v1/workloads/inferences"),
    ("DELETE", "/api/v1/workloads/inferences/{workloadId}"),
    ("GET", "/api/v1/workloads/inferences/{workloadId}"),
    ("GET", "/api/v1/workloads/inferences/{workloadId}/metrics"),
    ("GET", "/api/v1/workloads/inferences/{workloadId}/pods/{podId}/metrics"),
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(clock=clock, calm=True, only=["runai"]) as running:
        yield running


@pytest.fixture
def cloud(simulator: Simulator) -> RunAI:
    found = simulator.world["runai"]
    assert isinstance(found, RunAI)
    return found


@pytest.fixture
def client(simulator: Simulator, cloud: RunAI) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {cloud.tokens.issue(cloud.client_id)}"}
    # verify=False: reading the trusted certificates takes longer than all requests of a test, and all is on http.
    with httpx.Client(base_url=simulator.urls["runai"], headers=headers, trust_env=False, verify=False) as ours:
        yield ours


@pytest.fixture
def small(client: httpx.Client) -> Body:
    """The smallest body that the documentation shows."""
    project = client.get("/api/v1/org-unit/projects").json()["projects"][0]
    spec = {"image": "vllm/vllm-openai:v0.6.4", "servingPort": {"container": 8000, "protocol": "http"}}
    return {"name": "chat-9b", "projectId": project["id"], "clusterId": project["clusterId"], "spec": spec}


@pytest.fixture
def whole(small: Body) -> Body:
    """The body of the document's example, with what this tenant has and one contradiction taken out."""
    spec = json.loads(INFERENCE)["spec"]
    spec["nodePools"] = ["h100", "default"]
    del spec["compute"]["migProfile"]  # only with the type migProfile, say the schema's descriptions
    return {**small, "useGivenNameAsPrefix": True, "spec": spec}


def create(client: httpx.Client, body: object) -> httpx.Response:
    return client.post(INFERENCES, json=body)


def phase(client: httpx.Client, workload_id: str) -> str:
    return str(client.get(f"{INFERENCES}/{workload_id}").json()["actualPhase"])


@pytest.mark.parametrize(("method", "path"), DOCUMENTED)
def test_every_documented_endpoint_is_served(client: httpx.Client, small: Body, method: str, path: str) -> None:
    workload = listed(client, filterBy="type==Inference,phase==Running")[0]["id"]
    pod = client.get(f"{WORKLOADS}/{workload}/pods").json()["pods"][0]["id"]
    params = {**WINDOW, "metricType": "THROUGHPUT"} if path.endswith("metrics") else {}
    target = path.format(workloadId=workload, podId=pod)
    answer = client.request(method, target, params=params, json=small if method == "POST" else None)
    assert answer.status_code in (200, 202, 204)
    assert len(set(DOCUMENTED)) == 5


def test_an_inference_comes_to_life_by_and_by(client: httpx.Client, small: Body, clock: ManualClock) -> None:
    small["spec"]["autoscaling"] = {"minReplicas": 2, "maxReplicas": 2}
    made = create(client, small).json()
    id = made["workloadId"]
    assert made == client.get(f"{INFERENCES}/{id}").json()
    assert (made["name"], made["requestedName"]) == ("chat-9b", "chat-9b")
    assert (made["actualPhase"], made["desiredPhase"], made["spec"]) == ("Creating", "Running", small["spec"])
    seen = [(phase(client, id), 0, 0)]
    for _ in range(60):
        clock.advance(0.5)
        pods = client.get(f"{WORKLOADS}/{id}/pods").json()["pods"]
        now = (phase(client, id), len(pods), sum(pod["k8sPhase"] == "Running" for pod in pods))
        if now != seen[-1]:
            seen.append(now)
    assert seen == [("Creating", 0, 0), ("Pending", 2, 0), ("Initializing", 2, 0), ("Running", 2, 2)]
    row = client.get(f"{WORKLOADS}/{id}").json()
    assert (row["type"], row["runningPods"], row["phase"]) == ("Inference", 2, "Running")
    assert row["urls"]
    turns = client.get(f"{WORKLOADS}/{id}/history").json()["records"]
    assert [turn["phase"] for turn in turns] == ["Running", "Initializing", "Pending", "Creating"]


def test_all_fields_of_the_document_are_taken_and_shown_again(client: httpx.Client, whole: Body) -> None:
    made = create(client, whole).json()
    assert client.get(f"{INFERENCES}/{made['workloadId']}").json()["spec"] == whole["spec"]
    assert made["requestedName"] == "chat-9b"
    assert made["name"].startswith("chat-9b-")
    row = client.get(f"{WORKLOADS}/{made['workloadId']}").json()
    assert (row["images"], row["requestedNodePools"]) == (["python:3.8"], ["h100"])
    assert row["podsRequestedResources"]["gpu"]["request"] == 0.5


@pytest.mark.parametrize(
    ("compute", "gpus"),
    [
        (None, 0),
        ({"gpuDevicesRequest": 2}, 2),
        ({"gpuDevicesRequest": 1, "gpuRequestType": "portion", "gpuPortionRequest": 0.25}, 0.25),
        ({"gpuDevicesRequest": 1, "gpuRequestType": "memory", "gpuMemoryRequest": "20G"}, 0.25),
        ({"gpuDevicesRequest": 1, "gpuRequestType": "migProfile", "migProfile": "3g.40gb"}, 0.43),
        ({"cpuCoreRequest": 2}, 0),
    ],
)
def test_gpus_follow_from_what_was_asked_for(client: httpx.Client, small: Body, compute: object, gpus: float) -> None:
    small["spec"]["compute"] = compute
    made = create(client, small).json()
    row = client.get(f"{WORKLOADS}/{made['workloadId']}").json()
    assert row["podsRequestedResources"]["gpu"]["request"] == gpus


def test_what_fits_nowhere_waits_and_says_why(client: httpx.Client, small: Body, clock: ManualClock) -> None:
    small["spec"] |= {"nodePools": ["h100"], "compute": {"gpuDevicesRequest": 9}}
    id = create(client, small).json()["workloadId"]
    clock.advance(60)
    row = client.get(f"{WORKLOADS}/{id}").json()
    assert (row["phase"], row["runningPods"]) == ("Pending", 0)
    assert "Insufficient nvidia.com/gpu" in row["phaseMessage"]


def test_a_mad_number_of_replicas_does_no_harm(client: httpx.Client, small: Body, clock: ManualClock) -> None:
    small["spec"]["autoscaling"] = {"minReplicas": 10**9, "maxReplicas": 10**9}
    id = create(client, small).json()["workloadId"]
    clock.advance(60)
    assert phase(client, id) == "Pending"


@pytest.mark.parametrize("project_id", [int, str])
def test_a_project_may_be_named_by_number_or_text(client: httpx.Client, small: Body, project_id: type) -> None:
    small["projectId"] = project_id(small["projectId"])
    assert create(client, small).status_code == 202


@pytest.mark.parametrize("spec", [None, {}])
def test_a_spec_may_be_missing(client: httpx.Client, small: Body, spec: object) -> None:
    assert create(client, small | {"spec": spec}).status_code == 202


@pytest.mark.parametrize(
    ("version", "created", "deleted"),
    [("2.18", 200, 204), ("2.19", 200, 204), ("2.20", 202, 204), ("2.21", 202, 202), ("2.24", 202, 202)],
)
def test_the_codes_of_success_follow_the_version(
    client: httpx.Client, cloud: RunAI, small: Body, version: str, created: int, deleted: int
) -> None:
    cloud.version = version
    answer = create(client, small)
    assert answer.status_code == created
    gone = client.delete(f"{INFERENCES}/{answer.json()['workloadId']}")
    assert gone.status_code == deleted
    if deleted == 204:
        assert gone.content == b""
    else:
        assert gone.json().keys() == {"code", "message"}


def test_a_deletion_takes_a_while_and_may_be_repeated(client: httpx.Client, clock: ManualClock) -> None:
    id = listed(client, filterBy="type==Inference,phase==Running")[0]["id"]
    assert client.delete(f"{INFERENCES}/{id}").status_code == 204
    going = client.get(f"{INFERENCES}/{id}").json()
    assert (going["desiredPhase"], going["actualPhase"]) == ("Deleted", "Deleting")
    clock.advance(5.9)
    assert client.delete(f"{INFERENCES}/{id}").status_code == 204
    assert phase(client, id) == "Deleting"
    clock.advance(0.1)
    for method in ("GET", "DELETE"):
        answer = client.request(method, f"{INFERENCES}/{id}")
        assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "Resource id not found."})
    assert id not in {row["id"] for row in listed(client)}
    assert id in {row["id"] for row in listed(client, deleted="true")}


def test_what_is_deleted_at_once_does_not_come_to_life(client: httpx.Client, small: Body, clock: ManualClock) -> None:
    id = create(client, small).json()["workloadId"]
    client.delete(f"{INFERENCES}/{id}")
    clock.advance(5.9)
    assert phase(client, id) == "Deleting"
    clock.advance(0.1)
    assert client.get(f"{INFERENCES}/{id}").status_code == 404


def test_only_inferences_are_deleted_here(client: httpx.Client) -> None:
    id = listed(client, filterBy="type==Training")[0]["id"]
    assert client.delete(f"{INFERENCES}/{id}").status_code == 404
    assert id in {row["id"] for row in listed(client)}


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"projectId": "1"}, 403, "You do not have sufficient permissions."),
        ({"clusterId": "71f69d83-ba66-4822-adf5-55ce55efd210"}, 400, "is not on cluster"),
        ({"spec": {"nodePools": ["default", "my-node-pool-b"]}}, 400, "no such node pool: my-node-pool-b"),
        ({"name": "llama-8b-1"}, 400, "already exists"),
    ],
)
def test_what_the_tenant_does_not_have_is_refused(
    client: httpx.Client, small: Body, change: Body, status: int, says: str
) -> None:
    first = listed(client, filterBy="name==llama-8b-1")[0]
    before = listed(client)
    answer = create(client, small | {"projectId": first["projectId"], "clusterId": first["clusterId"]} | change)
    assert (answer.status_code, answer.json()["code"]) == (status, status)
    assert says in answer.json()["message"]
    assert listed(client) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"1", b"null"])
def test_what_is_no_body_is_a_bad_request(client: httpx.Client, content: bytes) -> None:
    answer = client.post(INFERENCES, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_a_body_without_a_name_is_refused_in_the_documents_words(client: httpx.Client, small: Body) -> None:
    del small["name"]
    assert create(client, small).json()["message"] == "Bad request - Resource should have a name"


WRONG: dict[str, object] = {
    "name": "", "useGivenNameAsPrefix": "yes", "projectId": 1.5, "clusterId": "prod", "spec": [],
    "spec.command": 1, "spec.args": ["-x"], "spec.image": {}, "spec.workingDir": 1,
    "spec.imagePullPolicy": "Sometimes", "spec.createHomeDir": "true",
    "spec.probes.readiness.initialDelaySeconds": -1, "spec.probes.readiness.periodSeconds": 0,
    "spec.probes.readiness.timeoutSeconds": 0, "spec.probes.readiness.successThreshold": 0,
    "spec.probes.readiness.failureThreshold": 0, "spec.probes.readiness.handler.httpGet.port": 65536,
    "spec.probes.readiness.handler.httpGet.scheme": "FTP",
    "spec.nodeType": 1, "spec.nodePools": "default", "spec.podAffinity.type": "Wanted",
    "spec.environmentVariables": {}, "spec.environmentVariables.0.value": 1,
    "spec.environmentVariables.0.secret": "x", "spec.annotations.0.exclude": "no", "spec.labels.0.value": 1,
    "spec.tolerations.0.operator": "Like", "spec.tolerations.0.effect": "Never", "spec.tolerations.0.seconds": 0,
    "spec.ports.0.container": 0, "spec.ports.0.serviceType": "External", "spec.ports.0.external": "30080",
    "spec.exposedUrls.0.container": 70000, "spec.exposedUrls.0.authorizedUsers": "user-a",
    "spec.relatedUrls": "https://example.com",
    "spec.compute.gpuDevicesRequest": 1.5, "spec.compute.gpuRequestType": "half",
    "spec.compute.gpuPortionRequest": "0.5", "spec.compute.gpuPortionLimit": -1, "spec.compute.gpuMemoryRequest": 10,
    "spec.compute.gpuMemoryLimit": "much", "spec.compute.cpuCoreRequest": True, "spec.compute.cpuCoreLimit": "2",
    "spec.compute.cpuMemoryRequest": "", "spec.compute.cpuMemoryLimit": "20 M", "spec.compute.largeShmRequest": 0,
    "spec.compute.extendedResources.0.quantity": [], "spec.compute.migProfile": "8g.80gb",
    "spec.storage.dataVolume.0.id": "volume", "spec.storage.pvc.0.readOnly": "no",
    "spec.storage.pvc.0.claimInfo.size": "large", "spec.storage.pvc.0.claimInfo.volumeMode": "Tape",
    "spec.storage.pvc.0.claimInfo.accessModes.readWriteOnce": 1, "spec.storage.git.0.branch": 1,
    "spec.storage.configMapVolume.0.configMap": 1, "spec.storage.secretVolume.0.mountPath": 1,
    "spec.security.uidGidSource": "nowhere", "spec.security.capabilities": ["FLY"],
    "spec.security.seccompProfileType": "None", "spec.security.runAsNonRoot": "yes",
    "spec.security.readOnlyRootFilesystem": 1, "spec.security.runAsUid": "500", "spec.security.runAsGid": 1.5,
    "spec.security.supplementalGroups": "2;3",
    "spec.servingPort": {"protocol": "http"}, "spec.servingPort.container": 0, "spec.servingPort.protocol": "udp",
    "spec.autoscaling.minReplicas": -1, "spec.autoscaling.maxReplicas": 0,
    "spec.autoscaling.scaleToZeroRetentionSeconds": 3601, "spec.autoscaling.metric": "mood",
    "spec.autoscaling.metricThreshold": "50",
}  # fmt: skip


@pytest.mark.parametrize("path", WRONG)
def test_each_field_is_held_to_its_schema(client: httpx.Client, whole: Body, path: str) -> None:
    body = copy.deepcopy(whole)
    *way, last = path.split(".")
    inner: Any = body
    for step in way:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    inner[last] = WRONG[path]
    answer = create(client, body)
    assert answer.status_code == 400, answer.text
    field = path.replace(".0", "[0]")
    assert field in answer.json()["message"], answer.text
    assert "should" in answer.json()["message"] or "required" in answer.json()["message"]


@pytest.mark.parametrize(
    ("part", "fields", "says"),
    [
        ("compute", {"gpuDevicesRequest": 2, "gpuRequestType": "memory"}, "gpuRequestType should be portion"),
        ("compute", {"gpuDevicesRequest": 2, "gpuRequestType": "migProfile"}, "gpuRequestType should be portion"),
        ("compute", {"gpuRequestType": "portion", "migProfile": "1g.5gb"}, "only if gpuRequestType is migProfile"),
        ("compute", {"gpuDevicesRequest": 2, "gpuRequestType": "portion"}, None),
        ("compute", {"gpuDevicesRequest": 1, "gpuRequestType": "migProfile", "migProfile": "1g.5gb"}, None),
        ("autoscaling", {"minReplicas": 2, "maxReplicas": 1}, "minReplicas should not be more"),
        ("autoscaling", {"minReplicas": 1, "maxReplicas": 3}, "metric is required"),
        ("autoscaling", {"maxReplicas": 3}, "metric is required"),
        ("autoscaling", {"minReplicas": 0, "maxReplicas": 2}, "metric is required"),
        ("autoscaling", {"minReplicas": 1, "maxReplicas": 3, "metric": "latency"}, "metricThreshold is required"),
        (
            "autoscaling",
            {"minReplicas": 0, "maxReplicas": 3, "metric": "latency", "metricThreshold": 5},
            "scale to zero",
        ),
        (
            "autoscaling",
            {"minReplicas": 1, "maxReplicas": 1, "scaleToZeroRetentionSeconds": 60},
            "only if minReplicas is 0",
        ),
        ("autoscaling", {"minReplicas": 0, "maxReplicas": 1, "scaleToZeroRetentionSeconds": 0}, None),
        ("autoscaling", {"minReplicas": 0, "maxReplicas": 3, "metric": "concurrency", "metricThreshold": 5}, None),
        ("autoscaling", {"minReplicas": 3}, None),
    ],
)
def test_fields_have_to_agree(client: httpx.Client, small: Body, part: str, fields: Body, says: str | None) -> None:
    small["spec"][part] = fields
    answer = create(client, small)
    assert answer.status_code == (202 if says is None else 400), answer.text
    assert says is None or says in answer.json()["message"]


@pytest.mark.parametrize("of_pod", [False, True])
def test_metrics_may_be_partial_for_workload_and_pod(client: httpx.Client, cloud: RunAI, of_pod: bool) -> None:
    workload = listed(client, filterBy="type==Inference,phase==Running")[0]["id"]
    pod = client.get(f"{WORKLOADS}/{workload}/pods").json()["pods"][0]["id"]
    path = f"{INFERENCES}/{workload}/pods/{pod}/metrics" if of_pod else f"{INFERENCES}/{workload}/metrics"
    params = {**WINDOW, "metricType": "THROUGHPUT,LATENCY", "numberOfSamples": "3"}
    answer = client.get(path, params=params)
    assert answer.status_code == 200
    assert [len(found["values"]) for found in answer.json()["measurements"]] == [3, 3]
    cloud.partial_metrics = True
    answer = client.get(path, params=params)
    assert answer.status_code == 207
    assert [found["values"] is None for found in answer.json()["measurements"]] == [False, True]
