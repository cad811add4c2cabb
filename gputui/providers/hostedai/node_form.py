"""The form of a node: empty to add one, filled with the present values to edit one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gputui.core.actions import Field, Inputs, Progress
from gputui.core.request import Request, path
from gputui.core.text import Json
from gputui.providers.hostedai import checks, choices
from gputui.providers.hostedai.ids import as_number
from gputui.providers.hostedai.wire import HostedNode

ROLES = ("is_controller_node", "is_worker_node", "is_gateway_service", "is_storage_service")
_GATEWAY_ADDRESS = "external_service_ip"
_VOLUME_GROUP = "volume_group"
_PLAIN = ("name", "node_ip", "username", "port")


def _text(name: str) -> Callable[[HostedNode], str]:
    def read(node: HostedNode) -> str:
        value = getattr(node, name)
        return "" if value is None else str(value)

    return read


def _role(name: str) -> Callable[[HostedNode], str]:
    return lambda node: "yes" if _has_role(node, name) else ""


def _has_role(node: HostedNode, name: str) -> bool:
    return node.role is not None and bool(getattr(node.role, name))


_NEW = (
    Field("name", "Name", check=checks.name),
    Field("region_id", "Region", "choice", choices=choices.regions),
    Field("node_ip", "IP address", check=checks.address),
    Field("username", "SSH user", check=checks.user),
    Field("port", "SSH port", "int", default="22", check=checks.between(checks.PORTS)),
    Field("is_controller_node", "Controller", "flag", help="schedules and keeps the state of the cluster"),
    Field("is_worker_node", "Worker", "flag", default="yes", help="gives its GPUs to pools"),
    Field("is_gateway_service", "Gateway", "flag", help="connects tenants from outside"),
    Field("is_storage_service", "Storage", "flag", help="keeps what tenants store"),
    Field(
        _GATEWAY_ADDRESS,
        "External IP",
        check=checks.address,
        when=lambda inputs: bool(inputs.get("is_gateway_service")),
        help="at which tenants reach the gateway",
    ),
    Field(_VOLUME_GROUP, "Volume group", required=False, check=checks.name, help="the LVM group for storage"),
)
ADD_FIELDS = _NEW
EDIT_FIELDS = tuple(
    replace(field, default=_role(field.name) if field.name in ROLES else _text(field.name)) for field in _NEW
)


def check(inputs: Inputs) -> Mapping[str, str]:
    """Check that a node has at least one role."""
    return {} if any(inputs.get(role) for role in ROLES) else {"is_worker_node": "choose at least one role"}


def add(_: Sequence[HostedNode], inputs: Inputs) -> Request:
    """The request for a new node."""
    return Request("POST", "/gpuaas/node/add", body=_body(inputs))


def edit(nodes: Sequence[HostedNode], inputs: Inputs) -> Request:
    """The request that changes a node's record: the whole record, because it is not documented what may be left out."""
    body = _body(inputs)
    if nodes[0].volume_group and not inputs.get(_VOLUME_GROUP):
        body[_VOLUME_GROUP] = ""
    return Request("PUT", path("gpuaas", "node", nodes[0].id, "edit"), body=body)


def _body(inputs: Inputs) -> dict[str, Json]:
    body: dict[str, Json] = {name: inputs[name] for name in _PLAIN}
    body["region_id"] = as_number(inputs["region_id"])
    body |= {role: bool(inputs.get(role)) for role in ROLES}
    if body["is_gateway_service"]:
        body[_GATEWAY_ADDRESS] = inputs[_GATEWAY_ADDRESS]
    if inputs.get(_VOLUME_GROUP):
        body[_VOLUME_GROUP] = inputs[_VOLUME_GROUP]
    return body


def edited(node: HostedNode | None, inputs: Inputs) -> Progress:
    """Progress of editing: done when the panel lists the node as requested."""
    if node is None:
        return Progress.CONTRADICTED
    plain = all(str(getattr(node, name)) == str(inputs.get(name)) for name in (*_PLAIN, "region_id"))
    roles = node.role is None or all(_has_role(node, role) == bool(inputs.get(role)) for role in ROLES)
    return Progress.DONE if plain and roles else Progress.WAITING
