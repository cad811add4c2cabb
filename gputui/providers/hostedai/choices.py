"""Choices in hosted·ai's forms, read live from the panel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from gputui.core.actions import Choice, Choices, Inputs
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Request, path
from gputui.core.rows import Listing
from gputui.providers.gpu_names import short
from gputui.providers.hostedai.client import HostedAI
from gputui.providers.hostedai.inventory import slots_of
from gputui.providers.hostedai.wire import GpuPool, GpuSlot, PhysicalGpu
from gputui.providers.wire import as_list_or_null, read_rows

T = TypeVar("T")
MB_PER_GB = 1024
LEAVING = "UNASSIGNING"
_LEVELS = (
    ("low", "low: performance", "most throughput"),
    ("medium", "medium: balanced", ""),
    ("high", "high: security", "most isolation between workloads"),
)


def fixed(*choices: Choice) -> Choices:
    """Choices that are the same everywhere."""

    async def read(client: HostedAI, item: object, inputs: Inputs) -> Sequence[Choice]:
        return choices

    return read


security_levels = fixed(*(Choice(*level) for level in _LEVELS))


async def regions(client: HostedAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """All regions by name."""
    found = _some(await client.regions())
    return [Choice(str(one.id), one.name, ", ".join(filter(None, (one.city, one.country)))) for one in found]


async def services(client: HostedAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """The GPUaaS in which pools can be created, with the names of their regions if those can be read."""
    found = _some(await client.services())
    try:
        names = {str(entry.value.id): entry.value.name for entry in (await client.regions()).items}
    except Failed:
        names = {}
    return [
        Choice(str(one.id), f"gpuaas-{one.id}", " ".join(filter(None, (names.get(str(one.region_id)), one.status))))
        for one in found
    ]


async def models(client: HostedAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """The models of free GPUs: all GPUs of a pool are of one model."""
    counts = Counter(gpu.gpu_model for gpu in await _free(client, str(inputs.get("gpuaas_id", ""))) if gpu.gpu_model)
    return [Choice(model, model.removeprefix("NVIDIA "), f"{count} free") for model, count in sorted(counts.items())]


async def free_gpus(client: HostedAI, item: object, inputs: Inputs) -> Sequence[Choice]:
    """The free GPUs of the chosen GPUaaS and model; none until a model is chosen, if there are several."""
    found = await _free(client, str(inputs.get("gpuaas_id", "")))
    there = {gpu.gpu_model for gpu in found}
    model = inputs.get("gpu_model") or (there.pop() if len(there) == 1 else "")
    return [_gpu(gpu) for gpu in found if gpu.gpu_model == model]


async def gpus_for(client: HostedAI, pool: GpuPool, inputs: Inputs) -> Sequence[Choice]:
    """The free GPUs that a pool can take: of its GPUaaS and its model, for which pools use a shorter name than GPUs."""
    found = await _free(client, "" if pool.gpuaas_id is None else str(pool.gpuaas_id))
    model = short(pool.gpu_model_type)
    return [_gpu(gpu) for gpu in found if not model or short(gpu.gpu_model) == model]


async def gpus_in(client: HostedAI, pool: GpuPool, inputs: Inputs) -> Sequence[Choice]:
    """The GPUs of a pool, each once, without those that are leaving it."""
    listing = read_rows(GpuPool, [await client.pool(str(pool.id))])
    if listing.unreadable:
        raise Failed(Problem(Cause.REPLY, f"this is no pool: {listing.unreadable[0].reason}"))
    there = listing.items[0].value.gpus
    if there is None:
        there = slots_of(pool, [item.value for item in (await client.gpus()).items])
    slots = {slot.uuid: slot for slot in there if slot.uuid}
    return [_slot(uuid, slot) for uuid, slot in slots.items() if (slot.assignment_status or "").upper() != LEAVING]


async def _free(client: HostedAI, gpuaas_id: str) -> list[PhysicalGpu]:
    if not gpuaas_id:
        return []
    reply = await client.read(Request("GET", path("gpuaas", gpuaas_id, "pool", "available_gpus")))
    return _sorted(item.value for item in read_rows(PhysicalGpu, as_list_or_null(reply.body, "items", "data")).items)


def _sorted(gpus: Iterable[PhysicalGpu]) -> list[PhysicalGpu]:
    return sorted(gpus, key=lambda gpu: (gpu.node, gpu.uuid))


def _gpu(gpu: PhysicalGpu) -> Choice:
    memory = f"{round(gpu.memory_in_mb / MB_PER_GB)} GB" if gpu.memory_in_mb else ""
    note = " · ".join(filter(None, ((gpu.gpu_model or "").removeprefix("NVIDIA "), memory, gpu.node)))
    return Choice(gpu.uuid, gpu.uuid, note)


def _slot(uuid: str, slot: GpuSlot) -> Choice:
    return Choice(uuid, uuid, " · ".join(filter(None, (slot.gpu_model, slot.assignment_status))))


def _some(listing: Listing[T]) -> list[T]:
    """The items of a listing. Raises Failed if it is empty only because it could not be read."""
    if not listing.items and listing.missing:
        raise Failed(listing.missing[0].problem or Problem(Cause.REPLY, listing.notice))
    return [item.value for item in listing.items]
