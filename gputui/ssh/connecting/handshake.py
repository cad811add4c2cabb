"""One attempt to connect: a socket or a jump host's channel, the host key, the login."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import asyncssh

from gputui.core.problem import Failed
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.dial import Lookup, open_socket
from gputui.ssh.connecting.handshake_failure import handshake_problem, is_dropped, not_reached, refused_login
from gputui.ssh.connecting.pausable_timeout import PausableTimeout
from gputui.ssh.connecting.redial import HandshakeDropped
from gputui.ssh.connecting.watcher import Watcher
from gputui.ssh.credentials.keys import Credentials
from gputui.ssh.credentials.login import Login
from gputui.ssh.failure import FAILURES
from gputui.ssh.trust.hosts import HostKey
from gputui.ssh.trust.verifier import HostKeyVerifier


@dataclass(frozen=True, slots=True)
class Timing:
    """Time limits in seconds: for the socket, for the login, and between keepalives; `missed` keepalives are allowed.

    The time a person takes to answer is not counted.
    """

    connect: float = 10.0
    login: float = 20.0
    keepalive: float = 15.0
    missed: int = 3

    @classmethod
    def of(cls, options: SshOptions) -> Timing:
        """Return the limits of a profile, with the defaults where it sets none."""
        usual = cls()
        return cls(options.connect_timeout or usual.connect, options.login_timeout or usual.login)


@dataclass(frozen=True, slots=True)
class Handshake:
    """What every attempt at one host needs; `before` is the connection to the jump host, if there is one."""

    target: Address
    gate: HostKeyVerifier
    login: Login
    credentials: Credentials
    timing: Timing
    lookup: Lookup
    before: Connection | None

    async def attempt(self) -> tuple[Watcher, asyncssh.SSHClientConnection]:
        """Connect and log in.

        Raises Failed with what the server said (HandshakeDropped if another attempt may succeed), and
        asyncssh.HostKeyNotVerifiable if the verifier did not admit the
        key: whether that is the end is decided by the caller.
        """
        watcher = Watcher(self.gate, self.login)
        where = f"the jump host {self.target}" if self.login.jump else str(self.target)
        try:
            return watcher, await self._connected(watcher)
        except asyncssh.HostKeyNotVerifiable:
            raise
        except asyncssh.PermissionDenied:
            problem = refused_login(where, self.login, self.credentials.left_out, watcher)
        except asyncssh.ChannelOpenError as error:
            assert self.before is not None, "only a jump host opens channels here"
            problem = not_reached(error, where, str(self.before.address))
        except FAILURES as error:
            if changed := self.gate.other_kind(watcher.record.mismatches()):
                raise changed from None
            problem = handshake_problem(error, where, watcher)
            if is_dropped(error, watcher) and (self.before is None or self.before.is_open):
                raise HandshakeDropped(problem) from None
        # Not chained: a traceback's locals would hold the credentials.
        raise Failed(problem) from None

    async def _connected(self, watcher: Watcher) -> asyncssh.SSHClientConnection:
        arguments = self._arguments() | self.credentials.arguments
        seconds = self.timing.login
        if self.before is None:
            arguments["sock"] = await open_socket(self.target, self.gate.port, self.lookup, self.timing.connect)
        else:
            arguments |= {"host": self.target.host, "port": self.gate.port, "tunnel": self.before.ssh}
            seconds += self.timing.connect
        try:
            # asyncssh's own limits do not cover a jump host that dials forever, but they do count a person's typing.
            async with PausableTimeout(seconds) as patience:
                self.login.held = patience.held
                return await asyncssh.connect(client_factory=lambda: watcher, **arguments)
        except BaseException:
            if self.before is None:
                arguments["sock"].close()
            raise

    def _arguments(self) -> dict[str, Any]:
        """Return explicit arguments for everything asyncssh would otherwise read from ~/.ssh/config or find itself."""
        gate, timing = self.gate, self.timing
        arguments: dict[str, Any] = {
            "config": None,
            # Never empty and never None: both have another meaning in asyncssh. The verifier decides.
            # Revocations are passed for certificates only: otherwise asyncssh would refuse before it asks the verifier,
            # which gives a better reason.
            "known_hosts": ([], _loaded(gate.authorities), _loaded(gate.revoked) if gate.authorities else []),
            "host_key_alias": self.target.host,
            "server_host_key_algs": gate.algorithms(),
            "x509_trusted_certs": None,
            "login_timeout": 0,
            "keepalive_interval": timing.keepalive,
            "keepalive_count_max": timing.missed,
            "agent_forwarding": False,
            "x11_forwarding": False,
            "gss_host": None,
            "gss_kex": False,
            "gss_auth": False,
            "encryption_algs": "^aes128-gcm@openssh.com",
            "encoding": None,
            "utf8_decode_errors": "replace",  # a banner in another encoding must not end the connection
        }
        return arguments | ({"username": self.target.user} if self.target.user else {})


def _loaded(keys: Iterable[HostKey]) -> list[asyncssh.SSHKey]:
    """Convert keys for asyncssh; key types that asyncssh does not know are skipped, as no host can show them to it."""
    loaded = []
    for key in keys:
        with contextlib.suppress(asyncssh.KeyImportError):
            loaded.append(asyncssh.import_public_key(str(key)))
    return loaded
