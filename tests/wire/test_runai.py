"""Run:ai's documented example and its schema's objects against our models, and what the screen makes of odd ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gputui.core.cells import EMPTY
from gputui.core.health import Health, by_state
from gputui.core.provider import View
from gputui.core.reading import columns, rows
from gputui.core.rows import Item, Listing
from gputui.core.text import Json
from gputui.providers.runai import states
from gputui.providers.runai.in_cluster import InCluster, InferencePod
from gputui.providers.runai.views import CLUSTERS, INFERENCES, NODES, PODS, POOLS, PROJECTS
from gputui.providers.runai.wire import Cluster, Inference, Pod, Project, RunAINode, RunAINodePool, Workload
from gputui.providers.wire import Wire, read_rows

INFERENCE: Any = json.loads("""
{"name": "my-workload-name", "requestedName": "string", "workloadId": "06d16c5d-4728-42fa-b573-3b11820d999f",
"projectId": 1, "departmentId": 2, "clusterId": "71f69d83-ba66-4822-adf5-55ce55efd210", "createdBy":
"test@lab.com", "createdAt": "2022-01-01T03:49:52.531Z", "desiredPhase": "Running", "actualPhase": "Creating",
"spec": {"command": "python", "args": "-x my-script.py", "image": "python:3.8", "imagePullPolicy": "Always",
"workingDir": "/home/myfolder", "createHomeDir": true, "probes": {"readiness": {"initialDelaySeconds": 0,
"periodSeconds": 1, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 1, "handler": {"httpGet":
{"path": "string", "port": 1, "host": "example.com", "scheme": "HTTP"}}}}, "nodeType": "my-node-type",
"nodePools": ["my-node-pool-a", "my-node-pool-b"], "podAffinity": {"type": "Required", "key": "string"},
"environmentVariables": [{"name": "HOME", "value": "/home/my-folder", "secret": {"name": "postgress_secret",
"key": "POSTGRES_PASSWORD"}, "exclude": false}], "annotations": [{"name": "billing", "value":
"my-billing-unit", "exclude": false}], "labels": [{"name": "stage", "value": "initial-research", "exclude":
false}], "tolerations": [{"name": "string", "operator": "Equal", "key": "string", "value": "string", "effect":
"NoSchedule", "seconds": 1}], "ports": [{"container": 8080, "serviceType": "LoadBalancer", "external": 30080,
"toolType": "pytorch", "toolName": "my-pytorch", "name": "port-instance-a"}], "exposedUrls": [{"container":
8080, "authorizedUsers": ["user-a", "user-b"], "authorizedGroups": ["group-a", "group-b"], "toolType":
"jupyter", "toolName": "my-pytorch", "name": "url-instance-a"}], "compute": {"gpuDevicesRequest": 1,
"gpuRequestType": "portion", "gpuPortionRequest": 0.5, "gpuPortionLimit": 0.5, "gpuMemoryRequest": "10M",
"gpuMemoryLimit": "10M", "migProfile": "1g.5gb", "cpuCoreRequest": 0.5, "cpuCoreLimit": 2, "cpuMemoryRequest":
"20M", "cpuMemoryLimit": "30M", "largeShmRequest": false, "extendedResources": [{"resource":
"hardware-vendor.example/foo", "quantity": 2, "exclude": false}]}, "storage": {"dataVolume": [{"id":
"123e4567-e89b-12d3-a456-426614174000", "mountPath": "/mnt/data"}], "pvc": [{"name": "storage-instance-a",
"existingPvc": false, "claimName": "my-claim", "path": "/container/my-claim", "readOnly": false, "ephemeral":
false, "claimInfo": {"size": "1G", "storageClass": "my-storage-class", "accessModes": {"readWriteOnce": true,
"readOnlyMany": false, "readWriteMany": false}, "volumeMode": "Filesystem"}}], "git": [{"name":
"storage-instance-a", "branch": "main", "revision": "string", "path": "/container/my-repository",
"passwordSecret": "my-password-secret", "secretKeyOfUser": "User", "secretKeyOfPassword": "Password"}],
"configMapVolume": [{"name": "storage-instance-a", "configMap": "string", "mountPath": "string"}],
"secretVolume": [{"name": "storage-instance-a", "secret": "string", "mountPath": "string"}]}, "security": {
"uidGidSource": "fromTheImage", "capabilities": ["CHOWN", "KILL"], "seccompProfileType": "RuntimeDefault",
"runAsNonRoot": true, "readOnlyRootFilesystem": false, "runAsUid": 500, "runAsGid": 30, "supplementalGroups":
"2,3,5,8"}, "servingPort": {"container": 8080, "protocol": "http"}, "autoscaling": {"minReplicas": 0,
"maxReplicas": 1, "scaleToZeroRetentionSeconds": 3600, "metric": "throughput", "metricThreshold": 0}}}
""")

# The objects of the lists, as the vendor's schema (2.18 to 2.24) has them: the document shows none of them.
WORKLOAD: Any = {
    "tenantId": 1001,
    "type": "Inference",
    "name": "llama-serving",
    "id": "06d16c5d-4728-42fa-b573-3b11820d999f",
    "priorityClassName": "inference",
    "clusterId": "71f69d83-ba66-4822-adf5-55ce55efd210",
    "projectName": "research",
    "projectId": "1",
    "departmentName": "lab",
    "namespace": "runai-research",
    "createdAt": "2026-01-01T03:49:52.531Z",
    "deletedAt": None,
    "submittedBy": "test@lab.com",
    "phase": "Degraded",
    "phaseMessage": "1 of 2 pods is not ready",
    "k8sPhase": "Running",
    "conditions": [{"type": "Ready", "status": "False"}],
    "runningPods": 1,
    "requestedPods": {"number": 2, "min": 1, "max": 4},
    "allocatedResources": {"gpu": 0.5, "gpuMemory": "10G", "cpu": 4, "cpuMemory": "16G"},
    "actionsSupport": {"delete": True, "suspend": False},
    "requestedNodePools": ["h100"],
    "currentNodePools": [],
    "images": ["python:3.8"],
    "urls": ["https://llama.example"],
    "externalConnections": [
        {"name": "api", "url": "https://llama.example"},
        {"name": "web", "url": "https://w.example"},
    ],
    "preemptible": False,
}
POD: Any = {
    "name": "llama-serving-0",
    "id": "5c1f8a52-3a53-4b0c-9f7d-0a2b6cf0a6a1",
    "workloadId": WORKLOAD["id"],
    "clusterId": WORKLOAD["clusterId"],
    "nodeName": None,
    "createdAt": "2026-01-01T03:50:00Z",
    "containers": [{"name": "main", "image": "python:3.8", "startedAt": None}],
    "allocatedResources": {"gpu": 1},
    "k8sPhase": "Pending",
}
NODE: Any = {
    "name": "node-1",
    "id": "n-1",
    "status": "Ready",
    "nodePool": "h100",
    "gpuInfo": {"gpuType": "NVIDIA H100", "gpuCount": 8},
    "clusterUuid": WORKLOAD["clusterId"],
    "conditions": [],
    "taints": [{"key": "nvidia.com/gpu"}],
    "createdAt": "2026-01-01T00:00:00Z",
}
POOL: Any = {
    "id": "22",
    "name": "h100",
    "clusterId": WORKLOAD["clusterId"],
    "clusterName": "alpha",
    "labelKey": "pool",
    "labelValue": "h100",
    "phase": "Unschedulable",
    "phaseMessage": "1 of 2 nodes is not ready",
    "status": {"nodes": ["node-1", "node-2"]},
    "isDefault": False,
}
CLUSTER: Any = {
    "uuid": WORKLOAD["clusterId"],
    "name": "alpha",
    "domain": "https://alpha.example",
    "version": "2.20.14",
    "status": {"state": "ServiceIssues", "conditions": []},
    "createdAt": "2026-01-01T00:00:00Z",
    "lastLiveness": "2026-01-02T00:00:00Z",
}
PROJECT: Any = {
    "id": "1",
    "name": "research",
    "clusterId": WORKLOAD["clusterId"],
    "parentId": "2",
    "status": {"namespace": "runai-research", "phase": "Ready", "quotaStatus": {"allocated": {"gpu": 3.5}}},
    "totalResources": {"gpuQuota": 8},
}
MODELS: list[tuple[type[Wire], Any]] = [
    (Inference, INFERENCE),
    (Workload, WORKLOAD),
    (Pod, POD),
    (RunAINode, NODE),
    (RunAINodePool, POOL),
    (Cluster, CLUSTER),
    (Project, PROJECT),
]


def placed(value: Any) -> InCluster[Any]:
    return InCluster(value, WORKLOAD["clusterId"], "alpha")


def cells(view: View[Any, Any], value: Any) -> dict[str, Any]:
    row = next(iter(rows(view, "p", Listing((Item(value, {}),)))[0].values()))
    assert row.item is value, row.cells[-1].text
    return dict(zip((column.title for column in columns(view)), row.cells, strict=True))


@pytest.mark.parametrize(("model", "example"), MODELS)
def test_objects_come_out_as_they_went_in(model: type[Wire], example: Any) -> None:
    assert model.model_validate(example).model_dump(by_alias=True, exclude_unset=True) == example


@pytest.mark.parametrize(("model", "example"), MODELS)
def test_only_what_identifies_a_thing_is_needed(model: type[Wire], example: Any) -> None:
    needed = {field.alias for field in model.model_fields.values() if field.is_required()}
    bare = {key: value for key, value in example.items() if key in needed}
    nulls = {key: value if key in needed or key == "k8sPhase" else None for key, value in example.items()}
    assert not read_rows(model, [bare, nulls, {**example, "brandNew": {"x": 1}}]).unreadable
    for key in needed:
        (broken,) = read_rows(model, [{**example, key: None}]).unreadable
        assert str(key) in broken.reason


def test_the_example_inference_is_read() -> None:
    found = Inference.model_validate(INFERENCE)
    assert (found.workload_id, found.actual_phase) == ("06d16c5d-4728-42fa-b573-3b11820d999f", "Creating")
    assert found.spec is not None
    assert found.spec.compute is not None
    assert (found.spec.image, found.spec.compute.gpu_portion_request) == ("python:3.8", 0.5)
    assert found.created is not None


@pytest.mark.parametrize("project", [1, "1"])
def test_project_ids_come_as_numbers_and_as_texts(project: object) -> None:
    assert Inference.model_validate({**INFERENCE, "projectId": project}).project_id == project
    workload = Workload.model_validate({**WORKLOAD, "projectId": project})
    (child,) = PROJECTS.children
    assert child.match(placed(Project.model_validate(PROJECT)), placed(workload))


def test_an_inference_shows_what_a_person_looks_for() -> None:
    shown = cells(INFERENCES, placed(Workload.model_validate(WORKLOAD)))
    assert (shown["NAME"].text, shown["HEALTH"].text, shown["STATE"].text) == (
        "llama-serving",
        "▲ degraded",
        "Degraded",
    )
    assert (shown["GPU"].text, shown["GPU"].value) == ("0.5", 0.5)
    assert (shown["PODS"].text, shown["PODS"].value, shown["PODS"].tone) == ("1/2", 1, "degraded")
    assert (shown["PROJECT"].text, shown["NODE POOL"].text, shown["CLUSTER"].text) == ("research", "h100", "alpha")
    assert shown["MESSAGE"].text == "1 of 2 pods is not ready"
    assert shown["URL"].text == "https://llama.example, https://w.example"


@pytest.mark.parametrize(
    ("running", "requested", "text", "tone"),
    [
        (2, {"min": 1, "max": 4}, "2/4", "plain"),
        (0, {"min": 1, "max": 4}, "0/4", "degraded"),
        (0, {"min": 0, "max": 1}, "0/1", "plain"),
        (2, None, "2/–", "plain"),
        (None, {"number": 2}, "–/2", "plain"),
        (None, None, "–", "dim"),
    ],
)
def test_pods_running_and_wanted(running: int | None, requested: Any, text: str, tone: str) -> None:
    raw = {**WORKLOAD, "runningPods": running, "requestedPods": requested}
    shown = cells(INFERENCES, placed(Workload.model_validate(raw)))["PODS"]
    assert (shown.text, shown.tone) == (text, tone)


@pytest.mark.parametrize("kind", ["Inference", "inference", "INFERENCE"])
def test_the_type_is_compared_in_any_case(kind: str) -> None:
    assert Workload.model_validate({**WORKLOAD, "type": kind}).inference


@pytest.mark.parametrize("kind", ["Training", "", None])
def test_other_types_are_no_inferences(kind: str | None) -> None:
    assert not Workload.model_validate({**WORKLOAD, "type": kind}).inference


@pytest.mark.parametrize(
    ("phase", "health"),
    [
        *((name, Health.CHANGING) for name in ("Creating", "Pending", "Initializing", "Resuming", "Updating")),
        *((name, Health.CHANGING) for name in ("Stopping", "Terminating", "Deleting")),
        ("Running", Health.OK),
        ("Degraded", Health.DEGRADED),
        ("Stopped", Health.OFF),
        ("Completed", Health.OFF),
        ("Failed", Health.BAD),
        ("Unknown", Health.UNKNOWN),
        ("Hibernating", Health.UNKNOWN),
    ],
)
def test_every_documented_phase_has_a_health(phase: str, health: Health) -> None:
    assert by_state(states.PHASES, phase) is health
    assert cells(INFERENCES, placed(Workload.model_validate({**WORKLOAD, "phase": phase})))["STATE"].text == phase


def test_a_pod_shows_its_inference() -> None:
    pod, workload = Pod.model_validate(POD), Workload.model_validate(WORKLOAD)
    shown = cells(PODS, InferencePod(pod, workload))
    assert (shown["HEALTH"].text, shown["GPU"].text, shown["INFERENCE"].text) == ("◌ changing", "1", "llama-serving")
    assert cells(PODS, InferencePod(pod, None))["INFERENCE"].text == WORKLOAD["id"]
    (child,) = INFERENCES.children
    assert child.match(placed(workload), InferencePod(pod, workload))


def test_a_node_shows_its_gpus_and_belongs_to_a_pool_by_name_and_cluster() -> None:
    node = placed(RunAINode.model_validate(NODE))
    shown = cells(NODES, node)
    assert (shown["GPU"].text, shown["GPU"].value, shown["CLUSTER"].text) == ("8×H100", 8, "alpha")
    assert cells(NODES, placed(RunAINode.model_validate({**NODE, "gpuInfo": None})))["GPU"] == EMPTY
    pool = RunAINodePool.model_validate(POOL)
    (child,) = POOLS.children
    assert child.match(placed(pool), node)
    assert not child.match(InCluster(pool, "another", "beta"), node)


def test_a_node_without_an_id_is_known_by_cluster_and_name() -> None:
    node = RunAINode.model_validate({**NODE, "id": None})
    assert NODES.key(placed(node)) == f"{WORKLOAD['clusterId']}/node-1"


def test_pools_clusters_and_projects_show_their_state() -> None:
    pool = cells(POOLS, placed(RunAINodePool.model_validate(POOL)))
    assert (pool["HEALTH"].text, pool["NODES"].value, pool["LABEL"].text) == ("▲ degraded", 2, "pool=h100")
    cluster = cells(CLUSTERS, Cluster.model_validate(CLUSTER))
    assert (cluster["HEALTH"].text, cluster["STATE"].text) == ("▲ degraded", "ServiceIssues")
    project = cells(PROJECTS, placed(Project.model_validate(PROJECT)))
    assert (project["STATE"].text, project["GPU"].value, project["QUOTA"].value) == ("Ready", 3.5, 8)
    assert project["ASKED"] == EMPTY


@pytest.mark.parametrize(
    "quota",
    [
        {"allocated": {"gpu": 3.5}, "requested": {"gpu": "4"}},
        {"allocated": 3.5, "requested": 4},
        {"gpu": {"allocated": 3.5, "requested": 4}},
    ],
)
def test_a_project_s_use_of_its_quota_comes_in_several_shapes(quota: Json) -> None:
    project = Project.model_validate({"id": 1, "name": "p", "status": {"quotaStatus": quota}})
    assert (project.gpus("allocated"), project.gpus("requested")) == (3.5, 4)


def test_a_project_that_tells_nothing_of_its_quota_is_read() -> None:
    for status in (None, {}, {"quotaStatus": None}, {"quotaStatus": {"gpu": 3}}):
        assert Project.model_validate({"id": 1, "name": "p", "status": status}).gpus("allocated") is None
