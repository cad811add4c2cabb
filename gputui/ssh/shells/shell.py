"""A shell on a machine: lives by itself, whether or not a terminal shows it at the moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import asyncssh

from gputui.core.problem import Failed
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.quickack import tcp_quickack
from gputui.ssh.failure import FAILURES, problem_of
from gputui.ssh.shells.replay import Replay
from gputui.ssh.shells.terminal import Terminal

_MOST_IN_A_ROW = 1 << 20
_BREATH = 0.2
"""Seconds that a machine waits each time it has said so much to nobody: a flood must not cost the console a core."""


class Shell(asyncssh.SSHClientSession[bytes]):
    """The remote end: bytes both ways, its size, and its end.

    `was_shown`: a terminal has shown it before. `closed` gets None, or the error that ended the connection.
    `writable` is called when the machine, after falling behind, takes input again.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.closed: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.exit_status: int | None = None
        self.exit_signal = ""
        self.writable: Callable[[], None] = _nothing
        self.was_shown = False
        self._size = (columns, rows)
        self._sink: Callable[[bytes], None] | None = None
        self._replay = Replay()
        self._held = False
        self._flushing = False
        self._in_a_row = 0
        self._breath: asyncio.TimerHandle | None = None
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None

    @property
    def unseen(self) -> int:
        """Bytes of output that came while no terminal showed the shell."""
        return self._replay.unseen

    def attach(self, sink: Callable[[bytes], None], rows: int) -> None:
        """Give output to `sink` from now on; first what brings a clean one of so many rows up to date."""
        self._catch_breath()
        sink(self._replay.take(rows) if self.was_shown else self._replay.begin())
        self._sink = sink
        self._read_or_wait()

    def detach(self, unsent: bytes = b"") -> None:
        """Keep the output to oneself again, `unsent` too, which the sink never got out; do not hold the machine up."""
        self._replay.unshow(unsent)
        self._sink = None
        self.was_shown = True
        self.writable = _nothing
        self.hold(False)

    def last_line(self) -> str:
        """Its last line, cleaned."""
        return self._replay.last_line()

    def last_words(self) -> list[str]:
        """The last lines of a shell that is over, cleaned."""
        return self._replay.last_words()

    def hold(self, wanted: bool) -> None:
        """Take no more output for now (the machine then has to wait), or take it again."""
        self._held = wanted
        self._read_or_wait()

    def _read_or_wait(self) -> None:
        if self._channel is None or self._flushing:
            return
        if not self._waits:
            # All that asyncssh has kept back is taken, however full we get by it: with the first piece of it the
            # machine may already send as much again (its window), so what is left behind would grow for ever.
            self._flushing = True
            try:
                self._channel.resume_reading()
            finally:
                self._flushing = False
        if self._waits:
            self._channel.pause_reading()

    @property
    def _waits(self) -> bool:
        return self._held or self._breath is not None

    def send(self, data: bytes) -> None:
        """Type these bytes; nothing once the shell is over."""
        if self._channel is not None and data:
            with contextlib.suppress(OSError):
                self._channel.write(data)

    @property
    def unsent(self) -> int:
        """Bytes typed that the machine does not take yet."""
        return self._channel.get_write_buffer_size() if self._channel is not None else 0

    def resize(self, columns: int, rows: int) -> None:
        """Tell the machine the size of the terminal, where it is another one."""
        if self._channel is not None and (columns, rows) != self._size:
            self._size = (columns, rows)
            with contextlib.suppress(OSError):
                self._channel.change_terminal_size(columns, rows)

    def close(self) -> None:
        """End the shell."""
        if self._channel is not None:
            self._channel.abort()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """asyncssh: the channel stands."""
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """asyncssh: output."""
        if self._sink is not None:
            self._replay.show(data)
            self._sink(data)
            return
        self._replay.miss(data)
        self._in_a_row += len(data)
        if self._in_a_row > _MOST_IN_A_ROW and self._breath is None:
            self._breath = asyncio.get_running_loop().call_later(_BREATH, self._breathe_out)
            self._read_or_wait()

    def _breathe_out(self) -> None:
        self._catch_breath()
        self._read_or_wait()

    def _catch_breath(self) -> None:
        self._in_a_row = 0
        if self._breath is not None:
            self._breath.cancel()
            self._breath = None

    def resume_writing(self) -> None:
        """asyncssh: the machine took what was waiting."""
        self.writable()

    def exit_status_received(self, status: int) -> None:
        """asyncssh: the shell has exited."""
        self.exit_status = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        """asyncssh: the shell was killed."""
        self.exit_signal = signal

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncssh: the channel is closed, in order or not."""
        self._catch_breath()
        self._channel = None
        if not self.closed.done():
            self.closed.set_result(exc)


async def open_shell(connection: Connection, terminal: Terminal) -> Shell:
    """Open a shell whose terminal is like this one. Raises Failed."""
    columns, rows = terminal.size()
    shell = Shell(columns, rows)
    try:
        async with tcp_quickack(connection.ssh):
            await connection.ssh.create_session(
                lambda: shell,
                request_pty="force",
                term_type=terminal.term or "dumb",
                term_size=(columns, rows),
                term_modes=terminal.modes(),
                encoding=None,
            )
    except FAILURES as error:
        raise Failed(problem_of(error, str(connection.address))) from None
    return shell


def _nothing() -> None:
    """Nobody waits."""
