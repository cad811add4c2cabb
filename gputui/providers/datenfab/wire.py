"""Datenfab's objects as received: mixed casing, numbers as texts, and parts present only while running."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from pydantic import Field

from gputui.providers.wire import Wire, read_moment

Text: TypeAlias = str | int | float | bool | None
Number: TypeAlias = int | float | str | None

COST_WORDS = {"1": "hourly", "2": "monthly", "3": "weekly", "4": "daily"}


def number(value: Number) -> float | None:
    """The finite number that `value` is or spells, an int if it is whole, or None."""
    try:
        found = None if value is None else float(value)
    except (ValueError, OverflowError):
        return None
    if found is None or not math.isfinite(found):
        return None
    return int(found) if found.is_integer() else found


def count(value: Number) -> int | None:
    """The whole number that `value` is or spells, or None."""
    found = number(value)
    return found if isinstance(found, int) else None


def quantity(value: Text) -> float | None:
    """The number that a quantity of Kubernetes means: `16`, `500m` (a half), `96Gi` (bytes); None for other texts."""
    found = _QUANTITY.fullmatch(str(value)) if value is not None else None
    amount = number(found[1]) if found else None
    if found is None or amount is None:
        return None
    scaled = amount * _SCALES[found[2]]
    return int(scaled) if float(scaled).is_integer() else scaled


_SCALES: Mapping[str, float] = {
    "": 1,
    "m": 0.001,
    **{f"{letter}": 1000**power for power, letter in enumerate("kMGTP", 1)},
    **{f"{letter}i": 1024**power for power, letter in enumerate("KMGTP", 1)},
}
_QUANTITY = re.compile(rf"(\d{{1,15}}(?:\.\d{{1,9}})?)({'|'.join(_SCALES)})")


class DatenfabRegion(Wire):
    """One region: `id` selects its price list, `cluster` is used in the paths of its instances."""

    id: str
    cluster: str = Field(alias="clusterName")
    title: str | None = Field(None, alias="region")
    registry: str | None = Field(None, alias="harborAddr")
    created_at: str | None = Field(None, alias="createdAt")

    @property
    def name(self) -> str:
        """The region's name, or else its cluster's."""
        return self.title or self.cluster

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return read_moment(self.created_at)


class Sku(Wire):
    """One specification on sale. The unit of `price` is not documented: it is shown as received."""

    id: str | int = Field(alias="skusID")
    name: str
    region_id: str | None = Field(None, alias="regionID")
    region: str | None = Field(None, alias="regionName")
    cluster: str | None = Field(None, alias="clusterName")
    gpu_product: str | None = Field(None, alias="gpuProduct")
    gpu_counts: Number = Field(None, alias="gpuCounts")
    gpu_memory: Number = Field(None, alias="gpuMemory")
    free: Number = Field(None, alias="remainGPUCount")
    price: Number = None
    selling_type: Text = Field(None, alias="sellingType")
    ratio: Number = None
    discount_start: str | None = Field(None, alias="discountStartTime")
    discount_end: str | None = Field(None, alias="discountEndTime")
    cores: Number = Field(None, alias="cpucores")
    memory: Number = Field(None, alias="memoryCount")
    cpu: str | None = Field(None, alias="cpuSeries")
    system_storage: Number = Field(None, alias="systemstorage")
    data_storage: Number = Field(None, alias="datastorage")

    @property
    def selling(self) -> str:
        """How it is billed, in one word."""
        return cost_word(self.selling_type)

    def discount(self, now: float) -> float | None:
        """The price factor in force at `now` (epoch seconds), or None."""
        start, end, ratio = read_moment(self.discount_start), read_moment(self.discount_end), number(self.ratio)
        if start is None or end is None or ratio is None or ratio == 1:
            return None
        return ratio if start.timestamp() <= now < end.timestamp() else None


class Ssh(Wire):
    """SSH access: a whole `ssh` command line, and the password for it."""

    address: str | None = Field(None, alias="sshAddr")
    password: str | None = Field(None, alias="sshPassword", repr=False)


class Servers(Wire):
    """What an instance serves while it runs; the notebook's address contains its token."""

    notebook: str | None = Field(None, alias="Jupyterlab", repr=False)
    tensorboard: str | None = Field(None, alias="Tensorboard")
    ssh: Ssh | None = Field(None, alias="SSH")


class Resources(Wire):
    """The resources of an instance, as texts."""

    cpu: Text = None
    memory: Text = None
    gpus: Number = Field(None, alias="GPUNum")
    gpu_type: Text = Field(None, alias="GPUType")


class Volume(Wire):
    """One disk; `size` in GB, 0 until the disk is created."""

    path: str | None = Field(None, alias="PathInContainer")
    size: Number = Field(None, alias="Size")


class InstancePod(Wire):
    """The Kubernetes pod behind an instance."""

    name: str | None = Field(None, alias="Name")
    node: str | None = Field(None, alias="nodeScheduled")
    ip: str | None = None


class Cost(Wire):
    """How an instance is billed."""

    type: Text = Field(None, alias="CostType")


class InstanceBody(Wire):
    """One computing instance; `servers` and `pods` are absent while it is not running."""

    name: str
    status: str
    display_name: str | None = Field(None, alias="displayName")
    annotations: dict[str, Text] | None = None
    uid: str | None = None
    servers: Servers | None = None
    image: str | None = None
    resources: Resources | None = None
    volumes: list[Volume] | None = Field(None, alias="volumeMounts")
    created_at: str | None = Field(None, alias="creationTimestamp")
    cost: Cost | None = None
    pods: list[InstancePod] | None = Field(None, alias="Pods")

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return read_moment(self.created_at)

    @property
    def billing(self) -> str:
        """How it is billed and the unit price as received: `hourly 250`."""
        return " ".join(part for part in (self.billed, self.annotation("unit-price")) if part)

    @property
    def billed(self) -> str:
        """How it is billed, in one word; empty if that is not told."""
        return cost_word(self.cost.type if self.cost and self.cost.type else self.annotation("cost-type"))

    @property
    def disk(self) -> float | None:
        """The total size of its disks in GB."""
        sizes = [size for volume in self.volumes or () if (size := number(volume.size)) is not None]
        return sum(sizes) if sizes else None

    def annotation(self, name: str) -> str:
        """An annotation by the part after the last `/`: the prefix depends on the installation."""
        found = (value for key, value in (self.annotations or {}).items() if key.rpartition("/")[2] == name)
        return str(next((value for value in found if value is not None), ""))


def cost_word(kind: Text) -> str:
    """`hourly` for pay-as-you-go, `monthly`, `weekly`, `daily` for prepaid billing; otherwise the code itself."""
    code = "" if kind is None else str(kind)
    return COST_WORDS.get(code, code)
