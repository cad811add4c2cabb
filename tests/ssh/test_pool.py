"""One connection a machine, shared while it is used and closed a while after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gputui.core.problem import Failed
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import NonInteractive
from tests.ssh.conftest import Server, StartServer, address_of, until

NOBODY = NonInteractive()


def machine_at(server: Server, id: str = "1") -> Machine:
    return Machine(Ref("p", "nodes", id), "gpu-1", address_of(server.port), SshOptions(host_keys="accept-new"))


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    pool = Pool(places)
    yield pool
    await pool.aclose()


async def test_all_who_come_at_once_share_one_connection(start_server: StartServer, pool: Pool) -> None:
    server = await start_server()
    machine = machine_at(server)

    async def use() -> object:
        async with pool.lease(machine, NOBODY) as connection:
            return connection

    found = await asyncio.gather(*(use() for _ in range(5)))
    assert len(set(map(id, found))) == 1
    assert len(server.seen.passwords) == 1


async def test_it_lingers_and_is_there_again(start_server: StartServer, pool: Pool) -> None:
    server = await start_server()
    machine = machine_at(server)
    async with pool.lease(machine, NOBODY) as first:
        pass
    assert pool.live(machine.ref)
    async with pool.lease(machine, NOBODY) as second:
        assert second is first
    assert len(server.seen.passwords) == 1


async def test_after_its_time_it_is_closed(start_server: StartServer, places: SshPlaces) -> None:
    server = await start_server()
    pool = Pool(places, linger=0.01)
    async with pool.lease(machine_at(server), NOBODY) as connection:
        assert connection.is_open
    await until(lambda: not connection.is_open)
    await until(lambda: not pool.live(Ref("p", "nodes", "1")))
    await pool.aclose()


async def test_one_that_has_broken_is_made_anew(start_server: StartServer, pool: Pool) -> None:
    server = await start_server()
    machine = machine_at(server)
    async with pool.lease(machine, NOBODY) as first:
        first.ssh.abort()
        await until(lambda: not first.is_open)
        async with pool.lease(machine, NOBODY) as second:
            assert second is not first and second.is_open


async def test_a_machine_that_was_made_anew_gets_no_old_connection(start_server: StartServer, pool: Pool) -> None:
    server = await start_server()
    machine = machine_at(server)
    anew = replace(machine, ref=Ref("p", "nodes", "2"))
    async with pool.lease(machine, NOBODY) as first, pool.lease(anew, NOBODY) as second:
        assert second is not first


async def test_one_who_leaves_while_it_connects_costs_the_others_nothing(start_server: StartServer, pool: Pool) -> None:
    server = await start_server()
    machine = machine_at(server)

    async def use() -> bool:
        async with pool.lease(machine, NOBODY) as connection:
            return connection.is_open

    leaves, stays = asyncio.create_task(use()), asyncio.create_task(use())
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays
    assert len(server.seen.passwords) == 1


async def test_alone_and_cancelled_the_attempt_is_given_up(places: SshPlaces) -> None:
    given_up = asyncio.Event()

    async def dial(_machine: Machine, _person: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    pool = Pool(places, dial=dial)  # type: ignore[arg-type]
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(1), SshOptions())

    async def use() -> None:
        async with pool.lease(machine, NOBODY):
            pass

    task = asyncio.create_task(use())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(5):
        await given_up.wait()


async def test_what_fails_fails_for_all_and_may_be_tried_again(start_server: StartServer, pool: Pool) -> None:
    server = await start_server(password="another")
    for _ in range(2):
        with pytest.raises(Failed):
            async with pool.lease(machine_at(server), NOBODY):
                pass
    assert len(server.seen.passwords) == 2


async def test_a_closed_pool_has_nothing_more(start_server: StartServer, pool: Pool) -> None:
    server = await start_server()
    async with pool.lease(machine_at(server), NOBODY) as connection:
        pass
    await pool.aclose()
    assert not connection.is_open
    with pytest.raises(Failed):
        async with pool.lease(machine_at(server), NOBODY):
            pass


async def test_what_has_been_idle_for_longest_goes_where_there_is_too_much(
    start_server: StartServer, places: SshPlaces
) -> None:
    server = await start_server()
    pool = Pool(places, idle=2)
    machines = [machine_at(server, id) for id in "1231"]
    for machine in machines:
        async with pool.lease(machine, NOBODY):
            pass
    assert [pool.live(machine.ref) for machine in machines[:3]] == [True, False, True]
    assert server.seen.connections == 4
    await pool.aclose()
