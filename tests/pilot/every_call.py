"""The 62 calls of the five documents, and which of them the clouds were asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from gputui.sim.log import Seen

SCP = """
POST /v1/gpu-nodes/{gpu_node_id}/public-nat-ip
POST /v1/gpu-nodes
DELETE /v1/gpu-nodes
GET /v1/cluster-fabrics
GET /v1/gpu-nodes/images
GET /v1/gpu-nodes/products
GET /v1/gpu-nodes
GET /v1/cluster-fabrics/node-pools
PUT /v1/gpu-nodes/{gpu_node_id}/lock
POST /v1/cluster-fabrics/modify-members
DELETE /v1/gpu-nodes/{gpu_node_id}/public-nat-ip
GET /v1/cluster-fabrics/{cluster_fabric_id}
GET /v1/gpu-nodes/{gpu_node_id}
POST /v1/gpu-nodes/start
POST /v1/gpu-nodes/stop
PUT /v1/gpu-nodes/{gpu_node_id}/unlock
"""
# The table of the document leaves `/nodes` out, which would be another call: its example has it.
NSML = """
GET /nsml/v1/projects/{projectId}/runs/{runName}/nodes
"""
HOSTEDAI = """
POST /api/gpuaas/pool/create
POST /api/gpuaas/pool/add
DELETE /api/gpuaas/pool/{poolId}/delete
GET /api/gpuaas/{gpuaasId}/pool/list
GET /api/gpuaas/pool/{poolId}
GET /api/gpuaas/pool/{poolId}/metrics
POST /api/gpuaas/pool/{poolId}/add_gpus
POST /api/gpuaas/pool/{poolId}/remove_gpus
GET /api/gpuaas/{gpuaasId}/pool/available_gpus
GET /api/gpuaas/{gpuaasId}/pool/all_gpus
POST /api/gpuaas/node/add
PUT /api/gpuaas/node/{nodeId}/edit
DELETE /api/gpuaas/node/{nodeId}/delete
GET /api/gpuaas/node/init?gpuaas_node_id
GET /api/gpuaas/node/deinit?gpuaas_node_id
POST /api/gpuaas/node/reboot?node_id
POST /api/gpuaas/node/join
POST /api/gpuaas/node/leave?node_id
GET /api/gpuaas/node/list?region_id
GET /api/gpuaas/node/{nodeId}
GET /api/gpuaas/node/test_conn?gpuaas_node_id
GET /api/gpuaas/node/{nodeId}/logs
GET /api/gpuaas/node/{nodeId}/storage_metrics
GET /api/gpuaas/node/scan_gpus?gpuaas_node_id
GET /api/gpuaas/node/scan_npus?gpuaas_node_id
GET /api/gpuaas/node/scan_gpus/status?scan_id
GET /api/gpuaas/node/scan_npus/status?scan_id
POST /api/gpuaas/enable?controller_node_id
POST /api/gpuaas/node/{nodeId}/disable
GET /api/gpuaas/node/{nodeId}/ssh_keys
GET /api/gpuaas/list/regions
GET /api/gpuaas/{gpuaasId}
"""
RUNAI = """
POST /api/v1/workloads/inferences
DELETE /api/v1/workloads/inferences/{workloadId}
GET /api/v1/workloads/inferences/{workloadId}
GET /api/v1/workloads/inferences/{workloadId}/metrics?metricType&start&end
GET /api/v1/workloads/inferences/{workloadId}/pods/{podId}/metrics?metricType&start&end
"""
# The document's heading repeats `power_off` for starting; its program calls `power_on`.
DATENFAB = """
GET /mdc/api/v1/regions
GET /mdc/api/v1/skus/computings?region_id
POST /mdc/api/v1/clusters/{clusterName}/instances
GET /mdc/api/v1/clusters/{clusterName}/instances
GET /mdc/api/v1/clusters/{clusterName}/instances/{instance_id}
POST /mdc/api/v1/clusters/{clusterName}/instances/{instance_id}/power_off
POST /mdc/api/v1/clusters/{clusterName}/instances/{instance_id}/power_on
DELETE /mdc/api/v1/clusters/{clusterName}/instances?name
"""
DOCUMENTED: Mapping[str, tuple[str, ...]] = {
    "scp": tuple(SCP.split("\n")[1:-1]),
    "nsml": tuple(NSML.split("\n")[1:-1]),
    "hostedai": tuple(HOSTEDAI.split("\n")[1:-1]),
    "runai": tuple(RUNAI.split("\n")[1:-1]),
    "datenfab": tuple(DATENFAB.split("\n")[1:-1]),
}
"""By cloud: method, path, and the names that must stand in the query."""
_FREE = re.compile(r"\\\{\w+\\\}")


def asked_for(calls: Iterable[str], seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    """The requests by the call that each of them is; what is none of `calls` is left out."""
    known = [(call, *call.partition(" ")[::2]) for call in calls]
    # A path without anything free in it is meant before one that only could be read so.
    known.sort(key=lambda entry: entry[2].count("{"))
    found: dict[str, list[Seen]] = defaultdict(list)
    for request in seen:
        call = next((call for call, method, where in known if _is(method, where, request)), None)
        if call is not None:
            found[call].append(request)
    return found


def _is(method: str, where: str, seen: Seen) -> bool:
    there = urlsplit(seen.target)
    path, _, names = where.partition("?")
    pattern = _FREE.sub("[^/]+", re.escape(path))
    wanted = {name for name in names.split("&") if name}
    given = {entry.partition("=")[0] for entry in there.query.split("&")}
    return seen.method == method and re.fullmatch(pattern, there.path) is not None and wanted <= given
