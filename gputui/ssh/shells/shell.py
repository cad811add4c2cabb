"""A shell on a machine, which runs whether or not a terminal shows it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import asyncssh

from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.quickack import tcp_quickack
from gputui.ssh.failure import FAILURES, failed_of
from gputui.ssh.shells.replay import Replay
from gputui.ssh.shells.terminal import Terminal

_MOST_IN_A_ROW = 1 << 20
_BREATH = 0.2
"""Seconds to pause a machine after much output that nobody sees: a flood must not cost the console a core."""


class Shell(asyncssh.SSHClientSession[bytes]):
    """The client side of a remote shell: input, output, window size and end.

    `was_shown` is True once a terminal has shown it. `closed` gets None, or the error that ended the connection.
    `writable` is called when the machine accepts input again after falling behind.
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
        """Bytes of output that no terminal has shown."""
        return self._replay.unseen

    def attach(self, sink: Callable[[bytes], None], rows: int) -> None:
        """Send output to `sink` from now on, starting with what restores the state on a clean screen of `rows` rows."""
        self._catch_breath()
        sink(self._replay.take(rows) if self.was_shown else self._replay.begin())
        self._sink = sink
        self._read_or_wait()

    def detach(self, unsent: bytes = b"") -> None:
        """Record output again, including `unsent`, which the sink never wrote; do not hold the machine up."""
        self._replay.unshow(unsent)
        self._sink = None
        self.was_shown = True
        self.writable = _nothing
        self.hold(False)

    def last_line(self) -> str:
        """The last line of output, cleaned."""
        return self._replay.last_line()

    def last_words(self) -> list[str]:
        """Return the last lines of an ended shell, cleaned."""
        return self._replay.last_words()

    def hold(self, wanted: bool) -> None:
        """Pause reading output (the machine then has to wait), or resume it."""
        self._held = wanted
        self._read_or_wait()

    def _read_or_wait(self) -> None:
        if self._channel is None or self._flushing:
            return
        if not self._waits:
            # All of asyncssh's buffer is taken, even if that exceeds our limit: after the first piece of it the machine
            # may send a whole window more, so a remainder would grow forever.
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
        """Send input to the shell; ignored once it has ended."""
        if self._channel is not None and data:
            with contextlib.suppress(OSError):
                self._channel.write(data)

    @property
    def unsent(self) -> int:
        """Bytes of input that the machine has not accepted yet."""
        return self._channel.get_write_buffer_size() if self._channel is not None else 0

    def resize(self, columns: int, rows: int) -> None:
        """Send the terminal's size to the machine if it has changed."""
        if self._channel is not None and (columns, rows) != self._size:
            self._size = (columns, rows)
            with contextlib.suppress(OSError):
                self._channel.change_terminal_size(columns, rows)

    def close(self) -> None:
        """End the shell."""
        if self._channel is not None:
            self._channel.abort()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """asyncssh: the channel is open."""
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """asyncssh: output of the shell."""
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
        """asyncssh: the machine accepted the waiting input."""
        self.writable()

    def exit_status_received(self, status: int) -> None:
        """asyncssh: the shell has exited."""
        self.exit_status = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        """asyncssh: the shell was killed."""
        self.exit_signal = signal

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncssh: the channel is closed, in good order or not."""
        self._catch_breath()
        self._channel = None
        if not self.closed.done():
            self.closed.set_result(exc)


async def open_shell(connection: Connection, terminal: Terminal) -> Shell:
    """Open a shell for a terminal like `terminal`. Raises Failed."""
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
        raise failed_of(error, str(connection.address)) from None
    return shell


def _nothing() -> None:
    """Do nothing: the default callback."""
