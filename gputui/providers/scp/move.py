"""Moves GPU nodes from their cluster fabric to another one of the same node pool."""

from __future__ import annotations

from collections.abc import Sequence

from gputui.core.actions import Action, Field, Inputs, Progress, Risk, Scope
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Request
from gputui.core.text import Json
from gputui.providers.scp import choices
from gputui.providers.scp.actions import at_rest, not_going_away
from gputui.providers.scp.wire import ScpNode


def _request(nodes: Sequence[ScpNode], inputs: Inputs) -> Request:
    before = sorted({node.cluster_fabric_id or "" for node in nodes})
    if len(before) > 1:
        names = ", ".join(sorted({node.cluster_fabric_name or node.cluster_fabric_id or "none" for node in nodes}))
        raise Failed(Problem(Cause.INPUT, f"they are members of several fabrics ({names}): move those of one"))
    body: Json = {
        "before_cluster_fabric_id": before[0],
        "after_cluster_fabric_id": str(inputs["after_cluster_fabric_id"]),
        "gpu_node_id_list": [node.id for node in nodes],
    }
    return Request("POST", "/v1/cluster-fabrics/modify-members", body=body)


def _can(node: ScpNode) -> str | None:
    return not_going_away(node) if node.cluster_fabric_id else "the API names no fabric that it is a member of"


def _moved(node: ScpNode | None, inputs: Inputs) -> Progress:
    """Progress of a move: done when the node has left EDITING as a member of the other fabric."""
    if node is None or node.status.upper() == "ERROR":
        return Progress.CONTRADICTED
    if node.status.upper() in ("EDITING", "UNKNOWN"):
        return Progress.GOING
    there = node.cluster_fabric_id == inputs.get("after_cluster_fabric_id")
    return Progress.DONE if there else Progress.WAITING


MOVE: Action[ScpNode] = Action(
    "move",
    "Move to another fabric",
    Risk.DISRUPTS,
    request=_request,
    blocked_reason=_can,
    warning=at_rest,
    progress=_moved,
    key="M",
    effect="Takes the node out of its fabric: multi-node jobs of both fabrics may break.",
    patience=1800,
    fields=(
        Field(
            "after_cluster_fabric_id",
            "Fabric",
            "choice",
            choices=choices.targets,
            help="fabrics of the same node pool and server type",
            scope=Scope.ALL,  # nodes moved together come from one fabric, see the request
        ),
    ),
    many=True,
)
