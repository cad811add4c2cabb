"""GPUs for pictures: what the simulator's `nvidia-smi` says at the moment of the picture, without a connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gputui.core.gpus import Reading
from gputui.sim.drivers import knows
from gputui.sim.gpus import gpus_of
from gputui.sim.kernel_log import journal
from gputui.sim.machine import Ailment, Machine
from gputui.sim.nvidia import nvidia_smi
from gputui.sim.scp import seeding
from gputui.ssh.gpus import details
from gputui.ssh.gpus.nvidia import FIELDS
from gputui.ssh.gpus.question import MachineAnswer, Part
from gputui.ssh.gpus.reading import Smi
from tests.snapshot.still import MOMENT, Still

_EVERY, _READINGS = 3.0, 60
AILMENTS: dict[str, Ailment] = {f"gpu-node-{number:03}": ailment for number, ailment in seeding.AILMENTS.items()}


class NoConnection:
    """Stands in for one: nothing goes over it."""

    is_open = True

    async def close(self) -> None:
        """Nothing."""


@dataclass(slots=True)
class PaperSmi(Smi):
    """Answers at once."""

    machine: Machine = Machine("", "root", None, 8, "H100")  # noqa: RUF009 - frozen

    async def read(self, connection: Any, now: Callable[[], float], seconds: float = 60.0) -> Reading:
        """As the machine would answer."""
        return self.at(now())

    def at(self, moment: float) -> Reading:
        """What it would have answered then, to all questions at once."""
        gpus = gpus_of(self.machine, moment)
        self.driver = gpus[0].driver
        known = tuple(name for name in details.FIELDS if knows(self.driver, name))
        self.known.by_driver[self.driver] = known
        asked = {
            Part.GPUS: f"--query-gpu={','.join(FIELDS)}",
            Part.PROCESSES: "--query-compute-apps=gpu_uuid,pid,used_memory,process_name",
            Part.DETAILS: f"--query-gpu={','.join(known)}",
        }
        said = {part: nvidia_smi(gpus, [one, "--format=csv,noheader,nounits"], moment) for part, one in asked.items()}
        said[Part.JOURNAL] = (journal(self.machine, gpus, moment), 0)
        sections = {int(part): tuple(text.split("\n")) for part, (text, _) in said.items()}
        return self._taken(MachineAnswer(sections, {int(part): code for part, (_, code) in said.items()}), moment)


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
