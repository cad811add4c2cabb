"""One connection to a jump host, whoever is behind it, and none once nobody is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import HostKeyQuestion
from gputui.ssh.trust.hosts import HostKey
from tests.ssh.conftest import Person, Server, StartServer, address_of, until

MANY = 12


@pytest.fixture
def key(places: SshPlaces) -> asyncssh.SSHKey:
    """Ours: the jump hosts take it, the machines have passwords."""
    path = places.home / ".ssh" / "id_ed25519"
    made = asyncssh.generate_private_key("ssh-ed25519")
    made.write_private_key(path)
    path.chmod(0o600)
    return made


def _over(*jumps: Server) -> SshOptions:
    chain = ",".join(f"root@127.0.0.1:{jump.port}" for jump in jumps)
    return SshOptions(proxy_jump=chain, host_keys="accept-new", allow_local=True)


async def _many(
    machine: Server, options: SshOptions, places: SshPlaces, memory: ConnectCache, people: list[Person]
) -> list[Connection | BaseException]:
    connecting = (
        connect(address_of(machine.port), options, places=places, person=person, memory=memory) for person in people
    )
    return list(await asyncio.gather(*connecting, return_exceptions=True))


async def test_all_machines_share_each_jump_host(
    start_server: StartServer, places: SshPlaces, key: asyncssh.SSHKey
) -> None:
    first, second, machine = await start_server(key=key), await start_server(key=key), await start_server()
    memory = ConnectCache()
    made = await _many(machine, _over(first, second), places, memory, [Person()] * MANY)
    assert (first.seen.connections, second.seen.connections, machine.seen.connections) == (1, 1, MANY)
    *others, last = [connection for connection in made if isinstance(connection, Connection)]
    for connection in others:
        await connection.close()
        await connection.close()
    assert len(others) == MANY - 1
    assert last.is_open
    assert not second.seen.live[0].is_closed()
    await last.close()
    await until(lambda: first.seen.live[0].is_closed() and second.seen.live[0].is_closed())
    [again] = await _many(machine, _over(first, second), places, memory, [Person()])
    assert isinstance(again, Connection)
    assert first.seen.connections == 2
    await again.close()


async def test_one_that_has_died_is_made_anew(
    start_server: StartServer, places: SshPlaces, key: asyncssh.SSHKey
) -> None:
    jump, machine, memory = await start_server(key=key), await start_server(), ConnectCache()
    [one] = await _many(machine, _over(jump), places, memory, [Person()])
    assert isinstance(one, Connection) and one.before is not None
    jump.seen.live[0].abort()
    await until(lambda: one.before is not None and not one.before.is_open)
    [two] = await _many(machine, _over(jump), places, memory, [Person()])
    assert isinstance(two, Connection)
    await one.close()
    assert two.is_open and two.before is not None and two.before.is_open
    await two.close()
    await until(lambda: jump.seen.live[1].is_closed())


async def test_who_leaves_while_it_is_dialled_costs_the_others_nothing(
    start_server: StartServer, places: SshPlaces, key: asyncssh.SSHKey
) -> None:
    jump, machine, memory = await start_server(key=key), await start_server(), ConnectCache()
    thinking = asyncio.Event()

    class Undecided(Person):
        async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
            thinking.set()
            await asyncio.Event().wait()
            return False

    options = replace(_over(jump), host_keys="ask")
    leaves = asyncio.create_task(_many(machine, options, places, memory, [Undecided()]))
    await asyncio.wait_for(thinking.wait(), 10)
    stays = asyncio.create_task(_many(machine, options, places, memory, [Person()]))
    await asyncio.sleep(0)
    leaves.cancel()
    [connection] = await asyncio.wait_for(stays, 10)
    assert isinstance(connection, Connection)
    await connection.close()
    await until(lambda: all(live.is_closed() for live in jump.seen.live))


async def test_each_is_asked_himself_about_its_key(
    start_server: StartServer, places: SshPlaces, key: asyncssh.SSHKey
) -> None:
    """As where a command runs on many machines: everybody's key that is to be decided on must be known afterwards."""
    jump, machine = await start_server(key=key), await start_server()
    people = [Person(answer=False) for _ in range(4)]
    ends = await _many(machine, replace(_over(jump), host_keys="ask"), places, ConnectCache(), people)
    assert all(isinstance(end, Failed) for end in ends)
    assert [len(person.asked) for person in people] == [1] * 4
    assert jump.seen.users == []


async def test_one_that_does_not_answer_is_waited_for_once(places: SshPlaces, start_server: StartServer) -> None:
    machine, callers = await start_server(), 0

    def answer_nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        nonlocal callers
        callers += 1

    silent = await asyncio.start_server(answer_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    options = SshOptions(proxy_jump=f"127.0.0.1:{port}", login_timeout=0.2, allow_local=True)
    ends = await _many(machine, options, places, ConnectCache(), [Person()] * MANY)
    assert {end.problem.cause for end in ends if isinstance(end, Failed)} == {Cause.TIMEOUT}
    assert (len(ends), callers) == (MANY, 1)
    silent.close()


async def test_a_circle_is_found(places: SshPlaces, start_server: StartServer) -> None:
    places.config.write_text("Host a\n  Hostname 127.0.0.1\n  ProxyJump b\nHost b\n  ProxyJump a\n")
    machine = await start_server()
    options = SshOptions(proxy_jump="a", allow_local=True)
    [end] = await asyncio.wait_for(_many(machine, options, places, ConnectCache(), [Person()]), 10)
    assert isinstance(end, Failed)
    assert end.problem.cause is Cause.CONFIG


async def test_another_profiles_way_is_another_one(
    start_server: StartServer, places: SshPlaces, key: asyncssh.SSHKey
) -> None:
    jump, machine, memory = await start_server(key=key), await start_server(), ConnectCache()
    (places.home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{jump.port} {HostKey(jump.key.public_data)}\n")
    made = []
    for options in (_over(jump), replace(_over(jump), identity_file="~/.ssh/id_ed25519")):
        made += await _many(machine, options, places, memory, [Person()] * 2)
    assert jump.seen.connections == 2
    for connection in made:
        assert isinstance(connection, Connection)
        await connection.close()
