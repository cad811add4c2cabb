"""Forwarded ports: bytes both ways, on loopback only, what goes wrong said, nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.sim.ssh_listeners import SshListeners
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.forward import LOOPBACK, MOST_CALLERS, Forward, Forwards, Wanted
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import NonInteractive
from tests.ssh.conftest import Server, Sshd, StartServer, _Server, address_of, until

NOBODY = NonInteractive()
ACCEPT = SshOptions(host_keys="accept-new")


def machine_at(server: Server) -> Machine:
    return Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(server.port), ACCEPT)


class Far:
    """Something that listens where the machine is: answers in capitals, line by line, and says goodbye at the end."""

    def __init__(self) -> None:
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Far:
        self._server = await asyncio.start_server(self._answer, LOOPBACK, 0, limit=1 << 22)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while data := await reader.read(65536):
                writer.write(data.upper())
                await writer.drain()
            writer.write(b"BYE")
            writer.write_eof()
        finally:
            writer.close()


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    async with Far() as far:
        yield far


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    pool = Pool(places)
    yield pool
    await pool.aclose()


@pytest.fixture
async def forwards(pool: Pool) -> AsyncIterator[Forwards]:
    forwards = Forwards(pool)
    yield forwards
    await forwards.aclose()


async def talk(port: int, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(words)
    writer.write_eof()
    try:
        return await reader.read(-1)
    finally:
        writer.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def taken() -> socket.socket:
    sock = socket.socket()
    sock.bind((LOOPBACK, 0))
    sock.listen()
    return sock


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("8888", Wanted(8888)),
        ("9000:8888", Wanted(8888, here=9000)),
        ("db-1:5432", Wanted(5432, "db-1")),
        ("10.0.0.7:80", Wanted(80, "10.0.0.7")),
        ("9000:db.internal:5432", Wanted(5432, "db.internal", 9000)),
        ("[fd00::7]:80", Wanted(80, "fd00::7")),
        ("9000:[::1]:80", Wanted(80, "::1", 9000)),
    ],
)
def test_what_to_forward_is_read(words: str, wanted: Wanted) -> None:
    assert Wanted.of(words) == wanted


@pytest.mark.parametrize(
    "words",
    [
        *("", "x", "0", "65536", "99999", "-1", "8888 ", " 8888", "８８８８", "1:2:3:4", "0:8888", ":8888", "8888:"),
        *("-oProxyCommand=x:80", "a b:80", "h;id:80", "$(id):80", "0x7f.1:80", "[::1:80", "::1:80", "h\n:80", "8888\n"),
        *("0.0.0.0:9000:8888", "http://h:80"),
    ],
)
def test_nothing_else_is(words: str) -> None:
    with pytest.raises(Failed) as failed:
        Wanted.of(words)
    assert failed.value.problem.cause is Cause.INPUT
    assert "8888" in failed.value.problem.remedy


async def test_bytes_go_both_ways_and_are_counted(start_server: StartServer, forwards: Forwards, far: Far) -> None:
    forward = await forwards.start(machine_at(await start_server()), Wanted(far.port), NOBODY)
    assert forward.moved and forward.here != far.port  # the far side is on this very computer and has the number
    assert await talk(forward.here, b"hello") == b"HELLOBYE"
    await until(lambda: not forward.callers)
    assert (forward.served, forward.sent, forward.received, forward.trouble) == (1, 5, 8, "")


async def test_much_goes_through_whole_to_many_at_once(start_server: StartServer, forwards: Forwards, far: Far) -> None:
    forward = await forwards.start(machine_at(await start_server()), Wanted(far.port), NOBODY)
    blobs = [os.urandom(600_000).lower() for _ in range(8)]

    async def whole(blob: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(LOOPBACK, forward.here)
        reading = asyncio.ensure_future(reader.read(-1))
        writer.write(blob)
        await writer.drain()
        writer.write_eof()
        found = await reading
        writer.close()
        return found

    assert await asyncio.gather(*map(whole, blobs)) == [blob.upper() + b"BYE" for blob in blobs]


def own_sockets() -> Iterator[str]:
    """Other tests' processes may listen at the same port of other addresses."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that the folder is read with
            yield str(descriptor.readlink())


async def test_it_listens_on_loopback_and_nowhere_else(start_server: StartServer, forwards: Forwards, far: Far) -> None:
    forward = await forwards.start(machine_at(await start_server()), Wanted(far.port), NOBODY)
    listening, ours = f":{forward.here:04X} ", set(own_sockets())
    found = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()
        if line.split()[3] == "0A" and listening in line.split()[1] + " " and f"socket:[{line.split()[9]}]" in ours
    ]
    assert found == [f"0100007F:{forward.here:04X}"]


async def test_the_same_number_where_it_is_free_and_the_one_asked_for_or_none(
    start_server: StartServer, forwards: Forwards
) -> None:
    machine = machine_at(await start_server())
    with taken() as sock:
        port = sock.getsockname()[1]
        with pytest.raises(Failed, match=rf"port {port} is not to be had here: Address already in use"):
            await forwards.start(machine, Wanted(port, here=port), NOBODY)
    assert forwards.open == []
    first = await forwards.start(machine, Wanted(port), NOBODY)
    assert (first.here, first.moved) == (port, False)
    assert forwards.standing(machine, Wanted(port)) is first
    assert forwards.standing(machine, Wanted(port, here=1)) is None
    assert forwards.standing(machine, Wanted(port, "other")) is None


async def test_two_at_once_at_the_same_port_get_one_each(
    start_server: StartServer, forwards: Forwards, far: Far
) -> None:
    machine = machine_at(await start_server())
    with taken() as sock:
        port = sock.getsockname()[1]
    found = await asyncio.gather(
        *(forwards.start(machine, Wanted(port, host), NOBODY) for host in ("localhost", "127.0.0.1"))
    )
    assert sorted(one.moved for one in found) == [False, True]
    here = found[0].here
    await forwards.close(found[0])
    again = (forwards.start(machine, Wanted(far.port, host, here), NOBODY) for host in ("localhost", "127.0.0.1"))
    both = await asyncio.gather(*again, return_exceptions=True)
    (failed,) = [one for one in both if isinstance(one, Failed)]
    assert "is not to be had here" in failed.problem.text


def forward_to(number: int, wanted: Wanted, here: int) -> Forward:
    machine = Machine(Ref("p", "nodes", str(number)), f"gpu-{number}", address_of(22), ACCEPT)
    return Forward(machine, wanted, here, 0.0)


@pytest.mark.parametrize(
    ("machine", "wanted", "stands"),
    [
        (1, Wanted(8888), True),
        (1, Wanted(8888, here=9000), True),
        (2, Wanted(8888), False),
        (1, Wanted(8889), False),
        (1, Wanted(8888, "db-1"), False),
        (1, Wanted(8888, here=9001), False),
    ],
)
async def test_one_stands_for_that_port_of_that_machine_alone(machine: int, wanted: Wanted, stands: bool) -> None:
    one = forward_to(1, Wanted(8888), 9000)
    forwards = Forwards(cast(Any, None), open=[one])
    found = forwards.standing(forward_to(machine, wanted, 0).machine, wanted)
    assert found is (one if stands else None)


async def test_one_whose_connection_ends_without_a_word_has_ended() -> None:
    async def wait_closed() -> None:
        pass

    silent: Any = SimpleNamespace(ssh=SimpleNamespace(wait_closed=wait_closed), why_lost=lambda: "")
    one = forward_to(1, Wanted(8888), 9000)
    forwards = Forwards(cast(Any, None), open=[one])
    await forwards._until_lost(silent, one)
    assert (one.ended, forwards.open, list(forwards.ended)) == ("the connection was closed", [], [one])


async def test_one_that_stands_is_given_again_and_tried_again(start_server: StartServer, forwards: Forwards) -> None:
    machine = machine_at(await start_server())
    with taken() as there, taken() as here:
        port, wanted = there.getsockname()[1], Wanted(there.getsockname()[1])
        here_port = here.getsockname()[1]
    first = await forwards.start(machine, Wanted(port, here=here_port), NOBODY)
    assert first.trouble
    server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, port)
    found = await asyncio.gather(*(forwards.start(machine, wanted, NOBODY) for _ in range(2)))
    assert found == [first, first] and forwards.open == [first]
    assert not first.trouble
    server.close()


async def test_an_answer_that_comes_too_late_is_hung_up_on(
    start_server: StartServer, forwards: Forwards, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, ended = asyncio.Event(), asyncio.Event()

    class Late(asyncssh.SSHTCPSession[bytes]):
        def connection_lost(self, exc: Exception | None) -> None:
            ended.set()

    async def late() -> Late:
        await slow.wait()
        return Late()

    monkeypatch.setattr(_Server, "connection_requested", lambda *_: late())
    monkeypatch.setattr("gputui.ssh.forward._TRY_SECONDS", 0.01)
    forward = await forwards.start(machine_at(await start_server()), Wanted(8888), NOBODY)
    assert forward.trouble == "no answer from there yet"
    slow.set()
    await asyncio.wait_for(ended.wait(), 10)


async def test_where_nothing_listens_is_said_at_once_and_once(start_server: StartServer, forwards: Forwards) -> None:
    heard: list[str] = []
    forwards.on_change = lambda forward: heard.append(forward.trouble)
    with taken() as there, taken() as here:
        port = there.getsockname()[1]
        wanted = Wanted(port, here=here.getsockname()[1])
    forward = await forwards.start(machine_at(await start_server()), wanted, NOBODY)
    nothing = "nothing answers there: "
    assert nothing in forward.trouble
    for _ in range(2):
        with contextlib.suppress(OSError):
            assert await talk(forward.here, b"") == b""
    await until(lambda: not forward.callers)
    assert heard == [] and forward.served == 0  # it was said when the port was forwarded
    # Somebody comes to listen there, and goes again: that is news.
    server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, port)
    await talk(forward.here, b"")
    await until(lambda: not forward.callers)
    assert (forward.trouble, forward.served) == ("", 1)
    server.close()
    with contextlib.suppress(OSError):
        await talk(forward.here, b"")
    await until(lambda: heard)
    assert nothing in heard[0]


async def test_a_server_that_forbids_forwarding_is_a_problem(
    start_server: StartServer, forwards: Forwards, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object) -> bool:
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "open failed\x1b[31m")

    monkeypatch.setattr(_Server, "connection_requested", forbid)
    with pytest.raises(Failed, match="its SSH server forbids localhost:8888: open failed␛") as failed:
        await forwards.start(machine_at(await start_server()), Wanted(8888), NOBODY)
    assert failed.value.problem.cause is Cause.FORBIDDEN
    assert forwards.open == []


async def test_a_lost_connection_closes_it_and_says_why(
    start_server: StartServer, forwards: Forwards, far: Far
) -> None:
    ended: list[Forward] = []
    forwards.on_change = ended.append
    server = await start_server()
    forward = await forwards.start(machine_at(server), Wanted(far.port), NOBODY)
    reader, writer = await asyncio.open_connection(LOOPBACK, forward.here)
    writer.write(b"x")
    assert await reader.read(1) == b"X"
    server.seen.live[0].abort()
    await until(lambda: ended == [forward])
    assert forward.ended and forwards.open == [] and list(forwards.ended) == [forward]
    with pytest.raises(OSError):
        await reader.readexactly(1)
    writer.close()
    with pytest.raises(OSError):
        await talk(forward.here, b"")
    again = await forwards.start(forward.machine, forward.wanted, NOBODY)  # over a new connection
    assert await talk(again.here, b"y") == b"YBYE"


async def test_closing_hangs_up_and_leaves_nothing(start_server: StartServer, pool: Pool, far: Far) -> None:
    machine = machine_at(await start_server())
    async with pool.lease(machine, NOBODY):
        tasks, files = len(asyncio.all_tasks()), open_files()
        forwards = Forwards(pool)
        forward = await forwards.start(machine, Wanted(far.port), NOBODY)
        reader, writer = await asyncio.open_connection(LOOPBACK, forward.here)
        writer.write(b"x")
        await reader.read(1)
        await forwards.close(forward)
        await forwards.close(forward)
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()
        await until(lambda: len(asyncio.all_tasks()) <= tasks and open_files() <= files)
    assert pool.live(machine.ref)  # the connection is others' as well


async def test_more_callers_than_a_console_can_carry_are_hung_up_on(
    start_server: StartServer, forwards: Forwards, far: Far
) -> None:
    heard: list[str] = []
    forwards.on_change = lambda forward: heard.append(forward.trouble)
    forward = await forwards.start(machine_at(await start_server()), Wanted(far.port), NOBODY)
    forward.callers = MOST_CALLERS
    with contextlib.suppress(OSError):
        assert await talk(forward.here, b"x") == b""
    await until(lambda: heard == [f"more than {MOST_CALLERS} callers at once"])
    forward.callers = 0


async def test_through_a_real_sshd(sshd: Sshd, forwards: Forwards, far: Far) -> None:
    options = SshOptions(user=sshd.user, identity_file=str(sshd.identity), host_keys="accept-new")
    address = address_of(sshd.port, password=None, user=sshd.user)
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address, options)
    forward = await forwards.start(machine, Wanted(far.port), NOBODY)
    assert await talk(forward.here, b"hello") == b"HELLOBYE"
    with taken() as sock:
        port = sock.getsockname()[1]
    nothing = await forwards.start(machine, Wanted(port), NOBODY)
    assert "Connection refused" in nothing.trouble
    sshd.stop()


async def test_the_simulated_machines_serve_pages_that_only_a_forward_reaches(
    tmp_path: Path, forwards: Forwards
) -> None:
    door = SshListeners(tmp_path)
    door.attach(asyncio.get_running_loop())
    host, port = door.open("gpu-node-007", user="root", password="one-time-5bd1", gpus=8, gpu_model="H100", ports=2)
    machine = Machine(Ref("p", "nodes", "1"), "gpu-node-007", address_of(port, host=host), ACCEPT)
    try:
        for number, title in ((8888, b"JupyterLab"), (6006, b"TensorBoard"), (port + 2, b"a service")):
            forward = await forwards.start(machine, Wanted(number), NOBODY)
            page = await talk(forward.here, b"GET /lab HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert page.startswith(b"HTTP/1.1 200 OK") and title + b" on gpu-node-007" in page
        for wanted in (Wanted(22), Wanted(port + 3), Wanted(8888, "10.0.0.1")):
            assert "Connection refused" in (await forwards.start(machine, wanted, NOBODY)).trouble
    finally:
        await forwards.aclose()
        door.detach()


async def slow_browser(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    browser = socket.socket()
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    browser.setblocking(False)
    await asyncio.get_running_loop().sock_connect(browser, (LOOPBACK, port))
    return await asyncio.open_connection(sock=browser)


async def test_the_end_of_an_answer_reaches_a_slow_browser(start_server: StartServer, forwards: Forwards) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 60_000)
        writer.close()

    server = await start_server()
    async with await asyncio.start_server(answer, LOOPBACK, 0) as far:
        wanted = Wanted(far.sockets[0].getsockname()[1])
        forward = await forwards.start(machine_at(server), wanted, NOBODY)
        reader, writer = await slow_browser(forward.here)
        writer.write_eof()
        await until(lambda: forward.received == 60_000 and not forward.callers)
        assert len(await reader.read(-1)) == 60_000
        writer.close()


async def test_what_a_slow_browser_has_not_taken_yet_does_not_grow(
    start_server: StartServer, forwards: Forwards
) -> None:
    sent = 0

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536

    server = await start_server()
    async with await asyncio.start_server(flood, LOOPBACK, 0) as far:
        wanted = Wanted(far.sockets[0].getsockname()[1])
        forward = await forwards.start(machine_at(server), wanted, NOBODY)
        reader, writer = await slow_browser(forward.here)
        taken, ahead = 0, [0, 0]
        for at, much in enumerate((2_000_000, 8_000_000)):
            while taken < much:
                taken += len(await reader.read(100_000))
                await asyncio.sleep(0.005)
            ahead[at] = sent - taken
        writer.transport.abort()
        await forwards.close(forward)
    assert ahead[1] < ahead[0] + 2_000_000, "what the kernel keeps on the way, and no more"
