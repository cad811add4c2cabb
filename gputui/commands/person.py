"""The person at the terminal of a command, asked beside whatever its output is piped into."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gputui.commands.surroundings import Surroundings
from gputui.ssh.person import Nobody

if TYPE_CHECKING:
    from gputui.ssh.hosts import HostKeyQuestion


class TerminalPerson(Nobody):
    """Questions go to the controlling terminal; where there is none, every answer is a no."""

    def __init__(self, here: Surroundings) -> None:
        self._here = here

    async def trusts(self, question: HostKeyQuestion) -> bool:
        """First contact: show the fingerprint and take a typed yes."""
        shown = (
            f"{question.host} port {question.port} shows the unknown host key {question.kind} {question.fingerprint}"
        )
        from gputui.ssh.terminal import read_line

        self._here.say(shown)
        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            self._here.say(_NOBODY)
            return False
        try:
            os.write(terminal, b"Compare it with what the machine's owner says. Trust it from now on? (yes/no) ")
            return await read_line(terminal) == b"yes"
        finally:
            os.close(terminal)


_NOBODY = 'nobody can be asked; connect once from a terminal, or set host_keys = "accept-new" in the ssh table'
