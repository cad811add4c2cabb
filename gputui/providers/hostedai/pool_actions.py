"""The actions on pools: create and delete them, add and remove GPUs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gputui.core.actions import Action, Field, Inputs, Progress, Risk, reaches, undocumented, vanishes
from gputui.core.request import Request, path
from gputui.core.text import Json
from gputui.providers.hostedai import checks, choices
from gputui.providers.hostedai.ids import as_number
from gputui.providers.hostedai.wire import GpuPool

_SETTING_UP = ("DEPLOYMENT_SCHEDULED", "VM_CREATION", "SETTING_UP")
_FAILED = "ERROR_WHILE_DEPLOYING"
_DELETING = "DELETING"


def _state(pool: GpuPool) -> str:
    return pool.status


def _new(where: str) -> Callable[[Sequence[GpuPool], Inputs], Request]:
    """The request for a new pool: only the body of `create` is documented, `add` gets the same."""

    def request(_: Sequence[GpuPool], inputs: Inputs) -> Request:
        pool: dict[str, Json] = {
            "pool_name": inputs["pool_name"],
            "attach_gpu_ids": list(inputs["attach_gpu_ids"]),
            "sharing_ratio": inputs["sharing_ratio"],
            "time_quantum_in_sec": inputs["time_quantum_in_sec"],
            "security_level": inputs["security_level"],
        }
        return Request("POST", where, body={"gpuaas_id": as_number(inputs["gpuaas_id"]), "pool": pool})

    return request


def _gpus(verb: str) -> Callable[[Sequence[GpuPool], Inputs], Request]:
    def request(pools: Sequence[GpuPool], inputs: Inputs) -> Request:
        where = path("gpuaas", "pool", str(pools[0].id), verb)
        return Request("POST", where, body={"gpu_uuids": list(inputs["gpu_uuids"])})

    return request


def _delete(pools: Sequence[GpuPool], _: Inputs) -> Request:
    return Request("DELETE", path("gpuaas", "pool", str(pools[0].id), "delete"))


def _can_delete(pool: GpuPool) -> str | None:
    return f"it has {pool.physical} GPUs: free them first" if pool.physical else None


def _delete_warning(pool: GpuPool) -> str | None:
    return "it is being deleted already" if pool.status.upper() == _DELETING else None


def _can_free(pool: GpuPool) -> str | None:
    return "it has no GPUs" if pool.physical == 0 else None


def _documented(*states: str) -> Callable[[GpuPool], str | None]:
    return lambda pool: undocumented(pool.status, *states)


def _assigned(pool: GpuPool | None, inputs: Inputs) -> Progress:
    """Progress of adding: done when every chosen GPU is in the pool and ready."""
    if pool is None:
        return Progress.CONTRADICTED
    wanted, there = set(inputs.get("gpu_uuids", ())), _assignments(pool)
    if not wanted & there.keys():
        return Progress.WAITING
    arrived = wanted <= there.keys() and all(there[uuid] in ("ASSIGNED", "") for uuid in wanted)
    return Progress.DONE if arrived else Progress.GOING


def _freed(pool: GpuPool | None, inputs: Inputs) -> Progress:
    """Progress of removing: done when none of the chosen GPUs is in the pool any more, or the pool itself is gone."""
    there = {} if pool is None else _assignments(pool)
    staying = set(inputs.get("gpu_uuids", ())) & there.keys()
    if not staying:
        return Progress.DONE if pool is None or pool.gpus is not None else Progress.WAITING
    return Progress.GOING if any(there[uuid] == choices.LEAVING for uuid in staying) else Progress.WAITING


def _assignments(pool: GpuPool) -> dict[str, str]:
    return {slot.uuid: (slot.assignment_status or "").upper() for slot in pool.gpus or () if slot.uuid}


_FIELDS = (
    Field("pool_name", "Name", check=checks.name),
    Field("gpuaas_id", "GPUaaS", "choice", choices=choices.services),
    Field(
        "gpu_model",
        "GPU model",
        "choice",
        required=False,
        choices=choices.models,
        needs=("gpuaas_id",),
        help="a pool is of one model",
    ),
    Field(
        "attach_gpu_ids",
        "GPUs",
        "choices",
        choices=choices.free_gpus,
        needs=("gpuaas_id", "gpu_model"),
        help="the free GPUs of that model",
    ),
    Field(
        "sharing_ratio",
        "Sharing ratio",
        "int",
        default="1",
        check=checks.between(checks.RATIO),
        help="how many tenants share one GPU; 1 is dedicated",
    ),
    Field(
        "time_quantum_in_sec",
        "Time quantum",
        "int",
        default="30",
        check=checks.between(checks.QUANTUM_SECONDS, " s"),
        help="of one turn: short answers quickly, long works efficiently",
        unit="s",
    ),
    Field("security_level", "Security", "choice", default="medium", choices=choices.security_levels),
)
_SET_UP = reaches(_state, done=("ACTIVE",), going=_SETTING_UP, wrong=(_FAILED, _DELETING))

CREATE: Action[GpuPool] = Action(
    "create",
    "Create pool",
    Risk.REVERSIBLE,
    request=_new("/gpuaas/pool/create"),
    progress=_SET_UP,
    key="N",
    effect="Takes the chosen GPUs for the new pool; nothing that runs is interrupted.",
    patience=1800,
    fields=_FIELDS,
    on="view",
    makes=lambda inputs: (inputs["pool_name"],),
)
ADD: Action[GpuPool] = Action(
    "add",
    "Add pool to GPUaaS",
    Risk.REVERSIBLE,
    request=_new("/gpuaas/pool/add"),
    progress=_SET_UP,
    effect="Takes the chosen GPUs for the new pool of an existing GPUaaS.",
    patience=1800,
    fields=_FIELDS,
    on="view",
    makes=lambda inputs: (inputs["pool_name"],),
)
ASSIGN: Action[GpuPool] = Action(
    "assign_gpus",
    "Assign GPUs",
    Risk.REVERSIBLE,
    request=_gpus("add_gpus"),
    warning=_documented("ACTIVE"),
    progress=_assigned,
    key="A",
    opposite="free_gpus",
    effect="Gives the pool the chosen free GPUs.",
    fields=(Field("gpu_uuids", "Free GPUs", "choices", choices=choices.gpus_for, help="of the pool's model"),),
)
FREE: Action[GpuPool] = Action(
    "free_gpus",
    "Free GPUs",
    Risk.DISRUPTS,
    request=_gpus("remove_gpus"),
    blocked_reason=_can_free,
    warning=_documented("ACTIVE", _FAILED),
    progress=_freed,
    key="F",
    opposite="assign_gpus",
    effect="Takes the chosen GPUs from the pool: what its tenants run on them ends.",
    fields=(Field("gpu_uuids", "GPUs", "choices", choices=choices.gpus_in, help="those of the pool"),),
)
DELETE: Action[GpuPool] = Action(
    "delete",
    "Delete",
    Risk.DESTROYS,
    request=_delete,
    blocked_reason=_can_delete,
    warning=_delete_warning,
    progress=vanishes(_state, going=(_DELETING,)),
    key="ctrl+d",
    effect="The pool is gone for good, and its tenants' subscriptions with it.",
)

POOL_ACTIONS = (CREATE, ADD, ASSIGN, FREE, DELETE)
