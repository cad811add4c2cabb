"""SSH to a Datenfab instance: the API gives a whole command line, of which only one exact form is accepted."""

from __future__ import annotations

import re

from gputui.core.provider import SshTarget
from gputui.core.secret import Secret
from gputui.providers.datenfab.client import Instance
from gputui.providers.datenfab.states import DELETING, RUNNING, STOPPED, phase

# Anything before, between or after (another option, a second command) makes it invalid.
_COMMAND = re.compile(r"ssh -p ?([0-9]{1,5}) ([A-Za-z_][A-Za-z0-9_.-]{0,31})@([A-Za-z0-9][A-Za-z0-9.-]{0,252})")
_HIGHEST_PORT = 65535
_OFF = (STOPPED, DELETING)
"""Its address may be another instance's by now."""


def target(instance: Instance) -> SshTarget | str:
    """Where to log in, or why not: the API gives an address while there is one, in whatever state."""
    body = instance.body
    ssh = body.servers.ssh if body.servers else None
    if phase(body.status) in _OFF or ((ssh is None or not ssh.address) and phase(body.status) != RUNNING):
        return f"state is {body.status}: SSH works while it is Running"
    if ssh is None or not ssh.address:
        return "the API gives no SSH address for this instance yet"
    found = parsed(ssh.address)
    if found is None:
        return f"the SSH address is not of the form `ssh -pPORT USER@HOST`: {ssh.address}"
    host, port, user = found
    return SshTarget(host, port, user, Secret(ssh.password) if ssh.password else None)


def address(instance: Instance) -> str:
    """`host:port` for a table; empty if there is none or it cannot be trusted."""
    ssh = instance.body.servers.ssh if instance.body.servers else None
    found = parsed(ssh.address) if ssh and ssh.address else None
    return f"{found[0]}:{found[1]}" if found else ""


def parsed(command: str) -> tuple[str, int, str] | None:
    """Host, port and user of `ssh -pPORT USER@HOST`, or None for anything else."""
    found = _COMMAND.fullmatch(command)
    if found is None or not 1 <= int(found[1]) <= _HIGHEST_PORT:
        return None
    return found[3], int(found[1]), found[2]
