"""Fills in the GPUs of pools from the inventory, because panels may leave them out of the pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gputui.core.rows import Item, Listing
from gputui.providers.hostedai.wire import GpuPool, GpuSlot, PhysicalGpu

_IN_A_POOL = ("ASSIGNED", "ASSIGNING", "UNASSIGNING")


def tells_pools(gpus: Sequence[PhysicalGpu]) -> bool:
    """Whether an inventory names the pool of every GPU that is in one."""
    return all(gpu.pool_id for gpu in gpus if gpu.state in _IN_A_POOL)


def filled(pools: Listing[GpuPool], gpus: Sequence[PhysicalGpu]) -> Listing[GpuPool]:
    """The pools, with the missing lists of GPUs filled in."""
    return replace(pools, items=tuple(Item(_filled(item.value, gpus), item.raw) for item in pools.items))


def slots_of(pool: GpuPool, gpus: Sequence[PhysicalGpu]) -> list[GpuSlot]:
    """The GPUs of an inventory that are in a pool, each once."""
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
