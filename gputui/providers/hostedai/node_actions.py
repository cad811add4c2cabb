"""The actions on GPU nodes, from adding one to deleting it; several of these calls are GETs that change things."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gputui.core.actions import Action, Inputs, Progress, Risk, reaches, undocumented, vanishes
from gputui.core.request import Request, path
from gputui.providers.hostedai import node_form, scans
from gputui.providers.hostedai.ids import as_number
from gputui.providers.hostedai.wire import HostedNode

_INITIALIZED = 2
_UNINITIALIZED = (-2, -1, 0, 1)
"""The codes of a node whose initialisation is not complete."""
_IN_POOLS = ("ASSIGNED", "ASSIGNING", "UNASSIGNING")
_BUSY = ("INITIALIZING", "K8_INITIALIZING", "RESETTING")
_JOINED = ("K8_INITIALIZED", "HEALTHY")
_SET_UP = ("INITIALIZED", *_JOINED)
_NOT_SET_UP = ("UNINITIALIZED", "INITIALIZING")
# `error` counts nowhere below as failed: it may be the state before the change. The follower knows whether it began.


def _state(node: HostedNode) -> str:
    return node.state


def _now(node: HostedNode) -> str:
    return f"state is {node.state or 'not known'}"


def _at(verb: str, parameter: str, method: str = "GET") -> Callable[[Sequence[HostedNode], Inputs], Request]:
    """Makes a request with the node's id in the query."""
    return lambda nodes, _: Request(method, f"/gpuaas/{verb}", {parameter: nodes[0].id})


def _of(verb: str, method: str) -> Callable[[Sequence[HostedNode], Inputs], Request]:
    """Makes a request to the node's own path."""
    return lambda nodes, _: Request(method, path("gpuaas", "node", nodes[0].id, verb))


def _region(node: HostedNode) -> int | str | None:
    return node.region_id if node.region_id is not None or node.region is None else node.region.region_id


def _join(nodes: Sequence[HostedNode], _: Inputs) -> Request:
    body = {"joinee_node_id": as_number(nodes[0].id), "region_id": as_number(_region(nodes[0]) or "")}
    return Request("POST", "/gpuaas/node/join", body={**body})


def _in_error(node: HostedNode, *codes: int) -> bool:
    """Whether it is in error, and certainly got no further than one of these codes of its initialisation."""
    return node.state.upper() == "ERROR" and node.initialize_state_status_code in codes


def _can_initialize(node: HostedNode) -> str | None:
    if node.state.upper() not in (*_SET_UP, "K8_INITIALIZING") and not _in_error(node, _INITIALIZED):
        return None
    return f"{_now(node)}: only an uninitialized node can be initialised"


def _initialize_warning(node: HostedNode) -> str | None:
    return None if node.state.upper() == "ERROR" else undocumented(node.state, "uninitialized", "error")


def _can_join(node: HostedNode) -> str | None:
    if node.state.upper() in (*_NOT_SET_UP, *_JOINED) or _in_error(node, *_UNINITIALIZED):
        return f"{_now(node)}: only an initialized node can join"
    return "the panel does not say its region" if _region(node) is None else None


def _can_enable(node: HostedNode) -> str | None:
    if node.role is not None and not node.role.is_controller_node:
        return "it is no controller: GPUaaS is enabled on one"
    if node.state.upper() in _NOT_SET_UP or _in_error(node, *_UNINITIALIZED):
        return f"{_now(node)}: GPUaaS is enabled on a controller that is initialized"
    return None


def _set_up_warning(node: HostedNode) -> str | None:
    """The warning for joining and enabling: both are documented for a node that is set up and has not joined."""
    return undocumented(node.state, "initialized", "error")


def _used(node: HostedNode) -> str | None:
    """How many of its GPUs tenants may use; None if none."""
    count = sum((slot.assignment_status or "").upper() in _IN_POOLS for slot in node.gpus or ())
    return f"{count} of its GPUs are in pools: free them first" if count else None


def _can_leave(node: HostedNode) -> str | None:
    out = node.state.upper() in (*_NOT_SET_UP, "INITIALIZED") or _in_error(node, *_UNINITIALIZED)
    return f"{_now(node)}: it is in no cluster" if out else None


def _leave_warning(node: HostedNode) -> str | None:
    return _used(node) or undocumented(node.state, "healthy", "k8_initialized", "error")


def _can_deinitialize(node: HostedNode) -> str | None:
    return "it is not initialised" if node.state.upper() == "UNINITIALIZED" else _used(node)


def _busy_warning(node: HostedNode) -> str | None:
    return f"{_now(node)}: it may be refused until that is over" if node.state.upper() in _BUSY else None


def _can_delete(node: HostedNode) -> str | None:
    return f"{_now(node)}: deinitialise it first" if node.state.upper() in (*_SET_UP, "K8_INITIALIZING") else None


def _delete_warning(node: HostedNode) -> str | None:
    if node.state.upper() == "UNINITIALIZED":
        return None
    return f"{_now(node)}: deinitialise it first if it still answers, deleting it may be refused"


def _out_of_cluster(node: HostedNode | None, _: Inputs) -> Progress:
    """Progress of leaving, and of disabling GPUaaS: the membership code decides, whatever the status is called."""
    if node is None:
        return Progress.CONTRADICTED
    out = node.state.upper() in ("INITIALIZED", "UNINITIALIZED") or node.k8s_join_state_status_code == 0
    return Progress.DONE if out else Progress.WAITING


def _rebooted(node: HostedNode | None, _: Inputs) -> Progress:
    """Progress of a reboot: it shows only as a new setup or join, after which the node is as before."""
    if node is None:
        return Progress.CONTRADICTED
    return Progress.GOING if node.state.upper() in _BUSY else Progress.WAITING


def _added(node: HostedNode | None, _: Inputs) -> Progress:
    return Progress.WAITING if node is None else Progress.DONE


_ADD: Action[HostedNode] = Action(
    "create",
    "Add node",
    Risk.REVERSIBLE,
    request=node_form.add,
    progress=_added,
    key="N",
    effect="Records the node; put the panel's SSH keys on it before you initialise it.",
    fields=node_form.ADD_FIELDS,
    on="view",
    makes=lambda inputs: (inputs["name"],),
    check=node_form.check,
)
_EDIT: Action[HostedNode] = Action(
    "edit",
    "Edit",
    Risk.REVERSIBLE,
    request=node_form.edit,
    progress=node_form.edited,
    key="E",
    effect="Changes what the panel has recorded, also how it reaches the node.",
    fields=node_form.EDIT_FIELDS,
    check=node_form.check,
)
_INITIALIZE: Action[HostedNode] = Action(
    "init",
    "Initialise",
    Risk.REVERSIBLE,
    request=_at("node/init", "gpuaas_node_id"),
    blocked_reason=_can_initialize,
    warning=_initialize_warning,
    progress=reaches(_state, done=("INITIALIZED", "K8_INITIALIZING", *_JOINED), going=("INITIALIZING",)),
    opposite="deinit",
    effect="Sets the node up over SSH.",
    patience=1800,
)
_JOIN: Action[HostedNode] = Action(
    "join",
    "Join cluster",
    Risk.REVERSIBLE,
    request=_join,
    blocked_reason=_can_join,
    warning=_set_up_warning,
    progress=reaches(_state, done=_JOINED, going=("K8_INITIALIZING",)),
    opposite="leave",
    effect="Takes the node into the cluster of its region.",
    patience=1800,
)
_ENABLE: Action[HostedNode] = Action(
    "enable",
    "Enable GPUaaS",
    Risk.REVERSIBLE,
    request=_at("enable", "controller_node_id", "POST"),
    blocked_reason=_can_enable,
    warning=_set_up_warning,
    progress=reaches(_state, done=_JOINED, going=("K8_INITIALIZING",)),
    opposite="disable",
    effect="Sets up the GPUaaS of the region on this controller.",
    patience=3600,
)
_REBOOT: Action[HostedNode] = Action(
    "reboot",
    "Reboot",
    Risk.DISRUPTS,
    request=_at("node/reboot", "node_id", "POST"),
    warning=_busy_warning,
    progress=_rebooted,
    key="B",
    effect="Restarts the machine: whatever tenants run on its GPUs ends now.",
    returns=True,
)
_LEAVE: Action[HostedNode] = Action(
    "leave",
    "Leave cluster",
    Risk.DISRUPTS,
    request=_at("node/leave", "node_id", "POST"),
    blocked_reason=_can_leave,
    warning=_leave_warning,
    progress=_out_of_cluster,
    opposite="join",
    effect="Takes the node and its GPUs out of the cluster.",
    patience=900,
)
_DISABLE: Action[HostedNode] = Action(
    "disable",
    "Disable GPUaaS",
    Risk.DISRUPTS,
    request=_of("disable", "POST"),
    blocked_reason=_can_leave,
    warning=_leave_warning,
    progress=_out_of_cluster,
    patience=900,
    opposite="enable",
    effect="Switches GPUaaS off on the node; on the only controller that is the service of the whole region.",
)
_DEINITIALIZE: Action[HostedNode] = Action(
    "deinit",
    "Deinitialise",
    Risk.DISRUPTS,
    request=_at("node/deinit", "gpuaas_node_id"),
    blocked_reason=_can_deinitialize,
    warning=_busy_warning,
    progress=reaches(_state, done=("UNINITIALIZED",), going=("RESETTING",)),
    opposite="init",
    effect="Resets the node to what it was before it was initialised; that takes minutes.",
    patience=1800,
)
_TEST: Action[HostedNode] = Action(
    "test_conn",
    "Test connection",
    Risk.REVERSIBLE,
    request=_at("node/test_conn", "gpuaas_node_id"),
    effect="The panel logs in over SSH once.",
    watch=scans.answered,
)
_SCAN_GPUS: Action[HostedNode] = Action(
    "scan_gpus",
    "Scan GPUs",
    Risk.REVERSIBLE,
    request=_at("node/scan_gpus", "gpuaas_node_id"),
    effect="The panel looks for GPUs on the node and takes what it finds into its inventory.",
    watch=scans.follow("gpus"),
)
_SCAN_NPUS: Action[HostedNode] = Action(
    "scan_npus",
    "Scan NPUs",
    Risk.REVERSIBLE,
    request=_at("node/scan_npus", "gpuaas_node_id"),
    effect="The panel looks for NPUs on the node and takes what it finds into its inventory.",
    watch=scans.follow("npus"),
)
_DELETE: Action[HostedNode] = Action(
    "delete",
    "Delete",
    Risk.DESTROYS,
    request=_of("delete", "DELETE"),
    blocked_reason=_can_delete,
    warning=_delete_warning,
    progress=vanishes(_state, going=()),
    key="ctrl+d",
    effect="The panel forgets the node; the machine itself stays.",
)

NODE_ACTIONS = (
    *(_ADD, _EDIT, _INITIALIZE, _JOIN, _ENABLE, _TEST, _SCAN_GPUS, _SCAN_NPUS),
    *(_REBOOT, _LEAVE, _DISABLE, _DEINITIALIZE, _DELETE),
)
