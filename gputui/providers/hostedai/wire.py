"""hosted·ai's objects as received: optional fields are often absent, and some objects have two shapes."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Self, TypeAlias

from pydantic import Field, model_validator

from gputui.providers.hostedai.states import by_codes
from gputui.providers.wire import Wire, read_moment

Id: TypeAlias = int | str
_SHORT_ROLES = {"controller": "ctl", "worker": "wrk", "gateway": "gw", "storage": "sto"}


class GpuSlot(Wire):
    """A GPU as nodes and pools refer to it: a pool has an entry for every share of it."""

    id: Id | None = None
    uuid: str | None = None
    gpu_model: str | None = None
    assignment_status: str | None = None


class NodeRole(Wire):
    """The roles of a node; it may have several."""

    is_controller_node: bool | None = None
    is_worker_node: bool | None = None
    is_gateway_service: bool | None = None
    is_storage_service: bool | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The roles it has."""
        held = (
            ("controller", self.is_controller_node),
            ("worker", self.is_worker_node),
            ("gateway", self.is_gateway_service),
            ("storage", self.is_storage_service),
        )
        return tuple(name for name, holds in held if holds)

    @property
    def short(self) -> str:
        """The roles in a few letters each: `ctl+wrk`."""
        return "+".join(_SHORT_ROLES[name] for name in self.names)


class NodeRegion(Wire):
    """A node's region as its node reports it."""

    region_id: Id | None = None
    region_name: str | None = None


class HostedNode(Wire):
    """One GPU node. Its list spells the id `Id`, other replies `id`."""

    name: str
    upper_id: Id | None = Field(None, alias="Id")
    lower_id: Id | None = Field(None, alias="id")
    region_id: Id | None = None
    node_ip: str | None = None
    username: str | None = None
    port: int | None = None
    external_service_ip: str | None = None
    volume_group: str | None = None
    status: str | None = None
    initialize_state_status_code: int | None = None
    k8s_join_state_status_code: int | None = None
    role: NodeRole | None = None
    gpus: list[GpuSlot] | None = None
    nvidia_driver_version: str | None = None
    total_memory_in_mb: int | float | None = None
    total_disk_in_mb: int | float | None = None
    cores: int | None = None
    cpu_model: str | None = None
    region: NodeRegion | None = None

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if self.upper_id is None and self.lower_id is None:
            raise ValueError("it has neither Id nor id")
        return self

    @property
    def id(self) -> str:
        """Its id, in either spelling."""
        return str(self.lower_id if self.upper_id is None else self.upper_id)

    @property
    def state(self) -> str:
        """Its status, or else the state given by the two codes."""
        return self.status or by_codes(self.initialize_state_status_code, self.k8s_join_state_status_code)

    def within(self, region: Region) -> HostedNode:
        """The same node with its region filled in if it lacks one: it was listed among those of this one."""
        if self.region is not None and self.region.region_name:
            return self
        named = NodeRegion(region_id=region.id, region_name=region.name)
        return self.model_copy(update={"region": named})

    @property
    def address(self) -> str:
        """`ip:port` as SSH reaches it."""
        if not self.node_ip:
            return ""
        host = f"[{self.node_ip}]" if ":" in self.node_ip else self.node_ip
        return f"{host}:{self.port}" if self.port else host


class GpuPool(Wire):
    """One pool of GPUs that are shared."""

    id: Id
    pool_name: str
    status: str
    gpuaas_id: Id | None = None
    pool_label: str | None = None
    sharing_ratio: int | float | None = None
    time_quantum_in_sec: int | float | None = None
    security_level: str | None = None
    gpu_model_type: str | None = None
    gpu_vendor_type: str | None = None
    gpus: list[GpuSlot] | None = None

    @property
    def uuids(self) -> frozenset[str]:
        """The UUIDs of its GPUs."""
        return frozenset(slot.uuid for slot in self.gpus or () if slot.uuid)

    @property
    def physical(self) -> int | None:
        """How many GPUs it has: each is listed once for every share, with the same UUID if it has one."""
        if self.gpus is None:
            return None
        distinct = len(self.uuids)
        if 0 < distinct < len(self.gpus):
            return distinct
        return math.ceil(len(self.gpus) / max(1.0, self.sharing_ratio or 1.0))


class GpuPlace(Wire):
    """A node or pool as a GPU refers to it."""

    id: Id | None = None
    name: str | None = None


class PhysicalGpu(Wire):
    """One physical GPU; its location comes nested or flat."""

    uuid: str
    id: Id | None = None
    vendor: str | None = None
    gpu_model: str | None = None
    memory_in_mb: int | float | None = None
    assignment_status: str | None = None
    node_details: GpuPlace | None = None
    pool_details: GpuPlace | None = None
    gpuaas_node_id: Id | None = None
    flat_pool_id: Id | None = Field(None, alias="pool_id")
    flat_pool_name: str | None = Field(None, alias="pool_name")

    @property
    def state(self) -> str:
        """Its assignment: the panel spells it in capitals, hosted·ai's own app in lower case."""
        return (self.assignment_status or "").upper()

    @property
    def node_id(self) -> str:
        """The id of its node; empty if not given."""
        return _text(self.node_details.id if self.node_details else self.gpuaas_node_id)

    @property
    def node(self) -> str:
        """The name of its node, or else the id."""
        return (self.node_details.name if self.node_details else None) or self.node_id

    @property
    def pool_id(self) -> str:
        """The id of its pool; empty for none."""
        return _text(self.pool_details.id if self.pool_details else self.flat_pool_id)

    @property
    def pool(self) -> str:
        """The name of its pool, or else the id."""
        return (self.pool_details.name if self.pool_details else self.flat_pool_name) or self.pool_id


class Service(Wire):
    """The GPUaaS of a region, part of the paths of its pools. The name of the region is filled in by the client."""

    id: Id
    region_id: Id | None = None
    region_name: str | None = None
    status: str | None = None
    k8s_api_server_port: int | None = None
    prometheus_reverse_tunnel_port: int | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @property
    def created(self) -> datetime | None:
        """When it was enabled."""
        return read_moment(self.created_at)

    @property
    def updated(self) -> datetime | None:
        """When it was last changed."""
        return read_moment(self.updated_at)


class RegionStatus(Wire):
    """What a region offers: `enabled`, `disabled` or `none`."""

    gpuaas: str | None = None
    compute: str | None = None


class Region(Wire):
    """One region."""

    id: Id
    region_name: str | None = None
    city: str | None = None
    country: str | None = None
    address: str | None = None
    status: RegionStatus | None = None
    accelerator_type: str | None = None
    support_rdma: str | None = None

    @property
    def name(self) -> str:
        """Its name, or else its id: a region without a name has machines all the same."""
        return self.region_name or str(self.id)

    @property
    def state(self) -> str:
        """Whether GPUaaS is enabled in it."""
        return (self.status.gpuaas if self.status else None) or ""


def _text(value: Id | None) -> str:
    return "" if value is None else str(value)
