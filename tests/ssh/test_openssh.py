"""Ways in: logging in to a real OpenSSH server and to small ones of our own, over jump hosts, and every way to fail."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import termios
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.provider import SshTarget
from gputui.core.ssh_options import SshOptions
from gputui.sim.ssh_listeners import SshListeners
from gputui.ssh.address import Address, resolve
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.handshake import Timing
from gputui.ssh.places import SshPlaces
from gputui.ssh.running.command import from_descriptor, run_command, to_descriptor
from gputui.ssh.session_result import EndReason, SessionResult
from gputui.ssh.shells.handover import argv
from gputui.ssh.shells.session import Session
from gputui.ssh.shells.terminal import Terminal
from gputui.ssh.shells.traces import AFTER
from gputui.ssh.trust.hosts import HostKey
from tests.ssh.conftest import (
    PASSWORD,
    Connect,
    Person,
    Pty,
    Server,
    Sshd,
    StartServer,
    address_of,
    until,
)

QUICK = Timing(connect=0.5, login=0.5)


def _options(sshd: Sshd, **more: Any) -> SshOptions:
    return SshOptions(identity_file=str(sshd.identity), allow_local=True, **{"host_keys": "accept-new", **more})


def _address(sshd: Sshd) -> Address:
    return address_of(sshd.port, None, sshd.user)


# -- a real sshd ----------------------------------------------------------------------------------------------------


async def test_sshd_a_command_with_input_output_and_status(sshd: Sshd, connected: Connect, tmp_path: Path) -> None:
    connection = await connected(_address(sshd), _options(sshd))
    given, taken, said = tmp_path / "in", tmp_path / "out", tmp_path / "err"
    data = os.urandom(3_000_000)
    given.write_bytes(data)
    fds = [
        os.open(given, os.O_RDONLY),
        os.open(taken, os.O_CREAT | os.O_WRONLY),
        os.open(said, os.O_CREAT | os.O_WRONLY),
    ]
    source, out, err = from_descriptor(fds[0]), to_descriptor(fds[1]), to_descriptor(fds[2])
    status = await run_command(connection, "cat; echo oops >&2; exit 42", stdout=out, stderr=err, stdin=source)
    for fd in fds:
        os.close(fd)
    assert (status, taken.read_bytes() == data, said.read_text()) == (42, True, "oops\n")
    assert await run_command(connection, "kill -TERM $$", stdout=out, stderr=err) == 143


async def _shell(sshd: Sshd, connected: Connect, screen: Pty, **more: Any) -> asyncio.Task[SessionResult]:
    connection = await connected(_address(sshd), _options(sshd), **more)
    task = asyncio.create_task(Session(connection).run(Terminal(screen.slave, screen.slave, "xterm-256color")))
    await until(lambda: len(screen.output) > 10)
    screen.type(b"PS1='rea''dy> ' exec sh\r")
    await screen.shows(b"ready>")
    return task


async def test_sshd_a_shell_on_a_terminal(sshd: Sshd, connected: Connect, screen: Pty) -> None:
    modes = screen.modes()
    modes[0] |= 0o40000  # IUTF8
    modes[6][termios.VERASE] = b"\x08"
    termios.tcsetattr(screen.slave, termios.TCSANOW, modes)
    before = screen.modes()
    task = await _shell(sshd, connected, screen)
    screen.type(b"stty size; echo $TERM; stty -a\r")
    await screen.shows(b"24 80\r\n")
    await screen.shows(b"xterm-256color\r\n")
    await screen.shows(b"erase = ^H")
    await screen.shows(b" iutf8")
    screen.resize(132, 50)
    os.kill(os.getpid(), signal.SIGWINCH)
    screen.type(b"until [ \"$(stty size)\" = '50 132' ]; do :; done; echo size is right\r")
    await screen.shows(b"\nsize is right")
    screen.type(b"echo 'g''o'; sleep 1000\r")
    await screen.shows(b"\ngo")
    screen.type(b"\x03")
    await screen.shows(b"^C\r\nready> ")
    screen.type(b"echo 'still' 'here'\r")
    await screen.shows(b"still here")
    screen.type(b"exit 7\r")
    ending = await asyncio.wait_for(task, 10)
    assert (ending.exit_status, ending.how) == (7, EndReason.EXITED)
    assert screen.modes() == before
    await screen.shows(AFTER)


async def test_sshd_much_output_arrives_whole(sshd: Sshd, connected: Connect, screen: Pty) -> None:
    task = await _shell(sshd, connected, screen)
    screen.type(b"stty -opost; seq 1 200000; exit\r")
    await asyncio.wait_for(task, 60)
    await screen.shows(AFTER)
    begin = screen.output.index(b"\n1\n2\n3\n") + 1
    assert screen.output[begin:].startswith(b"".join(b"%d\n" % number for number in range(1, 200001)))


async def test_sshd_killed_under_a_session(sshd: Sshd, connected: Connect, screen: Pty) -> None:
    before = screen.modes()
    task = await _shell(sshd, connected, screen)
    listener = sshd.process.pid
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(listener)], capture_output=True, text=True, check=True)
    for pid in children.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    ending = await asyncio.wait_for(task, 5)
    assert ending.how is EndReason.LOST
    assert screen.modes() == before


async def test_sshd_that_stops_answering(sshd: Sshd, connected: Connect, screen: Pty) -> None:
    task = await _shell(sshd, connected, screen, timing=Timing(keepalive=0.2, missed=2))
    screen.type(b"kill -STOP $PPID\r")
    ending = await asyncio.wait_for(task, 5)
    assert ending.how is EndReason.LOST
    assert "the machine stopped answering" in ending.reason
    stopped = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(sshd.process.pid)], capture_output=True, text=True, check=True
    )
    for pid in stopped.stdout.split():
        os.kill(int(pid), signal.SIGKILL)


async def test_sshd_with_a_new_host_key_is_refused_until_a_person_acts(
    sshd: Sshd, connected: Connect, places: SshPlaces
) -> None:
    person = Person()
    await connected(_address(sshd), _options(sshd, host_keys="ask"), person=person)
    old = person.asked[0].fingerprint
    sshd.new_host_key()
    with pytest.raises(Failed) as failed:
        await connected(_address(sshd), _options(sshd, host_keys="ask"), person=person)
    assert old in failed.value.problem.text
    new = asyncssh.read_public_key(_public(sshd.folder / "host_ed25519")).get_fingerprint()
    assert new in failed.value.problem.text
    assert len(person.asked) == 1
    places.pins.write_text("")
    await connected(_address(sshd), _options(sshd, host_keys="ask"), person=person)
    assert [question.fingerprint for question in person.asked] == [old, new]


def _public(private: Path) -> Path:
    public = private.with_suffix(".pub")
    asyncssh.read_private_key(private).write_public_key(public)
    return public


async def test_what_openssh_remembers_we_know_and_the_other_way_round(
    sshd: Sshd, connected: Connect, places: SshPlaces
) -> None:
    known = places.home / ".ssh" / "known_hosts"
    base = ["ssh", "-F", "none", "-i", str(sshd.identity), "-p", str(sshd.port), "-o", "BatchMode=yes", "-l", sshd.user]

    def ssh(strictness: str, file: Path) -> int:
        more = [
            "-o",
            f"StrictHostKeyChecking={strictness}",
            "-o",
            f"UserKnownHostsFile={file}",
            "-o",
            "HashKnownHosts=yes",
        ]
        return subprocess.run([*base, *more, "127.0.0.1", "true"], check=False, stderr=subprocess.DEVNULL).returncode

    assert await asyncio.to_thread(ssh, "accept-new", known) == 0
    assert known.read_text().startswith("|1|")
    await connected(_address(sshd), _options(sshd, host_keys="strict"))
    known.unlink()
    await connected(_address(sshd), _options(sshd, host_keys="accept-new"))
    assert await asyncio.to_thread(ssh, "yes", places.pins) == 0


async def test_sshd_as_a_jump_host(
    sshd: Sshd, start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    """By its name in ~/.ssh/config, with its own question; the machine's password is for the machine only."""
    server = await start_server(process=_one)
    places.config.write_text(
        f"Host bastion\n  Hostname 127.0.0.1\n  Port {sshd.port}\n  User {sshd.user}\n  IdentityFile {sshd.identity}\n"
    )
    person = Person()
    options = SshOptions(proxy_jump="bastion", allow_local=True)
    connection = await connected(address_of(server.port), options, person=person)
    assert [question.port for question in person.asked] == [sshd.port, server.port]
    assert server.seen.passwords == [PASSWORD]
    assert await _output(connection) == b"one"
    assert len(places.pins.read_text().splitlines()) == 2
    await connection.close()


# -- the embedded clouds --------------------------------------------------------------------------------------------


async def test_the_embedded_machines_are_ordinary_ones(tmp_path: Path, connected: Connect, screen: Pty) -> None:
    door = SshListeners(tmp_path)
    door.attach(asyncio.get_running_loop())
    try:
        host, port = door.open("gpu-node-007", user="root", password=PASSWORD, gpus=8, gpu_model="H100")
        person = Person()
        connection = await connected(address_of(port, host=host), SshOptions(), person=person)
        assert len(person.asked) == 1
        assert (await _output(connection, "nvidia-smi -L")).count(b"H100") == 8
        task = asyncio.create_task(Session(connection).run(Terminal(screen.slave, screen.slave)))
        await screen.shows(b"root@gpu-node-007")
        screen.type(b"exit 7\r")
        assert (await asyncio.wait_for(task, 10)).exit_status == 7
    finally:
        door.detach()


# -- small servers of our own ---------------------------------------------------------------------------------------


async def _one(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.stdout.write(b"one")
    process.exit(0)


async def _output(connection: Any, command: str = "anything") -> bytes:
    out = bytearray()

    async def write(data: bytes) -> None:
        out.extend(data)

    await run_command(connection, command, stdout=write, stderr=write)
    return bytes(out)


@contextlib.asynccontextmanager
async def _agent(folder: Path, *keys: Path) -> AsyncIterator[str]:
    path = folder / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    try:
        await until(path.exists)
        for key in keys:
            added = subprocess.run(["ssh-add", "-q", key], env={**os.environ, "SSH_AUTH_SOCK": str(path)}, check=False)
            assert added.returncode == 0
        yield str(path)
    finally:
        process.terminate()
        process.wait(10)


def _key(path: Path) -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(path)
    key.write_public_key(path.with_name(path.name + ".pub"))
    path.chmod(0o600)
    return key


async def test_a_password_is_offered_alone(start_server: StartServer, places: SshPlaces, tmp_path: Path) -> None:
    """With keys on disk, keys in the agent and keys in the profile: a machine that has a password sees none of them."""
    key = _key(places.home / ".ssh" / "id_ed25519")
    places.config.write_text("Host *\n  IdentityFile ~/.ssh/id_ed25519\n  ForwardAgent yes\n")
    server = await start_server(key=key)
    async with _agent(tmp_path, places.home / ".ssh" / "id_ed25519") as agent:
        options = SshOptions(identity_file="~/.ssh/id_ed25519", host_keys="accept-new")
        connection = await connect(
            address_of(server.port), options, places=replace(places, agent=agent), person=Person()
        )
        assert server.seen.passwords == [PASSWORD]
        assert server.seen.keys == []
        await connection.close()
        with pytest.raises(Failed) as failed:
            await connect(
                address_of(server.port, "wrong-9"), options, places=replace(places, agent=agent), person=Person()
            )
        assert failed.value.problem.cause is Cause.CREDENTIALS
        assert server.seen.passwords == [PASSWORD, "wrong-9"], "once"
        assert server.seen.keys == []
        assert "wrong-9" not in str(failed.value)


async def test_a_default_key_logs_in_and_one_that_others_can_read_does_not(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    path = places.home / ".ssh" / "id_ed25519"
    server = await start_server(key=_key(path))
    await connected(address_of(server.port, None))
    path.chmod(0o644)
    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port, None))
    assert failed.value.problem.cause is Cause.CREDENTIALS
    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port, None), SshOptions(identity_file="~/.ssh/id_ed25519"))
    assert failed.value.problem.remedy == f"chmod 600 {path}"


async def test_the_agent_opens_what_files_do_not(start_server: StartServer, places: SshPlaces, tmp_path: Path) -> None:
    plain, locked = tmp_path / "plain", places.home / ".ssh" / "id_ed25519"
    key = _key(plain)
    server = await start_server(key=key)
    options = SshOptions(identity_file="~/.ssh/id_ed25519", host_keys="accept-new")
    locked.write_bytes(plain.read_bytes())
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", locked], check=True)
    with pytest.raises(Failed) as failed:
        await connect(address_of(server.port, None), options, places=places, person=Person())
    assert "ssh-add" in failed.value.problem.remedy
    async with _agent(tmp_path, plain) as agent:
        key.write_public_key(locked.with_name("id_ed25519.pub"))
        for identity in (options, replace(options, identity_file="")):
            connection = await connect(
                address_of(server.port, None), identity, places=replace(places, agent=agent), person=Person()
            )
            await connection.close()
    with pytest.raises(Failed, match="credentials refused"):
        gone = replace(places, agent=str(tmp_path / "nobody"))
        await connect(address_of(server.port, None), replace(options, identity_file=""), places=gone, person=Person())


async def test_the_users_config_fills_in_what_nobody_decided(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    key = _key(places.home / "gpu_key")
    server = await start_server(key=key)
    places.config.write_text(
        f"Host gpu*\n  Hostname 127.0.0.1\n  User alice\n  Port {server.port}\n  IdentityFile ~/gpu_key\n"
    )
    (places.home / "gpu_key").chmod(0o600)
    for options, user in ((SshOptions(), "alice"), (SshOptions(user="carol"), "carol")):
        address = resolve(SshTarget("gpu7"), replace(options, allow_local=True))
        connection = await connected(address, replace(options, host_keys="accept-new"))
        assert connection.address.user == server.seen.users[-1] == user
    assert address_of(server.port, None, "bob").user == "bob"
    decided = resolve(SshTarget("gpu7", server.port, "bob"), SshOptions(allow_local=True))
    await connected(decided)
    assert server.seen.users[-1] == "bob", "what the API says comes before the file"


@pytest.mark.parametrize(
    ("profile", "api", "file", "user"),
    [
        ("carol", "bob", "alice", "carol"),
        ("", "bob", "alice", "bob"),
        ("", "", "alice", "alice"),
        ("", "", "", "root"),
    ],
)
async def test_the_user_is_the_profiles_the_apis_the_files_or_the_usual_one(
    start_server: StartServer, places: SshPlaces, profile: str, api: str, file: str, user: str
) -> None:
    key = _key(places.home / "other_key")
    server = await start_server(key=key)
    as_root = "Match user root\n  IdentityFile ~/other_key\n"
    named = f"  User {file}\n" if file else ""
    places.config.write_text(f"Host 127.*\n{named}  IdentityFile ~/other_key\n" if user != "root" else as_root)
    (places.home / "other_key").chmod(0o600)
    options = SshOptions(user=profile, allow_local=True, host_keys="accept-new")
    address = resolve(SshTarget("127.0.0.1", server.port, api, usual_user="root"), options)
    connection = await connect(address, options, places=places, person=Person())
    assert connection.address.user == server.seen.users[-1] == user
    await connection.close()
    words = argv(address, options, places)
    assert words[words.index("-l") + 1] == user if "-l" in words else user == file, "OpenSSH reads the file itself"


async def test_what_of_the_users_config_we_cannot_read_openssh_may(places: SshPlaces) -> None:
    options = SshOptions(command="ssh", allow_local=True)
    address = resolve(SshTarget("127.0.0.1", 22, usual_user="root"), options)
    assert "-l" in argv(address, options, places)
    places.config.write_text("Match nonsense\n  User alice\n")
    assert "-l" not in argv(address, options, places)


async def test_a_config_cannot_lead_to_a_local_address(connected: Connect, places: SshPlaces) -> None:
    places.config.write_text("Host *\n  Hostname 127.0.0.1\n")
    with pytest.raises(Failed, match="loopback"):
        await connected(Address("gpu7"))


async def _chain(start_server: StartServer, places: SshPlaces) -> tuple[Server, Server, Server]:
    key = _key(places.home / ".ssh" / "id_ed25519")
    first, second = await start_server(key=key), await start_server(key=key)
    return first, second, await start_server(process=_one)


async def test_jump_hosts_in_a_row(start_server: StartServer, connected: Connect, places: SshPlaces) -> None:
    first, second, machine = await _chain(start_server, places)
    jumps = f"one@127.0.0.1:{first.port},two@127.0.0.1:{second.port}"
    person = Person()
    connection = await connected(address_of(machine.port), SshOptions(proxy_jump=jumps), person=person)
    assert [question.port for question in person.asked] == [first.port, second.port, machine.port]
    assert (first.seen.users, second.seen.users, machine.seen.users) == (["one"], ["two"], ["root"])
    assert first.seen.passwords == second.seen.passwords == []
    assert await _output(connection) == b"one"
    first.seen.live[-1].abort()
    await until(lambda: not connection.is_open)
    assert connection.why_lost()


async def test_a_jump_host_with_a_changed_key_blocks(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    first, _, machine = await _chain(start_server, places)
    wrong = HostKey(machine.key.public_data)
    places.pins.parent.mkdir()
    places.pins.write_text(f"[127.0.0.1]:{first.port} {wrong}\n")
    with pytest.raises(Failed, match="CHANGED"):
        await connected(address_of(machine.port), SshOptions(proxy_jump=f"127.0.0.1:{first.port}"), person=Person())
    assert machine.seen.connections == 0
    assert first.seen.users == []


async def test_jumps_in_a_circle_end(connected: Connect, places: SshPlaces) -> None:
    places.config.write_text("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n")
    with pytest.raises(Failed, match="circle") as failed:
        await connected(Address("gpu7"), SshOptions(proxy_jump="a"))
    assert failed.value.problem.cause is Cause.CONFIG


@pytest.mark.parametrize("jump", ["-oProxyCommand=x", "a b", "h:99999", "h:x", "u@-h", "$(id)", "a@b@c", "h:"])
async def test_odd_jump_hosts_are_refused(jump: str, connected: Connect) -> None:
    with pytest.raises(Failed) as failed:
        await connected(Address("gpu7"), SshOptions(proxy_jump=jump))
    assert failed.value.problem.cause in (Cause.CONFIG, Cause.INPUT)


# -- every way to fail ----------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _speaking(greeting: bytes) -> AsyncIterator[int]:
    held: list[asyncio.StreamWriter] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        writer.write(greeting)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in held:
        writer.close()


async def test_a_server_that_says_nothing_is_given_up(connected: Connect) -> None:
    async with _speaking(b"") as port:
        began = time.monotonic()
        with pytest.raises(Failed) as failed:
            await connected(address_of(port), timing=QUICK)
        assert failed.value.problem.cause is Cause.TIMEOUT
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "greeting",
    [b"HTTP/1.1 400 \x1b]52;c;eA==\x07\r\n\r\n", b"SSH-1.5-old\r\n", b"SSH-2.0-x\r\n" + b"\x00" * 900, b"x" * 70000],
    ids=["http", "old", "zeroes", "long"],
)
async def test_what_is_no_ssh_server_is_said_in_clean_words(greeting: bytes, connected: Connect) -> None:
    async with _speaking(greeting) as port:
        with pytest.raises(Failed) as failed:
            await connected(address_of(port), timing=QUICK)
        problem = failed.value.problem
        assert problem.cause in (Cause.REPLY, Cause.REFUSED, Cause.NETWORK, Cause.TIMEOUT)
        assert "\x1b" not in problem.text + problem.remedy
        assert problem.remedy


async def test_nobody_there(connected: Connect, start_server: StartServer) -> None:
    server = await start_server()
    await server.stop()
    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port))
    assert failed.value.problem.cause is Cause.NETWORK
    assert failed.value.__cause__ is None and failed.value.__suppress_context__, "no locals with secrets in a traceback"


async def test_a_name_that_is_none(places: SshPlaces) -> None:
    import socket

    async def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Failed) as failed:
        await connect(Address("gpu7.example"), SshOptions(), places=places, person=Person(), lookup=nothing)
    assert failed.value.problem.cause is Cause.DNS


async def test_a_lookup_that_hangs_is_left_behind(places: SshPlaces) -> None:
    async def hang(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Failed) as failed:
        await connect(Address("gpu7.example"), SshOptions(), places=places, person=Person(), lookup=hang, timing=QUICK)
    assert failed.value.problem.cause is Cause.TIMEOUT


async def test_the_next_address_is_tried(start_server: StartServer, places: SshPlaces) -> None:
    server = await start_server()

    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    address = Address("gpu7.example", server.port, "root", address_of(server.port).password, allow_local=True)
    options = SshOptions(host_keys="accept-new")
    connection = await connect(address, options, places=places, person=Person(), lookup=two)
    assert places.pins.read_text().startswith("[gpu7.example]:"), "remembered by name"
    await connection.close()


@pytest.mark.parametrize(
    ("config", "words"),
    [("Host *\n  Port abc\n", "line 2"), ("Host 'x\n", "line 1"), ("Host *\n  Port 99999\n", "99999")],
)
async def test_a_bad_config_names_the_line(config: str, words: str, connected: Connect, places: SshPlaces) -> None:
    places.config.write_text(config)
    with pytest.raises(Failed) as failed:
        await connected(Address("gpu7.example"))
    assert failed.value.problem.cause in (Cause.CONFIG, Cause.INPUT)
    assert words in failed.value.problem.text


async def test_a_missing_identity_file_is_said(connected: Connect, start_server: StartServer) -> None:
    server = await start_server()
    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port, None), SshOptions(identity_file="~/nothing"))
    assert failed.value.problem.cause is Cause.CONFIG
    assert server.seen.connections == 0


async def test_cancelled_while_the_key_is_remembered_nothing_stays_open(
    start_server: StartServer, connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, reached = threading.Event(), threading.Event()

    def slow(*_arguments: Any) -> None:
        reached.set()
        release.wait(30)

    monkeypatch.setattr("gputui.ssh.trust.verifier.pin", slow)
    server = await start_server()
    task = asyncio.create_task(connected(address_of(server.port)))
    await until(reached.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: server.seen.live[0].is_closed())
    release.set()


async def test_a_jump_host_is_left_again_where_the_machine_refuses(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    first, _, machine = await _chain(start_server, places)
    jump = SshOptions(proxy_jump=f"127.0.0.1:{first.port}", host_keys="accept-new")
    with pytest.raises(Failed, match="credentials refused"):
        await connected(address_of(machine.port, "wrong"), jump)
    await until(lambda: first.seen.live[0].is_closed())


async def test_a_banner_is_cleaned(start_server: StartServer, connected: Connect) -> None:
    server = await start_server(banner="Welcome \x1b]52;c;eA==\x07\r\nsecond\n")
    connection = await connected(address_of(server.port))
    assert connection.banner[0].startswith("Welcome ␛]52")
    assert connection.banner[1] == "second"
    endless = await start_server(banner="x" * 30_000)
    assert len("".join((await connected(address_of(endless.port))).banner)) < 10_000


async def test_connecting_can_be_cancelled_at_any_time(start_server: StartServer, connected: Connect) -> None:
    """Whatever was open is closed again; a later attempt is not disturbed."""
    server = await start_server(process=_one)
    whole = 0
    for milliseconds in range(0, 60, 2):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(milliseconds / 1000):
                connection = await connected(address_of(server.port))
            whole += 1
            await connection.close()
    assert server.seen.connections > whole, "some were cut short while the server already saw them"
    await until(lambda: all(connection.is_closed() for connection in server.seen.live))
    connection = await connected(address_of(server.port))
    assert await _output(connection) == b"one"
