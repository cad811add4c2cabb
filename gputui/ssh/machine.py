"""A machine that SSH reaches: which one it is, where and how; the one way from a row to it."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from gputui.core.actions import KnownVerb
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import SshTarget, View
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address, resolve

HANDED_OVER = "its profile hands over to OpenSSH (ssh.command), which takes one machine at a time"
"""Why such a machine is left out wherever connections of our own are needed."""
_log = logging.getLogger(__name__)


class NoWayIn(Failed):
    """There is no SSH to a row, and its provider says why."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine as a person pointed at it; `address` is checked, `options` are those of its profile."""

    ref: Ref
    name: str
    address: Address
    options: SshOptions

    def __str__(self) -> str:
        return f"{self.name} in {self.ref.profile}, {self.address}"

    @property
    def place(self) -> Hashable:
        """What two rows share that are one machine: the profile, the address and the login."""
        return self.ref.profile, self.address.host, self.address.port, self.address.user


def machine_of(row: Row, view: View[Any, Any], options: SshOptions) -> Machine:
    """The machine behind a row, with the SSH options of its profile. Raises Failed where SSH leads to none."""
    target = _target(row, view)
    return Machine(row.ref, row.name, resolve(target, options), options)


def _target(row: Row, view: View[Any, Any]) -> SshTarget:
    if row.item is None:
        raise _refused("this entry cannot be read")
    if view.ssh is None:
        raise _refused(view.absent.get(KnownVerb.SSH, f"{view.title.lower()} have no SSH"))
    try:
        target = view.ssh(row.item)
    except Exception as error:  # noqa: BLE001 - a stranger's provider costs its own machines only
        _log.exception("a provider failed at saying how %s is reached", row.name)
        raise Failed(Problem(Cause.BUG, f"{view.name}: {type(error).__name__}")) from None
    if isinstance(target, SshTarget):
        return target
    raise _refused(str(target))


def _refused(text: str) -> NoWayIn:
    return NoWayIn(Problem(Cause.INPUT, text))


def distinct(machines: Sequence[Machine]) -> list[Machine]:
    """Each machine once: two views of a profile may list the same one, at the same address with the same login."""
    found: dict[Hashable, Machine] = {}
    for machine in machines:
        found.setdefault(machine.place, machine)
    return list(found.values())
