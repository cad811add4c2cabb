"""Which of the sessions that were left `s` leads back into: by the row, at its address, the one left last first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine
from gputui.ui.ssh.detached import choices_of, detached_on

HERE = Machine(Ref("p", "nodes", "1"), "gpu-1", Address("10.0.0.1", 22), SshOptions())


@dataclass
class Service:
    """The part of the SSH service that is asked."""

    now: Machine | None = HERE
    entries: list[Any] = field(default_factory=list)

    def machine(self, _: Ref) -> Machine:
        if self.now is None:
            raise Failed(Problem(Cause.INPUT, "it is STOPPED"))
        return self.now


def entry(left_at: float | None = 1.0, machine: Machine = HERE, ending: object = None) -> Any:
    session = SimpleNamespace(last_line=f"line {left_at}")
    return SimpleNamespace(machine=machine, left_at=left_at, ending=ending, session=session)


def test_the_one_left_last_comes_first_and_those_that_ended_do_not_count() -> None:
    early, late, ended = entry(1.0), entry(2.0), entry(3.0, ending="lost")
    other = entry(4.0, replace(HERE, ref=Ref("p", "nodes", "2")))
    ssh = Service(entries=[early, ended, late, other])
    assert detached_on(ssh, HERE.ref) == [late, early]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "leads"),
    [
        (HERE, True),
        (None, True),
        (replace(HERE, name="renamed"), True),
        (replace(HERE, address=Address("10.0.0.9", 22)), False),
        (replace(HERE, address=Address("10.0.0.1", 2222)), False),
    ],
)
def test_a_session_at_an_address_that_the_machine_no_longer_has_is_another_machines(
    now: Machine | None, leads: bool
) -> None:
    ssh = Service(now, [entry()])
    assert bool(detached_on(ssh, HERE.ref)) is leads  # type: ignore[arg-type]


def test_each_is_told_by_its_last_line_and_another_one_comes_last() -> None:
    told = choices_of([entry(2.0), entry(1.0)], lambda one: 10 - (one.left_at or 0))
    assert [(one.value, one.label, one.note) for one in told] == [
        ("0", "left 8 s ago", "line 2.0"),
        ("1", "left 9 s ago", "line 1.0"),
        ("", "another session", ""),
    ]
