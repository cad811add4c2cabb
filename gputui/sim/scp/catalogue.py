"""The catalogue of a Samsung Cloud Platform account: images, products, networks, node pools."""

from __future__ import annotations

from dataclasses import dataclass

from gputui.sim.scp.models import ACCOUNT, OWNER, REGION, Wire

MADE = "2024-05-17T00:23:17Z"


@dataclass(frozen=True, slots=True)
class Product:
    """A server type: its opaque id, its name, and its hardware."""

    id: str
    name: str
    gpu: str
    cores: int
    memory_gb: int
    class_name: str
    state: str = "AVAILABLE"

    def wire(self) -> Wire:
        """Return the JSON of the product list; every attribute is text."""
        return {
            "created_at": MADE,
            "created_by": OWNER,
            "description": f"vCPU {self.cores} │ Memory {self.memory_gb}G │ Disk 960G │ {self.gpu} x 8",
            "id": self.id,
            "modified_at": MADE,
            "modified_by": OWNER,
            "name": self.name,
            "product_attrs": {
                "compute_class_type_name": self.class_name,
                "compute_class_type_value": self.name.split("c")[0],
                "cpu_value": str(self.cores),
                "disk_unit": "GB",
                "disk_value": "960",
                "gpu_model": self.gpu,
                "memory_value": str(self.memory_gb),
            },
            "state": self.state,
            "type": "SCALE",
        }


@dataclass(frozen=True, slots=True)
class Image:
    """An operating system to install."""

    id: str
    name: str
    distro: str
    version: str
    priority: int

    def wire(self) -> Wire:
        """Return the JSON of the image list; its time has a space and no zone."""
        return {
            "created_at": "2024-07-11 08:56:59",
            "id": self.id,
            "name": self.name,
            "os_distro": self.distro,
            "priority": self.priority,
            "scp_image_type": "STANDARD",
            "scp_os_version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Subnet:
    """A network for nodes, and its node pool."""

    id: str
    name: str
    cidr: str
    gateway: str
    vpc_id: str
    vpc_name: str
    pool_id: str

    def wire(self) -> Wire:
        """Return the JSON of the VPC service."""
        return {
            **_owned(self.id, self.name, "ACTIVE"),
            "cidr": self.cidr,
            "type": "GENERAL",
            "vpc_id": self.vpc_id,
            "vpc_name": self.vpc_name,
            "gateway_ip_address": self.gateway,
        }


def _owned(id: str, name: str, state: str) -> Wire:
    return {
        "account_id": ACCOUNT,
        "created_at": MADE,
        "created_by": OWNER,
        "id": id,
        "modified_at": MADE,
        "modified_by": OWNER,
        "name": name,
        "state": state,
    }


def products() -> tuple[Product, ...]:
    """Return the two server types of the real catalogue."""
    return (
        Product("f90e8ef54cc2451b825608e9f95f7bcb", "g2c96h8_metal", "H100", 96, 2048, "GPU H100 Metal-2"),
        Product("0c7d5a1e9b684c33a1f26a4be0d19c57", "g3c128b8_metal", "B300", 128, 4096, "GPU B300 Metal-3"),
    )


def images() -> tuple[Image, ...]:
    """Return the images of the region."""
    return (
        Image("IMAGE-7XFMaJpLsapKvskFMjCtmm", "RHEL 8.8 for BM", "RHEL", "8.8", 20),
        Image("IMAGE-4sVdPzHq2BnUwYtR9eGkLa", "Ubuntu 22.04 for BM", "UBUNTU", "22.04", 10),
        Image("IMAGE-9cKfXjM3WqTzEh6RbNpDuy", "Ubuntu 24.04 for BM", "UBUNTU", "24.04", 5),
    )


def subnets() -> tuple[Subnet, ...]:
    """Return one subnet per node pool; the addresses are this computer's own, so that SSH can reach them."""
    main, lab = ("e58348b1bc9148e5af86500fd4ef99ca", "vpc-train"), ("3d1fb0c2a7e84b0f9a52c4d76e8810bb", "vpc-lab")
    return (
        Subnet(
            "ab313c43291e4b678f4bacffe10768ae", "sub-train-a", "127.10.1.0/24", "127.10.1.254", *main, "POOL001-krw1a"
        ),
        Subnet(
            "5f0ec3f7716b4a0c92f1c9a4b8d36e21", "sub-train-b", "127.10.2.0/24", "127.10.2.254", *main, "POOL002-krw1a"
        ),
        Subnet("c84a9d1173ee4f6e8d0a5b2f60c7f913", "sub-lab", "127.10.3.0/24", "127.10.3.254", *lab, "POOL003-krw1b"),
    )


def vpcs() -> list[Wire]:
    """Return the networks that contain the subnets."""
    return [
        {
            **_owned(id, name, "ACTIVE"),
            "cidr_count": 1,
            "cidrs": [{"id": id[::-1], "cidr": cidr, "created_at": MADE, "created_by": OWNER}],
            "description": "",
        }
        for id, name, cidr in sorted(
            {(subnet.vpc_id, subnet.vpc_name, subnet.cidr.rsplit(".", 2)[0] + ".0.0/16") for subnet in subnets()},
            key=lambda row: row[1],
            reverse=True,
        )
    ]


def is_online(vpc_id: str) -> bool:
    """Whether a network has an Internet gateway, which public addresses need."""
    return any(gateway["vpc_id"] == vpc_id for gateway in internet_gateways())


def internet_gateways() -> list[Wire]:
    """Return the Internet gateways: only the training network has one."""
    subnet = subnets()[0]
    gateway = _owned("71b2e84fd2c64f0bb3c2f6a58e9d0c14", "igw-train", "ACTIVE")
    return [{**gateway, "type": "IGW", "vpc_id": subnet.vpc_id, "vpc_name": subnet.vpc_name, "region_id": REGION}]
