"""Which failures of several machines are equal: those whose texts differ only in the machine's own address."""

from __future__ import annotations

import re

from gputui.core.problem import Problem
from gputui.ssh.machine import Machine

_SSH_PORT = 22


def without_address(problem: Problem, machine: Machine) -> str:
    """Return a problem's text with the machine's own address, as user, host and port or a part of these, left out."""
    address = machine.address
    host, port = re.escape(address.host), address.port or _SSH_PORT
    where = rf"(?:[\w.-]+@)?(?:\[{host}\]|{host})(?::{port}| port {port})?"
    return re.sub(rf"(?<![\w.:-]){where}(?![\w-]|[.:]\w)", "the machine", str(problem))
