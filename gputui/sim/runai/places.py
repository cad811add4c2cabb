"""Run:ai's calls about clusters, nodes, node pools and projects."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gputui.sim.runai import inventory, query
from gputui.sim.runai.models import Cluster, NodePool, Project, Refused
from gputui.sim.runai.state import RunAI
from gputui.sim.runai.wire import Body

NODES = {
    "name": "name",
    "status": "status",
    "clusterId": "clusterUuid",
    "nodePool": "nodePool",
    "gpuType": "gpuInfo.gpuType",
    "gpuCount": "gpuInfo.gpuCount",
    "createdAt": "createdAt",
    "updatedAt": "updatedAt",
}
POOLS = {
    "name": "name",
    "id": "id",
    "clusterId": "clusterId",
    "clusterName": "clusterName",
    "phase": "phase",
    "createdAt": "createdAt",
}
PROJECTS = {
    "name": "name",
    "id": "id",
    "clusterId": "clusterId",
    "parentId": "parentId",
    "phase": "status.phase",
    "createdAt": "createdAt",
}


class Places:
    """One method per call."""

    def __init__(self, cloud: RunAI) -> None:
        self._cloud = cloud

    async def clusters(self, request: Request) -> Response:
        """`GET /api/v1/clusters`: a bare array."""
        full = _is_full(request.query_params)
        return JSONResponse([self._cluster_body(cluster, full) for cluster in self._cloud.clusters])

    async def cluster(self, request: Request) -> Response:
        """`GET /api/v1/clusters/{uuid}`."""
        cluster = self._cloud.cluster(request.path_params["id"])
        return JSONResponse(self._cluster_body(cluster, _is_full(request.query_params)))

    async def cluster_nodes(self, request: Request) -> Response:
        """`GET /api/v1/clusters/{uuid}/nodes`: by `nodeName`, and by filters after 2.18."""
        cluster = self._cloud.cluster(request.path_params["id"])
        wanted = request.query_params.get("nodeName", "")
        nodes = [node for node in self._cloud.nodes if node.pool.cluster is cluster and wanted in ("", node.name)]
        bodies = [inventory.node_body(node) for node in nodes]
        if self._cloud.is_at_least("2.19"):
            bodies = _chosen(bodies, request.query_params, NODES)
        return JSONResponse({"nodes": bodies})

    async def nodes(self, request: Request) -> Response:
        """`GET /api/v1/nodes` (from 2.23): the nodes of all clusters."""
        self._cloud.needs("2.23")
        bodies = [inventory.node_body(node) for node in self._cloud.nodes]
        return JSONResponse(query.paged(_chosen(bodies, request.query_params, NODES), request.query_params, "nodes"))

    async def pools(self, request: Request) -> Response:
        """`GET /api/v1/node-pools` (from 2.19)."""
        self._cloud.needs("2.19")
        bodies = [self._pool_body(pool) for pool in self._cloud.pools]
        page = query.paged(_chosen(bodies, request.query_params, POOLS), request.query_params, "nodepools")
        return JSONResponse(page)

    async def legacy_pools(self, request: Request) -> Response:
        """`GET /v1/k8s/clusters/{uuid}/node-pools` (2.18): a bare array."""
        if self._cloud.is_at_least("2.19"):
            raise Refused(404, "Not Found")
        cluster = self._cloud.cluster(request.path_params["id"])
        return JSONResponse([self._pool_body(pool) for pool in self._cloud.pools if pool.cluster is cluster])

    async def projects(self, request: Request) -> Response:
        """`GET /api/v1/org-unit/projects`."""
        bodies = [self._project_body(project) for project in self._cloud.projects]
        page = query.paged(_chosen(bodies, request.query_params, PROJECTS), request.query_params, "projects")
        return JSONResponse(page)

    async def project(self, request: Request) -> Response:
        """`GET /api/v1/org-unit/projects/{id}`."""
        return JSONResponse(self._project_body(self._cloud.project(request.path_params["id"])))

    def _cluster_body(self, cluster: Cluster, full: bool) -> Body:
        return inventory.cluster_body(cluster, self._cloud.version, self._cloud.clock.now(), full=full)

    def _pool_body(self, pool: NodePool) -> Body:
        return inventory.pool_body(pool, self._cloud.nodes_in(pool))

    def _project_body(self, project: Project) -> Body:
        pool = self._cloud.default_pool(project.cluster)
        return inventory.project_body(project, pool, self._cloud.allocated(project))


def _is_full(params: QueryParams) -> bool:
    verbosity = params.get("verbosity", "full")
    if verbosity not in ("full", "metadata"):
        raise Refused(400, "Bad request - verbosity is metadata or full")
    return verbosity == "full"


def _chosen(bodies: list[Body], params: QueryParams, fields: dict[str, str]) -> list[Body]:
    return query.ordered(query.searching(query.matching(bodies, params, fields), params, ("name",)), params, fields)
