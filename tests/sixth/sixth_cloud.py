"""A provider as a stranger would write it: this one file and one entry point make a tab of the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gputui.core.actions import Action, Inputs, Risk, reaches, vanishes
from gputui.core.cells import Column, Role, gpus, moment, words
from gputui.core.health import Health, by_state
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Children, Provider, Setting, Settings, View
from gputui.core.request import Outcome, Request, path
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.secret import Secret
from gputui.core.text import Json, as_object
from gputui.net.api import Api

HEALTH: Mapping[str, Health] = {
    "UP": Health.OK,
    "STARTING": Health.CHANGING,
    "STOPPING": Health.CHANGING,
    "DOWN": Health.OFF,
    "BROKEN": Health.BAD,
}


@dataclass(frozen=True, slots=True)
class Rack:
    """Some machines that share a switch."""

    id: str
    hall: str


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a rack."""

    id: str
    name: str
    rack: str
    state: str
    gpu_count: int
    gpu_model: str
    made: datetime


class Token:
    """One header proves who asks."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """The same header whatever is asked."""
        return {"x-sixth-token": self._token.reveal()}

    async def refused(self) -> bool:
        """There is no other token to be had."""
        return False


class Sixth:
    """The account. Reads raise Failed."""

    def __init__(self, settings: Settings) -> None:
        self._api = Api(settings, {"": settings.text("base_url")}, Token(settings.secret("token")))

    async def racks(self) -> Listing[Rack]:
        """All racks."""
        entries = [as_object(entry) for entry in await self._entries("/racks")]
        return Listing(tuple(Item(Rack(str(entry["id"]), str(entry["hall"])), entry) for entry in entries))

    async def machines(self) -> Listing[Machine]:
        """All machines; one that cannot be read is shown as such."""
        items: list[Item[Machine]] = []
        unreadable: list[Unreadable] = []
        for entry in await self._entries("/machines"):
            try:
                items.append(Item(_machine(as_object(entry)), entry))
            except (KeyError, ValueError) as error:
                unreadable.append(Unreadable(str(as_object(entry).get("id")), f"{error} is wrong", entry))
        return Listing(tuple(items), tuple(unreadable))

    async def machine(self, machine: Machine) -> Json:
        """One machine with what the list leaves out."""
        return await self._api.get(path("machines", machine.id))

    async def change(self, request: Request) -> Outcome:
        """Send one changing request once."""
        return await self._api.change(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def _entries(self, where: str) -> list[Json]:
        reply = await self._api.get(where)
        if not isinstance(reply, list):
            raise Failed(Problem(Cause.REPLY, f"{where} gave no list"))
        return reply


def _machine(entry: Mapping[str, Json]) -> Machine:
    return Machine(
        id=str(entry["id"]),
        name=str(entry["name"]),
        rack=str(entry["rack"]),
        state=str(entry["state"]),
        gpu_count=int(str(entry["gpus"])),
        gpu_model=str(entry["model"]),
        made=datetime.fromisoformat(str(entry["made"])),
    )


def _state(machine: Machine) -> str:
    return machine.state


def _only(state: str, machine: Machine) -> str | None:
    return None if machine.state == state else f"state is {machine.state}, not {state}"


def _start(targets: Sequence[Machine], inputs: Inputs) -> Request:
    return Request("POST", path("machines", targets[0].id, "start"))


def _stop(targets: Sequence[Machine], inputs: Inputs) -> Request:
    return Request("POST", path("machines", targets[0].id, "stop"), body={"grace_seconds": 30})


def _delete(targets: Sequence[Machine], inputs: Inputs) -> Request:
    return Request("DELETE", path("machines", targets[0].id))


MACHINES: View[Sixth, Machine] = View(
    name="machines",
    title="Machines",
    fetch=Sixth.machines,
    key=lambda machine: machine.id,
    label=lambda machine: machine.name,
    state=_state,
    health=lambda machine: by_state(HEALTH, machine.state),
    machine=True,
    columns=(
        Column("GPUS", lambda machine: gpus(machine.gpu_count, machine.gpu_model), role=Role.GPU, id="gpu"),
        Column("RACK", lambda machine: words(machine.rack)),
        Column("AGE", lambda machine: moment(machine.made), right=True, role=Role.AGE),
    ),
    actions=(
        Action(
            "start",
            "Start",
            Risk.REVERSIBLE,
            _start,
            lambda machine: _only("DOWN", machine),
            reaches(_state, done=("UP",), going=("STARTING",), wrong=("BROKEN",)),
            key="S",
        ),
        Action(
            "stop",
            "Stop",
            Risk.DISRUPTS,
            _stop,
            lambda machine: _only("UP", machine),
            reaches(_state, done=("DOWN",), going=("STOPPING",), wrong=("BROKEN",)),
            key="X",
            effect="Jobs on it get 30 seconds to save.",
        ),
        Action(
            "delete",
            "Delete",
            Risk.DESTROYS,
            _delete,
            lambda machine: _only("DOWN", machine),
            vanishes(_state, going=("DELETING",)),
            key="ctrl+d",
            effect="Its disks are wiped.",
        ),
    ),
    show=Sixth.machine,
    secrets=frozenset({"console_password"}),
    absent={"reboot": "the sixth cloud knows start and stop only"},
)

RACKS: View[Sixth, Rack] = View(
    name="racks",
    title="Racks",
    fetch=Sixth.racks,
    key=lambda rack: rack.id,
    label=lambda rack: rack.id,
    columns=(Column("HALL", lambda rack: words(rack.hall)),),
    children=(Children("machines", lambda rack, machine: machine.rack == rack.id),),
)

PROVIDER: Provider[Sixth] = Provider(
    name="sixth",
    title="Sixth Cloud",
    settings=(
        Setting("base_url", "url", required=True, help="the address of the API"),
        Setting("token", "secret", required=True, help="from the welcome letter"),
    ),
    connect=Sixth,
    views=(MACHINES, RACKS),
)
