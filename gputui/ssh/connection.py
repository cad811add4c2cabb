"""A live SSH connection, its way there, and what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncssh

from gputui.core.text import lines_of
from gputui.ssh.address import Address
from gputui.ssh.gate import Gate

_LONGEST_BANNER = 8192
_PARTING = 2.0


class Watcher(asyncssh.SSHClient):
    """Hears what happens on one connection: shows the gate the host key, keeps the banner and the end."""

    def __init__(self, gate: Gate) -> None:
        self.banner = ""
        self.lost: Exception | None = None
        self._gate = gate

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """asyncssh: called for every plain host key that its own lists do not settle; they are empty."""
        return self._gate.admits(key.public_data)

    def begin_auth(self, username: str) -> None:
        """asyncssh: the key exchange is over, so the host holds the key it showed."""
        self._gate.proven = True

    def auth_banner_received(self, msg: str, lang: str) -> None:
        """asyncssh: text of the server before the login."""
        self.banner = (self.banner + msg)[:_LONGEST_BANNER]

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncssh: the end; None where it was orderly."""
        self.lost = exc


@dataclass(slots=True)
class Connection:
    """A connection that is logged in. `notice` is something a person should read; `before` is the jump host's."""

    address: Address
    ssh: asyncssh.SSHClientConnection
    watcher: Watcher
    before: Connection | None = None
    notice: str = ""

    @property
    def banner(self) -> list[str]:
        """What the server said before the login, cleaned line by line."""
        return lines_of(self.watcher.banner)

    @property
    def is_open(self) -> bool:
        """Whether sessions can still be opened on it."""
        return not self.ssh.is_closed()

    def why_lost(self) -> str:
        """Why the connection ended, in words; empty where it did not, or in good order."""
        error = self.watcher.lost
        if error is None:
            return self.before.why_lost() if self.before is not None else ""
        if "keepalive" in str(error):
            return "the machine stopped answering"
        return str(error) or type(error).__name__

    async def close(self) -> None:
        """Close it, and the jump hosts behind it; does not wait for a peer that is gone."""
        self.ssh.close()
        try:
            await asyncio.wait_for(self.ssh.wait_closed(), _PARTING)
        except TimeoutError:
            self.ssh.abort()
        if self.before is not None:
            await self.before.close()
