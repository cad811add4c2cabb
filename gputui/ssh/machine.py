"""A machine that SSH reaches: which one it is, and where and how."""

from __future__ import annotations

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
