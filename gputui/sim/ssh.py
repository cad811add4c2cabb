"""The SSH server of all machines: one class, with options per machine."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import socket
from dataclasses import replace
from functools import partial
from typing import Any

import asyncssh

from gputui.sim.clock import Clock
from gputui.sim.console import Console
from gputui.sim.keys import private_key
from gputui.sim.machine import Machine
from gputui.sim.pages import serve, served
from gputui.sim.shell import Shell

BUG_EXIT = 70  # EX_SOFTWARE


class SshServer:
    """Serves SSH on accepted connections, and simulates the machine they lead to."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._seed = seed
        self._client_key = asyncssh.import_private_key(private_key(f"{seed}/client")).convert_to_public()
        self._options: dict[Machine, asyncssh.SSHServerConnectionOptions] = {}

    async def serve(self, connection: socket.socket, machine: Machine) -> None:
        """Serve one connection until it ends; hangs up when cancelled."""
        try:
            caller = await asyncssh.run_server(connection, options=self._options_of(machine))
        except (OSError, asyncssh.Error):
            return  # a scan, a refused login or a client that left: not an error
        try:
            await caller.wait_closed()
        finally:
            caller.abort()
            with contextlib.suppress(asyncio.CancelledError):
                await caller.wait_closed()

    def _options_of(self, machine: Machine) -> asyncssh.SSHServerConnectionOptions:
        """Create the options on the first connection: for 160 machines this would double the start time."""
        if machine not in self._options:
            self._options[machine] = asyncssh.SSHServerConnectionOptions(
                server_factory=lambda: Login(machine, self._clock, self._client_key),
                server_host_keys=[asyncssh.import_private_key(private_key(f"{self._seed}/host/{machine.name}"))],
                encoding=None,
                line_editor=False,
                agent_forwarding=False,
                login_timeout=30,
            )
        return self._options[machine]


class Login(asyncssh.SSHServer):
    """Authentication: the machine's user with its password, or, if it has none, any user with the client key.

    So the demo's machines let in whoever has a `User` for all hosts in ~/.ssh/config.
    """

    def __init__(self, machine: Machine, clock: Clock, client_key: asyncssh.SSHKey) -> None:
        self._machine = machine
        self._clock = clock
        self._client_key = client_key

    def begin_auth(self, username: str) -> bool:
        """Require authentication for everyone."""
        if self._machine.password is None:
            self._machine = replace(self._machine, user=username)
        return True

    def password_auth_supported(self) -> bool:
        """Allow passwords for machines that have one."""
        return self._machine.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        """Compare in constant time, as a server should."""
        expected = self._machine.password
        right = expected is not None and hmac.compare_digest(password.encode(), expected.encode())
        return right and username == self._machine.user

    def public_key_auth_supported(self) -> bool:
        """Allow keys for machines without a password."""
        return self._machine.password is None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Accept the one client key, which is valid for all machines."""
        return key == self._client_key

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> Any:
        """Connect a forwarded port to the machine's own pages, never to a real port of this computer."""
        if not served(self._machine, dest_host, dest_port):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection refused")
        return partial(serve, self._machine, dest_port)

    def session_requested(self) -> Session:
        """Return a session with its own shell."""
        return Session(self._machine, self._clock)


class Session(asyncssh.SSHServerSession[bytes]):
    """Connects an SSH channel and a shell: raw bytes both ways, the window size and the exit code."""

    def __init__(self, machine: Machine, clock: Clock) -> None:
        self._machine = machine
        self._clock = clock
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._console: Console | None = None
        self._size: tuple[int, int] | None = None
        self._command: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._flow = asyncio.Event()
        self._flow.set()

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Keep the channel for output."""
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        """Use a terminal of the requested size."""
        self._size = (term_size[0] or 80, term_size[1] or 24)
        return True

    def shell_requested(self) -> bool:
        """Accept a shell."""
        return True

    def exec_requested(self, command: str) -> bool:
        """Accept a single command."""
        self._command = command
        return True

    def session_started(self) -> None:
        """Run the shell."""
        columns, rows = self._size or (80, 24)
        self._console = Console(self._write, tty=self._size is not None, columns=columns, rows=rows)
        self._task = asyncio.get_running_loop().create_task(self._play(self._console))

    def data_received(self, data: bytes, datatype: object) -> None:
        """Pass input on."""
        if self._console is not None:
            self._console.feed(data)

    def eof_received(self) -> bool:
        """Pass the end of input on; output may still follow."""
        if self._console is not None:
            self._console.end()
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Pass the new window size on."""
        if self._console is not None:
            self._console.resize(width or 80, height or 24)

    def signal_received(self, signal: str) -> None:
        """Treat an interrupt as ctrl-c; signals that end a process end the shell and all that it runs."""
        if signal == "INT" and self._console is not None:
            self._console.feed(b"\x03")
        elif signal in ("TERM", "HUP", "KILL") and self._task is not None and self._channel is not None:
            self._task.cancel()
            self._channel.exit_with_signal(signal)

    def pause_writing(self) -> None:
        """Stop output: the client does not read."""
        self._flow.clear()

    def resume_writing(self) -> None:
        """Resume output."""
        self._flow.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is still running."""
        if self._task is not None:
            self._task.cancel()

    async def _write(self, data: bytes, error: bool) -> None:
        assert self._channel is not None
        if error:
            self._channel.write_stderr(data)
        else:
            self._channel.write(data)
        await self._flow.wait()

    async def _play(self, console: Console) -> None:
        shell = Shell(self._machine, self._clock, console)
        assert self._channel is not None
        try:
            code = await (shell.interact() if self._command is None else shell.command(self._command))
        except OSError:
            return  # the client left in the middle of the output
        except Exception:
            logging.getLogger(__name__).exception("a bug in the simulated shell")
            code = BUG_EXIT
        self._channel.exit(code)
