"""A session: one shell over one connection, shown on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.text import clean
from gputui.ssh.attachment import Parting, show
from gputui.ssh.connection import Connection
from gputui.ssh.ending import Ending, How, status_of_signal
from gputui.ssh.shell import Shell, open_shell
from gputui.ssh.terminal import Terminal


class Session:
    """A shell on a machine. It belongs to its connection, not to the terminal that shows it for a while."""

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.connection = connection
        self._clock = clock
        self._started = clock()
        self._shell: Shell | None = None

    async def run(self, terminal: Terminal) -> Ending:
        """Own the terminal until the shell, the connection, the terminal or the person ends it.

        Raises Failed where no shell can be opened, or this is no terminal; then the terminal was not touched.
        """
        if not terminal.is_terminal:
            raise Failed(Problem(Cause.INPUT, "a shell needs a terminal", "gputui ssh NAME -- COMMAND runs a command"))
        if self._shell is None:
            self._shell = await open_shell(self.connection, terminal)
        parting = await show(self._shell, terminal)
        if parting is not Parting.CLOSED:
            self._shell.close()
        return self._ending(parting, self._shell)

    def _ending(self, parting: Parting, shell: Shell) -> Ending:
        seconds = self._clock() - self._started
        if parting is Parting.HUNG_UP:
            return Ending(None, "the terminal is gone", seconds, How.HUNG_UP)
        if parting is Parting.DISCONNECT:
            return Ending(None, "disconnected", seconds, How.DISCONNECTED)
        if shell.exit_status is not None:
            return Ending(shell.exit_status, f"exit status {shell.exit_status}", seconds)
        if shell.exit_signal:
            name = clean(shell.exit_signal)
            return Ending(status_of_signal(shell.exit_signal), f"killed by SIG{name}", seconds)
        reason = clean(self.connection.why_lost()) or "the machine ended the connection"
        return Ending(None, reason, seconds, How.LOST)
