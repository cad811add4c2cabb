"""Run:ai's objects as received, of control planes 2.18 to 2.24."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from gputui.providers.wire import Wire, read_moment

Id: TypeAlias = str | int
"""The schema says text, while examples and older versions have a number: kept as received, compared as text."""


class RunAIWire(Wire):
    """A Run:ai object, with fields in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class Created(RunAIWire):
    """Any object that says when it was created."""

    created_at: str | None = None

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return read_moment(self.created_at)


class Allocated(RunAIWire):
    """What a workload or pod has been allocated; `gpu` may be a fraction."""

    gpu: float | int | None = None
    gpu_memory: str | int | float | None = None
    cpu: float | int | None = None
    cpu_memory: str | int | float | None = None


class RequestedPods(RunAIWire):
    """How many pods a workload asks for: a number, or the bounds between which it scales."""

    number: int | None = None
    min: int | None = None
    max: int | None = None


class WorkloadConnection(RunAIWire):
    """An address at which a workload can be reached."""

    name: str | None = None
    url: str | None = None


class Workload(Created):
    """One workload of any type, as the list of workloads has it."""

    id: str
    name: str
    phase: str
    type: str | None = None
    phase_message: str | None = None
    k8s_phase: str | None = Field(None, alias="k8sPhase")
    cluster_id: str | None = None
    project_id: Id | None = None
    project_name: str | None = None
    department_name: str | None = None
    namespace: str | None = None
    priority: str | None = Field(None, alias="priorityClassName")
    submitted_by: str | None = None
    running_pods: int | None = None
    requested_pods: RequestedPods | None = None
    allocated: Allocated | None = Field(None, alias="allocatedResources")
    requested_node_pools: list[str] | None = None
    current_node_pools: list[str] | None = None
    images: list[str] | None = None
    urls: list[str] | None = None
    connections: list[WorkloadConnection] | None = Field(None, alias="externalConnections")
    preemptible: bool | None = None
    actions_support: Any = None
    conditions: Any = None

    @property
    def inference(self) -> bool:
        """Whether it is an inference; the spelling of the type is not documented."""
        return (self.type or "").casefold() == "inference"

    @property
    def node_pools(self) -> list[str]:
        """The pools it runs in, or else those it asked for."""
        return self.current_node_pools or self.requested_node_pools or []

    @property
    def addresses(self) -> list[str]:
        """Every address it serves at, each once."""
        return list(self.named_addresses)

    @property
    def named_addresses(self) -> dict[str, str]:
        """Every address it serves at, by its name."""
        found = {connection.url: connection.name or "URL" for connection in self.connections or () if connection.url}
        return {**dict.fromkeys(self.urls or [], "URL"), **found}

    @property
    def wanted_pods(self) -> int | None:
        """How many pods it may have: the number asked for, otherwise the maximum it may scale to."""
        asked = self.requested_pods or RequestedPods()
        return asked.max if asked.number is None else asked.number

    @property
    def lacks_pods(self) -> bool:
        """Whether fewer run than required: the number asked for, otherwise the minimum it may scale to."""
        asked = self.requested_pods or RequestedPods()
        least = asked.min if asked.number is None else asked.number
        return least is not None and self.running_pods is not None and self.running_pods < least


class Container(RunAIWire):
    """One container of a pod."""

    name: str | None = None
    image: str | None = None


class Pod(Created):
    """One pod of a workload."""

    id: str
    name: str
    phase: str = Field("", alias="k8sPhase")
    workload_id: str | None = None
    cluster_id: str | None = None
    node: str | None = Field(None, alias="nodeName")
    node_pool: str | None = Field(None, alias="currentNodePool")
    priority: str | None = Field(None, alias="priorityClassName")
    allocated: Allocated | None = Field(None, alias="allocatedResources")
    containers: list[Container] | None = None
    ip: str | None = None


class GpuInfo(RunAIWire):
    """The GPUs of a node."""

    type: str | None = Field(None, alias="gpuType")
    count: int | None = Field(None, alias="gpuCount")


class RunAINode(Created):
    """One Kubernetes node."""

    name: str
    status: str
    id: Id | None = None
    node_pool: str | None = None
    gpu_info: GpuInfo | None = None
    cluster_id: str | None = Field(None, alias="clusterUuid")
    taints: list[Any] | None = None
    conditions: Any = None


class NodePoolStatus(RunAIWire):
    """The contents of a node pool."""

    nodes: list[Any] | None = None


class RunAINodePool(Created):
    """One node pool of a cluster; nodes refer to it by name, not by id."""

    id: Id
    name: str
    phase: str | None = None
    phase_message: str | None = None
    cluster_id: str | None = None
    cluster_name: str | None = None
    label_key: str | None = None
    label_value: str | None = None
    status: NodePoolStatus | None = None
    is_default: bool | None = None


class ClusterStatus(RunAIWire):
    """Whether the control plane is in contact with a cluster."""

    state: str | None = None


class Cluster(Created):
    """One cluster of the tenant."""

    id: str = Field(alias="uuid")
    name: str
    domain: str | None = None
    version: str | None = None
    status: ClusterStatus | None = None
    last_liveness: str | None = None

    @property
    def last_seen(self) -> datetime | None:
        """When it last reported."""
        return read_moment(self.last_liveness)


class Quota(RunAIWire):
    """Resources that a project has or asks for."""

    gpu: float | int | None = None


class QuotaStatus(RunAIWire):
    """Use of a project's quota: resources by use, or uses by resource; it is not documented which."""

    allocated: Quota | float | int | None = None
    requested: Quota | float | int | None = None
    gpu: Any = None

    def gpus(self, use: Literal["allocated", "requested"]) -> float | None:
        """How many GPUs are allocated or requested, if that can be read."""
        told: object = self.allocated if use == "allocated" else self.requested
        if told is None and isinstance(self.gpu, dict):
            told = self.gpu.get(use)
        told = told.gpu if isinstance(told, Quota) else told
        return told if isinstance(told, int | float) else None


class ProjectStatus(RunAIWire):
    """The state of a project in its cluster."""

    namespace: str | None = None
    phase: str | None = None
    quota_status: QuotaStatus | None = None


class TotalResources(RunAIWire):
    """What a project may use without borrowing."""

    gpu_quota: float | int | None = None


class Project(Created):
    """One project: a quota in one cluster."""

    id: Id
    name: str
    cluster_id: str | None = None
    parent_id: Id | None = None
    status: ProjectStatus | None = None
    total: TotalResources | None = Field(None, alias="totalResources")

    def gpus(self, use: Literal["allocated", "requested"]) -> float | None:
        """How many GPUs of its quota are allocated or requested, if known."""
        quota = self.status.quota_status if self.status else None
        return quota.gpus(use) if quota else None


class InferenceCompute(RunAIWire):
    """The resources of one replica of an inference."""

    gpu_devices_request: int | None = None
    gpu_request_type: str | None = None
    gpu_portion_request: float | int | None = None
    gpu_memory_request: str | int | float | None = None


class InferenceAutoscaling(RunAIWire):
    """The bounds on the number of replicas of an inference, and the metric that decides it."""

    min_replicas: int | None = None
    max_replicas: int | None = None
    metric: str | None = None
    metric_threshold: int | float | None = None


class InferenceSpec(RunAIWire):
    """The specification of an inference; fields not named here are kept as received."""

    image: str | None = None
    command: str | None = None
    args: str | None = None
    node_pools: list[str] | None = None
    compute: InferenceCompute | None = None
    autoscaling: InferenceAutoscaling | None = None


class Inference(Created):
    """One inference from its own call: with other field names than in the list, and the whole specification."""

    name: str
    workload_id: str
    requested_name: str | None = None
    project_id: Id | None = None
    department_id: Id | None = None
    cluster_id: str | None = None
    created_by: str | None = None
    desired_phase: str | None = None
    actual_phase: str | None = None
    spec: InferenceSpec | None = None
