"""The GPUs of pools that do not list their own, taken from the inventory: panels may leave the list out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gputui.core.rows import Item, Listing
from gputui.providers.hostedai.wire import GpuPool, GpuSlot, PhysicalGpu

_IN_A_POOL = ("ASSIGNED", "ASSIGNING", "UNASSIGNING")


def tells_pools(gpus: Sequence[PhysicalGpu]) -> bool:
    """Whether an inventory says of every GPU that is in a pool in which."""
    return all(gpu.pool_id for gpu in gpus if gpu.state in _IN_A_POOL)


def filled(pools: Listing[GpuPool], gpus: Sequence[PhysicalGpu]) -> Listing[GpuPool]:
    """The pools, each with its GPUs."""
    return replace(pools, items=tuple(Item(_filled(item.value, gpus), item.raw) for item in pools.items))


def slots_of(pool: GpuPool, gpus: Sequence[PhysicalGpu]) -> list[GpuSlot]:
    """What of an inventory is in a pool, each GPU once."""
    mine = (gpu for gpu in gpus if gpu.pool_id == str(pool.id))
    return [
        GpuSlot(id=gpu.id, uuid=gpu.uuid, gpu_model=gpu.gpu_model, assignment_status=gpu.assignment_status)
        for gpu in mine
    ]


def _filled(pool: GpuPool, gpus: Sequence[PhysicalGpu]) -> GpuPool:
    if pool.gpus is not None:
        return pool
    shares = max(1, int(pool.sharing_ratio or 1))  # a pool has an entry for every share
    return pool.model_copy(update={"gpus": [slot for slot in slots_of(pool, gpus) for _ in range(shares)]})
