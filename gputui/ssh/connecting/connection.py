"""A live SSH connection with its jump hosts, and why it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncssh
from asyncssh.auth import KbdIntPrompts, PasswordChangeResponse

from gputui.core.text import clean, lines_of
from gputui.ssh.address import Address
from gputui.ssh.credentials.login import Login
from gputui.ssh.failure import words_of
from gputui.ssh.trust.verifier import HostKeyVerifier

ALL_THERE_IS = 8 << 20
"""Bytes to request from a channel's reader. As soon as asyncssh hands out the first piece of its buffer, it lets the
machine send a whole window (2 MB) more, so a slow consumer that reads in pieces would let the buffer grow forever."""
_LONGEST_BANNER = 8192
_PARTING = 2.0


class Watcher(asyncssh.SSHClient):
    """Callbacks of one connection: passes the host key to the verifier, answers the login, keeps the reason of the end.

    asyncssh requests credentials only after the key exchange, so after the host key was verified.
    """

    def __init__(self, gate: HostKeyVerifier, login: Login) -> None:
        self.banner = ""
        self.lost: Exception | None = None
        self._gate = gate
        self._login = login
        self._ssh: asyncssh.SSHClientConnection | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """asyncssh: the transport is connected."""
        self._ssh = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """asyncssh: called for every plain host key that its own lists do not decide on; they are empty."""
        return self._gate.admits(key.public_data)

    def begin_auth(self, username: str) -> None:
        """asyncssh: the key exchange is complete, so the host has proved that it holds the key."""
        self._gate.proven = True

    def public_key_auth_requested(self) -> None:
        """asyncssh: asks for another key; there are none left."""
        self._note_methods()

    async def password_auth_requested(self) -> str | None:
        """asyncssh: the server accepts a password."""
        self._note_methods()
        return await self._login.password()

    def password_change_requested(self, prompt: str, lang: str) -> PasswordChangeResponse:
        """asyncssh: the password has expired. It can be changed in an OpenSSH session, not here."""
        self._login.must_change = True
        return NotImplemented  # type: ignore[no-any-return]  # how asyncssh is told no

    def kbdint_auth_requested(self) -> str | None:
        """asyncssh: the server offers keyboard-interactive."""
        self._note_methods()
        return "" if self._login.interactive() else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: KbdIntPrompts
    ) -> Sequence[str] | None:
        """asyncssh: one round of its prompts; None moves on to the next method."""
        return await self._login.challenged(name, instructions, prompts)

    def auth_banner_received(self, msg: str, lang: str) -> None:
        """asyncssh: a banner from the server before the login."""
        self.banner = (self.banner + msg)[:_LONGEST_BANNER]

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncssh: the connection ended; None means in good order."""
        self.lost = exc

    def _note_methods(self) -> None:
        if self._ssh is None:
            return
        methods = tuple(clean(method) for method in self._ssh.get_server_auth_methods())
        # asyncssh removes the methods it has tried from its list, so the longest list counts.
        if not set(methods) <= set(self._login.takes):
            self._login.takes = methods


@dataclass(slots=True)
class Connection:
    """A logged-in connection. `notice` is a message for the user; `before` is the connection to the jump host.

    `said` is the text that the server sent at the login without a prompt.
    """

    address: Address
    ssh: asyncssh.SSHClientConnection
    watcher: Watcher
    before: Connection | None = None
    notice: str = ""
    said: tuple[str, ...] = ()

    @property
    def banner(self) -> list[str]:
        """The server's text from before and during the login, cleaned, line by line."""
        return [*lines_of(self.watcher.banner), *self.said]

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
