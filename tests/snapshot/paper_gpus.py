"""GPUs for pictures: what the simulator's `nvidia-smi` says at the moment of the picture, without a connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gputui.core.gpus import Reading
from gputui.sim.gpus import gpus_of
from gputui.sim.machine import Ailment, Machine
from gputui.sim.nvidia import nvidia_smi
from gputui.ssh.gpus.nvidia import FIELDS, SmiAnswer
from gputui.ssh.gpus.reading import Smi
from tests.snapshot.still import MOMENT, Still

_EVERY, _READINGS = 3.0, 60
AILMENTS: dict[str, Ailment] = {"gpu-node-007": "lost", "gpu-node-038": "ecc", "gpu-node-052": "hot"}


class NoConnection:
    """Stands in for one: nothing goes over it."""

    is_open = True

    async def close(self) -> None:
        """Nothing."""


@dataclass(slots=True)
class PaperSmi(Smi):
    """Answers at once."""

    machine: Machine = Machine("", "root", None, 8, "H100")  # noqa: RUF009 - frozen

    async def read(self, connection: Any, now: Callable[[], float]) -> Reading:
        """As the machine would answer."""
        return self.at(now())

    def at(self, moment: float) -> Reading:
        """What it would have answered then."""
        gpus = gpus_of(self.machine, moment)
        ask = [f"--query-gpu={','.join(FIELDS)}"], ["--query-compute-apps=gpu_uuid,pid,used_memory,process_name"]
        said = [nvidia_smi(gpus, [*question, "--format=csv,noheader,nounits"], moment) for question in ask]
        sections = {at: tuple(text.split("\n")) for at, (text, _) in enumerate(said, 1)}
        return self._reading(SmiAnswer(sections, {at: code for at, (_, code) in enumerate(said, 1)}), moment)


def on_paper(here: Still) -> None:
    """Let every node of the page answer without a connection."""
    reach = here.app.ssh

    async def dial(*_: object) -> Any:
        return NoConnection()

    reach.pool.dial = dial
    for ref, row in here.page.rows.items():
        machine = Machine(row.name, "root", None, 8, "H100", AILMENTS.get(row.name, ""))
        reach.smis[ref] = PaperSmi(machine=machine)


def with_a_past(screen: Any) -> None:
    """Three minutes of readings before the one of the picture."""
    one = screen._watched
    for back in range(_READINGS, 0, -1):
        one.take(one.smi.at(MOMENT - back * _EVERY))
