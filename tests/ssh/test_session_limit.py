"""A machine that opens one session a connection: whatever is wanted beside a session gets another connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.failure import NoSession
from gputui.ssh.forward import Forwards, Wanted
from gputui.ssh.gpus.watch import GpuWatch
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import NonInteractive
from gputui.ssh.running.fan_out import FanOut
from gputui.ssh.shells.sessions import Sessions
from gputui.ssh.shells.terminal import Terminal
from tests.ssh.conftest import Pty, Sshd, StartServer, _Server, address_of, until

NOBODY = NonInteractive()
OPTIONS = SshOptions(host_keys="accept-new")


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    pool = Pool(places)
    yield pool
    await pool.aclose()


@pytest.fixture
async def machine(sshd: Sshd, pool: Pool, screen: Pty) -> AsyncIterator[Machine]:
    """A real sshd with `MaxSessions 1`, and a session on it that was left."""
    sshd.restart("MaxSessions 1")
    options = replace(OPTIONS, identity_file=str(sshd.identity))
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(sshd.port, None, sshd.user), options)
    sessions = Sessions(pool, lambda _: None)
    entry = await sessions.open(machine, NOBODY, Terminal(screen.slave, screen.slave))
    yield machine
    assert entry.ending is None and entry.session.connection.is_open, "nobody has disturbed it"
    await sessions.aclose()


async def test_its_gpus_are_read_over_one_connection_of_their_own(machine: Machine, pool: Pool) -> None:
    watch = GpuWatch([machine], pool, now=lambda: 0.0, on_change=lambda _: None, person=NOBODY, every=0.01)
    one = watch.machines[machine.ref]
    reading = asyncio.create_task(watch.run())
    for _ in range(3):
        await until(lambda: one.problem is not None)
        assert one.problem is not None and one.problem.text == "there is no nvidia-smi on this machine"
        one.problem = None
        watch.again()
    reading.cancel()
    await asyncio.wait([reading])
    assert len(pool._lines[machine]) == 2


async def test_a_command_runs_over_another_connection(machine: Machine, pool: Pool) -> None:
    run = FanOut([machine], "echo here", pool)
    await run.run()
    assert [(answer.status, answer.out, answer.problem) for answer in run.done] == [(0, b"here\n", None)]


async def test_a_port_is_forwarded(machine: Machine, pool: Pool) -> None:
    forwards = Forwards(pool)
    async with asyncio.timeout(20):
        forward = await forwards.start(machine, Wanted(machine.address.port or 0), NOBODY)
        assert not forward.trouble
        reader, writer = await asyncio.open_connection("127.0.0.1", forward.here)
        assert (await reader.readline()).startswith(b"SSH-2.0-OpenSSH")
        writer.close()
    await forwards.aclose()


async def test_a_server_that_counts_forwarded_ports_as_sessions(start_server: StartServer, pool: Pool) -> None:
    """OpenSSH does not; others answer `resource shortage` (RFC 4254 §5.1)."""
    taken: list[asyncssh.SSHServerConnection] = []

    class OneChannel(_Server):
        def connection_requested(self, *_: object) -> bool:
            assert self._connection is not None
            if self._connection in taken:
                raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "too many channels")
            return True

        def session_requested(self) -> bool:
            assert self._connection is not None
            taken.append(self._connection)
            return False

    server = await start_server(server=OneChannel)
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(server.port), OPTIONS)
    forwards = Forwards(pool)
    async with pool.lease(machine, NOBODY) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.ssh.run("true")
        forward = await forwards.start(machine, Wanted(server.port), NOBODY)
        assert not forward.trouble and server.seen.connections > 2
    await forwards.aclose()


# ---------------------------------------------------------------------- the pool's own rules


class Counted:
    """Opens one session a connection, or as many as `most` says."""

    def __init__(self, most: int = 1) -> None:
        self.most = most
        self.opened: dict[int, int] = {}

    async def __call__(self, connection: Connection) -> int:
        count = self.opened.get(id(connection), 0)
        if count >= self.most:
            raise NoSession(Problem(Cause.REFUSED, "opened no session"))
        self.opened[id(connection)] = count + 1
        return count


async def test_where_the_first_session_of_a_connection_is_refused_that_is_the_reason(
    start_server: StartServer, pool: Pool
) -> None:
    server = await start_server()
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(server.port), OPTIONS)
    for count in (1, 2):
        with pytest.raises(NoSession, match="opened no session"):
            async with pool.session(machine, NOBODY, Counted(0)):
                raise AssertionError
        assert server.seen.connections == count
        assert not pool.live(machine.ref), "a connection that is of no use is not kept"


async def test_there_are_as_many_connections_as_sessions_need_and_no_more(
    start_server: StartServer, pool: Pool
) -> None:
    server = await start_server()
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(server.port), OPTIONS)
    two = Counted(2)
    async with (
        pool.session(machine, NOBODY, two) as (first, _),
        pool.session(machine, NOBODY, two) as (second, _),
        pool.session(machine, NOBODY, two) as (third, _),
        pool.session(machine, NOBODY, two) as (fourth, _),
    ):
        assert first is second and third is fourth and first is not third
    assert server.seen.connections == 2


async def test_no_second_connection_says_both_reasons_and_what_to_do(start_server: StartServer, pool: Pool) -> None:
    server = await start_server()
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(server.port), OPTIONS)
    one = Counted()
    async with pool.session(machine, NOBODY, one):
        server.acceptor.close()
        with pytest.raises(Failed) as failed:
            async with pool.session(machine, NOBODY, one):
                raise AssertionError
    problem = failed.value.problem
    assert problem.cause is Cause.NETWORK
    assert problem.text.startswith("opened no session, and there is no second connection: nothing listens at")
    assert problem.remedy.startswith("end the session that is open (:sessions)")
