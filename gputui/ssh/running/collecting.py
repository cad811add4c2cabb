"""One command on a machine, its output kept up to a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncssh

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.failure import FAILURES, problem_of
from gputui.ssh.running.stopping import stop
from gputui.ssh.session_result import status_of_signal

LONGEST_OUTPUT = 1 << 20
"""Bytes kept of each of the two outputs; what comes after them is counted and dropped."""

FLOOD = 16 << 20
"""Bytes after which a command is ended: it would go on for ever, and cost the other machines."""

_QUIET = 1.0


@dataclass(slots=True)
class Output:
    """What has come of a command so far; `status` is None until it ended by itself. After `flood` bytes it is ended.

    `begun` tells that it was started, `left` that it was to be ended but did not say that it has.
    """

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    cut: bool = False
    status: int | None = None
    seen: int = 0
    flood: int = FLOOD
    longest: int = LONGEST_OUTPUT
    begun: bool = False
    left: bool = False

    def add(self, data: bytes, kept: bytearray) -> None:
        """Keep what there is room for."""
        self.seen += len(data)
        room = self.longest - len(kept)
        if len(data) > room:
            self.cut = True
            data = data[:room]
        kept += data


async def collect(
    connection: Connection, command: str, output: Output, *, alone: Callable[[], bool] = lambda: False
) -> None:
    """Run `command` without a terminal and without input, into `output`, until it has ended.

    Raises Failed where it cannot be started, is lost, or floods. What is cancelled or floods is ended on the machine,
    too; for sure only where it is `alone` on the connection then. What it leaves running behind is not waited for.
    """
    session = _Session(output)
    try:
        channel, _ = await connection.ssh.create_session(lambda: session, command, encoding=None, request_pty=False)
        output.begun = True
        channel.write_eof()
        await session.ended.wait()
    except FAILURES as error:
        if output.status is None:
            raise Failed(problem_of(error, str(connection.address))) from None
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
    """Takes what comes on the channel. Streams and processes would cost a task or three for each machine."""

    def __init__(self, output: Output) -> None:
        self.ended = asyncio.Event()
        self.stopped = False
        self.exited = False
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._output = output
        self._closing: asyncio.TimerHandle | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """asyncssh: the channel is open; the command is not started yet."""
        self.channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """asyncssh: a piece of either output."""
        output = self._output
        output.add(data, output.out if datatype is None else output.err)
        if output.seen > output.flood:
            self._settle()
        elif self._closing is not None:
            self._wait_for_more()

    def exit_status_received(self, status: int) -> None:
        """asyncssh: how the command ended."""
        self._exited(status)

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        """asyncssh: it died by a signal."""
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
        """The channel outlives a command that left something running behind: once it is quiet, that is not awaited."""
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(_QUIET, self._settle)

    def _settle(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self.ended.set()
