"""The objects of a hosted·ai panel: regions, GPU nodes, pools, GPUs, hardware scans and the GPUaaS itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from gputui.sim.machine import Ailment

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
ServiceStatus = Literal[
    "GPUAAS_ACTIVE",
    "GPUAAS_INACTIVE",
    "GPUAAS_INITIALIZING",
    "GPUAAS_ENABLE_SETTING_UP",
    "GPUAAS_ERROR_WHILE_ENABLING",
]
Security = Literal["low", "medium", "high"]
Accelerator = Literal["gpu", "npu"]
Role = Literal["controller", "worker", "gateway", "storage"]
Complaint = tuple[str, str]


class Refused(Exception):
    """The panel refuses a request; `complaints` are pairs of a parameter and its error."""

    def __init__(self, status: int, message: str, *complaints: Complaint) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.complaints = complaints


class WrongField(Refused):
    """One parameter is invalid."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(400, f"{field} {message}", (field, message))


class Declined(Refused):
    """The operation is not possible now; the panel answers with 500 and a number of its own."""

    def __init__(self, message: str) -> None:
        super().__init__(500, message)


class Changing(Protocol):
    """An object with a status."""

    @property
    def status(self) -> str:
        """The current status."""
        ...


@dataclass(frozen=True, slots=True)
class Region:
    """A region; `gpuaas` tells whether the service is enabled there."""

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
    """One physical GPU of a node, possibly in a pool; a `broken` one never becomes available again."""

    id: int
    slot: int
    uuid: str
    model: str
    memory_mb: int
    node_id: int
    status: GpuStatus
    pool_id: int | None = None
    broken: bool = False


@dataclass(slots=True)
class Node:
    """One server.

    `failed_at` tells which half of the setup an `error` belongs to; `card` is the model of the installed GPUs (none: no
    GPUs), and `bays` are those that a scan has ever found. The panel can log in by SSH while the node is `reachable`
    and not `rebooting`.
    """

    id: int
    name: str
    region_id: int
    roles: frozenset[Role]
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
    card: str = ""
    bays: list[Gpu] = field(default_factory=list)
    ailment: Ailment = ""
    reachable: bool = True
    rebooting: bool = False
    restless: bool = False
    log: list[LogLine] = field(default_factory=list)

    @property
    def codes(self) -> tuple[int, int]:
        """The two codes for `status`: of the initialisation and of joining Kubernetes."""
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

    @property
    def answers(self) -> bool:
        """Whether the panel can log in now."""
        return self.reachable and not self.rebooting

    @property
    def joined(self) -> bool:
        """Whether it works in its cluster."""
        return self.codes == (2, 2)


@dataclass(slots=True)
class Pool:
    """A shared pool of GPUs of one model: each appears `sharing_ratio` times to the tenants.

    `gpu_model` is empty until the first GPU is added; a `restless` pool is changed by events, the others by the user
    only.
    """

    id: int
    gpuaas_id: int
    name: str
    label: str | None
    sharing_ratio: int
    time_quantum: int
    security: Security
    status: PoolStatus
    gpu_model: str
    restless: bool = False


@dataclass(slots=True)
class GpuaaS:
    """The service of one region; the other paths refer to it by its id."""

    id: int
    region_id: int
    status: ServiceStatus
    created: float
    updated: float


@dataclass(slots=True)
class Scan:
    """A search for accelerators on a node, and the GPUs it has found."""

    id: int
    kind: Accelerator
    node_id: int
    request_id: str
    status: ScanStatus
    error: str | None = None
    found: list[Gpu] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PoolOrder:
    """A request for a pool."""

    gpuaas_id: int
    name: str
    uuids: list[str]
    sharing_ratio: int
    time_quantum: int
    security: Security


@dataclass(frozen=True, slots=True)
class NodeOrder:
    """A request to add a node, or the new values of an existing one."""

    name: str
    region_id: int
    host: str
    port: int
    username: str
    roles: frozenset[Role]
    external_ip: str | None
    volume_group: str | None
