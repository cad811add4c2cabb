"""Run:ai's calls about workloads, inferences and pods."""

from __future__ import annotations

from operator import attrgetter

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gputui.sim.answers import Answer, Rows
from gputui.sim.runai import metrics, query, steps, wire
from gputui.sim.runai.models import Pod, Refused, Workload
from gputui.sim.runai.order import order_of
from gputui.sim.runai.state import RunAI
from gputui.sim.runai.wire import Body

WORKLOADS = {
    "type": "type",
    "name": "name",
    "clusterId": "clusterId",
    "projectId": "projectId",
    "projectName": "projectName",
    "departmentId": "departmentId",
    "departmentName": "departmentName",
    "createdAt": "createdAt",
    "deletedAt": "deletedAt",
    "submittedBy": "submittedBy",
    "phase": "phase",
    "completedAt": "completedAt",
    "nodepool": "currentNodePools",
    "allocatedGPU": "allocatedResources.gpu",
    "distributedFramework": "distributedFramework",
}
PODS = {
    "name": "name",
    "workloadId": "workloadId",
    "clusterId": "clusterId",
    "nodeName": "nodeName",
    "currentNodePool": "currentNodePool",
    "k8sPhase": "k8sPhase",
    "createdAt": "createdAt",
    "completedAt": "completedAt",
}

# The attributes that a workload's body depends on, besides its pods.
MARKS = attrgetter(
    "name", "phase", "message", "turned", "completed", "deleted", "submitted_by", "image", "gpus", "pool"
)


class Work:
    """One method per call."""

    def __init__(self, cloud: RunAI) -> None:
        self._cloud = cloud
        self._workloads = Rows(_marks, wire.workload_body)

    async def workloads(self, request: Request) -> Response:
        """`GET /api/v1/workloads`."""
        bodies = query.ordered(self._chosen(request.query_params), request.query_params, WORKLOADS)
        return Answer(query.paged(bodies, request.query_params, "workloads"))

    async def count(self, request: Request) -> Response:
        """`GET /api/v1/workloads/count`."""
        return JSONResponse({"count": len(self._chosen(request.query_params))})

    async def show(self, request: Request) -> Response:
        """`GET /api/v1/workloads/{id}`."""
        return JSONResponse(wire.workload_body(self._workload(request)))

    async def pods(self, request: Request) -> Response:
        """`GET /api/v1/workloads/{id}/pods`."""
        workload = self._workload(request)
        bodies = [wire.pod_body(pod, workload, full=False) for pod in workload.pods]
        return JSONResponse(query.paged(bodies, request.query_params, "pods"))

    async def all_pods(self, request: Request) -> Response:
        """`GET /api/v1/workloads/pods`."""
        params = request.query_params
        full, completed = params.get("verbosity", "brief") == "full", query.flag(params, "completed")
        bodies = [
            wire.pod_body(pod, workload, full=full)
            for workload in self._of_query(params)
            for pod in workload.pods
            if completed is None or completed == (pod.phase in ("Succeeded", "Failed"))
        ]
        bodies = query.ordered(query.matching(bodies, params, PODS), params, PODS)
        return JSONResponse(query.paged(bodies, params, "pods"))

    async def events(self, request: Request) -> Response:
        """`GET /api/v1/workloads/{id}/events`: newest first unless asked otherwise."""
        workload = self._workload(request)
        newest_first = _newest_first(request.query_params)
        events = sorted(workload.events, key=lambda event: event.at, reverse=newest_first)
        bodies = [wire.event_body(event, workload) for event in events]
        return JSONResponse(query.paged(bodies, request.query_params, "events"))

    async def history(self, request: Request) -> Response:
        """`GET /api/v1/workloads/{id}/history`: the changes of phase, newest first."""
        turns = self._workload(request).history[::-1]
        return JSONResponse(query.paged([wire.turn_body(turn) for turn in turns], request.query_params, "records"))

    async def inference(self, request: Request) -> Response:
        """`GET /api/v1/workloads/inferences/{id}`."""
        workload = self._inference(request)
        documented = self._cloud.as_documented
        return JSONResponse(wire.inference_body(workload, everything=workload.number == 0, as_documented=documented))

    async def create_inference(self, request: Request) -> Response:
        """`POST /api/v1/workloads/inferences`: 200 before 2.20, 202 from then on."""
        workload = steps.submit(self._cloud, order_of(await request.body()))
        body = wire.inference_body(workload, everything=False, as_documented=self._cloud.as_documented)
        return JSONResponse(body, status_code=202 if self._cloud.is_at_least("2.20") else 200)

    async def delete_inference(self, request: Request) -> Response:
        """`DELETE /api/v1/workloads/inferences/{id}`: 204 without a body before 2.21, 202 with one from then on."""
        steps.delete(self._cloud, request.path_params["id"])
        if not self._cloud.is_at_least("2.21"):
            return Response(status_code=204)
        return JSONResponse({"code": 202, "message": "Request accepted."}, status_code=202)

    async def inference_metrics(self, request: Request) -> Response:
        """`GET /api/v1/workloads/inferences/{id}/metrics`."""
        return self._measured(request, self._inference(request), None, metrics.INFERENCE)

    async def inference_pod_metrics(self, request: Request) -> Response:
        """`GET /api/v1/workloads/inferences/{id}/pods/{podId}/metrics`."""
        workload = self._inference(request)
        return self._measured(request, workload, _pod(request, workload), metrics.INFERENCE)

    async def metrics(self, request: Request) -> Response:
        """`GET /api/v1/workloads/{id}/metrics`."""
        return self._measured(request, self._workload(request), None, metrics.WORKLOAD)

    async def pod_metrics(self, request: Request) -> Response:
        """`GET /api/v1/workloads/{id}/pods/{podId}/metrics`."""
        workload = self._workload(request)
        return self._measured(request, workload, _pod(request, workload), metrics.POD)

    def _workload(self, request: Request) -> Workload:
        return self._cloud.workload(request.path_params["id"])

    def _inference(self, request: Request) -> Workload:
        return self._cloud.inference(request.path_params["id"])

    def _of_query(self, params: QueryParams) -> list[Workload]:
        return self._cloud.buried() if query.flag(params, "deleted") else self._cloud.living()

    def _chosen(self, params: QueryParams) -> list[Body]:
        """Return the workloads that match a query, without order and page."""
        bodies = query.matching(self._workloads.of(self._of_query(params)), params, WORKLOADS)
        if self._cloud.is_at_least("2.20"):
            bodies = query.searching(bodies, params, ("name", "type", "projectName", "submittedBy", "phase"))
        return bodies

    def _measured(self, request: Request, workload: Workload, pod: Pod | None, known: tuple[str, ...]) -> Response:
        partial = self._cloud.partial_metrics
        body = metrics.measurements(
            workload, pod, request.query_params, known, as_documented=self._cloud.as_documented, partial=partial
        )
        return JSONResponse(body, status_code=207 if partial else 200)


def _marks(workload: Workload) -> object:
    return MARKS(workload), [pod.phase for pod in workload.pods]


def _pod(request: Request, workload: Workload) -> Pod:
    for pod in workload.pods:
        if pod.id == request.path_params["pod_id"].lower():
            return pod
    raise Refused(404, "Resource id not found.")


def _newest_first(params: QueryParams) -> bool:
    order = params.get("sortOrder", "desc")
    if order not in ("asc", "desc"):
        raise Refused(400, "Bad request - sortOrder is asc or desc")
    return order == "desc"
