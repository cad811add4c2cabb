"""Creates GPU nodes, in a new or an existing fabric: the inputs, their rules and the one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from gputui.core.actions import Action, Field, Inputs, Risk, reaches
from gputui.core.request import Request
from gputui.core.secret import Secret
from gputui.core.text import Json
from gputui.providers.scp import choices, rules
from gputui.providers.scp.choices import NEW, Joined, SubnetChoice
from gputui.providers.scp.wire import ScpNode

LOGIN_USER = "root"
"""What the API requires for every image that is not Windows; GPU nodes have no Windows images."""


def _names(inputs: Inputs) -> list[str]:
    return rules.numbered(str(inputs["prefix"]), int(inputs["first"]), int(inputs["count"]))


def _makes_fabric(inputs: Inputs) -> bool:
    return inputs.get("fabric") == NEW


def _request(_: Sequence[ScpNode], inputs: Inputs) -> Request:
    password: Secret = inputs["os_user_password"]
    body: Json = {
        "cluster_fabric_details": _fabric(inputs),
        "image_id": str(inputs["image_id"]),
        "init_script": "\n".join(inputs.get("init_script", ())) or None,
        "lock_enabled": bool(inputs.get("lock_enabled")),
        "os_user_id": LOGIN_USER,
        "os_user_password": password.reveal(),
        "region_id": str(inputs["region_id"]),
        "server_details": _servers(inputs),
        "subnet_id": SubnetChoice.of(str(inputs["subnet_id"])).id,
        "tags": [{"key": key, "value": value} for key, value in inputs.get("tags", ())],
        "vpc_id": str(inputs["vpc_id"]),
    }
    # A script may hold tokens, which is why the API's own replies mask it too.
    return Request("POST", "/v1/gpu-nodes", body=body, secrets=frozenset({"os_user_password", "init_script"}))


def _fabric(inputs: Inputs) -> Json:
    joined = None if _makes_fabric(inputs) else Joined.of(str(inputs["fabric"]))
    return {
        "cluster_fabric_id": joined.id if joined else None,
        "cluster_fabric_name": joined.name if joined else str(inputs["fabric_name"]),
        "node_pool_id": str(inputs["node_pool_id"]),
    }


def _servers(inputs: Inputs) -> list[Json]:
    """One entry for each node; addresses and public addresses go to the first nodes, in order."""
    given = zip_longest(_names(inputs), inputs.get("ip_addresses", ()), inputs.get("public_ips", ()))
    return [
        {
            "gpu_node_name": name,
            "ip_address": address,
            "nat_enabled": public is not None,
            "public_ip_address_id": public,
            "server_type_id": str(inputs["server_type_id"]),
        }
        for name, address, public in given
    ]


def _check(inputs: Inputs) -> Mapping[str, str]:
    count = int(inputs.get("count") or rules.MOST_AT_ONCE)
    place = SubnetChoice.of(str(inputs.get("subnet_id") or ""))
    public = len(inputs.get("public_ips", ()))
    same = inputs.get("os_user_password") == inputs.get("password_again")
    few = _makes_fabric(inputs) and count < rules.FEWEST_AT_FIRST
    complaints = {
        "count": f"a new fabric begins with {rules.FEWEST_AT_FIRST} nodes at least" if few else None,
        "ip_addresses": rules.addresses(inputs.get("ip_addresses", ()), count, place.cidr, place.gateway),
        "public_ips": f"{public} addresses for {count} nodes" if public > count else None,
        "password_again": None if same or "password_again" not in inputs else "the two differ",
        "init_script": rules.init_script(inputs.get("init_script", ())),
        "tags": rules.tags(inputs.get("tags", ())),
    }
    return {name: words for name, words in complaints.items() if words}


_PLACE = (
    Field("region_id", "Region", "choice", choices=choices.regions),
    Field("vpc_id", "VPC", "choice", choices=choices.vpcs),
    Field("subnet_id", "Subnet", "choice", choices=choices.subnets, needs=("vpc_id",)),
    Field("node_pool_id", "Node pool", "choice", choices=choices.node_pools, needs=("subnet_id",)),
    Field("fabric", "Fabric", "choice", NEW, choices=choices.fabrics, needs=("node_pool_id",)),
    Field("fabric_name", "Name of the fabric", check=rules.fabric_name, when=_makes_fabric),
)
_KIND = (
    Field("image_id", "Image", "choice", choices=choices.images, needs=("region_id",)),
    Field("server_type_id", "Server type", "choice", choices=choices.products, needs=("image_id", "fabric")),
)
_NODES = (
    Field("count", "Nodes", "int", "2", check=rules.number_of_nodes),
    Field("prefix", "Prefix of their names", check=rules.prefix, help="gpu-node makes gpu-node-001, gpu-node-002 …"),
    Field("first", "Names", "choice", "1", choices=choices.first_numbers, needs=("prefix", "count")),
    Field("ip_addresses", "IP addresses", "lines", required=False, help="of the subnet; the cloud gives the others"),
    Field(
        "public_ips",
        "Public IPs",
        "choices",
        required=False,
        choices=choices.public_ips,
        needs=("vpc_id",),
        help="for the first nodes, by NAT; the VPC needs an Internet gateway",
    ),
)
_INSIDE = (
    Field("os_user_password", f"Password of {LOGIN_USER}", "secret", check=rules.password),
    Field("password_again", "Password again", "secret", help="the cloud never shows it"),
    Field("init_script", "Init script", "lines", required=False),
    Field("lock_enabled", "Locked", "flag", required=False, help="protected from deletion from the beginning"),
    Field("tags", "Tags", "pairs", required=False),
)

CREATE: Action[ScpNode] = Action(
    "new",
    "New nodes",
    Risk.DISRUPTS,
    request=_request,
    progress=reaches(
        lambda node: node.status,
        done=("RUNNING", "EDITING", "STOPPING", "STOPPED", "STARTING"),
        going=("CREATING", "UNKNOWN"),
        wrong=("ERROR", "TERMINATING", "TERMINATED"),
    ),
    key="N",
    effect="Orders bare-metal GPU servers: they cost money until they are deleted.",
    patience=3600,
    fields=(*_PLACE, *_KIND, *_NODES, *_INSIDE),
    on="view",
    makes=_names,
    check=_check,
)
