"""The objects of the Multi-node GPU Cluster and VPC APIs, as received."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from gputui.providers.wire import Wire, read_moment

Loose: TypeAlias = "str | int | float | None"
"""A value that the document and the vendor's own client type differently."""


class ScpNode(Wire):
    """A GPU node: one bare-metal server. A list entry and the reply of show are the same object.

    Fields that are not needed are left to the raw object: there may be tens of thousands of nodes.
    """

    id: str
    gpu_node_name: str
    state: str | None = None
    cluster_fabric_id: str | None = None
    cluster_fabric_name: str | None = None
    created_at: str | None = None
    created_by: str | None = None
    image_id: str | None = None
    image_version: str | None = None
    lock_enabled: bool | None = None
    network_id: str | None = None
    node_pool_id: str | None = None
    pfs_ip: list[str | None] | str | None = None
    policy_ip: str | None = None
    policy_nat: str | None = None
    policy_use_nat: bool | None = None
    region_id: str | None = None
    server_type: str | None = None
    vpc_id: str | None = None

    @property
    def status(self) -> str:
        """The state, empty if the server gives none."""
        return self.state or ""

    @property
    def created(self) -> datetime | None:
        """When it was ordered."""
        return read_moment(self.created_at)

    @property
    def locked(self) -> bool:
        """Whether it is protected from deletion."""
        return bool(self.lock_enabled)

    @property
    def public_ip(self) -> str:
        """The public address in use; an address without `policy_use_nat` is not in use."""
        return self.policy_nat or "" if self.policy_use_nat else ""

    @property
    def storage_ips(self) -> tuple[str, ...]:
        """The addresses on the network of the parallel file system."""
        found = [self.pfs_ip] if isinstance(self.pfs_ip, str) else self.pfs_ip or []
        return tuple(address for address in found if address)


class FabricNode(Wire):
    """A fabric's own data on one of its nodes."""

    gpu_node_id: str | None = None
    gpu_node_name: str | None = None
    policy_ip: str | None = None
    product_type_id: str | None = None
    server_type: str | None = None
    state: str | None = None


class Fabric(Wire):
    """A cluster fabric: nodes that share one fast network. It is created with its first node, deleted with its last."""

    id: str
    cluster_name: str | None = None
    state: str | None = None
    account_id: str | None = None
    created_at: str | None = None
    created_by: str | None = None
    description: str | None = None
    gpu_node_details: list[FabricNode] | None = None
    modified_at: str | None = None
    modified_by: str | None = None
    node_pool_id: str | None = None
    pirp_id: Loose = None
    product_id: str | None = None
    region_id: str | None = None
    server_type: str | None = None
    used_server_count: int | None = None

    @property
    def created(self) -> datetime | None:
        """When its first nodes were ordered."""
        return read_moment(self.created_at)

    @property
    def size(self) -> int | None:
        """How many nodes it has, if the server says."""
        return self.used_server_count if self.gpu_node_details is None else len(self.gpu_node_details)


class PoolFabric(Wire):
    """A fabric of a node pool."""

    cluster_fabric_id: str | None = None
    cluster_fabric_name: str | None = None
    product_id: str | None = None


class NodePool(Wire):
    """A node pool as the node-pools call returns it."""

    node_pool_id: str
    cluster_fabric_details: list[PoolFabric] | None = None


class Image(Wire):
    """An operating system image for GPU nodes."""

    id: str
    name: str | None = None
    created_at: str | None = None
    os_distro: str | None = None
    priority: Loose = None
    scp_image_type: str | None = None
    scp_os_version: Loose = None

    @property
    def created(self) -> datetime | None:
        """When it was published; the server sends this time without a zone."""
        return read_moment(self.created_at)


class ProductAttributes(Wire):
    """The parts of a product; all numbers are sent as text."""

    compute_class_type_name: str | None = None
    compute_class_type_value: str | None = None
    cpu_value: Loose = None
    disk_unit: str | None = None
    disk_value: Loose = None
    gpu_model: str | None = None
    memory_value: Loose = None


class Product(Wire):
    """A server type that can be ordered."""

    id: str
    name: str | None = None
    created_at: str | None = None
    created_by: str | None = None
    description: str | None = None
    modified_at: str | None = None
    modified_by: str | None = None
    product_attrs: ProductAttributes | None = None
    state: str | None = None
    type: str | None = None

    @property
    def parts(self) -> ProductAttributes:
        """Its attributes, all empty if the server gives none."""
        return self.product_attrs or ProductAttributes()


class PublicIp(Wire):
    """A public address of the VPC service."""

    id: str
    ip_address: str
    state: str | None = None
    type: str | None = None
    description: str | None = None


class Vpc(Wire):
    """A network of the VPC service."""

    id: str
    name: str | None = None
    state: str | None = None


class Subnet(Wire):
    """A subnet of a network."""

    id: str
    name: str | None = None
    cidr: str | None = None
    gateway_ip_address: str | None = None
    state: str | None = None
    type: str | None = None
    vpc_id: str | None = None


class InternetGateway(Wire):
    """The Internet gateway of a network."""

    id: str
    state: str | None = None
    vpc_id: str | None = None
