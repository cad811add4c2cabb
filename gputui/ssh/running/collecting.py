"""Run one command on a machine and keep its output up to a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncssh

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.failure import FAILURES, failed_of
from gputui.ssh.running.stopping import stop
from gputui.ssh.session_result import status_of_signal

LONGEST_OUTPUT = 1 << 20
"""Bytes kept of stdout and of stderr; the rest is counted and dropped."""

FLOOD = 16 << 20
"""Bytes after which a command is ended: it could run forever at the cost of other machines."""

_QUIET = 1.0


@dataclass(slots=True)
class Output:
    """The output of a command so far; `status` is None until it exits by itself. It is ended after `flood` bytes.

    `address` is where it runs, with the user in the end; `begun` is True once it was started, `left` if ending it was
    requested but not confirmed.
    """

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    cut: bool = False
    status: int | None = None
    seen: int = 0
    flood: int = FLOOD
    longest: int = LONGEST_OUTPUT
    address: str = ""
    begun: bool = False
    left: bool = False

    def add(self, data: bytes, kept: bytearray) -> None:
        """Keep as much of `data` as fits."""
        self.seen += len(data)
        room = self.longest - len(kept)
        if len(data) > room:
            self.cut = True
            data = data[:room]
        kept += data


async def collect(
    connection: Connection, command: str, output: Output, *, alone: Callable[[], bool] = lambda: False
) -> None:
    """Run `command` into `output`, without a terminal or input, until it exits.

    Raises Failed if it cannot be started, its connection is lost, or it floods. A cancelled or flooding command is
    ended on the machine, but reliably only if it is `alone` on the connection. Background processes it leaves are not
    awaited.
    """
    output.address = str(connection.address)
    session = _Session(output)
    try:
        channel, _ = await connection.ssh.create_session(lambda: session, command, encoding=None, request_pty=False)
        output.begun = True
        channel.write_eof()
        await session.ended.wait()
    except FAILURES as error:
        if output.status is None:
            raise failed_of(error, str(connection.address)) from None
    finally:
        if session.channel is not None:
            if output.status is None and connection.is_open:
                session.stopped = True
                await stop(connection, session.channel, session.ended, alone=alone())
                output.left = not session.exited
            session.channel.close()
    if output.status is None:
        raise Failed(_why(connection, output))


def _why(connection: Connection, output: Output) -> Problem:
    if output.seen > output.flood:
        ended = "did not end when told to, and may still run there" if output.left else "was stopped"
        text = f"{connection.address} put out more than {output.flood >> 10} KiB and {ended}"
        return Problem(Cause.REPLY, text, "let the command say less")
    why = connection.why_lost() or "the connection ended before the command did"
    return Problem(Cause.NETWORK, f"{connection.address}: {why}")


class _Session(asyncssh.SSHClientSession[bytes]):
    """Receives the channel's data. Streams or processes would need up to three tasks per machine."""

    def __init__(self, output: Output) -> None:
        self.ended = asyncio.Event()
        self.stopped = False
        self.exited = False
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._output = output
        self._closing: asyncio.TimerHandle | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """asyncssh: the channel is open; the command has not started."""
        self.channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """asyncssh: data of stdout or stderr."""
        output = self._output
        output.add(data, output.out if datatype is None else output.err)
        if output.seen > output.flood:
            self._settle()
        elif self._closing is not None:
            self._wait_for_more()

    def exit_status_received(self, status: int) -> None:
        """asyncssh: the command has exited."""
        self._exited(status)

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        """asyncssh: the command was killed by a signal."""
        self._exited(status_of_signal(signal))

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncssh: the channel is closed."""
        self._settle()

    def _exited(self, status: int) -> None:
        self.exited = True
        if not self.stopped:
            self._output.status = status
        self._wait_for_more()

    def _wait_for_more(self) -> None:
        """Wait until the channel is quiet: it stays open while a command's background process runs."""
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(_QUIET, self._settle)

    def _settle(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self.ended.set()
