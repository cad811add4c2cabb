"""Promise 10: host keys are checked. Here: many machines at once, from the console and from the command line alike."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gputui.commands import running
from gputui.commands.context import CliContext
from gputui.commands.options import RunOptions
from gputui.commands.selecting import MachineSelection
from gputui.config.paths import Places
from gputui.core.problem import Cause
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.running.fan_out import FanOut
from gputui.ssh.running.gathering import failures
from gputui.ssh.running.unknown_keys import UnknownHostKeys, refuse_conflicting
from gputui.ssh.trust.accepted import Accepted
from gputui.ssh.trust.hosts import HostKey
from gputui.ui.fan_out.batch import BatchRun
from tests.ssh.conftest import Server, StartServer, address_of
from tests.ssh.conftest import places as places
from tests.ssh.conftest import start_server as start_server
from tests.ssh.test_fan_out import Commands

ASK = SshOptions(host_keys="ask")


class Balancer:
    """One port behind which several machines stand in turn, each with a key of its own."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = servers
        self._taken = 0

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = self._servers[self._taken % len(self._servers)]
        self._taken += 1
        onward, back = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(_pass(reader, back), _pass(onward, writer), return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def machine(port: int, user: str, options: SshOptions = ASK) -> Machine:
    return Machine(Ref("p", "nodes", user), f"gpu-{user}", address_of(port, user=user), options)


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    made = Pool(places, linger=0)
    yield made
    await made.aclose()


@pytest.fixture
async def torn(start_server: StartServer) -> AsyncIterator[tuple[int, list[Server]]]:
    servers = [await start_server(process=Commands()) for _ in range(2)]
    async with Balancer(servers) as port:
        yield port, servers


class Asked:
    """The person at the terminal of `gputui run`, who agrees to everything."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    async def agreed(self, question: str) -> bool:
        self.questions.append(question)
        return True


async def command_line(
    machines: Sequence[Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: bool
) -> tuple[int, str, Asked]:
    """`gputui run` from where it knows its machines: its exit code, what it says, what it asked."""
    person = Asked()
    monkeypatch.setattr(running, "can_ask", lambda here: True)
    monkeypatch.setattr(running, "confirm", person.agreed)
    out, err = io.StringIO(), io.StringIO()
    here = CliContext({}, Places(tmp_path / "config", tmp_path / "state", tmp_path / "home"), out, err)
    selection = MachineSelection(tuple(machines), (), {}, whole=True)
    code = await running.run_on(selection, RunOptions("", "echo hello", concurrency=1, **options), here)
    return code, err.getvalue(), person


@pytest.mark.parametrize("yes", [False, True])
async def test_a_new_key_is_asked_about_with_yes_and_without(
    yes: bool, start_server: StartServer, places: SshPlaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start_server(process=Commands())
    _, said, person = await command_line([machine(server.port, "a")], tmp_path, monkeypatch, yes=yes)
    assert [question for question in person.questions if "Trust it" in question]
    assert server.fingerprint in said
    assert server.fingerprint.encode() not in places.pins.read_bytes()
    assert f"[127.0.0.1]:{server.port} ssh-ed25519 " in places.pins.read_text()


@pytest.mark.parametrize("yes", [False, True])
async def test_a_host_with_two_new_keys_is_refused_on_the_command_line(
    yes: bool,
    torn: tuple[int, list[Server]],
    places: SshPlaces,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, servers = torn
    code, said, person = await command_line([machine(port, "a"), machine(port, "b")], tmp_path, monkeypatch, yes=yes)
    assert code == 1
    assert person.questions == [], "there is nothing that anybody could decide on"
    assert "showed several host keys in one run" in said
    assert all(server.fingerprint in said for server in servers)
    assert "accept-new" not in said, "that would trust whichever comes first"
    assert not places.pins.exists()
    assert [server.seen.passwords for server in servers] == [[], []]


async def test_the_others_are_asked_about_and_run_all_the_same(
    torn: tuple[int, list[Server]],
    start_server: StartServer,
    places: SshPlaces,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, servers = torn
    good = await start_server(process=Commands())
    machines = [machine(port, "a"), machine(good.port, "c"), machine(port, "b")]
    code, said, person = await command_line(machines, tmp_path, monkeypatch)
    assert code == 1
    assert len(person.questions) == 1
    assert f"left out: 127.0.0.1:{port} showed several keys in one run" in said
    assert len(good.seen.passwords) == 1
    assert [server.seen.passwords for server in servers] == [[], []]
    assert str(port) not in places.pins.read_text()


async def test_the_console_goes_by_the_same_rule(torn: tuple[int, list[Server]], pool: Pool, places: SshPlaces) -> None:
    port, _ = torn
    rounds = BatchRun("echo hello", pool)
    rounds.begin([machine(port, "a"), machine(port, "b")])
    await rounds.run()
    unknown = UnknownHostKeys.of(rounds.answers)
    assert not unknown.keys
    assert list(unknown.conflicting) == [("127.0.0.1", port)]
    [failure] = failures(rounds.answers)
    assert "showed several host keys in one run" in failure.text
    assert "one machine at a time" in failure.remedy


async def test_another_key_than_the_one_accepted_a_moment_ago_contradicts_it(
    torn: tuple[int, list[Server]], pool: Pool
) -> None:
    port, servers = torn
    run = FanOut([machine(port, "a")], "echo hello", pool)
    await run.run()
    shown = servers[0].fingerprint
    assert UnknownHostKeys.of(run.done, {("127.0.0.1", port): shown}).keys
    assert not UnknownHostKeys.of(run.done, {("127.0.0.1", port): servers[1].fingerprint}).keys


async def test_accept_new_accepts_one_new_key_of_an_instance_and_no_second(
    torn: tuple[int, list[Server]], pool: Pool, places: SshPlaces
) -> None:
    port, _ = torn
    options = SshOptions(host_keys="accept-new")
    first = machine(port, "a", options)
    run = FanOut([first, replace(machine(port, "b", options), ref=first.ref)], "echo hello", pool)
    await run.run()
    assert sorted(answer.status is None for answer in run.done) == [False, True]
    [refused] = [answer for answer in run.done if answer.problem is not None]
    assert refused.problem is not None
    assert refused.problem.cause is Cause.REFUSED
    assert places.pins.read_text().count("ssh-ed25519") == 1


async def test_accept_new_accepts_no_second_key_of_a_host_for_another_instance_either(
    torn: tuple[int, list[Server]], pool: Pool, places: SshPlaces
) -> None:
    port, servers = torn
    options = SshOptions(host_keys="accept-new")
    run = FanOut([machine(port, name, options) for name in "abc"], "echo hello", pool, concurrency=1)
    await run.run()
    assert [answer.machine.name for answer in run.done if answer.status is not None] == ["gpu-a", "gpu-c"]
    [refused] = [answer.problem for answer in run.done if answer.problem is not None]
    assert refused.cause is Cause.REFUSED
    assert f"it shows ssh-ed25519 {servers[1].fingerprint}" in refused.text
    assert f"accepted was ssh-ed25519 {servers[0].fingerprint}" in refused.text
    assert refused.remedy.endswith("compare with the machine's own console")
    assert len({line.split()[2] for line in places.pins.read_text().splitlines()}) == 1


def test_an_address_may_be_given_to_another_instance_after_a_while() -> None:
    now = [0.0]
    accepted = Accepted(lambda: now[0])
    one, other = HostKey(b"one"), HostKey(b"other")
    assert accepted.first("h", 22, one, "a") == one
    for seconds, passes in ((599.9, one), (600.0, other)):
        now[0] = seconds
        assert accepted.first("h", 22, other, "b") == passes
    assert accepted.first("h", 22, one, "b") == one, "for the instance itself its pin decides"
    assert accepted.first("h", 23, other, "c") == other, "another port is another host"


async def test_one_key_of_many_machines_is_no_contradiction(start_server: StartServer, pool: Pool) -> None:
    server = await start_server(process=Commands())
    run = FanOut([machine(server.port, "a"), machine(server.port, "b")], "echo hello", pool)
    await run.run()
    unknown = UnknownHostKeys.of(run.done)
    assert unknown.trusted == {("127.0.0.1", server.port): server.fingerprint}
    assert [one.name for one in unknown.waiting] == ["gpu-a", "gpu-b"]
    assert refuse_conflicting(run.done) == run.done
