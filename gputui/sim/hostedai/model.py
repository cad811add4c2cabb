"""The things a hosted·ai panel manages: regions, GPU nodes, pools, GPUs, hardware scans and the GPUaaS itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

NodeStatus = Literal[
    "uninitialized",
    "initializing",
    "initialized",
    "k8_initializing",
    "k8_initialized",
    "healthy",
    "error",
    "resetting",
]
PoolStatus = Literal["DEPLOYMENT_SCHEDULED", "VM_CREATION", "SETTING_UP", "ACTIVE", "ERROR_WHILE_DEPLOYING", "DELETING"]
GpuStatus = Literal["UNASSIGNED", "ASSIGNED", "ASSIGNING", "UNASSIGNING", "UNAVAILABLE"]
ScanStatus = Literal["pending", "processing", "completed", "failed"]
Security = Literal["low", "medium", "high"]
Accelerator = Literal["gpu", "npu"]


class Refused(Exception):
    """The panel declines a request; `field` names the parameter that is wrong, where one is."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class Region:
    """A place; `gpuaas` says whether the service is on there."""

    id: int
    name: str
    address: str
    city: str
    country: str
    country_code: str
    zipcode: str
    lat: float
    lon: float
    gpuaas: str
    accelerator: Accelerator = "gpu"
    rdma: str | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a node's operation log."""

    id: int
    at: float
    level: str
    message: str


@dataclass(slots=True)
class Gpu:
    """One physical GPU in its node, perhaps in a pool."""

    id: int
    slot: int
    uuid: str
    model: str
    memory_mb: int
    node_id: int
    status: GpuStatus
    pool_id: int | None = None


@dataclass(slots=True)
class Node:
    """One server. `failed_at` says which half of the set-up an `error` belongs to."""

    id: int
    name: str
    region_id: int
    roles: frozenset[str]
    status: NodeStatus
    host: str
    port: int
    username: str
    cores: int
    cpu_model: str
    memory_mb: int
    disk_mb: int
    volume_group: str | None
    keys: tuple[str, ...]
    external_ip: str | None = None
    driver: str | None = None
    failed_at: Literal["init", "join"] = "join"
    restless: bool = False
    log: list[LogLine] = field(default_factory=list)

    @property
    def codes(self) -> tuple[int, int]:
        """The two numbers that say the same as `status`: of the initialisation and of joining Kubernetes."""
        if self.status == "error":
            return (-1, 0) if self.failed_at == "init" else (2, -1)
        return {
            "uninitialized": (0, 0),
            "initializing": (1, 0),
            "initialized": (2, 0),
            "k8_initializing": (2, 1),
            "k8_initialized": (2, 2),
            "healthy": (2, 2),
            "resetting": (-2, 0),
        }[self.status]


@dataclass(slots=True)
class Pool:
    """GPUs of one model that are shared out together: each appears `sharing_ratio` times to the tenants."""

    id: int
    gpuaas_id: int
    name: str
    label: str | None
    sharing_ratio: int
    time_quantum: int
    security: Security
    status: PoolStatus
    gpu_model: str


@dataclass(slots=True)
class GpuaaS:
    """The service of one region, which the other paths hang on by its id."""

    id: int
    region_id: int
    status: str
    created: float
    updated: float


@dataclass(slots=True)
class Scan:
    """A search for accelerators on a node; `kind` is gpu or npu."""

    id: int
    kind: Accelerator
    node_id: int
    request_id: str
    status: ScanStatus
    error: str | None = None
