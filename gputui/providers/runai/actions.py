"""The actions on Run:ai's inferences: create and delete them; the API has no others."""

from __future__ import annotations

from collections.abc import Sequence

from gputui.core.actions import Action, Inputs, Risk, reaches, vanishes
from gputui.core.request import Request, path
from gputui.core.text import Json, as_object
from gputui.providers.runai import document, form
from gputui.providers.runai.in_cluster import InCluster
from gputui.providers.runai.wire import Workload
from gputui.providers.runai.workloads import WORKLOADS
from gputui.providers.secrecy import redact_secrets

INFERENCES = f"{WORKLOADS}/inferences"
_GOING_AWAY = ("DELETING", "TERMINATING")
_COMING = ("CREATING", "PENDING", "INITIALIZING", "RESUMING", "UPDATING", "DEGRADED", "UNKNOWN")
_VALUES = frozenset({"value", "environment"})
"""A variable's value may be a secret whatever its name is: in the body, and in the form's own field."""


def _phase(one: InCluster[Workload]) -> str:
    return one.thing.phase


def _create(_: Sequence[InCluster[Workload]], inputs: Inputs) -> Request:
    body = form.body(inputs)
    return Request("POST", INFERENCES, body=body, secrets=_hidden(body))


def _hidden(body: Json) -> frozenset[str]:
    """Fields of a body that may be secret: every variable's value, and a command line that contains a secret."""
    spec = as_object(as_object(body).get("spec"))
    lines = {name: spec.get(name) for name in ("command", "args")}
    return _VALUES.union(name for name, line in lines.items() if redact_secrets(line) != line)


def _delete(targets: Sequence[InCluster[Workload]], _: Inputs) -> Request:
    return Request("DELETE", INFERENCES + path(targets[0].thing.id))


def _can_delete(one: InCluster[Workload]) -> str | None:
    supported = as_object(one.thing.actions_support).get("delete")
    return "the control plane says that this workload cannot be deleted" if supported is False else None


def _delete_warning(one: InCluster[Workload]) -> str | None:
    return "it is being deleted already" if _phase(one).upper() in _GOING_AWAY else None


CREATE: Action[InCluster[Workload]] = Action(
    "create",
    "Create inference",
    Risk.DISRUPTS,
    request=_create,
    progress=reaches(
        _phase, done=("RUNNING",), going=_COMING, wrong=("FAILED", "STOPPED", "STOPPING", "COMPLETED", *_GOING_AWAY)
    ),
    key="N",
    effect="Takes GPUs of the project's quota, and may push preemptible workloads out of them.",
    fields=form.FIELDS,
    on="view",
    makes=lambda inputs: (inputs["name"],),
    check=form.check,
    document=document.complaints,
    hides=_hidden,
    patience=1800,
)
DELETE: Action[InCluster[Workload]] = Action(
    "delete",
    "Delete",
    Risk.DESTROYS,
    request=_delete,
    blocked_reason=_can_delete,
    warning=_delete_warning,
    progress=vanishes(_phase, going=_GOING_AWAY),
    key="ctrl+d",
    effect="Its replicas end now and its address answers nobody any more.",
)

INFERENCE_ACTIONS = (CREATE, DELETE)
