"""The objects of Samsung Cloud Platform as the simulator stores them, and their JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from gputui.sim.machine import Ailment

Wire = dict[str, object]
ACCOUNT = "f5c8e56a4d9b49a8bd89e14758a32d53"
OWNER = "90dddfc2b1e04edba54ba2b41539a9ac"
REGION = "kr-west1"


def moment(at: float) -> str:
    """Format a time as in this API."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Node:
    """A GPU node; `nat` is its public IP."""

    id: str
    name: str
    fabric_id: str
    state: str
    server_type: str
    product_id: str
    image_id: str
    image: str
    vpc_id: str
    subnet_id: str
    ip: str
    pfs_ips: tuple[str, ...]
    created: float
    modified: float
    locked: bool = False
    os_type: str = "UBUNTU"
    init_script: str = ""
    nat: PublicIp | None = None
    ailment: Ailment = ""

    def wire(self, fabric: Fabric) -> Wire:
        """Return the JSON of show and list."""
        return {
            "account_id": ACCOUNT,
            "cluster_fabric_id": fabric.id,
            "cluster_fabric_name": fabric.name,
            "created_at": moment(self.created),
            "created_by": OWNER,
            "gpu_node_name": self.name,
            "id": self.id,
            "image_id": self.image_id,
            "image_version": self.image,
            "init_script": self.init_script,
            "lock_enabled": self.locked,
            "modified_at": moment(self.modified),
            "modified_by": OWNER,
            "network_id": self.subnet_id,
            "node_pool_id": fabric.pool_id,
            "os_type": self.os_type,
            "pfs_ip": list(self.pfs_ips),
            "policy_ip": self.ip,
            "policy_nat": self.nat.address if self.nat else None,
            "policy_use_nat": self.nat is not None,
            "product_type_id": self.product_id,
            "region_id": REGION,
            "root_account": "root",
            "server_type": self.server_type,
            "state": self.state,
            "time_zone": "Asia/Seoul",
            "vpc_id": self.vpc_id,
        }

    def detail(self) -> Wire:
        """Return the JSON of its fabric's node list."""
        return {
            "gpu_node_id": self.id,
            "gpu_node_name": self.name,
            "policy_ip": self.ip,
            "product_type_id": self.product_id,
            "server_type": self.server_type,
            "state": self.state,
        }


@dataclass(slots=True)
class Fabric:
    """A cluster fabric: nodes of one type on one fast network."""

    id: str
    name: str
    pool_id: str
    product_id: str
    server_type: str
    subnet_id: str
    description: str
    created: float
    modified: float
    pirp_id: int
    state: str = "RUNNING"

    def wire(self, nodes: list[Node]) -> Wire:
        """Return the JSON of show and list, with its member nodes."""
        return {
            "account_id": ACCOUNT,
            "cluster_name": self.name,
            "created_at": moment(self.created),
            "created_by": OWNER,
            "description": self.description,
            "gpu_node_details": [node.detail() for node in nodes],
            "id": self.id,
            "modified_at": moment(self.modified),
            "modified_by": OWNER,
            "node_pool_id": self.pool_id,
            "pirp_id": str(self.pirp_id),
            "product_id": self.product_id,
            "region_id": REGION,
            "server_type": self.server_type,
            "state": self.state,
            "used_server_count": len(nodes),
        }


@dataclass(slots=True)
class PublicIp:
    """A public address of the VPC service, free or used by a node."""

    id: str
    address: str
    created: float
    modified: float
    description: str = ""
    node: Node | None = field(default=None, repr=False)

    @property
    def state(self) -> str:
        """RESERVED while nothing uses it."""
        return "ATTACHED" if self.node else "RESERVED"

    def wire(self) -> Wire:
        """Return the JSON of the VPC service."""
        return {
            "account_id": ACCOUNT,
            "attached_resource_id": self.node.id if self.node else None,
            "attached_resource_name": self.node.name if self.node else None,
            "attached_resource_type": "GPU_NODE" if self.node else None,
            "created_at": moment(self.created),
            "created_by": OWNER,
            "description": self.description,
            "id": self.id,
            "ip_address": self.address,
            "modified_at": moment(self.modified),
            "modified_by": OWNER,
            "state": self.state,
            "type": "IGW",
        }
