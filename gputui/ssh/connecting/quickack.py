"""The first session of a connection opened without waiting for an acknowledgement that the kernel holds back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import asyncssh

_EVERY = 0.002
_TIMES = 30
"""Together a little longer than the 40 ms by which Linux holds an acknowledgement back."""


@contextlib.asynccontextmanager
async def tcp_quickack(connection: asyncssh.SSHClientConnection) -> AsyncIterator[None]:
    """Acknowledge at once what arrives in the block.

    Before it knows that a session is interactive, sshd sends no second small packet until the first one (its list of
    host keys) is acknowledged. We have nothing to say at that moment, so our kernel waits 40 ms, and so does everybody.
    """
    acknowledging = asyncio.create_task(_acknowledge(connection.get_extra_info("socket")))
    try:
        yield
    finally:
        acknowledging.cancel()


async def _acknowledge(sock: socket.socket | None) -> None:
    option = getattr(socket, "TCP_QUICKACK", None)  # Linux has it
    if sock is None or option is None:
        return
    with contextlib.suppress(OSError):
        for _ in range(_TIMES):
            # It does not last: whatever is sent puts the kernel back into its habit.
            sock.setsockopt(socket.IPPROTO_TCP, option, 1)
            await asyncio.sleep(_EVERY)
