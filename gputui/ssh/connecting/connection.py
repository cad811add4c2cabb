"""A live SSH connection with its jump hosts, and why it ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncssh

from gputui.core.text import lines_of
from gputui.ssh.address import Address
from gputui.ssh.connecting.watcher import Watcher
from gputui.ssh.failure import words_of

ALL_THERE_IS = 8 << 20
"""Bytes to request from a channel's reader. As soon as asyncssh hands out the first piece of its buffer, it lets the
machine send a whole window (2 MB) more, so a slow consumer that reads in pieces would let the buffer grow forever."""
_PARTING = 2.0


@dataclass(slots=True)
class Connection:
    """A logged-in connection; `before` is the connection to the jump host.

    `said` is the text that the server sent at the login without a prompt.
    """

    address: Address
    ssh: asyncssh.SSHClientConnection
    watcher: Watcher
    before: Connection | None = None
    said: tuple[str, ...] = ()

    @property
    def banner(self) -> list[str]:
        """The servers' text from before and during the login, the jump host's first, cleaned, line by line."""
        before = self.before.banner if self.before is not None else []
        return [*before, *lines_of(self.watcher.banner), *self.said]

    @property
    def is_open(self) -> bool:
        """Whether sessions can still be opened."""
        return not self.ssh.is_closed()

    def why_lost(self) -> str:
        """Why the connection was lost; empty if it is open or ended in good order."""
        error = self.watcher.lost
        if error is None:
            return self.before.why_lost() if self.before is not None else ""
        if "keepalive" in str(error):
            return "the machine stopped answering"
        return words_of(error)

    async def close(self) -> None:
        """Close the connection and its jump hosts; does not wait for a peer that is gone."""
        self.ssh.close()
        try:
            await asyncio.wait_for(self.ssh.wait_closed(), _PARTING)
        except TimeoutError:
            self.ssh.abort()
        if self.before is not None:
            await self.before.close()
