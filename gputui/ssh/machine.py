"""A machine that SSH reaches: which one it is, and where and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gputui.core.rows import Ref
from gputui.ssh.address import Address
from gputui.ssh.options import SshOptions


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine as a person pointed at it; `address` is checked, `options` are those of its profile."""

    ref: Ref
    name: str
    address: Address
    options: SshOptions

    def __str__(self) -> str:
        return f"{self.name} in {self.ref.profile}, {self.address}"


def distinct(machines: Sequence[Machine]) -> list[Machine]:
    """Each machine once: two views of a profile may list the same one, at the same address with the same login."""
    found: dict[tuple[str, str, int | None, str], Machine] = {}
    for machine in machines:
        address = machine.address
        found.setdefault((machine.ref.profile, address.host, address.port, address.user), machine)
    return list(found.values())
