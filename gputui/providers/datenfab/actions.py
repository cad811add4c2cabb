"""The actions on a Datenfab instance: power on, power off, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gputui.core.actions import Action, Field, Inputs, Risk, Scope, reaches, undocumented, vanishes
from gputui.core.request import Request, path
from gputui.core.text import Json
from gputui.providers.datenfab import rules
from gputui.providers.datenfab.client import Instance
from gputui.providers.datenfab.states import DELETING, ERROR, RUNNING, STARTING, STOPPED, STOPPING, phase

GRACE_SECONDS = 10


def _phase(instance: Instance) -> str:
    return phase(instance.body.status)


def _power_on(targets: Sequence[Instance], inputs: Inputs) -> Request:
    one = targets[0]
    return Request("POST", path("clusters", one.cluster, "instances", one.body.name, "power_on"))


def _power_off(targets: Sequence[Instance], inputs: Inputs) -> Request:
    one = targets[0]
    # The parameter table says these are strings; the document's own program sends a number and a boolean.
    body: dict[str, Json] = {
        "gracePeriodSeconds": int(inputs.get("gracePeriodSeconds", GRACE_SECONDS)),
        "needSnapshot": _saves(inputs),
    }
    if _saves(inputs):
        body |= {name: str(inputs[name]) for name in ("imageName", "tag") if inputs.get(name)}
    return Request("POST", path("clusters", one.cluster, "instances", one.body.name, "power_off"), body=body)


def _saves(inputs: Inputs) -> bool:
    return bool(inputs.get("needSnapshot"))


def _check_power_off(inputs: Inputs) -> Mapping[str, str]:
    nameless = _saves(inputs) and not inputs.get("imageName")
    return {"imageName": "the saved image needs a name"} if nameless else {}


def _delete(targets: Sequence[Instance], inputs: Inputs) -> Request:
    one = targets[0]
    path(one.body.name)  # the name goes into the query, but must be as plain as one that goes into a path
    return Request("DELETE", path("clusters", one.cluster, "instances"), {"name": one.body.name})


def _can_power_on(one: Instance) -> str | None:
    if _phase(one) != RUNNING:
        return None
    return f"state is {one.body.status}: only a Shutdown instance can be powered on"


def _can_power_off(one: Instance) -> str | None:
    if _phase(one) != STOPPED:
        return None
    return f"state is {one.body.status}: only a Running instance can be powered off"


def _can_delete(one: Instance) -> str | None:
    return f"state is {one.body.status}: power off first" if _phase(one) == RUNNING else None


def _documented(wanted: str) -> Callable[[Instance], str | None]:
    """The warning where the document says nothing of the change: it names one state for each, in its own words."""
    return lambda one: None if _phase(one) == phase(wanted) else undocumented(one.body.status, wanted)


# All of these may stay unchanged: powering off then needs no form.
_POWER_OFF = (
    Field(
        "gracePeriodSeconds",
        "Grace",
        "int",
        str(GRACE_SECONDS),
        check=rules.between(0, rules.LONGEST_GRACE),
        help="until what does not end by itself is killed",
        unit="s",
    ),
    Field("needSnapshot", "Save as an image first", "flag", required=False),
    Field("imageName", "Name of the image", required=False, check=rules.image_name, when=_saves, scope=Scope.EACH),
    Field("tag", "Its tag", required=False, check=rules.tag, when=_saves),
)

ACTIONS: tuple[Action[Instance], ...] = (
    Action(
        "start",
        "Power on",
        Risk.REVERSIBLE,
        _power_on,
        _can_power_on,
        reaches(_phase, done=(RUNNING,), going=(STARTING,), wrong=(ERROR, DELETING)),
        key="S",
        opposite="stop",
        effect="The instance boots and its GPUs are billed again.",
        warning=_documented("Shutdown"),
    ),
    Action(
        "stop",
        "Power off",
        Risk.DISRUPTS,
        _power_off,
        _can_power_off,
        reaches(_phase, done=(STOPPED,), going=(STOPPING,), wrong=(ERROR, DELETING)),
        key="X",
        opposite="start",
        effect="Everything that runs in it ends after the grace; its storage is billed also while it is off.",
        fields=_POWER_OFF,
        check=_check_power_off,
        warning=_documented("Running"),
    ),
    Action(
        "delete",
        "Delete",
        Risk.DESTROYS,
        _delete,
        _can_delete,
        vanishes(_phase, going=(DELETING,), wrong=(ERROR, STARTING, RUNNING)),
        key="ctrl+d",
        effect="The instance and what is on its disks are gone for good.",
        warning=_documented("Shutdown"),
    ),
)
