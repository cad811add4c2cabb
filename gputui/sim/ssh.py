"""The SSH server of all machines: one class, one set of options a machine."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import socket
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
    """Speaks SSH on connections already accepted and plays the machine they lead to."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._seed = seed
        self._client_key = asyncssh.import_private_key(private_key(f"{seed}/client")).convert_to_public()
        self._options: dict[Machine, asyncssh.SSHServerConnectionOptions] = {}

    async def serve(self, connection: socket.socket, machine: Machine) -> None:
        """Serve one caller until it leaves; cancelled, it hangs up."""
        try:
            caller = await asyncssh.run_server(connection, options=self._options_of(machine))
        except (OSError, asyncssh.Error):
            return  # a scan, a refused login or a caller that left: its own affair
        try:
            await caller.wait_closed()
        finally:
            caller.abort()
            with contextlib.suppress(asyncio.CancelledError):
                await caller.wait_closed()

    def _options_of(self, machine: Machine) -> asyncssh.SSHServerConnectionOptions:
        """Made when somebody first calls: 160 of them at the start would take as long as the start itself."""
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
    """Who may come in: the machine's user with its password, or with the door's client key where there is none."""

    def __init__(self, machine: Machine, clock: Clock, client_key: asyncssh.SSHKey) -> None:
        self._machine = machine
        self._clock = clock
        self._client_key = client_key

    def begin_auth(self, username: str) -> bool:
        """Nobody comes in without proof."""
        return True

    def password_auth_supported(self) -> bool:
        """Passwords are for machines that have one."""
        return self._machine.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        """Compare in constant time, as a server should."""
        expected = self._machine.password
        right = expected is not None and hmac.compare_digest(password.encode(), expected.encode())
        return right and username == self._machine.user

    def public_key_auth_supported(self) -> bool:
        """Keys are for machines without a password."""
        return self._machine.password is None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """One key opens them all."""
        return username == self._machine.user and key == self._client_key

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> Any:
        """A forwarded port leads to the machine's own pages, never to a real port of this computer."""
        if not served(self._machine, dest_host, dest_port):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection refused")
        return partial(serve, self._machine, dest_port)

    def session_requested(self) -> Session:
        """Every session has its own shell."""
        return Session(self._machine, self._clock)


class Session(asyncssh.SSHServerSession[bytes]):
    """Joins an SSH channel and a shell: raw bytes both ways, the window's size and the exit code."""

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
        """Keep the channel to answer on."""
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        """Give a terminal of the size asked for."""
        self._size = (term_size[0] or 80, term_size[1] or 24)
        return True

    def shell_requested(self) -> bool:
        """Agree to a shell."""
        return True

    def exec_requested(self, command: str) -> bool:
        """Agree to a single command."""
        self._command = command
        return True

    def session_started(self) -> None:
        """Let the shell run."""
        columns, rows = self._size or (80, 24)
        self._console = Console(self._write, tty=self._size is not None, columns=columns, rows=rows)
        self._task = asyncio.get_running_loop().create_task(self._play(self._console))

    def data_received(self, data: bytes, datatype: object) -> None:
        """Hand on what was typed."""
        if self._console is not None:
            self._console.feed(data)

    def eof_received(self) -> bool:
        """Hand on the end of the input; the answer may still be going out."""
        if self._console is not None:
            self._console.end()
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Hand on the window's new size."""
        if self._console is not None:
            self._console.resize(width or 80, height or 24)

    def signal_received(self, signal: str) -> None:
        """An interrupt is a ctrl-c; what ends a process ends the shell with all that it runs."""
        if signal == "INT" and self._console is not None:
            self._console.feed(b"\x03")
        elif signal in ("TERM", "HUP", "KILL") and self._task is not None and self._channel is not None:
            self._task.cancel()
            self._channel.exit_with_signal(signal)

    def pause_writing(self) -> None:
        """Stop printing: the caller does not read."""
        self._flow.clear()

    def resume_writing(self) -> None:
        """Go on printing."""
        self._flow.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what still runs."""
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
            return  # the caller left in the middle of the answer
        except Exception:
            logging.getLogger(__name__).exception("a bug in the simulated shell")
            code = BUG_EXIT
        self._channel.exit(code)
