"""Create nodes: check an order against the account, and add the nodes and the fabric."""

from __future__ import annotations

import ipaddress
from random import Random

from gputui.sim.scp.catalogue import Product, Subnet, images, is_online, products, subnets
from gputui.sim.scp.errors import Refused, not_found
from gputui.sim.scp.models import REGION, Fabric, Node
from gputui.sim.scp.order import Order, Server
from gputui.sim.scp.seeding import Account, fresh_id


def create(account: Account, order: Order, random: Random, now: float) -> list[Node]:
    """Add the ordered nodes to the account, in CREATING. Raises Refused, in which case nothing has changed."""
    subnet = _network(order)
    found = [_product(server.product_id) for server in order.servers]
    if order.region != REGION or order.image_id not in {image.id for image in images()}:
        raise not_found()
    if len({product.id for product in found}) > 1:
        raise Refused(400, "InvalidRequest", "All GPU Nodes of a Cluster Fabric have one server type.")
    _check_names(account, order)
    _check_public_ips(account, order, subnet)
    addresses = _addresses(account, order, subnet)
    fabric = _fabric(account, order, subnet, found[0], random, now)
    account.fabrics[fabric.id] = fabric
    made = [
        _node(order, server, ip, subnet, fabric, random, now)
        for server, ip in zip(order.servers, addresses, strict=True)
    ]
    for node, server in zip(made, order.servers, strict=True):
        account.nodes[node.id] = node
        if server.public_ip_id:
            account.ips[server.public_ip_id].node = node
    return made


def _network(order: Order) -> Subnet:
    subnet = next((subnet for subnet in subnets() if subnet.id == order.subnet_id), None)
    if subnet is None or order.vpc_id not in {known.vpc_id for known in subnets()}:
        raise not_found()
    if subnet.vpc_id != order.vpc_id:
        raise Refused(400, "InvalidRequest", f"The subnet {subnet.name} is not part of the VPC.")
    if order.pool_id not in {known.pool_id for known in subnets()}:
        raise not_found()
    if subnet.pool_id != order.pool_id:
        raise Refused(400, "InvalidRequest", f"The Node Pool {order.pool_id} is not in the subnet {subnet.name}.")
    return subnet


def _product(id: str) -> Product:
    product = next((product for product in products() if product.id == id), None)
    if product is None:
        raise not_found()
    if product.state != "AVAILABLE":
        raise Refused(400, "InvalidRequest", f"The server type {product.name} is not available.")
    return product


def _check_names(account: Account, order: Order) -> None:
    taken = {node.name for node in account.nodes.values()}
    for server in order.servers:
        if server.name in taken:
            raise Refused(400, "InvalidRequest", f"The GPU Node name {server.name} is already in use.")
    if order.fabric_id is None and order.fabric_name in {fabric.name for fabric in account.fabrics.values()}:
        raise Refused(400, "InvalidRequest", f"The Cluster Fabric name {order.fabric_name} is already in use.")


def _check_public_ips(account: Account, order: Order, subnet: Subnet) -> None:
    for id in [server.public_ip_id for server in order.servers if server.public_ip_id]:
        if id not in account.ips:
            raise not_found()
        if account.ips[id].state != "RESERVED":
            raise Refused(400, "InvalidRequest", f"The public IP {account.ips[id].address} is not in RESERVED state.")
        if not is_online(subnet.vpc_id):
            raise Refused(400, "InvalidRequest", f"The VPC {subnet.vpc_name} has no Internet Gateway.")


def _addresses(account: Account, order: Order, subnet: Subnet) -> list[str]:
    """Return an address for each node: the requested one, or the first that is neither used nor requested."""
    network, wanted = ipaddress.ip_network(subnet.cidr), [server.ip for server in order.servers]
    taken = {node.ip for node in account.nodes.values()} | {subnet.gateway}
    free = (str(host) for host in network.hosts() if str(host) not in {*taken, *wanted})
    for ip in wanted:
        if ip is not None and (not _is_within(ip, network) or ip in taken):
            raise Refused(400, "InvalidRequest", f"The IP address {ip} cannot be used in the subnet {subnet.cidr}.")
    given = [ip or next(free, None) for ip in wanted]
    if None in given:
        raise Refused(400, "InvalidRequest", f"The subnet {subnet.cidr} has no free IP address.")
    return [ip for ip in given if ip is not None]


def _is_within(ip: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return address in network and address not in (network.network_address, network.broadcast_address)


def _fabric(account: Account, order: Order, subnet: Subnet, product: Product, random: Random, now: float) -> Fabric:
    if order.fabric_id is None:
        pirp = 1 + max((fabric.pirp_id for fabric in account.fabrics.values()), default=20)
        named = (order.fabric_name, subnet.pool_id, product.id, product.name, subnet.id)
        return Fabric(fresh_id(random), *named, "", now, now, pirp, state="CREATING")
    fabric = account.fabrics.get(order.fabric_id)
    if fabric is None:
        raise not_found()
    if (fabric.name, fabric.pool_id) != (order.fabric_name, order.pool_id):
        raise Refused(400, "InvalidRequest", "cluster_fabric_id is of another name or Node Pool.")
    if fabric.product_id != product.id:
        raise Refused(400, "InvalidRequest", f"The Cluster Fabric {fabric.name} is of {fabric.server_type}.")
    if fabric.state != "RUNNING":
        raise Refused(400, "InvalidState", f"The Cluster Fabric {fabric.name} is in {fabric.state} state.")
    return fabric


def _node(order: Order, server: Server, ip: str, subnet: Subnet, fabric: Fabric, random: Random, now: float) -> Node:
    image = next(image for image in images() if image.id == order.image_id)
    *_, third, last = ip.split(".")
    return Node(
        id=fresh_id(random),
        name=server.name,
        fabric_id=fabric.id,
        state="CREATING",
        server_type=fabric.server_type,
        product_id=fabric.product_id,
        image_id=image.id,
        image=image.name,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        ip=ip,
        pfs_ips=(f"10.253.{third}.{last}", f"10.254.{third}.{last}"),
        created=now,
        modified=now,
        locked=order.locked,
        os_type=image.distro,
        init_script=order.init_script,
    )
