"""Samsung Cloud Platform, Multi-node GPU Cluster: its profile keys, views and columns."""

from __future__ import annotations

from gputui.core.actions import KnownVerb
from gputui.core.cells import EMPTY, Cell, Column, Role, flag, gpus, moment, number, words
from gputui.core.provider import Children, Provider, Setting, SshTarget, View
from gputui.core.typed_fields import TypedField, gpu_fields
from gputui.providers.scp.actions import NODE_ACTIONS
from gputui.providers.scp.addresses import REGIONS, check
from gputui.providers.scp.client import ScpClient
from gputui.providers.scp.create import CREATE, LOGIN_USER
from gputui.providers.scp.hardware import gpus_of
from gputui.providers.scp.move import MOVE
from gputui.providers.scp.pools import PoolMembers
from gputui.providers.scp.states import fabric_health, health, node_health, product_health
from gputui.providers.scp.wire import Fabric, Image, Loose, Product, ScpNode
from gputui.providers.secrecy import FIELDS

_NO_SYSTEM = ("CREATING", "STOPPED", "TERMINATED")


def _server(server_type: str | None) -> Cell:
    known = gpus_of(server_type)
    return gpus(*known) if known else words(server_type)


def _product_known(product: Product) -> tuple[int | None, str | None]:
    count, letter = gpus_of(product.name) or (None, None)
    return count, product.parts.gpu_model or letter


def _text(value: Loose) -> Cell:
    return EMPTY if value is None else words(str(value))


def _amount(value: Loose, unit: str) -> Cell:
    """A number that may have been sent as text."""
    try:
        return number(float(value), unit) if value is not None else EMPTY
    except ValueError:
        return _text(value)


def _ssh(node: ScpNode) -> SshTarget | str:
    """Where to log in: the public address if there is one; the API names no port."""
    if node.status.upper() in _NO_SYSTEM:
        return f"it is {node.status}"
    host = node.public_ip or node.policy_ip
    return SshTarget(host, usual_user=LOGIN_USER) if host else "the API gives no address for it yet"


def _in_fabric(fabric: Fabric, node: ScpNode) -> bool:
    if node.cluster_fabric_id:
        return node.cluster_fabric_id == fabric.id
    return bool(node.cluster_fabric_name) and node.cluster_fabric_name == fabric.cluster_name


def _in_pool(pool: PoolMembers, inner: ScpNode | Fabric) -> bool:
    return inner.node_pool_id == pool.id


def _faults(fabric: Fabric) -> Cell:
    if fabric.gpu_node_details is None:
        return EMPTY
    return _fault_count(sum(health(node.state).faulty for node in fabric.gpu_node_details))


def _fabric_reasons(fabric: Fabric) -> tuple[str, ...]:
    members = fabric.gpu_node_details or ()
    faulty = sum(health(node.state).faulty for node in members)
    return (f"{faulty} of its {len(members)} nodes faulty",) if faulty else ()


def _fault_count(count: int) -> Cell:
    return Cell(str(count), count, "bad" if count else "dim")


def _product_key(product: Product) -> str:
    """The id; the document's example has the type in its place, which several products would share."""
    return product.id if product.id != product.type else product.name or product.id


def _product_gpus(product: Product) -> Cell:
    return gpus(*_product_known(product))


NODES: View[ScpClient, ScpNode] = View(
    name="nodes",
    title="Nodes",
    fetch=ScpClient.nodes,
    key=lambda node: node.id,
    label=lambda node: node.gpu_node_name,
    columns=(
        Column("GPU", lambda node: _server(node.server_type), max_width=16, role=Role.GPU),
        Column("ADDRESS", lambda node: words(node.policy_ip), role=Role.ADDRESS),
        Column("NAT", lambda node: words(node.public_ip), role=Role.OTHER_ADDRESS),
        Column("LOCK", lambda node: flag(node.locked), kind="flag", role=Role.LOCK),
        Column("FABRIC", lambda node: words(node.cluster_fabric_name), role=Role.GROUP),
        Column("AGE", lambda node: moment(node.created), right=True, role=Role.AGE),
        Column("POOL", lambda node: words(node.node_pool_id), wide=True),
        Column("IMAGE", lambda node: words(node.image_version or node.image_id), wide=True, role=Role.IMAGE),
        Column("TYPE", lambda node: words(node.server_type), wide=True),
        Column("VPC", lambda node: words(node.vpc_id), wide=True),
        Column("SUBNET", lambda node: words(node.network_id), wide=True),
        Column("PFS IPS", lambda node: words(", ".join(node.storage_ips)), wide=True),
        Column("OWNER", lambda node: words(node.created_by), wide=True, role=Role.OWNER),
        Column("REGION", lambda node: words(node.region_id), wide=True, role=Role.REGION),
    ),
    state=lambda node: node.status,
    health=node_health,
    machine=True,
    actions=(*NODE_ACTIONS, MOVE, CREATE),
    ssh=_ssh,
    owner=lambda node: node.created_by or "",
    show=ScpClient.show_node,
    read_one=ScpClient.node,
    read_states=ScpClient.nodes_in,
    secrets=FIELDS | {"init_script"},
    fields=(
        *gpu_fields(lambda node: gpus_of(node.server_type)),
        TypedField("fabric_id", lambda node: node.cluster_fabric_id),
        TypedField("image_id", lambda node: node.image_id),
        TypedField("image_version", lambda node: node.image_version),
        TypedField("pfs_ip_list", lambda node: list(node.storage_ips)),
    ),
    absent={
        "reboot": "this API has no reboot call: stop the node, then start it",
        "edit": "this API has no call to change a node",
        KnownVerb.METRICS: "this API has no call for metrics",
        "logs": "this API has no call for logs",
    },
)

FABRICS: View[ScpClient, Fabric] = View(
    name="fabrics",
    title="Fabrics",
    fetch=ScpClient.fabrics,
    key=lambda fabric: fabric.id,
    label=lambda fabric: fabric.cluster_name or fabric.id,
    columns=(
        Column("NODES", lambda fabric: number(fabric.size), right=True, kind="number"),
        Column("FAULTS", _faults, right=True, kind="number"),
        Column("GPU", lambda fabric: _server(fabric.server_type), max_width=16, role=Role.GPU),
        Column("POOL", lambda fabric: words(fabric.node_pool_id)),
        Column("AGE", lambda fabric: moment(fabric.created), right=True, role=Role.AGE),
        Column("DESCRIPTION", lambda fabric: words(fabric.description), wide=True),
        Column("TYPE", lambda fabric: words(fabric.server_type), wide=True),
        Column("OWNER", lambda fabric: words(fabric.created_by), wide=True, role=Role.OWNER),
        Column("REGION", lambda fabric: words(fabric.region_id), wide=True, role=Role.REGION),
    ),
    state=lambda fabric: fabric.state or "",
    health=fabric_health,
    show=ScpClient.show_fabric,
    reasons=_fabric_reasons,
    read_one=ScpClient.fabric,
    children=(Children("nodes", _in_fabric),),
    secrets=FIELDS,
    fields=gpu_fields(lambda fabric: gpus_of(fabric.server_type)),
    absent={
        "new": "this API makes a fabric only together with its first nodes: make those in the view of nodes",
        "edit": "this API changes nothing of a fabric but its members: move nodes in the view of nodes",
        "delete": "this API has no call to delete a fabric: it disappears with its last node",
    },
)

POOLS: View[ScpClient, PoolMembers] = View(
    name="pools",
    title="Pools",
    fetch=ScpClient.pools,
    key=lambda pool: pool.id,
    label=lambda pool: pool.id,
    columns=(
        Column("NODES", lambda pool: number(pool.nodes), right=True, kind="number"),
        Column("RUNNING", lambda pool: number(pool.running), right=True, kind="number"),
        Column("FAULTS", lambda pool: _fault_count(pool.faults), right=True, kind="number"),
        Column("FABRICS", lambda pool: number(len(pool.fabric_ids)), right=True, kind="number"),
        Column("FABRIC NAMES", lambda pool: words(", ".join(pool.fabric_names)), wide=True),
    ),
    health=lambda pool: pool.health,
    show=ScpClient.show_pool,
    children=(Children("nodes", _in_pool), Children("fabrics", _in_pool)),
    secrets=FIELDS,
    fields=(
        TypedField("fabric_id_list", lambda pool: list(pool.fabric_ids)),
        TypedField("fabric_name_list", lambda pool: list(pool.fabric_names)),
    ),
)

IMAGES: View[ScpClient, Image] = View(
    name="images",
    title="Images",
    fetch=ScpClient.images,
    key=lambda image: image.id,
    label=lambda image: image.name or image.id,
    columns=(
        Column("OS", lambda image: words(image.os_distro)),
        Column("VERSION", lambda image: _text(image.scp_os_version)),
        Column("TYPE", lambda image: words(image.scp_image_type)),
        Column("PRIORITY", lambda image: _amount(image.priority, ""), right=True, kind="number"),
        Column("AGE", lambda image: moment(image.created), right=True, role=Role.AGE),
        Column("ID", lambda image: words(image.id), wide=True),
    ),
    secrets=FIELDS,
)

PRODUCTS: View[ScpClient, Product] = View(
    name="products",
    title="Products",
    fetch=ScpClient.products,
    key=_product_key,
    label=lambda product: product.name or product.id,
    columns=(
        Column("GPU", _product_gpus, role=Role.GPU),
        Column("CPU", lambda product: _amount(product.parts.cpu_value, ""), right=True, kind="number"),
        Column("MEMORY", lambda product: _amount(product.parts.memory_value, "G"), right=True, kind="number", unit="G"),
        Column(
            "DISK",
            lambda product: _amount(product.parts.disk_value, product.parts.disk_unit or ""),
            right=True,
            kind="number",
        ),
        Column("DESCRIPTION", lambda product: words(product.description), wide=True),
        Column("CLASS", lambda product: words(product.parts.compute_class_type_name), wide=True),
        Column("TYPE", lambda product: words(product.type), wide=True),
        Column("ID", lambda product: words(product.id), wide=True),
    ),
    state=lambda product: product.state or "",
    health=product_health,
    secrets=FIELDS,
    fields=(*gpu_fields(_product_known), TypedField("disk_unit", lambda product: product.parts.disk_unit)),
)

PROVIDER: Provider[ScpClient] = Provider(
    name="scp",
    title="Samsung Cloud Platform",
    settings=(
        Setting("environment", allowed=tuple(REGIONS), help="s for Samsung, g for Sovereign, e for Enterprise"),
        Setting("region", help="kr-west1, kr-east1 (s, e) or kr-south1 to kr-south3 (g)"),
        Setting("access_key", "secret", required=True, help="the access key of an API key pair"),
        Setting("secret_key", "secret", required=True, help="the secret key of the same pair"),
        Setting("base_url", "url", help="another address for the GPU cluster service"),
        Setting("vpc_url", "url", help="another address for the VPC service, which knows the public addresses"),
    ),
    connect=ScpClient,
    views=(NODES, FABRICS, POOLS, IMAGES, PRODUCTS),
    check=check,
)
