"""A handshake that fails: what the server said is told, and nobody is blamed for what is not their doing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.handshake import Timing
from gputui.ssh.places import SshPlaces
from tests.ssh.conftest import Connect, Sshd, StartServer, address_of
from tests.ssh.test_login import Typist

NEW = SshOptions(host_keys="accept-new", allow_local=True)
KOREAN = "*** 허가된 사용자 ***\n".encode("euc-kr")
BOOTING = "System is booting up. Please come back later.\r\n"


def _options(sshd: Sshd, **more: Any) -> SshOptions:
    return SshOptions(identity_file=str(sshd.identity), allow_local=True, **{"host_keys": "accept-new", **more})


async def _refused(connected: Connect, port: int, options: SshOptions = NEW, **more: Any) -> Problem:
    with pytest.raises(Failed) as failed:
        await connected(address_of(port, more.pop("password", "pw"), more.pop("user", "root")), options, **more)
    return failed.value.problem


# -- a real sshd with its banner in another encoding ------------------------------------------------------------------


@pytest.mark.parametrize(
    "banner", [KOREAN, b"Zutritt f\xfcr \x93Unbefugte\x94\n", b"\xff\xfeb\0a\0", b"\x1b]0;x\x07" * 400]
)
async def test_a_banner_in_any_encoding_lets_us_in_and_is_shown(banner: bytes, sshd: Sshd, connected: Connect) -> None:
    (sshd.folder / "banner").write_bytes(banner)
    sshd.restart(f"Banner {sshd.folder}/banner")
    connection = await connected(address_of(sshd.port, None, sshd.user), _options(sshd))
    shown = "".join(connection.banner)
    assert shown and shown.isprintable()


async def test_a_jump_hosts_banner_in_another_encoding_lets_us_through(
    sshd: Sshd, start_server: StartServer, connected: Connect
) -> None:
    (sshd.folder / "banner").write_bytes(KOREAN)
    sshd.restart(f"Banner {sshd.folder}/banner")
    machine = await start_server()
    jump = _options(sshd, proxy_jump=f"{sshd.user}@127.0.0.1:{sshd.port}")
    connection = await connected(address_of(machine.port), jump)
    assert any("***" in line for line in connection.banner), "ssh shows it, too"


# -- nothing in common ------------------------------------------------------------------------------------------------


def _rsa_host_key(sshd: Sshd) -> str:
    """Make the RSA key the only host key that a restart with this line leaves."""
    path = sshd.folder / "host_rsa"
    asyncssh.generate_private_key("ssh-rsa", key_size=2048).write_private_key(path)
    path.chmod(0o600)
    (sshd.folder / "host_ed25519").unlink()
    return f"HostKey {path}"


@pytest.mark.parametrize(
    ("line", "kind", "offered", "option"),
    [
        ("KexAlgorithms diffie-hellman-group1-sha1", "key exchange", "diffie-hellman-group1-sha1", "KexAlgorithms +"),
        ("Ciphers aes128-cbc,3des-cbc", "cipher", "aes128-cbc, 3des-cbc", "Ciphers +aes128-cbc"),
        ("MACs hmac-md5-96\nCiphers aes256-ctr", "MAC", "hmac-md5-96", "MACs +hmac-md5-96"),
        ("HostKeyAlgorithms ssh-rsa", "host key", "ssh-rsa (RSA with SHA-1)", "HostKeyAlgorithms +ssh-rsa"),
    ],
)
async def test_a_failed_negotiation_with_a_known_host_is_not_a_changed_key(
    line: str, kind: str, offered: str, option: str, sshd: Sshd, connected: Connect
) -> None:
    rsa = _rsa_host_key(sshd) if kind == "host key" else ""
    sshd.restart(rsa)
    await connected(address_of(sshd.port, None, sshd.user), _options(sshd))
    sshd.restart(line, rsa)
    problem = await _refused(connected, sshd.port, _options(sshd), password=None, user=sshd.user)
    assert f"no {kind} in common: it offers {offered}; gputui takes " in problem.text
    assert "CHANGED" not in problem.text
    assert not problem.text.endswith("…")
    assert 'ssh.command = "ssh"' in problem.remedy and option in problem.remedy
    assert problem.cause is Cause.REFUSED


async def test_a_host_without_any_key_of_the_known_type_has_changed(sshd: Sshd, connected: Connect) -> None:
    await connected(address_of(sshd.port, None, sshd.user), _options(sshd))
    sshd.restart("HostKeyAlgorithms ssh-rsa", _rsa_host_key(sshd))
    problem = await _refused(connected, sshd.port, _options(sshd), password=None, user=sshd.user)
    assert "has CHANGED: it offers only ssh-rsa (RSA with SHA-1), known is ssh-ed25519 SHA256:" in problem.text


# -- small servers that hang up ---------------------------------------------------------------------------------------


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def speaking() -> AsyncIterator[Callable[[Speak], Awaitable[int]]]:
    """Starts servers of a few bytes: `port = await speaking(says)`."""
    running: list[asyncio.Server] = []

    async def start(speak: Speak) -> int:
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        running.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield start
    for server in running:
        server.close()


def _says(data: bytes, *, stay: bool = False) -> Speak:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if stay:
            await reader.read()
        writer.close()

    return speak


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"Exceeded MaxStartups\r\n", 'it says: "Exceeded MaxStartups"'),
        (b"Not allowed at this time", 'it says: "Not allowed at this time"'),
        (KOREAN, 'closes them at once; it says: "*** '),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"notice\r\nSSH-2.0-x\r\n", 'during the key exchange; it says: "notice"'),
        (b"SSH-1.5-OpenSSH_1.2\r\n", "too old: SSH-1.5-OpenSSH_1.2"),
        (b"\x1b[2Jgo away\n", "␛[2Jgo away"),
        (b"", "takes connections and closes them at once"),
        (b"x" * 9000, "Banner line too long"),
        (b"legal notice\n" * 900 + b"SSH-2.0-x\n", "during the key exchange; it says: "),
    ],
)
async def test_what_comes_before_the_version_is_told(data: bytes, told: str, speaking: Any, connected: Connect) -> None:
    problem = await _refused(connected, await speaking(_says(data)))
    assert told in problem.text
    assert problem.remedy


async def test_a_server_that_says_something_and_then_nothing_is_quoted(speaking: Any, connected: Connect) -> None:
    port = await speaking(_says(b"wait for the operator\r\n", stay=True))
    problem = await _refused(connected, port, timing=Timing(connect=0.3, login=0.3))
    assert problem.cause is Cause.TIMEOUT
    assert problem.text.endswith('but its SSH server says nothing; it says: "wait for the operator"')


class _Closing(asyncssh.SSHServer):
    """Says why nobody may log in, as sshd does with pam_nologin; then hangs up, refuses, or stays silent."""

    def __init__(self, end: str, banners: list[str]) -> None:
        self._end, self._banners = end, banners

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn: Any = conn

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        for banner in self._banners:
            self._conn.send_auth_banner(banner)
        if self._end == "abort":
            self._conn.abort()
        elif self._end == "close":
            self._conn._transport.close()
        elif self._end == "disconnect":
            self._conn.disconnect(asyncssh.DISC_PROTOCOL_ERROR, "Too many authentication failures")
        elif self._end == "silence":
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return False


@pytest.fixture
async def closing() -> AsyncIterator[Callable[..., Awaitable[int]]]:
    running: list[asyncssh.SSHAcceptor] = []

    async def start(end: str, *banners: str) -> int:
        key = asyncssh.generate_private_key("ssh-ed25519")
        server = await asyncssh.create_server(
            lambda: _Closing(end, list(banners)), "127.0.0.1", 0, server_host_keys=[key]
        )
        running.append(server)
        return server.get_port()

    yield start
    for server in running:
        server.close()


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("abort", "closed the connection during the login"),
        ("close", "closed the connection during the login"),
        ("disconnect", "ended the login: Too many authentication failures"),
        ("refuse", "refused the password that the cloud gave"),
        ("silence", "stopped answering during the login"),
    ],
)
async def test_every_end_of_a_login_carries_the_banner(end: str, told: str, closing: Any, connected: Connect) -> None:
    port = await closing(end, BOOTING)
    problem = await _refused(connected, port, timing=Timing(connect=5, login=0.5 if end == "silence" else 5))
    assert told in problem.text
    assert problem.text.endswith('; it says: "System is booting up. Please come back later."')
    assert "without a word" not in problem.text
    assert "really an SSH server" not in problem.remedy


async def test_a_long_banner_does_not_hide_the_last_words(closing: Any, connected: Connect) -> None:
    legal = "This system is for authorised use only.\n" * 60
    problem = await _refused(connected, await closing("close", legal, BOOTING))
    assert "System is booting up. Please come back later." in problem.text
    problem = await _refused(connected, await closing("close", legal))
    assert "This system is for authorised use only." in problem.text
    assert problem.text.endswith('…"')


async def test_a_key_accepted_before_the_login_failed_is_kept(
    closing: Any, connected: Connect, places: SshPlaces
) -> None:
    await _refused(connected, await closing("close", BOOTING))
    assert len(places.pins.read_text().splitlines()) == 1


class _Asking(asyncssh.SSHServer):
    """Asks in the machine's own encoding: asyncssh alone would end the connection."""

    def __init__(self, heard: list[Any]) -> None:
        self._heard = heard

    def begin_auth(self, username: str) -> bool:
        return True

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return KOREAN, KOREAN, "", [("암호: ".encode("euc-kr"), False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        self._heard += responses
        return True


async def test_prompts_that_are_not_utf8_are_asked_with_replacements(connected: Connect) -> None:
    heard: list[str] = []
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.create_server(lambda: _Asking(heard), "127.0.0.1", 0, server_host_keys=[key])
    person = Typist(["typed"])
    await connected(address_of(server.get_port(), None), NEW, person=person)
    assert heard == ["typed"]
    [question] = person.asked
    assert question.title.startswith("*** \N{REPLACEMENT CHARACTER}")
    assert question.prompts[0].text.endswith(": ".rstrip())
    server.close()


# -- behind a jump host -----------------------------------------------------------------------------------------------


async def test_it_is_said_that_it_is_the_jump_host_which_fails(speaking: Any, connected: Connect) -> None:
    port = await speaking(_says(b"Exceeded MaxStartups\r\n"))
    problem = await _refused(connected, 1, replace(NEW, proxy_jump=f"me@127.0.0.1:{port}"))
    assert problem.text.startswith(f"the jump host me@127.0.0.1:{port} takes connections")
    assert "MaxStartups" in problem.text


@pytest.mark.parametrize(
    ("line", "cause", "told"),
    [("", Cause.NETWORK, "does not reach"), ("AllowTcpForwarding no", Cause.FORBIDDEN, "forbids the way to")],
)
async def test_a_machine_that_the_jump_host_does_not_reach_has_not_refused_a_session(
    line: str, cause: Cause, told: str, sshd: Sshd, connected: Connect
) -> None:
    sshd.restart(line)
    jump = _options(sshd, proxy_jump=f"{sshd.user}@127.0.0.1:{sshd.port}")
    problem = await _refused(connected, 1, jump)
    assert problem.cause is cause
    assert problem.text.startswith(f"the jump host {sshd.user}@127.0.0.1:{sshd.port} {told} root@127.0.0.1:1: ")


@pytest.mark.parametrize("data", [b"PuTTY-User-Key-File-3: ssh-ed25519\n", "-----BEGIN".encode("utf-16"), b"\xff\0"])
async def test_a_key_that_cannot_be_read_is_named(data: bytes, connected: Connect, places: SshPlaces) -> None:
    path = places.home / "key"
    path.write_bytes(data)
    path.chmod(0o600)
    problem = await _refused(connected, 1, replace(NEW, identity_file="~/key"), password=None)
    assert problem.text.startswith(f"{path} is no private key that can be read")
    assert f"ssh-keygen -yf {path}" in problem.remedy
