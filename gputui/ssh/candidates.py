"""Rows that SSH may reach, and which of them a name means: the same for the command line and the console."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from gputui.core.naming import did_you_mean, matches_name
from gputui.core.problem import Failed
from gputui.core.provider import View
from gputui.core.rows import Row
from gputui.core.ssh_options import SshOptions
from gputui.ssh.machine import Machine, distinct, machine_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that a name may mean, with its view and the SSH options of its profile."""

    row: Row
    view: View[Any, Any]
    options: SshOptions

    def machine(self) -> Machine:
        """Return the machine behind the row. Raises Failed if the row has no SSH target."""
        return machine_of(self.row, self.view, self.options)

    @property
    def place(self) -> Hashable:
        """A key that is equal for two rows of one machine; a row without an SSH target has a key of its own."""
        try:
            return self.machine().place
        except Failed:
            return self.row.ref

    @property
    def full_name(self) -> str:
        """The unambiguous name of the row: `profile/id`."""
        return f"{self.row.ref.profile}/{self.row.ref.id}"


@dataclass(frozen=True, slots=True)
class NotOne:
    """Why a name does not mean exactly one machine, and the candidates it matches."""

    reason: str
    several: tuple[Candidate, ...] = ()


def named(candidates: Iterable[Candidate], name: str, *, whole: bool) -> Candidate | NotOne:
    """Return the one machine called `name`, by name, id, `profile/name` or `profile/id`.

    `whole` is True if all lists could be read; otherwise other machines could have the same name.
    """
    among = list(candidates)
    # Rows of one login lead to one shell, whichever of them is meant.
    found = distinct((one for one in among if matches_name(one.row, name)), lambda one: one.place)
    if len(found) == 1:
        return found[0]
    if found:
        return NotOne(f"{len(found)} machines are called {name}; say which, as profile/id", tuple(found))
    limits = "" if whole else " among those that could be read"
    return NotOne(f"no machine{limits} is called {name}{did_you_mean(name, {one.row.name for one in among})}")
