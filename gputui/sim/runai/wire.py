"""The response bodies of Run:ai's workloads, pods and inferences (OpenAPI of 2.18 and later)."""

from __future__ import annotations

from datetime import UTC, datetime

from gputui.sim.runai.models import Event, Pod, Turn, Workload
from gputui.sim.runai.spec import spec_of

Body = dict[str, object]
TENANT = 1001
IN_KUBERNETES = {"Degraded": "Running", "Updating": "Running", "Resuming": "Pending", "Creating": "Pending"}


def stamp(at: float | None) -> str | None:
    """Format ISO 8601 in UTC with milliseconds."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def workload_body(workload: Workload) -> Body:
    """Return one workload for the list of all types; its id is called `id` here."""
    running = workload.running
    body: Body = {
        "tenantId": TENANT,
        "type": workload.kind,
        "name": workload.name,
        "id": workload.id,
        "source": "Control-plane",
        "priorityClassName": "inference" if workload.kind == "Inference" else "train",
        "clusterId": workload.project.cluster.id,
        "projectName": workload.project.name,
        "projectId": workload.project.id,
        "departmentName": workload.project.department.name,
        "departmentId": workload.project.department.id,
        "namespace": f"runai-{workload.project.name}",
        "createdAt": stamp(workload.created),
        "updatedAt": stamp(workload.turned),
        "deletedAt": stamp(workload.deleted),
        "submittedBy": workload.submitted_by,
        "phase": workload.phase,
        "phaseMessage": workload.message,
        "phaseUpdatedAt": stamp(workload.turned),
        "k8sPhase": IN_KUBERNETES.get(workload.phase, workload.phase),
        "k8sPhaseUpdatedAt": stamp(workload.turned),
        "conditions": _conditions(workload),
        "runningPods": len(running),
        "requestedPods": {"number": len(workload.pods), "min": workload.least, "max": workload.most},
        "requestedNodePools": [workload.pool.name],
        "currentNodePools": [workload.pool.name] if running else [],
        "workloadRequestedResources": _requested(workload, len(workload.pods)),
        "podsRequestedResources": _requested(workload, 1),
        "allocatedResources": _allocated(workload, len(running)),
        "actionsSupport": {"delete": True, "suspend": workload.kind != "Inference"},
        "images": [workload.image] if workload.image else [],
        "urls": _urls(workload),
        "datasources": [],
        "environments": [],
        "externalConnections": [],
        "preemptible": workload.kind != "Inference",
    }
    return body | ({"completedAt": stamp(workload.completed)} if workload.completed else {})


def inference_body(workload: Workload, *, everything: bool, as_documented: bool) -> Body:
    """Return one inference with its spec; its id is called `workloadId` here."""
    # the schema says these ids are text, the document's example shows numbers
    ids: Body = {"projectId": workload.project.id, "departmentId": workload.project.department.id}
    if as_documented:
        ids = {key: int(str(value)) for key, value in ids.items()}
    return {
        "name": workload.name,
        "requestedName": workload.requested_name,
        "workloadId": workload.id,
        **ids,
        "clusterId": workload.project.cluster.id,
        "createdBy": workload.submitted_by,
        "createdAt": stamp(workload.created),
        "desiredPhase": workload.desired,
        "actualPhase": workload.phase,
        "spec": spec_of(workload, everything=everything, as_documented=as_documented),
    }


def pod_body(pod: Pod, workload: Workload, *, full: bool) -> Body:
    """Return one pod; the names of its workload and project are included with verbosity `full`."""
    runs = pod.phase == "Running"
    body: Body = {
        "name": pod.name,
        "id": pod.id,
        "workloadId": workload.id,
        "clusterId": workload.project.cluster.id,
        "priorityClassName": "inference" if workload.kind == "Inference" else "train",
        "nodeName": pod.node.name if pod.node else None,
        "createdAt": stamp(pod.created),
        "completedAt": stamp(pod.completed),
        "containers": [
            {"name": "main", "image": workload.image, "startedAt": stamp(pod.created + 20) if pod.node else None}
        ],
        "currentNodePool": workload.pool.name if pod.node else None,
        "requestedNodePools": [workload.pool.name],
        "requestedResources": _requested(workload, 1),
        "allocatedResources": _allocated(workload, 1 if runs else 0),
        "k8sPhase": pod.phase,
        "k8sPhaseUpdatedAt": stamp(pod.completed or pod.created + 20),
        "ip": pod.ip,
        "tenantId": TENANT,
    }
    return body | ({"workloadName": workload.name, "projectName": workload.project.name} if full else {})


def event_body(event: Event, workload: Workload) -> Body:
    """Return one event."""
    return {
        "createdAt": stamp(event.at),
        "id": event.uid,
        "type": event.level,
        "clusterId": workload.project.cluster.id,
        "message": event.message,
        "reason": event.reason,
        "source": event.source,
        "involvedObject": {
            "uid": event.uid,
            "kind": event.kind,
            "name": event.name,
            "namespace": f"runai-{workload.project.name}",
        },
    }


def turn_body(turn: Turn) -> Body:
    """Return one record of the history: a change of phase."""
    return {
        "type": "phase",
        "createdAt": stamp(turn.at),
        "phase": turn.phase,
        "message": turn.message,
    }


def _conditions(workload: Workload) -> list[Body]:
    fine = workload.phase == "Running"
    return [
        {
            "type": "Ready",
            "status": "True" if fine else "False",
            "message": workload.message,
            "reason": "MinimumReplicasAvailable" if fine else workload.phase,
            "lastTransitionTime": stamp(workload.turned),
        }
    ]


def _requested(workload: Workload, pods: int) -> Body:
    gpu = workload.gpus * pods
    return {
        "gpuRequestType": "portion",
        "gpu": {"limit": gpu, "request": gpu},
        "gpuMemory": {"limit": None, "request": None},
        "cpu": {"limit": None, "request": 4.0 * pods},
        "cpuMemory": {"limit": None, "request": f"{32 * pods}G"},
    }


def _allocated(workload: Workload, pods: int) -> Body:
    memory = 46 if workload.pool.name == "default" else 80
    return {
        "gpu": workload.gpus * pods,
        "gpuMemory": f"{round(workload.gpus * pods * memory * 1000)}M",
        "cpu": 4.0 * pods,
        "cpuMemory": f"{32 * pods}G",
    }


def _urls(workload: Workload) -> list[str]:
    if workload.kind != "Inference" or not workload.running:
        return []
    return [f"https://{workload.name}-runai-{workload.project.name}.{workload.project.cluster.domain}"]
