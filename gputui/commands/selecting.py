"""The machines that an expression selects, and which of them have SSH access."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gputui.commands.context import CliContext
from gputui.commands.machines import read_reachable
from gputui.commands.records import Found
from gputui.config.profiles import Config, Profile
from gputui.core.filter import Filter
from gputui.core.problem import Failed, Problem
from gputui.core.ranges import compressed
from gputui.core.rows import Ref
from gputui.core.text import clean
from gputui.ssh.machine import Machine, distinct, for_command


@dataclass(frozen=True, slots=True)
class MachineSelection:
    """The selected machines: those to run on, and those without SSH access, with the reason.

    `rows` are the rows of both; `whole` unless a profile could not be read, so that other machines might be selected
    too.
    """

    machines: tuple[Machine, ...]
    unreached: tuple[tuple[Found, Problem], ...]
    rows: dict[Ref, Found]
    whole: bool

    @property
    def total(self) -> int:
        """The number of selected machines."""
        return len(self.machines) + len(self.unreached)

    def names(self, machines: Iterable[Machine]) -> str:
        """Return a short text that names these machines."""
        return self.short((machine.ref.profile, machine.name) for machine in machines)

    def short(self, names: Iterable[tuple[str, str]]) -> str:
        """Return a short text for profile and name pairs; profiles are left out if all selected machines are in one."""
        several = len({ref.profile for ref in self.rows}) > 1
        return clean(compressed(f"{profile}/{name}" if several else name for profile, name in names))


async def select(config: Config, profiles: Sequence[Profile], wanted: Filter, ctx: CliContext) -> MachineSelection:
    """Read all profiles at once and select the rows that `wanted` matches; failures are reported."""
    reachable = await read_reachable(config, profiles, ctx)
    now = ctx.now()
    kept = [each for each in reachable.found if wanted.keeps(each.row, now)]
    machines: list[Machine] = []
    unreached: list[tuple[Found, Problem]] = []
    for found in kept:
        try:
            machines.append(for_command(found.row, reachable.candidate(found).machine()))
        except Failed as failed:
            unreached.append((found, failed.problem))
    rows = {each.row.ref: each for each in kept}
    return MachineSelection(tuple(distinct(machines)), tuple(unreached), rows, reachable.whole)
