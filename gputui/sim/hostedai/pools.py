"""Operations on pools, and the conditions under which hosted·ai's panel declines them."""

from __future__ import annotations

from collections.abc import Sequence

from gputui.sim.hostedai import steps
from gputui.sim.hostedai.models import Declined, Gpu, Pool, PoolOrder, WrongField
from gputui.sim.hostedai.state import HostedAI


def create(cloud: HostedAI, order: PoolOrder) -> Pool:
    """Create a pool; its GPUs are reserved at once and assigned when it is active."""
    service = cloud.service(order.gpuaas_id)
    if service.status != "GPUAAS_ACTIVE":
        raise Declined(f"gpuaas {service.id} is {service.status}: pools need an active one")
    if order.name in {pool.name for pool in cloud.pools_of(service.id)}:
        raise WrongField("pool_name", f"{order.name} is taken")
    gpus = _free(cloud, service.id, order.uuids, "attach_gpu_ids")
    model = _common_model(gpus, gpus[0].model if gpus else "")
    pool = Pool(
        cloud.number("pool"), service.id, order.name, None, order.sharing_ratio, order.time_quantum, order.security,
        "DEPLOYMENT_SCHEDULED", model,
    )  # fmt: skip
    cloud.pools[pool.id] = pool
    for gpu in gpus:
        gpu.pool_id = pool.id
        gpu.status = "ASSIGNING"
    steps.go_on_with_pool(cloud, pool)
    return pool


def delete(cloud: HostedAI, pool: Pool) -> None:
    """Start deleting a pool that has no GPUs."""
    if cloud.gpus_in_pool(pool):
        raise Declined(f"pool {pool.id} still has GPUs: all GPUs must be removed from the pool first")
    if pool.status == "DELETING":
        raise Declined(f"pool {pool.id} is being deleted already")
    steps.dissolve(cloud, pool)


def assign(cloud: HostedAI, pool: Pool, uuids: Sequence[str]) -> None:
    """Start adding free GPUs to a pool: all of them or none."""
    if pool.status != "ACTIVE":
        raise Declined(f"pool {pool.id} is {pool.status}: only an ACTIVE pool takes GPUs")
    gpus = _free(cloud, pool.gpuaas_id, uuids, "gpu_uuids")
    pool.gpu_model = _common_model(gpus, pool.gpu_model or gpus[0].model)
    for gpu in gpus:
        steps.enter_pool(cloud, gpu, pool)


def free(cloud: HostedAI, pool: Pool, uuids: Sequence[str]) -> None:
    """Start removing GPUs from a pool: all of them or none."""
    if pool.status not in ("ACTIVE", "ERROR_WHILE_DEPLOYING"):
        raise Declined(f"pool {pool.id} is {pool.status}: its GPUs cannot be removed now")
    own = {gpu.uuid: gpu for gpu in cloud.gpus_in_pool(pool)}
    for uuid in uuids:
        if uuid not in own:
            raise WrongField("gpu_uuids", f"{uuid} is not in pool {pool.id}")
        if own[uuid].status == "UNASSIGNING":
            raise Declined(f"{uuid} is being removed already")
    for uuid in uuids:
        steps.begin_leaving(cloud, own[uuid])


def _free(cloud: HostedAI, gpuaas_id: int, uuids: Sequence[str], field: str) -> list[Gpu]:
    known = {gpu.uuid: gpu for gpu in cloud.gpus_of(gpuaas_id)}
    available = {gpu.uuid for gpu in cloud.available_gpus(gpuaas_id)}
    for uuid in uuids:
        if uuid not in known:
            raise WrongField(field, f"{uuid} is not a GPU of gpuaas {gpuaas_id}")
        if uuid not in available:
            raise Declined(f"{uuid} is {known[uuid].status}: only an UNASSIGNED GPU of a joined node can be assigned")
    return [known[uuid] for uuid in uuids]


def _common_model(gpus: Sequence[Gpu], model: str) -> str:
    odd = next((gpu for gpu in gpus if gpu.model != model), None)
    if odd is not None:
        raise Declined(f"{odd.uuid} is a {odd.model}: this pool is of {model}")
    return model
