"""Datenfab in the console: instances, what is on sale, and the regions with their clusters."""

from __future__ import annotations

from gputui.core.actions import KnownVerb
from gputui.core.cells import EMPTY, Cell, Column, Role, gpus, moment, number, words
from gputui.core.health import Health, by_state
from gputui.core.links import Link
from gputui.core.provider import Children, Provider, Setting, View
from gputui.core.text import Json
from gputui.core.typed_fields import TypedField, gpu_fields
from gputui.providers.datenfab import ssh, wire
from gputui.providers.datenfab.actions import ACTIONS
from gputui.providers.datenfab.client import HOST, Datenfab, Instance, Offer
from gputui.providers.datenfab.create import NEW_INSTANCE, NEW_OF_SKU
from gputui.providers.datenfab.states import HEALTH, phase
from gputui.providers.datenfab.wire import DatenfabRegion
from gputui.providers.secrecy import FIELDS, link


def _text(value: wire.Text) -> str | None:
    return None if value is None else str(value)


def _health(one: Instance) -> Health:
    return by_state(HEALTH, phase(one.body.status))


def _known_gpus(one: Instance) -> tuple[int | None, str | None]:
    resources = one.body.resources
    return (wire.count(resources.gpus), _text(resources.gpu_type)) if resources else (None, None)


def _gpus(one: Instance) -> Cell:
    return gpus(*_known_gpus(one))


def _offered_gpus(one: Offer) -> tuple[int | None, str | None]:
    return wire.count(one.sku.gpu_counts), one.sku.gpu_product


def _cpu(one: Instance) -> Cell:
    return words(_text(one.body.resources.cpu)) if one.body.resources else EMPTY


def _memory(one: Instance) -> Cell:
    return words(_text(one.body.resources.memory)) if one.body.resources else EMPTY


def _nodes(one: Instance) -> list[Json]:
    return [*dict.fromkeys(pod.node for pod in one.body.pods or () if pod.node)]


def _pod_ips(one: Instance) -> list[Json]:
    return [*dict.fromkeys(pod.ip for pod in one.body.pods or () if pod.ip)]


def _links(one: Instance) -> tuple[Link, ...]:
    """What it serves while it runs: the notebook's address contains its token."""
    servers = one.body.servers
    named = (("Jupyter", servers.notebook), ("TensorBoard", servers.tensorboard)) if servers else ()
    return tuple(link(name, url) for name, url in named if url)


def _discount(one: Offer) -> Cell:
    return EMPTY if one.discount is None else Cell(f"×{one.discount:g}", one.discount, "ok")


async def _show(client: Datenfab, one: Instance) -> Json:
    return await client.instance(one.cluster, one.body.name)


INSTANCES: View[Datenfab, Instance] = View(
    name="instances",
    title="Instances",
    fetch=Datenfab.instances,
    # Names are unique in a cluster only: two clusters may use the same one.
    key=lambda one: f"{one.cluster}/{one.body.name}",
    label=lambda one: one.body.display_name or one.body.name,
    state=lambda one: one.body.status,
    health=_health,
    machine=True,
    columns=(
        Column("GPU", _gpus, role=Role.GPU),
        Column("COST", lambda one: words(one.body.billing), role=Role.COST),
        Column("AGE", lambda one: moment(one.body.created), right=True, role=Role.AGE),
        Column("SSH", lambda one: words(ssh.address(one)), role=Role.OTHER_ADDRESS),
        Column("REGION", lambda one: words(one.region), role=Role.REGION),
        Column("NODE", lambda one: words(", ".join(map(str, _nodes(one))))),
        Column("IMAGE", lambda one: words(one.body.image), wide=True, max_width=60, role=Role.IMAGE),
        Column("CPU", _cpu, right=True, wide=True),
        Column("MEMORY", _memory, right=True, wide=True),
        Column("DISK", lambda one: number(one.body.disk, " GB"), right=True, wide=True, kind="number", unit="GB"),
        Column("POD IP", lambda one: words(", ".join(map(str, _pod_ips(one)))), wide=True, role=Role.OTHER_ADDRESS),
        Column("CLUSTER", lambda one: words(one.cluster), wide=True, role=Role.GROUP),
        Column("ID", lambda one: words(one.body.name), wide=True),
        Column("UID", lambda one: words(one.body.uid), wide=True),
    ),
    actions=(*ACTIONS, NEW_INSTANCE),
    ssh=ssh.target,
    links=_links,
    show=_show,
    read_one=Datenfab.again,
    secrets=FIELDS | {"sshPassword", "Jupyterlab"},
    fields=(
        *gpu_fields(_known_gpus),
        TypedField("billed", lambda one: one.body.billed or None),
        TypedField("unit_price", lambda one: wire.number(one.body.annotation("unit-price"))),
        TypedField("cpu_count", lambda one: wire.quantity(one.body.resources.cpu) if one.body.resources else None),
        TypedField(
            "memory_bytes", lambda one: wire.quantity(one.body.resources.memory) if one.body.resources else None
        ),
        TypedField("node_list", _nodes),
        TypedField("pod_ip_list", _pod_ips),
    ),
    absent={
        "reboot": "this API has no reboot call in its published reference: power off, then on",
        "lock": "this API has no lock",
        "edit": "this API has no call to change an instance",
        KnownVerb.METRICS: "this API publishes no metrics",
        "logs": "this API publishes no logs",
    },
)

SKUS: View[Datenfab, Offer] = View(
    name="skus",
    title="SKUs",
    fetch=Datenfab.offers,
    key=lambda one: f"{one.region_id}/{one.sku.id}/{one.sku.selling_type}",
    label=lambda one: one.sku.name,
    columns=(
        Column("GPU", lambda one: gpus(*_offered_gpus(one)), role=Role.GPU),
        Column("FREE", lambda one: number(wire.count(one.sku.free)), right=True, kind="number"),
        # The document names no currency: the figure is shown as received.
        Column("PRICE", lambda one: number(wire.number(one.sku.price)), right=True, role=Role.COST, kind="number"),
        Column("BILLED", lambda one: words(one.sku.selling)),
        Column("DISCOUNT", _discount, right=True, kind="number"),
        Column("REGION", lambda one: words(one.sku.region), role=Role.REGION),
        Column(
            "VRAM", lambda one: number(wire.number(one.sku.gpu_memory), " GB"), right=True, kind="number", unit="GB"
        ),
        Column("CORES", lambda one: number(wire.count(one.sku.cores)), right=True, wide=True, kind="number"),
        Column(
            "MEMORY",
            lambda one: number(wire.number(one.sku.memory), " GB"),
            right=True,
            wide=True,
            kind="number",
            unit="GB",
        ),
        Column(
            "SYSTEM DISK",
            lambda one: number(wire.number(one.sku.system_storage), " GB"),
            right=True,
            wide=True,
            kind="number",
            unit="GB",
        ),
        Column(
            "DATA DISK",
            lambda one: number(wire.number(one.sku.data_storage), " GB"),
            right=True,
            wide=True,
            kind="number",
            unit="GB",
        ),
        Column("CPU", lambda one: words(one.sku.cpu), wide=True),
        Column("CLUSTER", lambda one: words(one.sku.cluster), wide=True),
        Column("ID", lambda one: words(str(one.sku.id)), wide=True),
    ),
    actions=(NEW_OF_SKU,),
    secrets=FIELDS,
    fields=(*gpu_fields(_offered_gpus), TypedField("region_id", lambda one: one.region_id)),
)

CLUSTERS: View[Datenfab, DatenfabRegion] = View(
    name="clusters",
    title="Clusters",
    fetch=Datenfab.regions,
    key=lambda region: region.id,
    label=lambda region: region.name,
    columns=(
        Column("CLUSTER", lambda region: words(region.cluster)),
        Column("REGISTRY", lambda region: words(region.registry)),
        Column("AGE", lambda region: moment(region.created), right=True, role=Role.AGE),
        Column("ID", lambda region: words(region.id), wide=True),
    ),
    children=(
        Children("instances", lambda region, one: one.cluster == region.cluster),
        Children("skus", lambda region, one: one.region_id == region.id),
    ),
    secrets=FIELDS,
    absent={
        "new": "this API cannot make regions or clusters",
        "delete": "this API cannot delete regions or clusters",
    },
)

PROVIDER: Provider[Datenfab] = Provider(
    name="datenfab",
    title="Datenfab",
    settings=(
        Setting("base_url", "url", default=HOST, help="the API's address; /mdc/api/v1 is added where it has no path"),
        Setting("token", "secret", required=True, help="made under API Credentials"),
        Setting("namespace", required=True, help="the user id"),
    ),
    connect=Datenfab,
    views=(INSTANCES, SKUS, CLUSTERS),
)
