"""The response bodies of Run:ai's clusters, node pools, nodes and projects."""

from __future__ import annotations

from collections.abc import Sequence

from gputui.sim.runai.models import Cluster, Node, NodePool, Project
from gputui.sim.runai.wire import TENANT, Body, stamp


def cluster_body(cluster: Cluster, version: str, now: float, *, full: bool) -> Body:
    """Return one cluster; its state is included with verbosity `full`."""
    body: Body = {
        "uuid": cluster.id,
        "name": cluster.name,
        "tenantId": TENANT,
        "domain": f"https://{cluster.domain}",
        "version": f"{version}.14",
        "createdAt": stamp(cluster.created),
        "updatedAt": stamp(now),
    }
    if not full:
        return body
    status: Body = {"state": cluster.state, "conditions": [], "platform": {"kubeVersion": "v1.31.4", "type": "vanilla"}}
    return body | {"lastLiveness": stamp(now if cluster.state != "Disconnected" else now - 900), "status": status}


def pool_body(pool: NodePool, nodes: Sequence[Node]) -> Body:
    """Return one node pool with the names of its nodes."""
    unready = sum(node.status != "Ready" for node in nodes)
    return {
        "id": pool.id,
        "name": pool.name,
        "clusterId": pool.cluster.id,
        "clusterName": pool.cluster.name,
        "labelKey": None if pool.is_default else "gputui.example/pool",
        "labelValue": None if pool.is_default else pool.name,
        "phase": pool.phase,
        "phaseMessage": f"{unready} of {len(nodes)} nodes are not ready" if unready else "",
        "status": {"nodes": [node.name for node in nodes]},
        "isDefault": pool.is_default,
        "createdAt": stamp(pool.created),
        "updatedAt": stamp(pool.created),
    }


def node_body(node: Node) -> Body:
    """Return one node; `gpuInfo` is null if it has no GPU."""
    taints = [] if node.gpu is None else [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    ready = {"Ready": "True", "NotReady": "False"}.get(node.status, "Unknown")
    return {
        "name": node.name,
        "id": node.id,
        "status": node.status,
        "nodePool": node.pool.name,
        "clusterUuid": node.pool.cluster.id,
        "gpuInfo": None if node.gpu is None else {"gpuType": node.gpu, "gpuCount": node.gpus},
        "conditions": [
            {
                "type": "Ready",
                "status": ready,
                "reason": "KubeletReady" if ready == "True" else "KubeletNotReady",
                "message": "" if ready == "True" else "Kubelet stopped posting node status.",
                "lastTransitionTime": stamp(node.updated),
            }
        ],
        "taints": taints,
        "createdAt": stamp(node.created),
        "updatedAt": stamp(node.updated),
    }


def project_body(project: Project, pool: NodePool, allocated: float) -> Body:
    """Return one project with its quota."""
    quota = {"gpu": {"allocated": allocated, "requested": allocated}}
    return {
        "id": project.id,
        "name": project.name,
        "clusterId": project.cluster.id,
        "parentId": project.department.id,
        "description": "",
        "createdAt": stamp(project.created),
        "updatedAt": stamp(project.created),
        "status": {"namespace": f"runai-{project.name}", "phase": "Ready", "quotaStatus": quota},
        "totalResources": {"gpuQuota": project.quota, "gpuAllocated": allocated},
        "resources": [
            {
                "nodePool": {"id": pool.id, "name": pool.name},
                "gpu": {"deserved": project.quota, "limit": None, "overQuotaWeight": 2},
                "cpu": {"deserved": None, "limit": None, "overQuotaWeight": 2},
                "memory": {"deserved": None, "limit": None, "overQuotaWeight": 2, "units": "Mib"},
            }
        ],
    }
