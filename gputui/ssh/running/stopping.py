"""End a command on a machine: closing its channel alone would leave it running."""

from __future__ import annotations

import asyncio
import contextlib

import asyncssh

from gputui.ssh.connecting.connection import Connection
from gputui.ssh.failure import FAILURES

PATIENCE = 2.0

# OpenSSH takes no signals for root (without privilege separation: "session signalling requires privilege separation").
# Each command leads a process group and is a child of the process that serves the connection; so is this one.
# `exec` and single quotes mean the same in every shell, so sh gets this command from any login shell.
_END_ALL = (
    "exec sh -c 'ended=1; "
    "for child in $(cat /proc/$PPID/task/$PPID/children 2>/dev/null || pgrep -P $PPID); do "
    "[ $child != $$ ] && kill -TERM -$child 2>/dev/null && ended=0; "
    "done; exit $ended'"
)


async def stop(
    connection: Connection, channel: asyncssh.SSHClientChannel[bytes], ended: asyncio.Event, *, alone: bool
) -> None:
    """Terminate the command on `channel` and wait until it has `ended`, at most PATIENCE seconds.

    The channel stays open meanwhile: closing it would break the output of a command's cleanup and kill it there.

    If the command is `alone` on this connection, everything that runs over it gets SIGTERM. Otherwise the server is
    asked to send the signal, which many refuse.
    """
    with contextlib.suppress(*FAILURES):
        async with asyncio.timeout(PATIENCE):
            if not alone or not await _ended_all(connection):
                channel.send_signal("TERM")
            await ended.wait()


async def _ended_all(connection: Connection) -> bool:
    try:
        done = await connection.ssh.run(_END_ALL, stdin=asyncssh.DEVNULL, encoding=None)
    except asyncssh.ChannelOpenError:
        return False  # the machine allows one session a connection, and the command is that one
    return done.exit_status == 0
