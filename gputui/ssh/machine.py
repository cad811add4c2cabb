"""A machine that SSH reaches: which one, its address and options; the one way from a row to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from gputui.core.actions import KnownVerb
from gputui.core.prechecks import UNREADABLE
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import SshTarget, View
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address, resolve

_HANDED_OVER = "its profile hands over to OpenSSH (ssh.command), so gputui makes no connection of its own"
_TOGETHER = "leave ssh.command out of a profile whose machines are to run commands together"
_log = logging.getLogger(__name__)
T = TypeVar("T")


class NoWayIn(Failed):
    """A row has no SSH access, and its provider says why."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that the user selected; `address` is checked, `options` are those of its profile."""

    ref: Ref
    name: str
    address: Address
    options: SshOptions

    def __str__(self) -> str:
        return f"{self.name} in {self.ref.profile}, {self.address}"

    @property
    def place(self) -> Hashable:
        """A key for the login: the profile, the address and the user."""
        return self.ref.profile, self.address.host, self.address.port, self.address.user

    @property
    def identity(self) -> Hashable:
        """A key that is equal for two rows of one machine, which two views of a profile list by the same id."""
        return self.ref.id, self.place

    def connectable(self, remedy: str = _TOGETHER) -> Machine:
        """Return this machine for a connection of our own. Raises Failed if its profile hands SSH over to OpenSSH."""
        if self.options.command:
            raise Failed(Problem(Cause.CONFIG, _HANDED_OVER, remedy))
        return self


def machine_of(row: Row, view: View[Any, Any], options: SshOptions) -> Machine:
    """Return the machine behind a row, with its profile's SSH options. Raises Failed if the row has no SSH target."""
    target = _target(row, view)
    return Machine(row.ref, row.name, resolve(target, options), options)


def for_command(row: Row | None, machine: Machine) -> Machine:
    """Return the machine behind `row` to run a command on.

    Raises Failed if the row may be gone, or if its profile hands SSH over to OpenSSH.
    """
    if row is not None and row.withheld:
        raise _refused(row.withheld)
    return machine.connectable()


def _target(row: Row, view: View[Any, Any]) -> SshTarget:
    if row.item is None:
        raise _refused(UNREADABLE)
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


def distinct(several: Iterable[T], key: Callable[[T], Hashable]) -> list[T]:
    """Return the first of those with an equal key."""
    found: dict[Hashable, T] = {}
    for one in several:
        found.setdefault(key(one), one)
    return list(found.values())


def distinct_machines(several: Iterable[Machine]) -> list[Machine]:
    """Return each machine once: two views of a profile may list it, with the same id, address and login."""
    return distinct(several, lambda machine: machine.identity)
