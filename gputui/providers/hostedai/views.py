"""hosted·ai in the console: nodes, pools, GPUs, regions and the GPUaaS themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gputui.core.cells import Cell, Column, Role, gpus, moment, number, words
from gputui.core.health import by_state
from gputui.core.provider import Children, Provider, Setting, SshTarget, View
from gputui.core.text import Json
from gputui.core.typed_fields import TypedField, gpu_fields
from gputui.providers.gpu_names import short
from gputui.providers.hostedai import states
from gputui.providers.hostedai.choices import MB_PER_GB
from gputui.providers.hostedai.client import HostedAI
from gputui.providers.hostedai.node_actions import NODE_ACTIONS
from gputui.providers.hostedai.pool_actions import POOL_ACTIONS
from gputui.providers.hostedai.queries import NODE_QUERIES, POOL_QUERIES
from gputui.providers.hostedai.wire import GpuPool, GpuSlot, HostedNode, Id, PhysicalGpu, Region, Service
from gputui.providers.secrecy import FIELDS


def _gigabytes(megabytes: float | None) -> Cell:
    return number(None if megabytes is None else round(megabytes / MB_PER_GB), " GB")


def _id(value: Id | None) -> Cell:
    return words(None if value is None else str(value))


def _models(slots: Sequence[GpuSlot]) -> str:
    return " + ".join(dict.fromkeys(slot.gpu_model for slot in slots if slot.gpu_model))


def _known_gpus(node: HostedNode) -> tuple[int | None, str | None]:
    if node.gpus is None:
        return None, None
    models = dict.fromkeys(short(slot.gpu_model) for slot in node.gpus)
    return len(node.gpus), " + ".join(filter(None, models))


def _region_of(node: HostedNode) -> str | None:
    return node.region.region_name if node.region else None


def _region_id(node: HostedNode) -> Id | None:
    return node.region_id if node.region_id is not None or node.region is None else node.region.region_id


def _service_region(service: Service) -> Cell:
    """The region's name; behind it is the id, which `get` has always had here."""
    known = _id(service.region_id)
    return replace(known, text=service.region_name) if service.region_name else known


def _node_region(node: HostedNode) -> Cell:
    return words(_region_of(node)) if _region_of(node) else _id(node.region_id)


def _ssh(node: HostedNode) -> SshTarget | str:
    if not node.node_ip:
        return "the API gives no address for this node"
    return SshTarget(node.node_ip, node.port, node.username or "")


def _in_pool(pool: GpuPool, node: HostedNode) -> bool:
    return any(slot.uuid in pool.uuids for slot in node.gpus or ())


def _same(one: Id | None, other: Id | None) -> bool:
    return one is not None and str(one) == str(other)


async def _show_node(client: HostedAI, node: HostedNode) -> Json:
    return await client.node(node.id)


async def _show_pool(client: HostedAI, pool: GpuPool) -> Json:
    return await client.pool(str(pool.id))


async def _show_service(client: HostedAI, service: Service) -> Json:
    return await client.service(str(service.id))


NODES: View[HostedAI, HostedNode] = View(
    name="nodes",
    title="Nodes",
    fetch=HostedAI.nodes,
    key=lambda node: node.id,
    label=lambda node: node.name,
    state=lambda node: node.state,
    health=lambda node: by_state(states.NODES, node.state),
    machine=True,
    columns=(
        Column("ROLE", lambda node: words(node.role.short if node.role else None)),
        Column("GPU", lambda node: gpus(*_known_gpus(node)), role=Role.GPU),
        Column("ADDRESS", lambda node: words(node.address), role=Role.ADDRESS),
        Column("REGION", _node_region, role=Role.REGION),
        Column("DRIVER", lambda node: words(node.nvidia_driver_version)),
        Column("CORES", lambda node: number(node.cores), right=True, wide=True, kind="number"),
        Column(
            "MEMORY", lambda node: _gigabytes(node.total_memory_in_mb), right=True, wide=True, kind="number", unit="GB"
        ),
        Column("DISK", lambda node: _gigabytes(node.total_disk_in_mb), right=True, wide=True, kind="number", unit="GB"),
        Column("USER", lambda node: words(node.username), wide=True),
        Column("CPU", lambda node: words(node.cpu_model), wide=True),
        Column("EXTERNAL IP", lambda node: words(node.external_service_ip), wide=True, role=Role.OTHER_ADDRESS),
        Column("VOLUME GROUP", lambda node: words(node.volume_group), wide=True),
        Column("ID", lambda node: words(node.id), wide=True),
    ),
    actions=NODE_ACTIONS,
    queries=NODE_QUERIES,
    ssh=_ssh,
    show=_show_node,
    read_one=HostedAI.node_again,
    children=(Children("gpus", lambda node, gpu: gpu.node_id == node.id),),
    secrets=FIELDS,
    fields=(
        *gpu_fields(_known_gpus, lambda node: _models(node.gpus or ())),
        TypedField("role_list", lambda node: list(node.role.names) if node.role else []),
        TypedField("region_id", _region_id),
        TypedField("region_name", _region_of),
        TypedField("memory_mb", lambda node: node.total_memory_in_mb),
        TypedField("disk_mb", lambda node: node.total_disk_in_mb),
    ),
    absent={
        "start": "this API has no call to power a node on in its published reference",
        "stop": "this API has no call to power a node off in its published reference: only to reboot it",
        "lock": "this API has no lock",
    },
)

POOLS: View[HostedAI, GpuPool] = View(
    name="pools",
    title="Pools",
    fetch=HostedAI.pools,
    key=lambda pool: str(pool.id),
    label=lambda pool: pool.pool_label or pool.pool_name,
    state=lambda pool: pool.status,
    health=lambda pool: by_state(states.POOLS, pool.status),
    columns=(
        Column("GPU", lambda pool: number(pool.physical), right=True, role=Role.GPU),
        Column("RATIO", lambda pool: number(pool.sharing_ratio, "×"), right=True, kind="number"),
        Column("QUANTUM", lambda pool: number(pool.time_quantum_in_sec, " s"), right=True, kind="number", unit="s"),
        Column("SECURITY", lambda pool: words(pool.security_level)),
        Column("MODEL", lambda pool: words(short(pool.gpu_model_type))),
        Column("GPUAAS", lambda pool: _id(pool.gpuaas_id), wide=True),
        Column("VENDOR", lambda pool: words(pool.gpu_vendor_type), wide=True),
        Column("POOL NAME", lambda pool: words(pool.pool_name), wide=True),
        Column("ID", lambda pool: words(str(pool.id)), wide=True),
    ),
    actions=POOL_ACTIONS,
    queries=POOL_QUERIES,
    show=_show_pool,
    read_one=HostedAI.pool_again,
    children=(
        Children("gpus", lambda pool, gpu: gpu.pool_id == str(pool.id)),
        Children("nodes", _in_pool),
    ),
    secrets=FIELDS,
    fields=gpu_fields(lambda pool: (pool.physical, short(pool.gpu_model_type)), lambda pool: pool.gpu_model_type),
    absent={
        "edit": "this API has no call to change a pool in its published reference: delete it and create another",
        "logs": "this API has no logs of a pool, only of its nodes",
    },
)

GPUS: View[HostedAI, PhysicalGpu] = View(
    name="gpus",
    title="GPUs",
    fetch=HostedAI.gpus,
    key=lambda gpu: gpu.uuid,
    label=lambda gpu: gpu.uuid,
    state=lambda gpu: gpu.state,
    health=lambda gpu: by_state(states.GPUS, gpu.state),
    columns=(
        Column("MODEL", lambda gpu: words(short(gpu.gpu_model))),
        Column("POOL", lambda gpu: words(gpu.pool)),
        Column("NODE", lambda gpu: words(gpu.node)),
        Column("VRAM", lambda gpu: _gigabytes(gpu.memory_in_mb), right=True, kind="number", unit="GB"),
        Column("VENDOR", lambda gpu: words(gpu.vendor), wide=True),
        Column("ID", lambda gpu: _id(gpu.id), wide=True),
    ),
    secrets=FIELDS,
    fields=(
        TypedField("gpu_model", lambda gpu: short(gpu.gpu_model)),
        TypedField("gpu_product", lambda gpu: gpu.gpu_model),
        TypedField("vram_mb", lambda gpu: gpu.memory_in_mb),
        TypedField("pool_id", lambda gpu: gpu.pool_id or None),
        TypedField("node_id", lambda gpu: gpu.node_id or None),
    ),
)

REGIONS: View[HostedAI, Region] = View(
    name="regions",
    title="Regions",
    fetch=HostedAI.regions,
    key=lambda region: str(region.id),
    label=lambda region: region.name,
    state=lambda region: region.state,
    health=lambda region: by_state(states.REGIONS, region.state),
    columns=(
        Column("CITY", lambda region: words(region.city)),
        Column("COUNTRY", lambda region: words(region.country)),
        Column("KIND", lambda region: words(region.accelerator_type)),
        Column("RDMA", lambda region: words(region.support_rdma)),
        Column("ADDRESS", lambda region: words(region.address), wide=True, role=Role.ADDRESS),
        Column("ID", lambda region: words(str(region.id)), wide=True),
    ),
    children=(
        Children("nodes", lambda region, node: _same(node.region_id, region.id)),
        Children("services", lambda region, service: _same(service.region_id, region.id)),
    ),
    secrets=FIELDS,
)

SERVICES: View[HostedAI, Service] = View(
    name="services",
    title="Services",
    fetch=HostedAI.services,
    key=lambda service: str(service.id),
    label=lambda service: f"gpuaas-{service.id}",
    state=lambda service: service.status or "",
    health=lambda service: by_state(states.SERVICES, service.status or ""),
    columns=(
        Column("REGION", _service_region, role=Role.REGION),
        Column("AGE", lambda service: moment(service.created), right=True, role=Role.AGE),
        Column("CHANGED", lambda service: moment(service.updated), right=True, kind="moment"),
        Column("K8S PORT", lambda service: number(service.k8s_api_server_port), right=True, wide=True, kind="number"),
        Column(
            "TUNNEL PORT",
            lambda service: number(service.prometheus_reverse_tunnel_port),
            right=True,
            wide=True,
            kind="number",
        ),
        Column("ID", lambda service: words(str(service.id)), wide=True),
    ),
    show=_show_service,
    children=(
        Children("pools", lambda service, pool: _same(pool.gpuaas_id, service.id)),
        Children("nodes", lambda service, node: _same(node.region_id, service.region_id)),
    ),
    secrets=FIELDS,
    fields=(
        TypedField("region_id", lambda service: service.region_id),
        TypedField("region_name", lambda service: service.region_name),
    ),
)


def _check(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Check the credentials: a login needs name and password, the two other schemes a key."""
    scheme = values.get("auth") or "bearer"
    needed = ("username", "password") if scheme == "login" else ("token",)
    return next(((name, f"auth = {scheme} needs it") for name in needed if not values.get(name)), None)


PROVIDER: Provider[HostedAI] = Provider(
    name="hostedai",
    title="hosted·ai",
    settings=(
        Setting("base_url", "url", required=True, help="the panel's address; /api is added where it has no path"),
        Setting("auth", default="bearer", allowed=("bearer", "x-api-key", "login")),
        Setting("token", "secret", help="the API key, for bearer and x-api-key"),
        Setting("username", help="for login"),
        Setting("password", "secret", help="for login"),
        Setting("gpuaas_ids", "numbers", help="asked of the panel where it lists them"),
    ),
    connect=HostedAI,
    views=(NODES, POOLS, GPUS, REGIONS, SERVICES),
    check=_check,
)
