"""Run:ai in the console: inferences, their pods, and their nodes, pools, clusters and projects."""

from __future__ import annotations

from gputui.core.actions import KnownVerb
from gputui.core.cells import EMPTY, Cell, Column, Role, Tone, flag, gpus, moment, number, words
from gputui.core.health import by_state
from gputui.core.links import Link
from gputui.core.provider import Children, Provider, Setting, View
from gputui.core.raw import raw_json
from gputui.core.text import Json
from gputui.core.typed_fields import TypedField, gpu_fields
from gputui.providers.gpu_names import short
from gputui.providers.runai import states
from gputui.providers.runai.actions import INFERENCE_ACTIONS
from gputui.providers.runai.client import RunAI
from gputui.providers.runai.in_cluster import InCluster, InferencePod
from gputui.providers.runai.queries import INFERENCE_QUERIES, POD_QUERIES
from gputui.providers.runai.reasons import inference_reasons, node_reasons, or_dash, pool_reasons
from gputui.providers.runai.wire import Allocated, Cluster, Project, RequestedPods, RunAINode, RunAINodePool, Workload
from gputui.providers.secrecy import FIELDS, link

NO_SSH = "Run:ai's API gives no way into a machine: `runai inference bash` goes to the cluster itself"
NO_LOGS = "this API publishes no logs: `runai inference logs` goes to the cluster itself"


def _links(workload: Workload | None) -> tuple[Link, ...]:
    return tuple(link(name, url) for url, name in workload.named_addresses.items()) if workload else ()


def _pods(one: InCluster[Workload]) -> Cell:
    running, wanted = one.thing.running_pods, one.thing.wanted_pods
    if running is None and wanted is None:
        return EMPTY
    tone: Tone = "degraded" if one.thing.lacks_pods else "plain"
    return Cell(f"{or_dash(running)}/{or_dash(wanted)}", running, tone)


def _pod_bounds(one: InCluster[Workload]) -> RequestedPods:
    return one.thing.requested_pods or RequestedPods()


def _allocated(allocated: Allocated | None) -> tuple[float | None, None]:
    """How many GPUs; these objects name no model."""
    return (allocated.gpu if allocated else None), None


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def _workload_gpus(one: InCluster[Workload]) -> Cell:
    return number(one.thing.allocated.gpu if one.thing.allocated else None)


def _pod_gpus(one: InferencePod) -> Cell:
    return number(one.pod.allocated.gpu if one.pod.allocated else None)


def _pod_images(one: InferencePod) -> Cell:
    return words(", ".join(container.image for container in one.pod.containers or () if container.image))


def _node_known(one: InCluster[RunAINode]) -> tuple[int | None, str | None]:
    info = one.thing.gpu_info
    return (info.count, short(info.type)) if info else (None, None)


def _node_gpus(one: InCluster[RunAINode]) -> Cell:
    return gpus(*_node_known(one))


def _pool_nodes(one: InCluster[RunAINodePool]) -> Cell:
    status = one.thing.status
    return number(len(status.nodes)) if status and status.nodes is not None else EMPTY


def _pool_label(one: InCluster[RunAINodePool]) -> Cell:
    return words(f"{one.thing.label_key}={one.thing.label_value or ''}" if one.thing.label_key else None)


def _cluster_state(cluster: Cluster) -> str:
    return (cluster.status.state if cluster.status else None) or ""


def _project_state(one: InCluster[Project]) -> str:
    return (one.thing.status.phase if one.thing.status else None) or ""


def _node_key(one: InCluster[RunAINode]) -> str:
    return str(one.thing.id) if one.thing.id else f"{one.cluster_id}/{one.thing.name}"


def _in_project(project: InCluster[Project], one: InCluster[Workload]) -> bool:
    return one.thing.project_id is not None and str(one.thing.project_id) == str(project.thing.id)


def _in_pool(pool: InCluster[RunAINodePool], node: InCluster[RunAINode]) -> bool:
    return node.thing.node_pool == pool.thing.name and node.cluster_id == pool.cluster_id


async def _show_inference(client: RunAI, one: InCluster[Workload]) -> Json:
    return raw_json((await client.inference(one.thing.id)).raw)


async def _show_cluster(client: RunAI, cluster: Cluster) -> Json:
    return await client.cluster(cluster.id)


async def _show_project(client: RunAI, one: InCluster[Project]) -> Json:
    return await client.project(str(one.thing.id))


INFERENCES: View[RunAI, InCluster[Workload]] = View(
    name="inferences",
    title="Inferences",
    fetch=RunAI.inferences,
    key=lambda one: one.thing.id,
    label=lambda one: one.thing.name,
    state=lambda one: one.thing.phase,
    health=lambda one: by_state(states.PHASES, one.thing.phase),
    machine=True,
    columns=(
        Column("GPU", _workload_gpus, right=True, role=Role.GPU),
        Column("PODS", _pods, right=True, kind="number"),
        Column("PROJECT", lambda one: words(one.thing.project_name)),
        Column("AGE", lambda one: moment(one.thing.created), right=True, role=Role.AGE),
        Column("OWNER", lambda one: words(one.thing.submitted_by), role=Role.OWNER),
        Column("NODE POOL", lambda one: words(", ".join(one.thing.node_pools)), role=Role.GROUP),
        Column("CLUSTER", lambda one: words(one.cluster), role=Role.REGION),
        Column("MESSAGE", lambda one: words(one.thing.phase_message), wide=True, max_width=60),
        Column("IMAGE", lambda one: words(", ".join(one.thing.images or ())), wide=True, max_width=60, role=Role.IMAGE),
        Column("PRIORITY", lambda one: words(one.thing.priority), wide=True),
        Column("PREEMPTIBLE", lambda one: flag(one.thing.preemptible), wide=True, kind="flag"),
        Column("URL", lambda one: words(", ".join(one.thing.addresses)), wide=True, max_width=60),
        Column("DEPARTMENT", lambda one: words(one.thing.department_name), wide=True),
        Column("NAMESPACE", lambda one: words(one.thing.namespace), wide=True),
        Column("ID", lambda one: words(one.thing.id), wide=True),
    ),
    actions=INFERENCE_ACTIONS,
    reasons=inference_reasons,
    queries=INFERENCE_QUERIES,
    links=lambda one: _links(one.thing),
    show=_show_inference,
    read_one=RunAI.again,
    read_states=RunAI.inferences_in,
    children=(Children("pods", lambda one, pod: pod.pod.workload_id == one.thing.id),),
    secrets=FIELDS,
    fields=(
        *gpu_fields(lambda one: _allocated(one.thing.allocated)),
        TypedField("pods_ready", lambda one: one.thing.running_pods),
        TypedField("pods_wanted", lambda one: one.thing.wanted_pods),
        TypedField("pods_min", lambda one: _pod_bounds(one).min),
        TypedField("pods_max", lambda one: _pod_bounds(one).max),
        TypedField("project_id", lambda one: _id(one.thing.project_id)),
        TypedField("cluster_id", lambda one: one.cluster_id),
        TypedField("node_pool_list", lambda one: list(one.thing.node_pools)),
        TypedField("image_list", lambda one: list(one.thing.images or ())),
        TypedField("url_list", lambda one: list(one.thing.addresses)),
    ),
    absent={
        KnownVerb.SSH: NO_SSH,
        "start": "this API has no resume call for inferences: only for workspaces and trainings",
        "stop": "this API has no suspend call for inferences: only for workspaces and trainings",
        "edit": "this API has no call to change an inference in its published reference: create another",
        "reboot": "an inference is not rebooted: this API has no restart call",
        "logs": NO_LOGS,
    },
)

PODS: View[RunAI, InferencePod] = View(
    name="pods",
    title="Pods",
    fetch=RunAI.pods,
    key=lambda one: one.pod.id,
    label=lambda one: one.pod.name,
    state=lambda one: one.pod.phase,
    health=lambda one: by_state(states.PODS, one.pod.phase),
    columns=(
        Column("GPU", _pod_gpus, right=True, role=Role.GPU),
        Column("INFERENCE", lambda one: words(one.workload.name if one.workload else one.pod.workload_id)),
        Column("NODE", lambda one: words(one.pod.node)),
        Column("NODE POOL", lambda one: words(one.pod.node_pool)),
        Column("AGE", lambda one: moment(one.pod.created), right=True, role=Role.AGE),
        Column("IP", lambda one: words(one.pod.ip), wide=True, role=Role.OTHER_ADDRESS),
        Column("IMAGE", _pod_images, wide=True, max_width=60, role=Role.IMAGE),
        Column("PRIORITY", lambda one: words(one.pod.priority), wide=True),
        Column("PROJECT", lambda one: words(one.workload.project_name if one.workload else None), wide=True),
        Column("ID", lambda one: words(one.pod.id), wide=True),
    ),
    read_one=RunAI.pod_again,
    secrets=FIELDS,
    fields=(
        *gpu_fields(lambda one: _allocated(one.pod.allocated)),
        TypedField("inference_id", lambda one: one.pod.workload_id),
        TypedField("project_id", lambda one: _id(one.workload.project_id) if one.workload else None),
        TypedField("cluster_id", lambda one: one.pod.cluster_id),
        TypedField("image_list", lambda one: [each.image for each in one.pod.containers or () if each.image]),
    ),
    queries=POD_QUERIES,
    links=lambda one: _links(one.workload),
    absent={
        KnownVerb.SSH: NO_SSH,
        "logs": NO_LOGS,
        "delete": "pods belong to their inference: this API deletes only that",
    },
)

NODES: View[RunAI, InCluster[RunAINode]] = View(
    name="nodes",
    title="Nodes",
    fetch=RunAI.nodes,
    key=_node_key,
    label=lambda one: one.thing.name,
    state=lambda one: one.thing.status,
    health=lambda one: by_state(states.NODES, one.thing.status),
    columns=(
        Column("GPU", _node_gpus, role=Role.GPU),
        Column("NODE POOL", lambda one: words(one.thing.node_pool)),
        Column("CLUSTER", lambda one: words(one.cluster)),
        Column("AGE", lambda one: moment(one.thing.created), right=True, role=Role.AGE),
        Column("TAINTS", lambda one: number(len(one.thing.taints or ())), right=True, wide=True, kind="number"),
        Column("ID", lambda one: words(None if one.thing.id is None else str(one.thing.id)), wide=True),
    ),
    secrets=FIELDS,
    reasons=node_reasons,
    fields=(
        *gpu_fields(_node_known, lambda one: one.thing.gpu_info.type if one.thing.gpu_info else None),
        TypedField("cluster_id", lambda one: one.cluster_id),
    ),
    absent={KnownVerb.SSH: NO_SSH},
)

POOLS: View[RunAI, InCluster[RunAINodePool]] = View(
    name="pools",
    title="Pools",
    fetch=RunAI.pools,
    key=lambda one: str(one.thing.id),
    label=lambda one: one.thing.name,
    state=lambda one: one.thing.phase or "",
    health=lambda one: by_state(states.NODE_POOLS, one.thing.phase or ""),
    columns=(
        Column("NODES", _pool_nodes, right=True, kind="number"),
        Column("CLUSTER", lambda one: words(one.cluster or one.thing.cluster_name)),
        Column("LABEL", _pool_label),
        Column("MESSAGE", lambda one: words(one.thing.phase_message)),
        Column("AGE", lambda one: moment(one.thing.created), right=True, role=Role.AGE),
        Column("DEFAULT", lambda one: flag(one.thing.is_default), wide=True, kind="flag"),
        Column("ID", lambda one: words(str(one.thing.id)), wide=True),
    ),
    reasons=pool_reasons,
    children=(Children("nodes", _in_pool),),
    secrets=FIELDS,
    fields=(
        TypedField("cluster_id", lambda one: one.cluster_id),
        TypedField("label_key", lambda one: one.thing.label_key),
        TypedField("label_value", lambda one: one.thing.label_value),
    ),
)

CLUSTERS: View[RunAI, Cluster] = View(
    name="clusters",
    title="Clusters",
    fetch=RunAI.clusters,
    key=lambda cluster: cluster.id,
    label=lambda cluster: cluster.name,
    state=_cluster_state,
    health=lambda cluster: by_state(states.CLUSTERS, _cluster_state(cluster)),
    columns=(
        Column("SEEN", lambda cluster: moment(cluster.last_seen), right=True, kind="moment"),
        Column("VERSION", lambda cluster: words(cluster.version)),
        Column("DOMAIN", lambda cluster: words(cluster.domain)),
        Column("AGE", lambda cluster: moment(cluster.created), right=True, role=Role.AGE),
        Column("ID", lambda cluster: words(cluster.id), wide=True),
    ),
    links=lambda cluster: (link("Cluster", cluster.domain),) if cluster.domain else (),
    show=_show_cluster,
    children=(
        Children("nodes", lambda cluster, one: one.cluster_id == cluster.id),
        Children("pools", lambda cluster, one: one.cluster_id == cluster.id),
        Children("inferences", lambda cluster, one: one.cluster_id == cluster.id),
    ),
    secrets=FIELDS,
)

PROJECTS: View[RunAI, InCluster[Project]] = View(
    name="projects",
    title="Projects",
    fetch=RunAI.projects,
    key=lambda one: str(one.thing.id),
    label=lambda one: one.thing.name,
    state=_project_state,
    health=lambda one: by_state(states.PROJECTS, _project_state(one)),
    columns=(
        Column("GPU", lambda one: number(one.thing.gpus("allocated")), right=True, role=Role.GPU),
        Column("ASKED", lambda one: number(one.thing.gpus("requested")), right=True, kind="number"),
        Column(
            "QUOTA",
            lambda one: number(one.thing.total.gpu_quota if one.thing.total else None),
            right=True,
            kind="number",
        ),
        Column("CLUSTER", lambda one: words(one.cluster)),
        Column("AGE", lambda one: moment(one.thing.created), right=True, role=Role.AGE),
        Column("NAMESPACE", lambda one: words(one.thing.status.namespace if one.thing.status else None), wide=True),
        Column("ID", lambda one: words(str(one.thing.id)), wide=True),
    ),
    show=_show_project,
    children=(Children("inferences", _in_project),),
    secrets=FIELDS,
    fields=(
        TypedField("gpu_count", lambda one: one.thing.gpus("allocated")),
        TypedField("cluster_id", lambda one: one.cluster_id),
    ),
)

PROVIDER: Provider[RunAI] = Provider(
    name="runai",
    title="Run:ai",
    settings=(
        Setting("base_url", "url", required=True, help="the control plane, as in https://acme.run.ai"),
        Setting("client_id", required=True, help="of an application (access key)"),
        Setting("client_secret", "secret", required=True),
        Setting(
            "grant",
            default="app_token",
            allowed=("app_token", "client_credentials", "v2"),
            help="how the token is asked for; v2 needs 2.24",
        ),
    ),
    connect=RunAI,
    views=(INFERENCES, PODS, NODES, POOLS, CLUSTERS, PROJECTS),
)
