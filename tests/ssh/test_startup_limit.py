"""Servers that drop handshakes (MaxStartups): they are made again, with pauses, few at a time, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.connecting.redial import AT_ONCE, PAUSES, HandshakeDropped, Redial
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import NonInteractive
from gputui.ssh.running.fan_out import FanOut
from tests.ssh.conftest import Sshd, StartServer, _Server, address_of

NOBODY = NonInteractive()
ACCEPTING = SshOptions(host_keys="accept-new")


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    pool = Pool(places)
    yield pool
    await pool.aclose()


async def test_of_many_hosts_behind_one_sshd_none_is_lost(sshd: Sshd, pool: Pool) -> None:
    hosts = [f"127.0.0.{at}" for at in range(1, 9)]
    sshd.restart("MaxStartups 3:100:3", *(f"ListenAddress {host}" for host in hosts))
    options = SshOptions(identity_file=str(sshd.identity), host_keys="accept-new", allow_local=True)
    machines = [
        Machine(Ref(profile, "nodes", host), host, Address(host, sshd.port, sshd.user, allow_local=True), options)
        for host in hosts
        for profile in ("p", "q")
    ]
    run = FanOut(machines, "true", pool)
    await run.run()
    assert [answer.problem for answer in run.done] == [None] * 16
    assert "drop connection" in (sshd.folder / "sshd.log").read_text()


# ---------------------------------------------------------------------- the rules, without a server


class Attempts:
    """Drops the first `dropped` attempts; counts those under way."""

    def __init__(self, dropped: int = 0) -> None:
        self.dropped = dropped
        self.made = self.running = self.peak = 0

    async def __call__(self) -> int:
        self.made += 1
        self.running += 1
        self.peak = max(self.peak, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if self.made <= self.dropped:
            raise HandshakeDropped(Problem(Cause.NETWORK, "closed at once"))
        return self.made


QUICK = tuple(0.0 for _ in PAUSES)


async def test_a_dropped_handshake_is_made_again_a_bounded_number_of_times() -> None:
    most = len(PAUSES)
    assert await Redial(pauses=QUICK).until_taken("there", Attempts(most)) == most + 1
    endless = Attempts(1000)
    with pytest.raises(HandshakeDropped):
        await Redial(pauses=QUICK).until_taken("there", endless)
    assert endless.made == most + 1


async def test_pauses_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    wait = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.extend([seconds] if seconds else [])
        await wait(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    for chance in (0.0, 0.5, 1.0):
        slept.clear()
        await Redial(chance=lambda: chance).until_taken("there", Attempts(len(PAUSES)))  # noqa: B023 - at once
        assert slept == [pause * (0.5 + chance) for pause in PAUSES]
    assert list(PAUSES) == sorted(PAUSES) and sum(PAUSES) < 15


async def test_one_place_is_dialled_by_few_at_a_time_and_others_at_once() -> None:
    redial, one, other = Redial(), Attempts(), Attempts()
    places = [("one", one)] * 20 + [("other", other)] * 3
    await asyncio.gather(*(redial.until_taken(place, attempt) for place, attempt in places))
    assert (one.peak, one.made, other.peak) == (AT_ONCE, 20, 3)
    assert not redial._turns, "nothing is kept of places that nobody dials"


@asynccontextmanager
async def greeting(words: bytes) -> AsyncIterator[tuple[int, list[object]]]:
    """A port that greets its callers and hangs up; they are counted."""
    callers: list[object] = []

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer)
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], callers
    server.close()


@pytest.mark.parametrize(
    ("words", "dropped"),
    [
        (b"", True),
        (b"Exceeded MaxStartups\r\n", True),
        (b"Not allowed at this time\r\n", True),
        (b"SSH-2.0-OpenSSH_9.2\r\n", True),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False),
        (b"SSH-1.5-old\r\n", False),
    ],
)
async def test_only_a_server_that_may_have_too_many_is_dialled_again(
    places: SshPlaces, words: bytes, dropped: bool
) -> None:
    memory = ConnectCache()
    memory.redial = Redial(pauses=QUICK)
    async with greeting(words) as (port, callers):
        with pytest.raises(Failed):
            await connect(address_of(port), ACCEPTING, places=places, person=NOBODY, memory=memory)
    assert len(callers) == (len(PAUSES) + 1 if dropped else 1)


async def test_who_was_let_in_and_is_sent_away_at_the_login_is_not_tried_again(
    start_server: StartServer, places: SshPlaces
) -> None:
    """A password may have been sent, and is sent once."""

    class Leaving(_Server):
        def validate_password(self, username: str, password: str) -> bool:
            self._seen.passwords.append(password)
            assert self._connection is not None
            self._connection.abort()
            return False

    server = await start_server(server=Leaving)
    memory = ConnectCache()
    memory.redial = Redial(pauses=QUICK)
    with pytest.raises(Failed) as failed:
        await connect(address_of(server.port), ACCEPTING, places=places, person=NOBODY, memory=memory)
    assert failed.value.problem.cause is Cause.NETWORK
    assert (server.seen.connections, len(server.seen.passwords)) == (1, 1)
