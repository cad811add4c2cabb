"""The embedded Run:ai tenant keeps what the API describes: tokens, filters, pages, versions, shapes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.runai.state import RunAI
from gputui.sim.serve import Simulator
from tests.contract.shapes import differences

START = 1_760_000_000.0
WORKLOADS = "/api/v1/workloads"
INFERENCES = f"{WORKLOADS}/inferences"

INFERENCE = """{"name":"my-workload-name","requestedName":"string","workloadId":"06d16c5d-4728-42fa-b573-3b11820d999f",
"projectId":1,"departmentId":2,"clusterId":"71f69d83-ba66-4822-adf5-55ce55efd210","createdBy":"test@lab.com",
"createdAt":"2022-01-01T03:49:52.531Z","desiredPhase":"Running","actualPhase":"Creating","spec":{"command":"python",
"args":"-x my-script.py","image":"python:3.8","imagePullPolicy":"Always","workingDir":"/home/myfolder",
"createHomeDir":true,"probes":{"readiness":{"initialDelaySeconds":0,"periodSeconds":1,"timeoutSeconds":1,
"successThreshold":1,"failureThreshold":1,"handler":{"httpGet":{"path":"string","port":1,"host":"example.com",
"scheme":"HTTP"}}}},"nodeType":"my-node-type","nodePools":["my-node-pool-a","my-node-pool-b"],
"podAffinity":{"type":"Required","key":"string"},"environmentVariables":[{"name":"HOME","value":"/home/my-folder",
"secret":{"name":"postgress_secret","key":"POSTGRES_PASSWORD"},"exclude":false}],"annotations":[{"name":"billing",
"value":"my-billing-unit","exclude":false}],"labels":[{"name":"stage","value":"initial-research","exclude":false}],
"tolerations":[{"name":"string","operator":"Equal","key":"string","value":"string","effect":"NoSchedule",
"seconds":1}],"ports":[{"container":8080,"serviceType":"LoadBalancer","external":30080,"toolType":"pytorch",
"toolName":"my-pytorch","name":"port-instance-a"}],"exposedUrls":[{"container":8080,"authorizedUsers":["user-a",
"user-b"],"authorizedGroups":["group-a","group-b"],"toolType":"jupyter","toolName":"my-pytorch",
"name":"url-instance-a"}],"compute":{"gpuDevicesRequest":1,"gpuRequestType":"portion","gpuPortionRequest":0.5,
"gpuPortionLimit":0.5,"gpuMemoryRequest":"10M","gpuMemoryLimit":"10M","migProfile":"1g.5gb","cpuCoreRequest":0.5,
"cpuCoreLimit":2,"cpuMemoryRequest":"20M","cpuMemoryLimit":"30M","largeShmRequest":false,
"extendedResources":[{"resource":"hardware-vendor.example/foo","quantity":2,"exclude":false}]},
"storage":{"dataVolume":[{"id":"123e4567-e89b-12d3-a456-426614174000","mountPath":"/mnt/data"}],
"pvc":[{"name":"storage-instance-a","existingPvc":false,"claimName":"my-claim","path":"/container/my-claim",
"readOnly":false,"ephemeral":false,"claimInfo":{"size":"1G","storageClass":"my-storage-class",
"accessModes":{"readWriteOnce":true,"readOnlyMany":false,"readWriteMany":false},"volumeMode":"Filesystem"}}],
"git":[{"name":"storage-instance-a","branch":"main","revision":"string","path":"/container/my-repository",
"passwordSecret":"my-password-secret","secretKeyOfUser":"User","secretKeyOfPassword":"Password"}],
"configMapVolume":[{"name":"storage-instance-a","configMap":"string","mountPath":"string"}],
"secretVolume":[{"name":"storage-instance-a","secret":"string","mountPath":"string"}]},
"security":{"uidGidSource":"fromTheImage","capabilities":["CHOWN","KILL"],"seccompProfileType":"RuntimeDefault",
"runAsNonRoot":true,"readOnlyRootFilesystem":false,"runAsUid":500,"runAsGid":30,"supplementalGroups":"2,3,5,8"},
"servingPort":{"container":8080,"protocol":"http"},"autoscaling":{"minReplicas":0,"maxReplicas":1,
"scaleToZeroRetentionSeconds":3600,"metric":"throughput","metricThreshold":0}}}"""
MEASUREMENTS = """{"measurements":[{"type":"ALLOCATED_GPU","labels":"{'gpu': '3'}",
"values":[{"value":"85","timestamp":"2023-06-06 12:09:18.211"}]}]}"""
ERROR = """{"code":401,"message":"Issuer is not familiar."}"""
# what the OpenAPI description of 2.18 requires of a workload
REQUIRED = {
    "tenantId", "type", "name", "id", "source", "priorityClassName", "clusterId", "projectName", "projectId",
    "departmentName", "departmentId", "namespace", "createdAt", "phase", "conditions", "k8sPhase", "runningPods",
    "phaseUpdatedAt", "k8sPhaseUpdatedAt", "updatedAt", "deletedAt",
}  # fmt: skip
PHASES = {
    "Creating", "Initializing", "Resuming", "Pending", "Deleting", "Running", "Updating", "Stopped", "Stopping",
    "Degraded", "Failed", "Completed", "Terminating", "Unknown",
}  # fmt: skip
WINDOW = {"start": "2026-01-01T00:00:00.000Z", "end": "2026-01-01T01:00:00.000Z"}


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
def stranger(simulator: Simulator, cloud: RunAI) -> Iterator[httpx.Client]:
    """A client without a token."""
    base_url = str(cloud.profile(simulator.urls["runai"])["base_url"])
    with httpx.Client(base_url=base_url, trust_env=False, verify=False) as ours:
        yield ours


@pytest.fixture
def client(stranger: httpx.Client, cloud: RunAI) -> httpx.Client:
    body = {"grantType": "app_token", "AppId": cloud.client_id, "AppSecret": cloud.client_secret}
    token = stranger.post("/api/v1/token", json=body).json()["accessToken"]
    stranger.headers["Authorization"] = f"Bearer {token}"
    return stranger


def listed(client: httpx.Client, **params: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(WORKLOADS, params={"limit": 500, **params}).json()["workloads"]
    return found


def named(client: httpx.Client, phase: str) -> dict[str, Any]:
    """An inference in that phase."""
    return listed(client, filterBy=f"type==Inference,phase=={phase}")[0]


# -- tokens --


@pytest.mark.parametrize(
    "body",
    [
        {"grantType": "app_token", "AppId": "ID", "AppSecret": "SECRET"},
        {"granttype": "app_token", "appId": "ID", "appSecret": "SECRET"},
        {"grantType": "app_token", "appID": "ID", "appSecret": "SECRET"},
        {"grantType": "app_token", "clientID": "ID", "clientSecret": "SECRET"},
        {"grantType": "client_credentials", "clientId": "ID", "clientSecret": "SECRET"},
        {"clientId": "ID", "clientSecret": "SECRET"},
    ],
)
def test_every_spelling_of_the_first_token_call_works(
    stranger: httpx.Client, cloud: RunAI, body: dict[str, str]
) -> None:
    known = {"ID": cloud.client_id, "SECRET": cloud.client_secret}
    reply = stranger.post("/api/v1/token", json={key: known.get(value, value) for key, value in body.items()})
    assert reply.status_code == 200
    assert "expiresIn" not in reply.json()
    headers = {"Authorization": f"Bearer {reply.json()['accessToken']}"}
    assert stranger.get("/api/v1/clusters", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ('{"grantType": "app_token", "AppId": "ID", "AppSecret": "no"}', 401),
        ('{"grantType": "app_token", "AppId": "no", "AppSecret": "SECRET"}', 401),
        ('{"grantType": "client_credentials", "clientId": "ID", "clientSecret": "no"}', 401),
        ('{"grantType": "app_token", "AppId": "ID"}', 400),
        ('{"grantType": "password", "username": "a", "password": "b"}', 400),
        ("{}", 400),
        ("[]", 400),
        ("AppId=ID", 400),
    ],
)
def test_a_wrong_token_request_is_refused(stranger: httpx.Client, cloud: RunAI, content: str, status: int) -> None:
    content = content.replace("ID", cloud.client_id).replace("SECRET", cloud.client_secret)
    reply = stranger.post("/api/v1/token", content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code == status
    assert differences(reply.json(), json.loads(ERROR)) == []
    assert reply.json()["code"] == status


def test_client_credentials_came_with_2_20(stranger: httpx.Client, cloud: RunAI) -> None:
    body = {"grantType": "client_credentials", "clientId": cloud.client_id, "clientSecret": cloud.client_secret}
    cloud.version = "2.19"
    assert stranger.post("/api/v1/token", json=body).status_code == 400
    cloud.version = "2.20"
    assert stranger.post("/api/v1/token", json=body).status_code == 200


def test_the_second_token_call_is_oauth_and_came_with_2_24(stranger: httpx.Client, cloud: RunAI) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
    }
    assert stranger.post("/api/v2/token", data=form).status_code == 404
    cloud.version = "2.24"
    reply = stranger.post("/api/v2/token", data=form)
    assert reply.status_code == 200
    assert (reply.json()["token_type"], reply.json()["expires_in"]) == ("Bearer", 600)
    headers = {"Authorization": f"Bearer {reply.json()['access_token']}"}
    assert stranger.get("/api/v1/clusters", headers=headers).status_code == 200
    for change, status, error in (
        ({"client_secret": "no"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ):
        reply = stranger.post("/api/v2/token", data=form | change)
        assert (reply.status_code, reply.json()["error"]) == (status, error)
        assert reply.json()["error_description"]
    assert stranger.post("/api/v2/token", json=form).json()["error"] == "invalid_request"


def test_a_token_says_when_it_ends_and_ends_then(client: httpx.Client, cloud: RunAI, clock: ManualClock) -> None:
    claims = client.headers["Authorization"].removeprefix("Bearer ").split(".")[1]
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert decoded["exp"] == START + 600
    clock.advance(599)
    assert client.get("/api/v1/clusters").status_code == 200
    clock.advance(1)
    reply = client.get("/api/v1/clusters")
    assert (reply.status_code, reply.json()) == (401, json.loads(ERROR))


def test_the_lifetime_is_told_only_where_switched_on(stranger: httpx.Client, cloud: RunAI) -> None:
    cloud.sends_expires_in, cloud.token_seconds, cloud.tokens.opaque = True, 30.0, True
    body = {"clientId": cloud.client_id, "clientSecret": cloud.client_secret}
    reply = stranger.post("/api/v1/token", json=body).json()
    assert reply["expiresIn"] == 30
    assert "." not in reply["accessToken"]


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic abc", "TOKEN"])
@pytest.mark.parametrize("path", ["/api/v1/workloads", "/api/v1/clusters", "/api/v1/nowhere"])
def test_without_a_known_token_nothing_is_told(client: httpx.Client, header: str | None, path: str) -> None:
    token = client.headers.pop("Authorization").removeprefix("Bearer ")
    headers = {} if header is None else {"Authorization": header.replace("TOKEN", token)}
    reply = client.get(path, headers=headers)
    assert (reply.status_code, reply.json()) == (401, json.loads(ERROR))


# -- lists --


def test_pages_lead_through_all_workloads_once(client: httpx.Client) -> None:
    found: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = client.get(WORKLOADS, params={"offset": offset, "limit": 10}).json()
        assert len(page["workloads"]) <= 10
        found += [one["id"] for one in page["workloads"]]
        offset = page.get("next")
    assert len(found) == len(set(found)) == 44
    assert len(client.get(WORKLOADS).json()["workloads"]) == 44, "the default page holds 50"


@pytest.mark.parametrize("params", ["limit=0", "limit=501", "limit=many", "offset=-1"])
def test_a_page_has_bounds(client: httpx.Client, params: str) -> None:
    reply = client.get(f"{WORKLOADS}?{params}")
    assert (reply.status_code, reply.json()["code"]) == (400, 400)


def test_the_list_holds_what_is_required_of_a_workload(client: httpx.Client) -> None:
    found = listed(client)
    for one in found:
        assert one.keys() >= REQUIRED
        assert isinstance(one["projectId"], str)
        assert one["deletedAt"] is None
    assert {one["phase"] for one in found} == PHASES
    running = [one for one in found if one["phase"] == "Running"]
    assert len(running) > len(found) / 2
    assert listed(client, filterBy=f"name=={found[3]['name']}") == [found[3]]
    assert client.get(f"{WORKLOADS}/{found[3]['id']}").json() == found[3]


@pytest.mark.parametrize("value", ["Inference", "inference", "INFERENCE"])
def test_inferences_are_found_by_type(client: httpx.Client, value: str) -> None:
    found = listed(client, filterBy=f"type=={value}")
    assert len(found) == 36
    assert {one["type"] for one in found} == {"Inference"}
    assert client.get(f"{WORKLOADS}/count", params={"filterBy": f"type=={value}"}).json() == {"count": 36}


@pytest.mark.parametrize(
    ("term", "keep"),
    [
        ("name!=llama-8b-1", lambda one: one["name"] != "llama-8b-1"),
        ("name=@LAMA", lambda one: "lama" in one["name"]),
        ("name!@llama", lambda one: "llama" not in one["name"]),
        ("name=^llama", lambda one: one["name"].startswith("llama")),
        ("name=$-2", lambda one: one["name"].endswith("-2")),
        ("allocatedGPU>=2", lambda one: one["allocatedResources"]["gpu"] >= 2),
        ("allocatedGPU<=0.5", lambda one: one["allocatedResources"]["gpu"] <= 0.5),
        ("nodepool==h100", lambda one: "h100" in one["currentNodePools"]),
        ("nodepool!=h100", lambda one: "h100" not in one["currentNodePools"]),
        ("createdAt>=2025-09-25T00:00:00Z", lambda one: one["createdAt"] >= "2025-09-25T00"),
        ("createdAt<=2025-09-25T00:00:00Z", lambda one: one["createdAt"] < "2025-09-25T00"),
        (
            "type==Inference,phase==Running,name=@a",
            lambda one: (one["type"], one["phase"]) == ("Inference", "Running") and "a" in one["name"],
        ),
    ],
)
def test_filters_mean_what_they_say(client: httpx.Client, term: str, keep: Callable[[dict[str, Any]], bool]) -> None:
    everything = listed(client)
    expected = [one["name"] for one in everything if keep(one)]
    assert 0 < len(expected) < len(everything), "a filter that keeps all or nothing proves nothing"
    assert [one["name"] for one in listed(client, filterBy=term)] == expected


@pytest.mark.parametrize("term", ["colour==red", "phase", "phase~Running", "==x"])
def test_a_filter_that_means_nothing_is_refused(client: httpx.Client, term: str) -> None:
    assert client.get(WORKLOADS, params={"filterBy": term}).status_code == 400


def test_lists_are_sorted_as_asked(client: httpx.Client) -> None:
    names = [one["name"] for one in listed(client, sortBy="name")]
    assert names == sorted(names)
    assert [one["name"] for one in listed(client, sortBy="name", sortOrder="desc")] == names[::-1]
    gpus = [one["allocatedResources"]["gpu"] for one in listed(client, sortBy="allocatedGPU", sortOrder="desc")]
    assert gpus == sorted(gpus, reverse=True)
    assert client.get(WORKLOADS, params={"sortBy": "colour"}).status_code == 400
    assert client.get(WORKLOADS, params={"sortOrder": "up"}).status_code == 400


def test_search_came_with_2_20(client: httpx.Client, cloud: RunAI) -> None:
    found = listed(client, search="WHISPER")
    assert found
    assert all("whisper" in one["name"] for one in found)
    cloud.version = "2.18"
    assert len(listed(client, search="WHISPER")) == 44


def test_deleted_workloads_are_shown_when_asked_for(client: httpx.Client) -> None:
    gone = listed(client, deleted="true")
    assert len(gone) == 3
    assert all(one["deletedAt"] for one in gone)
    assert not {one["id"] for one in gone} & {one["id"] for one in listed(client)}
    assert client.get(f"{INFERENCES}/{gone[0]['id']}").status_code == 404


# -- pods, events, history --


def test_pods_belong_to_their_workloads(client: httpx.Client) -> None:
    pods = client.get(f"{WORKLOADS}/pods", params={"limit": 500}).json()["pods"]
    assert 60 <= len(pods) <= 80
    for one in listed(client):
        own = client.get(f"{WORKLOADS}/{one['id']}/pods").json()["pods"]
        assert {pod["id"] for pod in own} == {pod["id"] for pod in pods if pod["workloadId"] == one["id"]}
        assert sum(pod["k8sPhase"] == "Running" for pod in own) == one["runningPods"]
        assert all((pod["nodeName"] is None) == (pod["k8sPhase"] == "Pending") for pod in own)


def test_pods_are_filtered_and_named_in_full(client: httpx.Client) -> None:
    brief = client.get(f"{WORKLOADS}/pods").json()
    assert brief["next"] == len(brief["pods"]) == 50
    assert "workloadName" not in brief["pods"][0]
    full = client.get(f"{WORKLOADS}/pods", params={"verbosity": "full", "completed": "true"}).json()["pods"]
    assert {pod["k8sPhase"] for pod in full} == {"Succeeded", "Failed"}
    assert all(pod["workloadName"] and pod["projectName"] and pod["completedAt"] for pod in full)
    running = client.get(f"{WORKLOADS}/pods", params={"filterBy": "k8sPhase==Running"}).json()["pods"]
    assert {pod["k8sPhase"] for pod in running} == {"Running"}


def test_events_and_history_tell_how_it_came(client: httpx.Client) -> None:
    path = f"{WORKLOADS}/{named(client, 'Failed')['id']}"
    newest_first = client.get(f"{path}/events").json()["events"]
    assert newest_first[0]["type"] == "Warning"
    assert "OOMKilled" in newest_first[0]["message"]
    assert newest_first[0]["involvedObject"].keys() == {"uid", "kind", "name", "namespace"}
    assert client.get(f"{path}/events", params={"sortOrder": "asc"}).json()["events"] == newest_first[::-1]
    records = client.get(f"{path}/history").json()["records"]
    assert [record["phase"] for record in records] == ["Failed", "Creating"]
    page = client.get(f"{path}/history", params={"limit": 1}).json()
    assert (len(page["records"]), page["next"]) == (1, 1)


# -- inferences --


def test_an_inference_looks_as_documented(client: httpx.Client, cloud: RunAI) -> None:
    with_everything = next(one for one in cloud.living() if one.number == 0)
    by_schema = client.get(f"{INFERENCES}/{with_everything.id}").json()
    assert isinstance(by_schema["projectId"], str)
    cloud.as_documented = True
    body = client.get(f"{INFERENCES}/{with_everything.id}").json()
    assert differences(body, json.loads(INFERENCE)) == []


def test_every_inference_of_the_list_has_its_own_page(client: httpx.Client) -> None:
    for one in listed(client, filterBy="type==Inference"):
        body = client.get(f"{INFERENCES}/{one['id']}").json()
        assert (body["workloadId"], body["actualPhase"], body["name"]) == (one["id"], one["phase"], one["name"])
        assert body["desiredPhase"] in ("Running", "Stopped", "Deleted")
        scaling = body["spec"]["autoscaling"]
        assert scaling["minReplicas"] <= scaling["maxReplicas"]


def test_other_workloads_are_no_inferences(client: httpx.Client) -> None:
    training = listed(client, filterBy="type==Training")[0]
    for path in (training["id"], "06d16c5d-4728-42fa-b573-3b11820d999f", "nonsense"):
        reply = client.get(f"{INFERENCES}/{path}")
        assert (reply.status_code, reply.json()) == (404, {"code": 404, "message": "Resource id not found."})


def test_measurements_look_as_documented(client: httpx.Client, cloud: RunAI) -> None:
    cloud.as_documented = True
    params = {**WINDOW, "metricType": "THROUGHPUT,LATENCY"}
    inference = named(client, "Running")["id"]
    pod = client.get(f"{WORKLOADS}/{inference}/pods").json()["pods"][0]["id"]
    for path in (f"{INFERENCES}/{inference}/metrics", f"{INFERENCES}/{inference}/pods/{pod}/metrics"):
        body = client.get(path, params=params).json()
        assert differences(body, json.loads(MEASUREMENTS)) == []
        assert body["measurements"][0]["values"][0]["timestamp"] == "2026-01-01 00:00:00.000"


def test_measurements_by_the_schema(client: httpx.Client) -> None:
    path = f"{INFERENCES}/{named(client, 'Running')['id']}/metrics"
    body = client.get(path, params={**WINDOW, "metricType": "THROUGHPUT,LATENCY", "numberOfSamples": 5}).json()
    assert [series["type"] for series in body["measurements"]] == ["THROUGHPUT", "LATENCY"]
    for series in body["measurements"]:
        assert series["labels"] is None
        assert len(series["values"]) == 5
        assert [point["timestamp"] for point in series["values"]][::4] == list(WINDOW.values())
        assert all(isinstance(point["value"], str) and float(point["value"]) > 0 for point in series["values"])
    default = client.get(path, params={**WINDOW, "metricType": "LATENCY"}).json()
    assert len(default["measurements"][0]["values"]) == 20


@pytest.mark.parametrize(
    "change",
    [
        {"start": ""},
        {"end": ""},
        {"metricType": ""},
        {"metricType": "GPU_UTILIZATION"},
        {"metricType": "THROUGHPUT,MOOD"},
        {"start": "yesterday"},
        {"numberOfSamples": "1001"},
        {"start": WINDOW["end"], "end": WINDOW["start"]},
    ],
)
def test_measurements_have_to_be_asked_for_properly(client: httpx.Client, change: dict[str, str]) -> None:
    asked = {**WINDOW, "metricType": "THROUGHPUT"} | change
    params = {name: value for name, value in asked.items() if value}
    reply = client.get(f"{INFERENCES}/{named(client, 'Running')['id']}/metrics", params=params)
    assert (reply.status_code, reply.json()["code"]) == (400, 400)


def test_part_of_the_measurements_may_be_missing(client: httpx.Client, cloud: RunAI) -> None:
    params = {**WINDOW, "metricType": "THROUGHPUT,LATENCY"}
    idle = client.get(f"{INFERENCES}/{named(client, 'Pending')['id']}/metrics", params=params)
    assert (idle.status_code, [one["values"] for one in idle.json()["measurements"]]) == (200, [None, None])
    cloud.partial_metrics = True
    reply = client.get(f"{INFERENCES}/{named(client, 'Running')['id']}/metrics", params=params)
    assert reply.status_code == 207
    assert [one["values"] is None for one in reply.json()["measurements"]] == [False, True]


def test_the_general_measurements_know_gpus(client: httpx.Client) -> None:
    one = listed(client, filterBy="phase==Running,allocatedGPU>=2", sortBy="allocatedGPU", sortOrder="desc")[0]
    pod = client.get(f"{WORKLOADS}/{one['id']}/pods").json()["pods"][0]["id"]
    params = {**WINDOW, "metricType": "GPU_UTILIZATION,POD_COUNT,GPU_ALLOCATION"}
    found = client.get(f"{WORKLOADS}/{one['id']}/metrics", params=params).json()["measurements"]
    latest = {series["type"]: float(series["values"][-1]["value"]) for series in found}
    assert 0 <= latest["GPU_UTILIZATION"] <= 100
    assert latest["POD_COUNT"] == one["runningPods"]
    assert latest["GPU_ALLOCATION"] == one["allocatedResources"]["gpu"]
    by_gpu = client.get(
        f"{WORKLOADS}/{one['id']}/pods/{pod}/metrics", params={**WINDOW, "metricType": "GPU_UTILIZATION_PER_GPU"}
    ).json()["measurements"]
    assert by_gpu[0]["labels"] == {"gpu": "0"}
    missing = client.get(f"{WORKLOADS}/{one['id']}/pods/{one['id']}/metrics", params=params)
    assert missing.status_code == 404


# -- clusters, nodes, pools, projects --


def test_clusters_are_a_bare_array(client: httpx.Client) -> None:
    clusters = client.get("/api/v1/clusters").json()
    assert len(clusters) == 2
    for cluster in clusters:
        assert cluster["status"]["state"] in ("Connected", "ServiceIssues")
        assert client.get(f"/api/v1/clusters/{cluster['uuid']}").json() == cluster
    assert "status" not in client.get("/api/v1/clusters", params={"verbosity": "metadata"}).json()[0]
    assert client.get("/api/v1/clusters/06d16c5d-4728-42fa-b573-3b11820d999f").status_code == 404


def test_nodes_hang_on_their_cluster_and_from_2_23_on_the_tenant(client: httpx.Client, cloud: RunAI) -> None:
    by_cluster = [
        node
        for cluster in client.get("/api/v1/clusters").json()
        for node in client.get(f"/api/v1/clusters/{cluster['uuid']}/nodes").json()["nodes"]
    ]
    assert len(by_cluster) == 24
    assert {node["status"] for node in by_cluster} == {"Ready", "NotReady", "Unknown"}
    assert sum(node["gpuInfo"] is None for node in by_cluster) == 1
    assert client.get("/api/v1/nodes").status_code == 404
    cloud.version = "2.23"
    assert client.get("/api/v1/nodes").json() == {"nodes": by_cluster}
    unready = client.get("/api/v1/nodes", params={"filterBy": "status!=Ready"}).json()["nodes"]
    assert [node["name"] for node in unready] == [node["name"] for node in by_cluster if node["status"] != "Ready"]
    one = by_cluster[4]
    path = f"/api/v1/clusters/{one['clusterUuid']}/nodes"
    assert client.get(path, params={"nodeName": one["name"]}).json() == {"nodes": [one]}


def test_node_pools_moved_with_2_19(client: httpx.Client, cloud: RunAI) -> None:
    pools = client.get("/api/v1/node-pools").json()["nodepools"]
    assert len(pools) == 3
    assert sum(len(pool["status"]["nodes"]) for pool in pools) == 24
    legacy = f"/v1/k8s/clusters/{pools[0]['clusterId']}/node-pools"
    assert client.get(legacy).status_code == 404
    cloud.version = "2.18"
    assert client.get("/api/v1/node-pools").status_code == 404
    assert client.get(legacy).json() == [pool for pool in pools if pool["clusterId"] == pools[0]["clusterId"]]


def test_projects_have_text_for_ids(client: httpx.Client) -> None:
    projects = client.get("/api/v1/org-unit/projects").json()["projects"]
    assert len(projects) == 5
    assert {one["projectId"] for one in listed(client)} <= {project["id"] for project in projects}
    for project in projects:
        assert isinstance(project["id"], str)
        assert client.get(f"/api/v1/org-unit/projects/{project['id']}").json() == project
    page = client.get("/api/v1/org-unit/projects", params={"limit": 2, "offset": 2}).json()
    assert (page["projects"], page["next"]) == (projects[2:4], 4)
    found = client.get("/api/v1/org-unit/projects", params={"search": "lab"}).json()["projects"]
    assert [project["name"] for project in found] == ["vision-lab", "language-lab"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/workloads/workspaces/x/y/z", 404),
        ("GET", "/api/v1/moods", 404),
        ("PUT", "/api/v1/clusters", 405),
        ("GET", "/api/v1/token", 405),
        ("GET", "/api/v1/workloads/06d16c5d-4728-42fa-b573-3b11820d999f", 404),
    ],
)
def test_what_is_not_there_is_said_in_json(client: httpx.Client, method: str, path: str, status: int) -> None:
    reply = client.request(method, path)
    assert reply.status_code == status
    assert differences(reply.json(), json.loads(ERROR)) == []
    assert reply.json()["code"] == status


# -- time --


def test_a_calm_world_stands_still(client: httpx.Client, cloud: RunAI, clock: ManualClock) -> None:
    before = listed(client)
    cloud.token_seconds = 10_000
    cloud.tokens.revoke_all()
    token = cloud.tokens.issue(cloud.client_id)
    clock.advance(3600)
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(WORKLOADS, headers=headers).json()["workloads"] == before


def test_the_other_world_is_always_up_to_something() -> None:
    clock = ManualClock(START)
    with Simulator(clock=clock, only=["runai"]) as simulator:
        cloud = simulator.world["runai"]
        assert isinstance(cloud, RunAI)
        restless: set[tuple[str, ...]] = set()
        for _ in range(300):
            clock.advance(5)
            cloud.tick()
            restless.add(tuple(one.phase for one in cloud.living()))
            for one in cloud.living():
                if one.phase == "Running":
                    assert one.running, f"{one.name} runs without a pod"
                assert all((pod.node is None) == (pod.phase == "Pending") for pod in one.pods)
        assert len(restless) > 50
        assert 36 <= len(cloud.living()) <= 60
        assert {"Updating", "Degraded", "Failed", "Initializing"} <= {
            turn.phase for one in cloud.living() if one.restless for turn in one.history
        }
