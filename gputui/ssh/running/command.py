"""Run one command on a machine: bytes are streamed through and the exit status is returned."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncssh

from gputui.ssh.connecting.connection import ALL_THERE_IS, Connection
from gputui.ssh.failure import FAILURES, failed_of
from gputui.ssh.run_in_thread import run_in_thread
from gputui.ssh.session_result import NOT_CONNECTED, status_of_signal

Sink = Callable[[bytes], Awaitable[None]]
"""Takes a piece of output; the command waits until it returns."""

_PIECE = 65536


async def run_command(
    connection: Connection,
    command: str,
    *,
    stdout: Sink,
    stderr: Sink,
    stdin: AsyncIterator[bytes] | None = None,
) -> int:
    """Run `command` (one string for the remote shell) without a terminal and return its exit status.

    Returns 128 + n for a death by signal, 255 if the connection ended first. Raises Failed if it cannot be started, and
    what the sinks raise (BrokenPipeError: the reader is gone and the command is ended).
    """
    try:
        process = await connection.ssh.create_process(command, encoding=None, request_pty=False)
    except FAILURES as error:
        raise failed_of(error, str(connection.address)) from None
    feeding = asyncio.create_task(_feed(process, stdin))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_drain(process.stdout, stdout))
            group.create_task(_drain(process.stderr, stderr))
        await process.wait_closed()
    except ExceptionGroup as group_of_errors:
        raise group_of_errors.exceptions[0] from None
    finally:
        feeding.cancel()
        process.close()
    if process.exit_signal is not None:
        return status_of_signal(process.exit_signal[0])
    return process.exit_status if process.exit_status is not None else NOT_CONNECTED


async def _drain(source: asyncssh.SSHReader[bytes], sink: Sink) -> None:
    while True:
        try:
            data = await source.read(ALL_THERE_IS)
        except asyncssh.Error:
            return
        if not data:
            return
        await sink(data)


async def _feed(process: asyncssh.SSHClientProcess[bytes], stdin: AsyncIterator[bytes] | None) -> None:
    # The command may exit, or close its input, before it has read everything: that is not an error.
    with contextlib.suppress(OSError, asyncssh.Error):
        # Input that can no longer be read counts as ended: the command must not wait for more.
        with contextlib.suppress(OSError):
            if stdin is not None:
                await _carry(stdin, process.stdin)
        process.stdin.write_eof()


async def _carry(source: AsyncIterator[bytes], into: asyncssh.SSHWriter[bytes]) -> None:
    async for data in source:
        into.write(data)
        await into.drain()


def to_descriptor(fd: int) -> Sink:
    """Return a sink that writes to a file, a pipe or a terminal without blocking the loop."""

    async def write(data: bytes) -> None:
        await run_in_thread(lambda: _write_all(fd, data))

    return write


async def from_descriptor(fd: int) -> AsyncIterator[bytes]:
    """Read a descriptor to its end, in a thread, as epoll does not support regular files."""
    while data := await run_in_thread(lambda: os.read(fd, _PIECE)):
        yield data


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def exit_status_of(error: OSError) -> int:
    """Return the exit status for a failed sink: that of SIGPIPE if the reader has gone, otherwise 1."""
    return 128 + signal.SIGPIPE if isinstance(error, BrokenPipeError) else 1
