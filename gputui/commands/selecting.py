"""The machines that an expression selects, and which of them have SSH access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gputui.commands.context import CliContext
from gputui.commands.expressions import say_without_hits
from gputui.commands.filtering import kept
from gputui.commands.machines import read_reachable
from gputui.config.profiles import Config, Profile
from gputui.core.filter import Filter
from gputui.core.problem import Failed, Problem
from gputui.core.ranges import compressed
from gputui.core.records import Found
from gputui.core.rows import Ref
from gputui.core.text import clean
from gputui.ssh.machine import Machine, distinct_machines, for_command
from gputui.ssh.running.shared_address import SharedAddress, once, shared_addresses


@dataclass(frozen=True, slots=True)
class MachineSelection:
    """The selected machines: those to run on, and those without SSH access, with the reason.

    `shared` are those behind one address and port; unless a command is run for `each` of them, only the first is among
    `machines`. `rows` are the rows of all; `whole` unless a profile could not be read, so that other machines might be
    selected too.
    """

    machines: tuple[Machine, ...]
    unreached: tuple[tuple[Found, Problem], ...]
    rows: dict[Ref, Found]
    whole: bool
    shared: tuple[SharedAddress, ...] = ()
    each: bool = False

    @property
    def left_out(self) -> tuple[tuple[Machine, SharedAddress], ...]:
        """The machines on which nothing is run, as it is run once at their address."""
        return () if self.each else tuple((other, shared) for shared in self.shared for other in shared.others)

    @property
    def profiles(self) -> frozenset[str]:
        """The profiles of the machines to run on, and of those that share their addresses: their guards count."""
        reached = (*self.machines, *(machine for machine, _ in self.left_out))
        return frozenset(machine.ref.profile for machine in reached)

    @property
    def total(self) -> int:
        """The number of selected machines."""
        return len(self.machines) + len(self.unreached) + len(self.left_out)

    def shared_words(self) -> Iterator[str]:
        """Yield which machines share which address, and what is done about it."""
        how = "without --each once" if self.each else "with --each for each of them"
        yield from (f"{shared.words(self.names, each=self.each)} ({how})" for shared in self.shared)

    def names(self, machines: Iterable[Machine]) -> str:
        """Return a short text that names these machines."""
        return self.short((machine.ref.profile, machine.name) for machine in machines)

    def short(self, names: Iterable[tuple[str, str]]) -> str:
        """Return a short text for profile and name pairs; profiles are left out if all selected machines are in one."""
        several = len({ref.profile for ref in self.rows}) > 1
        return clean(compressed(f"{profile}/{name}" if several else name for profile, name in names))


async def select(
    config: Config, profiles: Sequence[Profile], wanted: Filter, ctx: CliContext, *, each: bool = False
) -> MachineSelection:
    """Read all profiles at once and select the rows that `wanted` matches; failures are reported.

    Of machines behind one address and port only the first is to be run on, unless `each` is.
    """
    reachable = await read_reachable(config, profiles, ctx)
    say_without_hits(wanted, (each.row for each in reachable.found), ctx)
    selected = await kept(wanted, reachable.found, ctx)
    machines: list[Machine] = []
    unreached: list[tuple[Found, Problem]] = []
    for found in selected:
        try:
            machines.append(for_command(found.row, reachable.candidate(found).machine()))
        except Failed as failed:
            unreached.append((found, failed.problem))
    rows = {each.row.ref: each for each in selected}
    found_once = tuple(distinct_machines(machines))
    shared, chosen = shared_addresses(found_once), found_once if each else once(found_once)
    return MachineSelection(chosen, tuple(unreached), rows, reachable.whole, shared, each)
