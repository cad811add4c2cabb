"""Machines behind one address and port: a command is run there once, or for each of them, as a person chooses."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from gputui.ssh.machine import Machine, distinct

_SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """Several machines behind one address and port, in the order of their selection."""

    machines: tuple[Machine, ...]

    @property
    def first(self) -> Machine:
        """The machine as which a command is run, if it is run once."""
        return self.machines[0]

    @property
    def others(self) -> tuple[Machine, ...]:
        """The machines for which it is not run then."""
        return self.machines[1:]

    def words(self, names: Callable[[Sequence[Machine]], str], *, each: bool) -> str:
        """Say which machines share which address, and what is done about it; `names` returns a short text."""
        address = self.first.address
        where = f"[{address.host}]" if ":" in address.host else address.host
        how = f"run once, as {names([self.first])}" if not each else "run for each of them"
        return f"{len(self.machines)} share {where}:{address.port or _SSH_PORT}, {how}: {names(self.machines)}"


def shared_addresses(machines: Iterable[Machine]) -> tuple[SharedAddress, ...]:
    """Return the addresses that more than one of these machines has, as seen from this computer."""
    found: dict[Hashable, list[Machine]] = {}
    for machine in machines:
        found.setdefault(_endpoint(machine), []).append(machine)
    return tuple(SharedAddress(tuple(several)) for several in found.values() if len(several) > 1)


def once(machines: Iterable[Machine]) -> tuple[Machine, ...]:
    """Return only the first machine of each address and port."""
    return tuple(distinct(machines, _endpoint))


def _endpoint(machine: Machine) -> Hashable:
    """Return what is the same for machines that are reached at one place; behind other jump hosts it is another one."""
    return machine.address.host, machine.address.port or _SSH_PORT, machine.options.proxy_jump
