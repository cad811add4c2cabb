"""The actions on GPU nodes: each verb builds one request and reads its progress from the node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gputui.core.actions import Action, Field, Inputs, Progress, Risk, Scope, reaches, undocumented
from gputui.core.request import Request, path
from gputui.providers.scp import choices
from gputui.providers.scp.wire import ScpNode

_GOING_AWAY = ("TERMINATING", "TERMINATED")
_NOT_KNOWN = "UNKNOWN"
"""The cloud has lost contact with the node: no change ends in this state, so reading goes on."""


def _all_at_once(method: str, where: str) -> Callable[[Sequence[ScpNode], Inputs], Request]:
    """Makes one request whose body names every target."""
    return lambda nodes, _: Request(method, where, body={"gpu_node_ids": [node.id for node in nodes]})


def _single(method: str, verb: str) -> Callable[[Sequence[ScpNode], Inputs], Request]:
    """Makes a request without a body to the path of the one target."""
    return lambda nodes, _: Request(method, path("v1", "gpu-nodes", nodes[0].id, verb))


def _never_in(*states: str, done: str, wanted: str) -> Callable[[ScpNode], str | None]:
    """The precondition of a change that is pointless in these states, and in those of a node that is going away."""

    def can(node: ScpNode) -> str | None:
        if node.status.upper() not in (*states, *_GOING_AWAY):
            return None
        return f"state is {node.status}: only a {wanted} node can be {done}"

    return can


def _documented(*states: str) -> Callable[[ScpNode], str | None]:
    """The warning for a change in any other state: the documents name these, and say nothing of the others."""
    return lambda node: undocumented(node.status, *states)


not_going_away = _never_in(done="changed", wanted="RUNNING or STOPPED")
"""The precondition of changes to a node that stays."""
at_rest = _documented("RUNNING", "STOPPED")
"""The warning for changes that are documented for nodes that are not being changed."""


def _state(node: ScpNode) -> str:
    return node.status


def _can_delete(node: ScpNode) -> str | None:
    if node.status.upper() == "TERMINATED":
        return "it is deleted already"
    return "locked: unlock first" if node.locked else None


def _deleted(node: ScpNode | None, _: Inputs) -> Progress:
    """A deletion is done when the node is gone, or stays listed for a while as TERMINATED."""
    if node is None or node.status.upper() == "TERMINATED":
        return Progress.DONE
    if node.status.upper() in ("TERMINATING", _NOT_KNOWN):
        return Progress.GOING
    return Progress.CONTRADICTED if node.status.upper() == "ERROR" else Progress.WAITING


def _locked(wanted: bool) -> Callable[[ScpNode | None, Inputs], Progress]:
    def progress(node: ScpNode | None, _: Inputs) -> Progress:
        if node is None:
            return Progress.CONTRADICTED
        return Progress.DONE if node.locked is wanted else Progress.WAITING

    return progress


def _can_assign(node: ScpNode) -> str | None:
    if node.policy_use_nat:
        return f"it has {node.policy_nat or 'a public IP'}: release it first"
    return not_going_away(node)


def _can_release(node: ScpNode) -> str | None:
    return not_going_away(node) if node.policy_use_nat else "it has no public IP"


def _public(wanted: bool) -> Callable[[ScpNode | None, Inputs], Progress]:
    """Progress of an address change: the node is EDITING while it runs.

    The cloud may roll it back silently: the node leaves EDITING unchanged. That looks like a change that has not begun;
    only the follower, who saw it in progress before, can tell.
    """

    def progress(node: ScpNode | None, _: Inputs) -> Progress:
        if node is None or node.status.upper() == "ERROR":
            return Progress.CONTRADICTED
        if node.status.upper() == "EDITING":
            return Progress.GOING
        return Progress.DONE if bool(node.policy_use_nat) is wanted else Progress.WAITING

    return progress


def _assign(nodes: Sequence[ScpNode], inputs: Inputs) -> Request:
    chosen = str(inputs["public_ip_address_id"])
    where = path("v1", "gpu-nodes", nodes[0].id, "public-nat-ip")
    return Request("POST", where, body={"public_ip_address_id": chosen})


START: Action[ScpNode] = Action(
    "start",
    "Start",
    Risk.REVERSIBLE,
    request=_all_at_once("POST", "/v1/gpu-nodes/start"),
    blocked_reason=_never_in("RUNNING", done="started", wanted="STOPPED"),
    warning=_documented("STOPPED"),
    progress=reaches(_state, done=("RUNNING",), going=("STARTING", _NOT_KNOWN), wrong=("ERROR", *_GOING_AWAY)),
    key="S",
    opposite="stop",
    effect="Powers the node on.",
    patience=1800,
    many=True,
)
STOP: Action[ScpNode] = Action(
    "stop",
    "Stop",
    Risk.DISRUPTS,
    request=_all_at_once("POST", "/v1/gpu-nodes/stop"),
    blocked_reason=_never_in("STOPPED", done="stopped", wanted="RUNNING"),
    warning=_documented("RUNNING"),
    progress=reaches(_state, done=("STOPPED",), going=("STOPPING", _NOT_KNOWN), wrong=("ERROR", *_GOING_AWAY)),
    key="X",
    opposite="start",
    effect="Powers the node off: whatever runs on it ends now, multi-node jobs of its fabric too.",
    patience=1800,
    many=True,
)
LOCK: Action[ScpNode] = Action(
    "lock",
    "Lock",
    Risk.DISRUPTS,
    request=_single("PUT", "lock"),
    blocked_reason=lambda node: "it is already locked" if node.locked else None,
    progress=_locked(True),
    key="L",
    opposite="unlock",
    effect="Protects the node from deletion until it is unlocked; what runs on it goes on.",
    patience=120,
)
UNLOCK: Action[ScpNode] = Action(
    "unlock",
    "Unlock",
    Risk.REVERSIBLE,
    request=_single("PUT", "unlock"),
    blocked_reason=lambda node: None if node.locked else "it is not locked",
    progress=_locked(False),
    key="U",
    opposite="lock",
    effect="Takes the protection from deletion away.",
    patience=120,
)
DELETE: Action[ScpNode] = Action(
    "delete",
    "Delete",
    Risk.DESTROYS,
    request=_all_at_once("DELETE", "/v1/gpu-nodes"),
    blocked_reason=_can_delete,
    warning=at_rest,
    progress=_deleted,
    key="ctrl+d",
    effect="Gives the node back and loses its disks for good; a fabric disappears with its last node.",
    patience=1800,
    many=True,
)
ASSIGN_IP: Action[ScpNode] = Action(
    "assign_ip",
    "Assign public IP",
    Risk.REVERSIBLE,
    request=_assign,
    blocked_reason=_can_assign,
    warning=at_rest,
    progress=_public(True),
    key="I",
    opposite="release_ip",
    effect="Makes the node reachable at a public address.",
    fields=(
        Field(
            "public_ip_address_id",
            "Public IP",
            "choice",
            choices=choices.reserved_ips,
            help="the reserved addresses of the account's VPC service",
            scope=Scope.EACH,
        ),
    ),
)
RELEASE_IP: Action[ScpNode] = Action(
    "release_ip",
    "Release public IP",
    Risk.DISRUPTS,
    request=_single("DELETE", "public-nat-ip"),
    blocked_reason=_can_release,
    warning=at_rest,
    progress=_public(False),
    key="R",
    opposite="assign_ip",
    effect="Takes the public address away: connections over it break, SSH sessions too.",
)

NODE_ACTIONS = (START, STOP, LOCK, UNLOCK, ASSIGN_IP, RELEASE_IP, DELETE)
