"""Servers, places and terminals for the SSH tests: all on loopback, all under tmp_path."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import getpass
import os
import pty
import random
import shutil
import socket
import struct
import subprocess
import termios
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.provider import SshTarget
from gputui.core.secret import Secret
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address, resolve
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.redial import PAUSES, Redial
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import HostKeyQuestion, NonInteractive

PASSWORD = "one-time-5bd1"
SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


async def until(condition: Callable[[], Any], what: str = "", seconds: float = 15.0) -> None:
    """Wait for a condition, not for a time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SshPlaces:
    """Places under tmp_path. $HOME is another one, a trap: nothing but the places may be read."""
    home, trap = tmp_path / "home", tmp_path / "trap"
    for folder in (home, trap):
        (folder / ".ssh").mkdir(parents=True, mode=0o700)
    (trap / ".ssh" / "config").write_text("Host *\n  Port abc\n")
    monkeypatch.setenv("HOME", str(trap))
    return SshPlaces(home, tmp_path / "state" / "known_hosts", login="tester", system_known_hosts=tmp_path / "none")


@dataclass
class Seen:
    """What a server came to know of its callers."""

    connections: int = 0
    users: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    live: list[asyncssh.SSHServerConnection] = field(default_factory=list)


class _Server(asyncssh.SSHServer):
    def __init__(self, seen: Seen, password: str | None, key: asyncssh.SSHKey | None, banner: str) -> None:
        self._seen, self._password, self._key, self._banner = seen, password, key, banner
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._seen.connections += 1
        self._seen.live.append(conn)
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        self._seen.users.append(username)
        if self._banner and self._connection is not None:
            self._connection.send_auth_banner(self._banner)
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._seen.passwords.append(password)
        return password == self._password

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._seen.keys.append(key.get_fingerprint())
        return self._key is not None and key.public_data == self._key.public_data

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        return True


@dataclass
class Server:
    port: int
    seen: Seen
    key: asyncssh.SSHKey
    acceptor: asyncssh.SSHAcceptor

    @property
    def fingerprint(self) -> str:
        return self.key.get_fingerprint()

    async def stop(self) -> None:
        self.acceptor.close()
        for connection in self.seen.live:
            connection.abort()
        await self.acceptor.wait_closed()


StartServer = Callable[..., Awaitable[Server]]


@pytest.fixture
async def start_server() -> AsyncIterator[StartServer]:
    """Starts asyncssh servers: `await start_server(password=…, key=…, host_key=…, port=…, process=…)`."""
    running: list[Server] = []

    async def start(
        *,
        password: str | None = PASSWORD,
        key: asyncssh.SSHKey | None = None,
        host_key: asyncssh.SSHKey | None = None,
        port: int = 0,
        process: Callable[[asyncssh.SSHServerProcess[bytes]], Any] | None = None,
        banner: str = "",
        server: type[_Server] = _Server,
        **more: Any,
    ) -> Server:
        seen = Seen()
        host_key = host_key or asyncssh.generate_private_key("ssh-ed25519")
        acceptor = await asyncssh.create_server(
            lambda: server(seen, password, key, banner),
            "127.0.0.1",
            port,
            server_host_keys=[host_key],
            process_factory=process,
            encoding=None,
            reuse_address=True,
            **more,
        )
        started = Server(acceptor.get_port(), seen, host_key, acceptor)
        running.append(started)
        return started

    yield start
    for server in running:
        await server.stop()


def address_of(port: int, password: str | None = PASSWORD, user: str = "root", host: str = "127.0.0.1") -> Address:
    target = SshTarget(host, port, user, Secret(password) if password else None)
    return resolve(target, SshOptions(allow_local=True))


@dataclass
class Person(NonInteractive):
    """Answers host key questions, and remembers them."""

    answer: bool = True
    asked: list[HostKeyQuestion] = field(default_factory=list)

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        self.asked.append(question)
        return self.answer


Connect = Callable[..., Coroutine[Any, Any, Connection]]


@pytest.fixture
async def connected(places: SshPlaces) -> AsyncIterator[Connect]:
    """`await connected(address, options, person=…, timing=…, memory=…)`; closed in the end."""
    made: list[Connection] = []

    async def make(
        address: Address, options: SshOptions | None = None, *, person: Any = None, **more: Any
    ) -> Connection:
        options = options or SshOptions(host_keys="accept-new")
        memory = more.pop("memory", None) or ConnectCache()
        memory.redial = Redial(pauses=(0.0,) * len(PAUSES))
        person = person or Person()
        connection = await connect(address, options, places=places, person=person, memory=memory, **more)
        made.append(connection)
        return connection

    yield make
    for connection in made:
        await connection.close()


@dataclass
class Pty:
    """A terminal as the far side of it: types, reads, resizes, hangs up."""

    master: int
    slave: int
    output: bytearray = field(default_factory=bytearray)

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.slave)

    def read(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self.output += os.read(self.master, 65536)

    def watch(self) -> None:
        asyncio.get_running_loop().add_reader(self.master, self.read)

    def ignore(self) -> None:
        asyncio.get_running_loop().remove_reader(self.master)

    def hang_up(self) -> None:
        """Close the far side, once: its number may be somebody else's a moment later."""
        if self.master >= 0:
            self.ignore()
            os.close(self.master)
            self.master = -1

    async def shows(self, text: bytes, seconds: float = 15.0) -> None:
        try:
            await until(lambda: text in self.output, seconds=seconds)
        except TimeoutError:
            raise AssertionError(f"{text!r} not in {bytes(self.output[-400:])!r}") from None


@pytest.fixture
async def screen() -> AsyncIterator[Pty]:
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    terminal = Pty(master, slave)
    terminal.resize(80, 24)
    terminal.watch()
    yield terminal
    terminal.hang_up()
    os.close(slave)


@dataclass
class Sshd:
    port: int
    user: str
    identity: Path
    folder: Path
    process: subprocess.Popen[bytes]

    def new_host_key(self) -> None:
        """Another key at the same port: what a man in the middle looks like."""
        self.stop()
        _host_key(self.folder)
        self.process = _run_sshd(self.folder, self.port)

    def restart(self, *lines: str) -> None:
        """Start again with these lines of sshd_config, in place of its own with the same keyword."""
        self.stop()
        config, words = self.folder / "sshd_config", {line.partition(" ")[0] for line in lines if line}
        before = [line for line in config.read_text().splitlines() if line.partition(" ")[0] not in words]
        config.write_text("\n".join([*before, *lines, ""]))
        self.process = _run_sshd(self.folder, self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def _host_key(folder: Path) -> None:
    path = folder / "host_ed25519"
    path.unlink(missing_ok=True)
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(path)
    path.chmod(0o600)


def _free_port() -> int:
    """A port below those that the system gives to callers: one of them could have it between a stop and a start."""
    while True:
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(sock.getsockname()[1])


def _run_sshd(folder: Path, port: int) -> subprocess.Popen[bytes]:
    path = folder / "sshd.log"
    with path.open("ab") as log:
        before = log.tell()
        process = subprocess.Popen(
            [str(SSHD), "-D", "-e", "-f", folder / "sshd_config"], stderr=log, stdin=subprocess.DEVNULL
        )
    for _ in range(750):
        if b"Server listening on" in (said := path.read_bytes()[before:]):
            return process
        if process.poll() is not None:
            pytest.skip(f"sshd does not start here: {said[-200:].decode('utf-8', 'replace')}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    raise AssertionError("sshd never listened")


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A real sshd of this very user, with keys of its own."""
    if SSHD is None:
        pytest.skip("no sshd on this computer")
    if os.geteuid() == 0:
        # What the boot scripts do where sshd is a service; without it a root's sshd does not start.
        with contextlib.suppress(OSError):
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder = tmp_path / "sshd"
    folder.mkdir(mode=0o700)
    identity = folder / "user_ed25519"
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(identity)
    identity.chmod(0o600)
    key.write_public_key(folder / "authorized_keys")
    _host_key(folder)
    port = _free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_ed25519\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nPermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\nPrintMotd no\n"
        f"PrintLastLog no\nSetEnv HOME={folder}\nMaxStartups 100\n"
    )
    running = Sshd(port, getpass.getuser(), identity, folder, _run_sshd(folder, port))
    yield running
    running.stop()
