"""The calls of a hosted·ai panel that change nothing."""

from __future__ import annotations

from operator import attrgetter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gputui.sim.answers import Answer, Rows
from gputui.sim.hostedai import wire
from gputui.sim.hostedai.forms import number
from gputui.sim.hostedai.models import Accelerator, Gpu, Node, WrongField
from gputui.sim.hostedai.state import HostedAI

# The attributes that a node's body depends on, besides its region and its GPUs.
NODE = attrgetter(
    "name", "region_id", "roles", "status", "failed_at", "host", "port", "username", "cores", "cpu_model", "memory_mb",
    "disk_mb", "volume_group", "external_ip", "driver",
)  # fmt: skip


class Reads:
    """One method per call."""

    def __init__(self, cloud: HostedAI) -> None:
        self._cloud = cloud
        self._nodes = Rows(self._node_marks, cloud.node_body)
        self._gpus = Rows(self._gpu_marks, self._gpu_body)

    async def regions(self, request: Request) -> Response:
        """`GET /gpuaas/list/regions`, and `GET /regions`, which the panel itself uses."""
        bodies = [wire.region_body(region) for region in self._cloud.regions.values()]
        return JSONResponse(self._cloud.wrap("regions", bodies))

    async def services(self, request: Request) -> Response:
        """`GET /gpuaas`."""
        bodies = [wire.service_body(service) for service in self._cloud.services.values()]
        return JSONResponse(self._cloud.wrap("services", bodies))

    async def service(self, request: Request) -> Response:
        """`GET /gpuaas/{id}`."""
        return JSONResponse(wire.service_body(self._cloud.service(request.path_params["id"])))

    async def nodes(self, request: Request) -> Response:
        """`GET /gpuaas/node/list?region_id=`."""
        nodes = self._cloud.nodes_in(number(request, "region_id"))
        return Answer(self._cloud.wrap("nodes", self._nodes.of(nodes)))

    async def node(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}`."""
        return JSONResponse(self._cloud.node_body(self._cloud.node(request.path_params["id"])))

    async def logs(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}/logs?page=&per_page=`."""
        node = self._cloud.node(request.path_params["id"])
        page, per_page = number(request, "page", 0), number(request, "per_page", 50)
        if not 1 <= per_page <= 500:
            raise WrongField("per_page", "is 1 to 500")
        return JSONResponse(wire.log_body(node.log, page, per_page))

    async def storage_metrics(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}/storage_metrics`."""
        return JSONResponse(wire.storage_body(self._cloud.node(request.path_params["id"])))

    async def ssh_keys(self, request: Request) -> Response:
        """`GET /gpuaas/node/{id}/ssh_keys`: the public keys with which the panel logs in."""
        keys = list(self._cloud.node(request.path_params["id"]).keys)
        return JSONResponse({"public_keys": keys} if self._cloud.wrapped_keys else keys)

    async def gpu_scan(self, request: Request) -> Response:
        """`GET /gpuaas/node/scan_gpus/status?scan_id=`."""
        return self._scan(request, "gpu")

    async def npu_scan(self, request: Request) -> Response:
        """`GET /gpuaas/node/scan_npus/status?scan_id=`."""
        return self._scan(request, "npu")

    async def pools(self, request: Request) -> Response:
        """`GET /gpuaas/{id}/pool/list`."""
        pools = self._cloud.pools_of(request.path_params["id"])
        return JSONResponse(self._cloud.wrap("pools", [self._cloud.pool_body(pool) for pool in pools]))

    async def pool(self, request: Request) -> Response:
        """`GET /gpuaas/pool/{id}`."""
        return JSONResponse(self._cloud.pool_body(self._cloud.pool(request.path_params["id"])))

    async def pool_metrics(self, request: Request) -> Response:
        """`GET /gpuaas/pool/{id}/metrics?time_grouping=`."""
        pool = self._cloud.pool(request.path_params["id"])
        grouping = request.query_params.get("time_grouping", "hourly")
        if grouping not in wire.STEPS:
            raise WrongField("time_grouping", f"is one of {', '.join(wire.STEPS)}")
        gpus = self._cloud.gpus_in_pool(pool)
        return JSONResponse(wire.metrics_body(pool, gpus, grouping, self._cloud.clock.now()))

    async def available_gpus(self, request: Request) -> Response:
        """`GET /gpuaas/{id}/pool/available_gpus`."""
        gpus = self._cloud.available_gpus(request.path_params["id"])
        return Answer(self._cloud.wrap("available_gpus", self._gpus.of(gpus)))

    async def all_gpus(self, request: Request) -> Response:
        """`GET /gpuaas/{id}/pool/all_gpus`."""
        gpus = self._cloud.gpus_of(request.path_params["id"])
        return Answer(self._cloud.wrap("all_gpus", self._gpus.of(gpus)))

    def _scan(self, request: Request, kind: Accelerator) -> Response:
        return JSONResponse(wire.scan_body(self._cloud.scan(kind, number(request, "scan_id"))))

    def _node_marks(self, node: Node) -> object:
        gpus = [(gpu.id, gpu.status) for gpu in self._cloud.gpus_in_node(node)]
        return NODE(node), self._cloud.region(node.region_id), gpus

    def _gpu_marks(self, gpu: Gpu) -> object:
        pool = None if gpu.pool_id is None else self._cloud.pools.get(gpu.pool_id)
        names = self._cloud.nodes[gpu.node_id].name, pool.name if pool else ""
        return gpu.status, gpu.pool_id, names, self._cloud.flat_gpus

    def _gpu_body(self, gpu: Gpu) -> dict[str, object]:
        pool = None if gpu.pool_id is None else self._cloud.pools.get(gpu.pool_id)
        return wire.gpu_body(gpu, self._cloud.nodes[gpu.node_id], pool, flat=self._cloud.flat_gpus)
