"""Hand a session over to OpenSSH (`ssh.command` of a profile): its command line, and the terminal meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import shlex
import signal
import termios
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.processes import to_its_end
from gputui.core.signals import on_signals, unignored
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address, jump_host
from gputui.ssh.places import SshPlaces
from gputui.ssh.shells.jobs import stop_until_foreground
from gputui.ssh.shells.terminal import Terminal, kept_modes
from gputui.ssh.shells.traces import AFTER

_STRICTNESS = {"ask": "ask", "strict": "yes", "accept-new": "accept-new"}


def argv(address: Address, options: SshOptions, places: SshPlaces, command: Sequence[str] = ()) -> list[str]:
    """Return the argument list (never a shell command line) that logs in to a checked address.

    Passwords are typed by hand. ssh also reads our own known_hosts, so that keys accepted here count there. Raises
    Failed for invalid jump hosts.
    """
    words = _login(shlex.split(options.command) or ["ssh"], address, options, places, options.proxy_jump)
    return [*words, "--", address.host, *command]


def _login(program: list[str], address: Address, options: SshOptions, places: SshPlaces, jumps: str) -> list[str]:
    files = " ".join(_quoted(str(path)) for path in places.known_hosts(options) if path != places.system_known_hosts)
    words = [*program, "-o", f"UserKnownHostsFile={files}"]
    words += ["-o", f"StrictHostKeyChecking={_STRICTNESS[options.host_keys]}", "-o", "ForwardAgent=no"]
    if options.connect_timeout:
        words += ["-o", f"ConnectTimeout={math.ceil(options.connect_timeout)}"]
    if options.identity_file:
        words += ["-i", str(places.expand(options.identity_file)), "-o", "IdentitiesOnly=yes"]
    if jumps:
        words += ["-o", _jump(program, options, places, jumps)]
    if address.port is not None:
        words += ["-p", str(address.port)]
    if user := _user(address, places):
        words += ["-l", user]
    return words


def _user(address: Address, places: SshPlaces) -> str:
    """Return the user to log in as; empty if OpenSSH is to decide, by its configuration."""
    if address.user or not address.usual_user:
        return address.user
    from gputui.ssh.userconfig.host_config import read_config

    try:
        named = read_config(places.config, address.host, port=address.port, login=places.login, home=places.home).user
    except (Failed, OSError):
        return ""  # OpenSSH understands more than we do, and says what it does not
    return "" if named else address.usual_user


def _jump(program: list[str], options: SshOptions, places: SshPlaces, jumps: str) -> str:
    """Return the proxy command for the jump hosts; `-J` would not pass these options to the `ssh` of a jump host."""
    if jumps.lower() == "none":
        return "ProxyJump=none"
    *earlier, last = (name.strip() for name in jumps.split(","))
    host = jump_host(last)
    ssh = program if PurePath(program[0]).name == "ssh" else ["ssh"]
    words = shlex.join(_login(ssh, host, options, places, ",".join(earlier)))
    return f"ProxyCommand={_plain(words)} -W '[%h]:%p' -- {_plain(shlex.quote(host.host))}"


async def hand_over(words: Sequence[str], terminal: Terminal) -> int:
    """Run OpenSSH on this terminal and return a shell's exit status. Raises Failed if there is no such program.

    It is ended when we are cancelled; the terminal's modes are restored afterwards.
    """
    with contextlib.ExitStack() as afterwards:
        if os.isatty(terminal.fd_in):
            afterwards.enter_context(kept_modes(terminal.fd_in))
        # ctrl+c and ctrl+\ during the login are for ssh. A no-op handler, as ssh would inherit an ignored signal.
        afterwards.enter_context(on_signals((signal.SIGINT, _nothing), (signal.SIGQUIT, _nothing)))
        status = await _run(words, terminal)
    _leave_no_trace(terminal)
    return status


async def _run(words: Sequence[str], terminal: Terminal) -> int:
    usual = termios.tcgetattr(terminal.fd_in) if os.isatty(terminal.fd_in) else None
    try:
        process = await asyncio.create_subprocess_exec(*words)
    except OSError as error:
        problem = Problem(Cause.CONFIG, f"{words[0]}: {error.strerror}", "check ssh.command of the profile")
        raise Failed(problem) from None
    with _stopping_together(process, terminal, usual) if usual is not None else contextlib.nullcontext():
        status = await to_its_end(process)
    return status if status >= 0 else 128 - status


@contextlib.contextmanager
def _stopping_together(process: asyncio.subprocess.Process, terminal: Terminal, usual: list[Any]) -> Iterator[None]:
    """Have a SIGTSTP to us stop OpenSSH too, and leave the terminal in its `usual` modes meanwhile."""
    under_way: set[asyncio.Task[None]] = set()

    def stop() -> None:
        if not under_way:
            task = asyncio.create_task(_stopped(process, terminal, usual))
            under_way.add(task)
            task.add_done_callback(under_way.discard)

    try:
        # Where stopping is ignored, as under a shell without job control, nobody would continue us.
        with on_signals(*((number, stop) for number in unignored(signal.SIGTSTP))):
            yield
    finally:
        for task in under_way:
            task.cancel()


async def _stopped(process: asyncio.subprocess.Process, terminal: Terminal, usual: list[Any]) -> None:
    with contextlib.suppress(termios.error, ProcessLookupError):
        raw = termios.tcgetattr(terminal.fd_in)
        process.send_signal(signal.SIGSTOP)
        try:
            _leave_no_trace(terminal)
            termios.tcsetattr(terminal.fd_in, termios.TCSANOW, usual)
            await stop_until_foreground(terminal.fd_in)
            termios.tcsetattr(terminal.fd_in, termios.TCSANOW, raw)
        finally:
            process.send_signal(signal.SIGCONT)


def _leave_no_trace(terminal: Terminal) -> None:
    if terminal.is_terminal and terminal.term not in ("", "dumb"):
        with contextlib.suppress(OSError):
            os.write(terminal.fd_out, AFTER)


def _nothing() -> None:
    """Ignore the signal: it is for another process."""


def _quoted(path: str) -> str:
    """Quote a path as one word of a list in OpenSSH's configuration."""
    escaped = _plain(path).replace('"', '\\"')
    return escaped if shlex.quote(escaped) == escaped else f'"{escaped}"'


def _plain(text: str) -> str:
    """Escape the percent signs that OpenSSH would expand."""
    return text.replace("%", "%%")
