"""Equal failures of several machines: the machine's own address does not make a difference, nothing else is lost."""

from __future__ import annotations

import pytest

from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine
from gputui.ssh.same_failure import without_address


@pytest.mark.parametrize(
    ("address", "text", "left"),
    [
        (Address("10.0.0.1"), "10.0.0.1 does not answer", "the machine does not answer"),
        (Address("10.0.0.1", 2222), "nothing listens at root@10.0.0.1:2222", "nothing listens at the machine"),
        (Address("10.0.0.1", 2222, "ops"), "ops@10.0.0.1:2222: closed", "the machine: closed"),
        (Address("10.0.0.1"), "the host key of 10.0.0.1 port 22 is unknown", "the host key of the machine is unknown"),
        (Address("2001:db8::7", 2222), "root@[2001:db8::7]:2222 closed", "the machine closed"),
        (Address("gpu7.example"), "gpu7.example: Name or service not known", "the machine: Name or service not known"),
        (Address("gpu7.example"), "at gpu7.example.", "at the machine."),
        (Address("10.0.0.1"), "10.0.0.12 and 110.0.0.1 stay", "10.0.0.12 and 110.0.0.1 stay"),
        (Address("gpu7"), "gpu7.example and my-gpu7 stay", "gpu7.example and my-gpu7 stay"),
        (Address("10.0.0.1", 22), "10.0.0.1:2222 is another port", "10.0.0.1:2222 is another port"),
    ],
)
def test_the_address_of_the_machine_is_left_out(address: Address, text: str, left: str) -> None:
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address, SshOptions())
    assert without_address(Problem(Cause.NETWORK, text), machine) == f"unreachable: {left}"
