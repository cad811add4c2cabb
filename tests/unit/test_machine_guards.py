"""The last look before SSH goes anywhere: a row that is lost, that is no machine, or that another program enters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gputui.core.health import Health
from gputui.core.problem import Cause, Failed
from gputui.core.provider import SshTarget, View
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.engine.fleet import LOST
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine, NoWayIn, for_command, machine_of
from tests.toy import NODES

REF = Ref("lab", "nodes", "1")
MACHINE = Machine(REF, "gpu-1", Address("10.0.0.1", 22, "root"), SshOptions())
ROW = Row(REF, "gpu-1", "RUNNING", Health.OK, (), item="10.0.0.1")
VIEW: View[Any, Any] = replace(NODES, ssh=lambda item: SshTarget(item, 22, "root"))


def test_a_command_runs_on_a_machine_whose_row_is_there() -> None:
    assert for_command(ROW, MACHINE) is MACHINE
    assert for_command(None, MACHINE) is MACHINE


def test_no_command_runs_on_a_machine_that_its_list_has_lost() -> None:
    """The address is still known, and may be another machine's by now."""
    with pytest.raises(NoWayIn) as refused:
        for_command(replace(ROW, withheld=LOST), MACHINE)
    assert (refused.value.problem.text, refused.value.problem.cause) == (LOST, Cause.INPUT)


def test_no_command_runs_where_ssh_is_another_programs() -> None:
    machine = replace(MACHINE, options=SshOptions(command="tsh ssh"))
    with pytest.raises(Failed) as refused:
        for_command(ROW, machine)
    assert refused.value.problem.cause is Cause.CONFIG


def test_an_entry_that_cannot_be_read_leads_nowhere_and_its_provider_is_not_asked() -> None:
    def never(item: Any) -> SshTarget:
        raise AssertionError("asked about nothing")

    with pytest.raises(NoWayIn):
        machine_of(replace(ROW, item=None), replace(VIEW, ssh=never), SshOptions())


@pytest.mark.parametrize(("absent", "words"), [({}, "nodes have no SSH"), ({"ssh": "ask the owner"}, "ask the owner")])
def test_a_list_without_ssh_says_so(absent: dict[str, str], words: str) -> None:
    view: View[Any, Any] = replace(NODES, ssh=None, absent=absent)
    with pytest.raises(NoWayIn) as refused:
        machine_of(ROW, view, SshOptions())
    assert refused.value.problem.text == words


def test_a_machine_is_where_its_provider_says() -> None:
    assert machine_of(ROW, VIEW, SshOptions()) == MACHINE
