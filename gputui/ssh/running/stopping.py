"""Ending a command on a machine for good: closing its channel alone leaves it running there."""

from __future__ import annotations

import asyncio
import contextlib

import asyncssh

from gputui.ssh.connecting.connection import Connection
from gputui.ssh.failure import FAILURES

PATIENCE = 2.0

# OpenSSH takes no signals for a root (no privilege separation, "session signalling requires privilege separation").
# Each command it runs leads a process group and is a child of the process that serves the connection; so is this one.
# `exec` and single quotes are the same in every shell, so whatever the login shell is, sh gets it.
_END_ALL = (
    "exec sh -c 'ended=1; "
    "for child in $(cat /proc/$PPID/task/$PPID/children 2>/dev/null || pgrep -P $PPID); do "
    "[ $child != $$ ] && kill -TERM -$child 2>/dev/null && ended=0; "
    "done; exit $ended'"
)


async def stop(
    connection: Connection, channel: asyncssh.SSHClientChannel[bytes], ended: asyncio.Event, *, alone: bool
) -> None:
    """Have the command on `channel` terminated, and wait until it has `ended`, PATIENCE seconds at most.

    Whoever closed the channel at once would take from it what it writes to while it cleans up, and kill it there.

    `alone` says that nothing else goes on over this connection: then everything it runs there gets SIGTERM. Else the
    server is asked to send it, which many refuse.
    """
    with contextlib.suppress(*FAILURES):
        async with asyncio.timeout(PATIENCE):
            if not alone or not await _ended_all(connection):
                channel.send_signal("TERM")
            await ended.wait()


async def _ended_all(connection: Connection) -> bool:
    done = await connection.ssh.run(_END_ALL, stdin=asyncssh.DEVNULL, encoding=None)
    return done.exit_status == 0
