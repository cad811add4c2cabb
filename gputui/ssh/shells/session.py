"""A session: one shell over one connection, shown on a terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.text import clean
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.session_result import EndReason, SessionResult, lasted, status_of_signal
from gputui.ssh.shells.attachment import DetachReason, show
from gputui.ssh.shells.shell import Shell, open_shell
from gputui.ssh.shells.terminal import Terminal


class Session:
    """A shell on a machine. It belongs to its connection; a terminal shows it only temporarily."""

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.connection = connection
        self._clock = clock
        self._started = clock()
        self._shell: Shell | None = None

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return self._clock() - self._started

    @property
    def unseen(self) -> int:
        """Bytes of output that no terminal has shown."""
        return self._shell.unseen if self._shell is not None else 0

    @property
    def last_line(self) -> str:
        """The last line of output, cleaned: usually a prompt and what was typed."""
        return self._shell.last_line() if self._shell is not None else ""

    async def open(self, terminal: Terminal) -> asyncio.Future[Exception | None]:
        """Open a shell for a terminal like `terminal`, without touching it; return a future that is done when it ends.

        Raises Failed if no shell can be opened.
        """
        if self._shell is None:
            self._shell = await open_shell(self.connection, terminal)
        return self._shell.closed

    async def run(self, terminal: Terminal, *, detachable: bool = False) -> SessionResult:
        """Take the terminal until the shell, the connection, the terminal or the person ends the session.

        If `detachable`, the person may also leave it: it stays alive and can be run again.
        Raises Failed, without touching the terminal, if no shell can be opened or `terminal` is not one.
        """
        if not terminal.is_terminal:
            raise Failed(Problem(Cause.INPUT, "a shell needs a terminal", "gputui ssh NAME -- COMMAND runs a command"))
        await self.open(terminal)
        assert self._shell is not None
        parting = await show(self._shell, terminal, detachable=detachable)
        if parting is DetachReason.HUNG_UP or parting is DetachReason.DISCONNECT:
            self._shell.close()
        return self._ending(parting, self._shell)

    @property
    def is_over(self) -> bool:
        """Whether its shell has ended."""
        return self._shell is not None and self._shell.closed.done()

    def close(self) -> None:
        """End the shell; the future of `open` gives the result."""
        if self._shell is not None:
            self._shell.close()

    def over(self) -> tuple[SessionResult, list[str]]:
        """Return the result and the last lines of a session that ended while no terminal showed it."""
        assert self._shell is not None
        return self._ending(DetachReason.CLOSED, self._shell), self._shell.last_words()

    def _ending(self, parting: DetachReason, shell: Shell) -> SessionResult:
        seconds = self.seconds
        if parting in _WORDS:
            return SessionResult(None, _WORDS[parting][0], seconds, _WORDS[parting][1])
        if shell.exit_status is not None:
            return SessionResult(shell.exit_status, f"exit status {shell.exit_status}", seconds)
        if shell.exit_signal:
            name = clean(shell.exit_signal)
            return SessionResult(status_of_signal(shell.exit_signal), f"killed by SIG{name}", seconds)
        why = clean(self.connection.why_lost()) or "the machine ended the connection"
        return SessionResult(None, f"connection lost after {lasted(seconds)}: {why}", seconds, EndReason.LOST)


_WORDS = {
    DetachReason.HUNG_UP: ("the terminal is gone", EndReason.HUNG_UP),
    DetachReason.DISCONNECT: ("disconnected", EndReason.DISCONNECTED),
    DetachReason.DETACH: ("detached", EndReason.DETACHED),
}
