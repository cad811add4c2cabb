"""The objects of a Run:ai tenant: clusters with node pools and nodes, projects, workloads and their pods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Phase = Literal[
    "Creating", "Initializing", "Resuming", "Pending", "Deleting", "Running", "Updating",
    "Stopped", "Stopping", "Degraded", "Failed", "Completed", "Terminating", "Unknown",
]  # fmt: skip
PodPhase = Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"]
Kind = Literal["Inference", "Training", "Workspace", "Distributed"]


class Refused(Exception):
    """The control plane refuses a request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class Cluster:
    """A Kubernetes cluster managed by the control plane."""

    id: str
    name: str
    domain: str
    state: str
    created: float


@dataclass(slots=True)
class NodePool:
    """A named part of a cluster's nodes."""

    id: str
    name: str
    cluster: Cluster
    phase: str
    created: float
    is_default: bool


@dataclass(slots=True)
class Node:
    """One machine of a cluster; `gpu` is None if it has none."""

    id: str
    name: str
    pool: NodePool
    status: Literal["Ready", "NotReady", "Unknown"]
    gpu: str | None
    gpus: int
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class Department:
    """The parent of projects."""

    id: str
    name: str


@dataclass(slots=True)
class Project:
    """A quota of GPUs on one cluster; `id` is a number as text."""

    id: str
    name: str
    cluster: Cluster
    department: Department
    quota: float
    created: float


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a workload or its pods."""

    at: float
    level: Literal["Normal", "Warning"]
    reason: str
    message: str
    source: str
    kind: str
    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of phase, for the history."""

    at: float
    phase: Phase
    message: str


@dataclass(slots=True)
class Pod:
    """One replica of a workload; without a node until it is scheduled."""

    id: str
    name: str
    node: Node | None
    phase: PodPhase
    created: float
    ip: str | None = None
    completed: float | None = None


@dataclass(slots=True)
class Workload:
    """A workload of any type; the fields of inferences are unused in the others. `spec` is as requested."""

    id: str
    name: str
    requested_name: str
    kind: Kind
    project: Project
    pool: NodePool
    submitted_by: str
    image: str
    created: float
    phase: Phase
    turned: float
    gpus: float
    least: int
    most: int
    number: int
    message: str = ""
    completed: float | None = None
    deleted: float | None = None
    restless: bool = False
    spec: dict[str, object] | None = None
    pods: list[Pod] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    history: list[Turn] = field(default_factory=list)

    @property
    def running(self) -> list[Pod]:
        """Return the running pods."""
        return [pod for pod in self.pods if pod.phase == "Running"]

    @property
    def desired(self) -> str:
        """The phase that the control plane aims for."""
        if self.phase in ("Deleting", "Terminating"):
            return "Deleted"
        return "Stopped" if self.phase in ("Stopped", "Stopping") else "Running"
