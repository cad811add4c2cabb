"""asyncssh's callbacks of one connection: host key, login, what the server says, and why it ended."""

from __future__ import annotations

from collections.abc import Sequence

import asyncssh
from asyncssh.auth import KbdIntPrompts, PasswordChangeResponse

from gputui.core.text import clean
from gputui.ssh.connecting.handshake_record import HandshakeRecord, read_leniently
from gputui.ssh.credentials.login import Login
from gputui.ssh.trust.verifier import HostKeyVerifier


class Watcher(asyncssh.SSHClient):
    """Callbacks of one connection: passes the host key to the verifier, answers the login, keeps the reason of the end.

    asyncssh requests credentials only after the key exchange, so after the host key was verified.
    """

    def __init__(self, gate: HostKeyVerifier, login: Login) -> None:
        self.record = HandshakeRecord()
        self.lost: Exception | None = None
        self._gate = gate
        self._login = login
        self._ssh: asyncssh.SSHClientConnection | None = None

    @property
    def banner(self) -> str:
        """The server's text from before and during the login; not cleaned."""
        return "".join(self.record.banners)

    @property
    def is_proven(self) -> bool:
        """Whether the key exchange is complete: the host has proved that it holds its key, and the login has begun."""
        return self._gate.proven

    @property
    def heard(self) -> tuple[str, ...]:
        """Everything that the server said, in order; not cleaned."""
        return (self.record.greeting, *self.record.banners, *self._login.said)

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """asyncssh: the transport is connected."""
        self._ssh = conn
        self.record.attach(conn)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """asyncssh: called for every plain host key that its own lists do not decide on; they are empty."""
        return self._gate.admits(key.public_data)

    def begin_auth(self, username: str) -> None:
        """asyncssh: the key exchange is complete, so the host has proved that it holds the key."""
        self._gate.proven = True

    def auth_completed(self) -> None:
        """asyncssh: logged in."""
        self.record.detach()

    def public_key_auth_requested(self) -> None:
        """asyncssh: asks for another key; there are none left."""
        self._note_methods()

    async def password_auth_requested(self) -> str | None:
        """asyncssh: the server accepts a password."""
        self._note_methods()
        self._read_leniently()
        return await self._login.password()

    def password_change_requested(self, prompt: str, lang: str) -> PasswordChangeResponse:
        """asyncssh: the password has expired. It can be changed in an OpenSSH session, not here."""
        self._login.must_change = True
        return NotImplemented  # type: ignore[no-any-return]  # how asyncssh is told no

    def kbdint_auth_requested(self) -> str | None:
        """asyncssh: the server offers keyboard-interactive."""
        self._note_methods()
        self._read_leniently()
        return "" if self._login.interactive() else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: KbdIntPrompts
    ) -> Sequence[str] | None:
        """asyncssh: one round of its prompts; None moves on to the next method."""
        return await self._login.challenged(name, instructions, prompts)

    def auth_banner_received(self, msg: str, lang: str) -> None:
        """asyncssh: a banner from the server before the login."""
        self.record.add_banner(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncssh: the connection ended; None means in good order."""
        self.lost = exc

    def _read_leniently(self) -> None:
        if self._ssh is not None and self._ssh.auth is not None:
            read_leniently(self._ssh.auth)

    def _note_methods(self) -> None:
        if self._ssh is None:
            return
        methods = tuple(clean(method) for method in self._ssh.get_server_auth_methods())
        # asyncssh removes the methods it has tried from its list, so the longest list counts.
        if not set(methods) <= set(self._login.takes):
            self._login.takes = methods
