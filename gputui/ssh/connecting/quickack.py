"""Open a connection's first session without waiting for an acknowledgement that the kernel delays."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import asyncssh

_EVERY = 0.002
_TIMES = 30
"""Number of attempts; together slightly longer than the 40 ms by which Linux delays an acknowledgement."""


@contextlib.asynccontextmanager
async def tcp_quickack(connection: asyncssh.SSHClientConnection) -> AsyncIterator[None]:
    """Acknowledge incoming data immediately for the duration of the block.

    Until it knows that a session is interactive, sshd sends no second small packet before the first one (its list of
    host keys) is acknowledged. We have nothing to send then, so our kernel delays the acknowledgement by 40 ms.
    """
    acknowledging = asyncio.create_task(_acknowledge(connection.get_extra_info("socket")))
    try:
        yield
    finally:
        acknowledging.cancel()


async def _acknowledge(sock: socket.socket | None) -> None:
    option = getattr(socket, "TCP_QUICKACK", None)  # Linux only
    if sock is None or option is None:
        return
    with contextlib.suppress(OSError):
        for _ in range(_TIMES):
            # The option does not last: the kernel resets it after each send.
            sock.setsockopt(socket.IPPROTO_TCP, option, 1)
            await asyncio.sleep(_EVERY)
