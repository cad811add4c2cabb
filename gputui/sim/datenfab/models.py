"""The objects of a Datenfab account: regions, specifications (SKUs) and computing instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["Creating", "Starting", "Running", "ShuttingDown", "Shutdown", "Deleting", "Failed"]


class Refused(Exception):
    """The cloud refuses a request; `status` is the HTTP status, `message` the text of the error body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Region:
    """One region with its one cluster; `cluster` is what instance paths use, `id` what the SKU query uses."""

    id: str
    title: str
    cluster: str
    howler_id: str
    created: float


@dataclass(slots=True)
class Sku:
    """One computing specification on sale in a region; `left` counts the GPUs still free."""

    id: str
    region: Region
    gpu: str
    model: str
    gpus: int
    gpu_memory: int
    cores: int
    memory: int
    cpu: str
    selling_type: str
    price: int
    ratio: float
    left: int


@dataclass(slots=True)
class Instance:
    """One computing instance; `port` is its SSH port at `home`, open only while it runs."""

    name: str
    uid: str
    title: str
    sku: Sku
    image: str
    order_id: str
    volume: str
    volume_size: int
    password: str
    jupyter_token: str
    pod: str
    machine: str
    ip: str
    created: float
    status: Status
    cost_time: str = ""
    coupon_id: str = ""
    mount: str = "/root/data"
    updated: float | None = None
    restless: bool = False
    home: str = "127.0.0.1"
    host: str = ""
    port: int | None = None
