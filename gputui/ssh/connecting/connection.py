"""A live SSH connection, its way there, and what became of it."""

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
"""Bytes to ask a channel's reader for. With the first piece that asyncssh hands out of what it has kept back, it lets
the machine send as much again (2 MB, the window): taken piece by piece for somebody slow, the rest grows for ever."""
_LONGEST_BANNER = 8192
_PARTING = 2.0


class Watcher(asyncssh.SSHClient):
    """Hears what happens on one connection: shows the gate the host key, has the login answered, keeps the end.

    asyncssh asks for what to log in with after the key exchange only, so behind the gate.
    """

    def __init__(self, gate: HostKeyVerifier, login: Login) -> None:
        self.banner = ""
        self.lost: Exception | None = None
        self._gate = gate
        self._login = login
        self._ssh: asyncssh.SSHClientConnection | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """asyncssh: the transport stands."""
        self._ssh = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """asyncssh: called for every plain host key that its own lists do not settle; they are empty."""
        return self._gate.admits(key.public_data)

    def begin_auth(self, username: str) -> None:
        """asyncssh: the key exchange is over, so the host holds the key it showed."""
        self._gate.proven = True

    def public_key_auth_requested(self) -> None:
        """asyncssh: our keys are used up."""
        self._note_methods()

    async def password_auth_requested(self) -> str | None:
        """asyncssh: the server takes a password."""
        self._note_methods()
        return await self._login.password()

    def password_change_requested(self, prompt: str, lang: str) -> PasswordChangeResponse:
        """asyncssh: the password has expired. Another one is chosen in a session of OpenSSH, not here."""
        self._login.must_change = True
        return NotImplemented  # type: ignore[no-any-return]  # what asyncssh takes for a no

    def kbdint_auth_requested(self) -> str | None:
        """asyncssh: the server would ask questions of its own."""
        self._note_methods()
        return "" if self._login.interactive() else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: KbdIntPrompts
    ) -> Sequence[str] | None:
        """asyncssh: some of these questions; None goes on to the next method."""
        return await self._login.challenged(name, instructions, prompts)

    def auth_banner_received(self, msg: str, lang: str) -> None:
        """asyncssh: text of the server before the login."""
        self.banner = (self.banner + msg)[:_LONGEST_BANNER]

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncssh: the end; None where it was orderly."""
        self.lost = exc

    def _note_methods(self) -> None:
        if self._ssh is None:
            return
        methods = tuple(clean(method) for method in self._ssh.get_server_auth_methods())
        # asyncssh drops those that were tried from its list: the longest one counts.
        if not set(methods) <= set(self._login.takes):
            self._login.takes = methods


@dataclass(slots=True)
class Connection:
    """A connection that is logged in. `notice` is something a person should read; `before` is the jump host's.

    `said` is what the server told at the login without asking anything.
    """

    address: Address
    ssh: asyncssh.SSHClientConnection
    watcher: Watcher
    before: Connection | None = None
    notice: str = ""
    said: tuple[str, ...] = ()

    @property
    def banner(self) -> list[str]:
        """What the server said before and at the login, cleaned line by line."""
        return [*lines_of(self.watcher.banner), *self.said]

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
        return words_of(error)

    async def close(self) -> None:
        """Close it, and the jump hosts behind it; does not wait for a peer that is gone."""
        self.ssh.close()
        try:
            await asyncio.wait_for(self.ssh.wait_closed(), _PARTING)
        except TimeoutError:
            self.ssh.abort()
        if self.before is not None:
            await self.before.close()
