"""The smallest cloud there can be: machines in a list, for tests of the engine and the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gputui.core.actions import Action, Field, Risk, reaches, vanishes
from gputui.core.cells import Column, Role, gpus, words
from gputui.core.health import Health, by_state
from gputui.core.problem import Failed, Problem
from gputui.core.provider import Provider, Setting, Settings, View
from gputui.core.request import Outcome, Request, SendStatus, path
from gputui.core.rows import Item, Listing

STATES: Mapping[str, Health] = {
    "RUNNING": Health.OK,
    "STOPPED": Health.OFF,
    "STOPPING": Health.CHANGING,
    "ERROR": Health.BAD,
}


@dataclass(frozen=True)
class Machine:
    id: str
    name: str
    state: str = "RUNNING"


@dataclass
class ToyClient:
    """Holds the machines itself; records every request; fails as told."""

    machines: dict[str, Machine] = field(default_factory=dict)
    sent: list[Request] = field(default_factory=list)
    problem: Problem | None = None
    send_status: SendStatus = SendStatus.ACCEPTED
    effect: bool = True
    closed: bool = False
    reads: int = 0

    async def list(self) -> Listing[Machine]:
        self.reads += 1
        if self.problem is not None:
            raise Failed(self.problem)
        return Listing(
            tuple(Item(machine, {"id": machine.id, "name": machine.name}) for machine in self.machines.values())
        )

    async def change(self, request: Request) -> Outcome:
        self.sent.append(request)
        if self.effect and request.path == "/stop":
            body = request.body
            assert isinstance(body, dict)
            ids = body["ids"]
            assert isinstance(ids, list)
            for one in ids:
                self.set(str(one), "STOPPING")
        return Outcome(self.send_status, 202 if self.send_status is SendStatus.ACCEPTED else None, "req-1")

    def set(self, one: str, state: str) -> None:
        self.machines[one] = replace(self.machines[one], state=state)

    async def aclose(self) -> None:
        self.closed = True


def _can_stop(machine: Machine) -> str | None:
    return None if machine.state == "RUNNING" else f"state is {machine.state}"


def _stop(machines: Sequence[Machine], inputs: Mapping[str, Any]) -> Request:
    return Request("POST", "/stop", body={"ids": [machine.id for machine in machines]})


def _delete(machines: Sequence[Machine], inputs: Mapping[str, Any]) -> Request:
    return Request("DELETE", path("machines", machines[0].id))


STOP = Action[Machine](
    "stop",
    "Stop",
    Risk.DISRUPTS,
    _stop,
    _can_stop,
    reaches(lambda machine: machine.state, ("STOPPED",), ("STOPPING",), ("ERROR",)),
    key="X",
    effect="whatever runs on it ends",
    many=True,
)
DELETE = Action[Machine](
    "delete",
    "Delete",
    Risk.DESTROYS,
    _delete,
    lambda machine: None,
    vanishes(lambda machine: machine.state, ("DELETING",)),
    key="ctrl+d",
)
CREATE = Action[Machine](
    "create",
    "Create",
    Risk.DISRUPTS,
    lambda machines, inputs: Request("POST", "/machines", body={"names": list(inputs["names"])}),
    progress=reaches(lambda machine: machine.state, ("RUNNING",), ("STARTING",), ("ERROR",)),
    key="N",
    fields=(Field("names", "Names", "lines"), Field("token", "Token", "secret", required=False)),
    on="view",
    makes=lambda inputs: inputs["names"],
)
PING = Action[Machine](
    "ping", "Ping", Risk.REVERSIBLE, lambda machines, inputs: Request("GET", path("ping", machines[0].id))
)
NODES = View[ToyClient, Machine](
    "nodes",
    "Nodes",
    ToyClient.list,
    key=lambda machine: machine.id,
    label=lambda machine: machine.name,
    columns=(
        Column("GPU", lambda machine: gpus(8, "H100"), role=Role.GPU),
        Column("ADDRESS", lambda machine: words("10.0.0.1"), role=Role.ADDRESS),
    ),
    state=lambda machine: machine.state,
    health=lambda machine: by_state(STATES, machine.state),
    machine=True,
    actions=(STOP, DELETE, CREATE, PING),
    ssh=lambda machine: "no SSH in toys",
)


def connect(settings: Settings) -> ToyClient:
    return ToyClient({f"m{n}": Machine(f"m{n}", f"toy-{n}") for n in range(3)})


PROVIDER = Provider[ToyClient]("toy", "Toy cloud", (Setting("size"),), connect, (NODES,))
