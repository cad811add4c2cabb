"""One command on many machines: each for itself, bounded, cancellable, and nobody is asked."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.problem import Cause
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.running import fan_out, stopping
from gputui.ssh.running.collecting import LONGEST_OUTPUT, Output
from gputui.ssh.running.fan_out import CommandResult, FanOut
from tests.ssh.conftest import Server, Sshd, StartServer, address_of, until

ACCEPTING = SshOptions(host_keys="accept-new")


@dataclass
class Commands:
    """What the machines of one server do, and how many of them did it at once."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0
    peak: int = 0
    started: int = 0
    signals: list[str] = field(default_factory=list)

    async def __call__(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self.started += not str(process.command).startswith("exec")
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            await self._do(str(process.command), process)
        except asyncssh.SignalReceived as received:
            self.signals.append(received.signal)
            process.exit_with_signal(received.signal, False, "", "")
        except (OSError, asyncssh.Error):
            pass
        finally:
            self.running -= 1

    async def _do(self, command: str, process: asyncssh.SSHServerProcess[bytes]) -> None:
        word, _, rest = command.partition(" ")
        match word:
            case "echo":
                process.stdout.write(f"{rest}\n".encode())
                process.stderr.write(b"warned\n")
                process.exit(3)
            case "wait":
                process.stdout.write(b"so far\n")
                await process.stdin.read(1)
                while not self.gate.is_set() and not process.is_closing():
                    await asyncio.sleep(0.005)
                    await process.stdin.read(1)  # raises the signal; its end was there from the start
                process.exit(0)
            case "pour":
                for _ in range(int(rest)):
                    process.stdout.write(b"x" * 65536)
                    await process.stdout.drain()
                process.exit(0)
            case "garbage":
                process.stdout.write(bytes(range(256)) * 64)
                process.exit(0)
            case "die":
                process.exit_with_signal("KILL", False, "", "")
            case "cut":
                process.channel.get_connection().abort()
            case "vanish":
                process.close()
            case "exec":
                process.exit(127)


@pytest.fixture
async def commands() -> Commands:
    return Commands()


@pytest.fixture
async def server(start_server: StartServer, commands: Commands) -> Server:
    return await start_server(process=commands)


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    pool = Pool(places)
    yield pool
    await pool.aclose()


def machine(port: int, name: str = "gpu-1", options: SshOptions = ACCEPTING) -> Machine:
    """Each in a profile of its own: so they may all be the same server, and are different machines nevertheless."""
    return Machine(Ref(name, "nodes", name), name, address_of(port), options)


def machines(server: Server, count: int) -> list[Machine]:
    return [machine(server.port, f"gpu-{at}") for at in range(count)]


async def ran(them: Sequence[Machine], command: str, pool: Pool, **more: Any) -> dict[str, CommandResult]:
    run = FanOut(them, command, pool, **more)
    async with asyncio.timeout(30):
        await run.run()
    assert (run.waiting, run.running) == (0, 0)
    return {answer.machine.name: answer for answer in run.done}


async def test_every_machine_answers_with_both_outputs_and_its_status(server: Server, pool: Pool) -> None:
    told: list[tuple[int, int, int]] = []
    run = FanOut(
        machines(server, 5),
        "echo hello",
        pool,
        on_change=lambda: told.append((run.waiting, run.running, len(run.done))),
    )
    await run.run()
    assert [(answer.status, answer.out, answer.err) for answer in run.done] == [(3, b"hello\n", b"warned\n")] * 5
    assert not any(answer.problem or answer.cut or answer.unmet for answer in run.done)
    assert {answer.machine.name for answer in run.done} == {f"gpu-{at}" for at in range(5)}
    assert all(sum(counts) == 5 for counts in told) and told[0] == (4, 1, 0) and told[-1] == (0, 0, 5)


async def test_no_more_than_allowed_run_at_once(server: Server, commands: Commands, pool: Pool) -> None:
    run = FanOut(machines(server, 7), "wait", pool, concurrency=3)
    running = asyncio.create_task(run.run())
    await until(lambda: commands.running == 3)
    assert (run.waiting, run.running, run.done) == (4, 3, [])
    commands.gate.set()
    await running
    assert commands.peak == 3 and [answer.status for answer in run.done] == [0] * 7


async def test_connections_are_kept_for_the_next_run(server: Server, pool: Pool) -> None:
    them = machines(server, 3)
    for _ in range(2):
        await ran(them, "echo hello", pool)
    assert server.seen.connections == 3


async def test_one_that_two_views_list_is_run_once(server: Server, commands: Commands, pool: Pool) -> None:
    node = machine(server.port)
    twice = replace(node, ref=Ref(node.ref.profile, "runs", node.ref.id))
    elsewhere = replace(node, ref=Ref("another", "nodes", "1"))
    run = FanOut([node, twice, elsewhere], "echo hello", pool)
    await run.run()
    assert run.machines == [node, elsewhere] and commands.started == 2


async def test_each_trouble_is_its_own(server: Server, start_server: StartServer, pool: Pool) -> None:
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(600), "127.0.0.1", 0)
    babbling = await asyncio.start_server(lambda reader, writer: writer.write(b"\0\xff" * 40000), "127.0.0.1", 0)
    stopped = await start_server()
    await stopped.stop()
    strange = await start_server(password="another")
    them = {
        "silent": silent.sockets[0].getsockname()[1],
        "babbling": babbling.sockets[0].getsockname()[1],
        "stopped": stopped.port,
        "strange": strange.port,
        "good": server.port,
    }
    found = await ran([machine(port, name) for name, port in them.items()], "echo hello", pool, seconds=3)
    assert found["good"].status == 3
    causes = {name: answer.problem.cause for name, answer in found.items() if answer.problem}
    assert causes.pop("babbling") in (Cause.REPLY, Cause.NETWORK)
    assert causes == {"silent": Cause.TIMEOUT, "stopped": Cause.NETWORK, "strange": Cause.CREDENTIALS}
    assert all(answer.status is None for name, answer in found.items() if name != "good")
    assert not any("still run" in str(answer.problem) for answer in found.values())
    silent.close()
    babbling.close()


async def test_what_came_before_the_time_was_up_is_kept(server: Server, commands: Commands, pool: Pool) -> None:
    await ran([machine(server.port)], "echo connected", pool)
    answer = (await ran([machine(server.port)], "wait", pool, seconds=0.5))["gpu-1"]
    assert answer.problem is not None and answer.problem.cause is Cause.TIMEOUT and "0.5 s" in answer.problem.text
    assert answer.status is None and answer.out == b"so far\n" and answer.seconds >= 0.5
    await until(lambda: commands.signals == ["TERM"])


async def test_output_is_bounded(server: Server, pool: Pool) -> None:
    much = (await ran([machine(server.port)], "pour 40", pool))["gpu-1"]
    assert much.status == 0 and much.cut and len(much.out) == LONGEST_OUTPUT and much.problem is None


async def test_output_of_all_together_is_bounded(server: Server, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "MOST_KEPT", 4000)
    found = await ran(machines(server, 4), "pour 1", pool)
    assert [(len(answer.out), answer.cut, answer.status) for answer in found.values()] == [(1000, True, 0)] * 4


async def test_a_flood_is_ended(server: Server, commands: Commands, pool: Pool) -> None:
    flood = (await ran([machine(server.port)], "pour 100000", pool))["gpu-1"]
    assert flood.status is None and flood.problem is not None and "put out more than" in flood.problem.text
    assert len(flood.out) == LONGEST_OUTPUT and flood.cut
    await until(lambda: commands.running == 0)


@pytest.mark.parametrize(
    ("command", "status", "cause"),
    [("die", 128 + signal.SIGKILL, None), ("cut", None, Cause.NETWORK), ("vanish", None, Cause.NETWORK)],
)
async def test_ends_of_all_kinds(server: Server, pool: Pool, command: str, status: int, cause: Cause) -> None:
    answer = (await ran([machine(server.port)], command, pool))["gpu-1"]
    assert answer.status == status
    assert (answer.problem.cause if answer.problem else None) is cause
    assert ("it may still run there" in str(answer.problem)) == (cause is Cause.NETWORK)


async def test_garbage_is_kept_as_it_came(server: Server, pool: Pool) -> None:
    answer = (await ran([machine(server.port)], "garbage", pool))["gpu-1"]
    assert answer.out == bytes(range(256)) * 64 and answer.status == 0


async def test_cancelling_ends_what_runs_and_starts_nothing_more(
    server: Server, commands: Commands, pool: Pool
) -> None:
    run = FanOut(machines(server, 6), "wait", pool, concurrency=2)
    running = asyncio.create_task(run.run())
    await until(lambda: commands.started == 2)
    run.cancel()
    run.cancel()
    async with asyncio.timeout(5):
        await running
    assert commands.started == 2 and run.cancelled
    assert [answer.problem.cause for answer in run.done if answer.problem] == [Cause.CANCELLED] * 6
    assert not any("may still run" in str(answer.problem) for answer in run.done)
    assert sorted(answer.out for answer in run.done) == [b""] * 4 + [b"so far\n"] * 2
    await until(lambda: commands.signals == ["TERM", "TERM"])
    assert (run.waiting, run.running, len(run.done)) == (0, 0, 6)


async def test_cancelling_gives_up_connecting(pool: Pool) -> None:
    came, left = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        while await reader.read(1000):
            pass
        left.set()

    silent = await asyncio.start_server(hang, "127.0.0.1", 0)
    run = FanOut([machine(silent.sockets[0].getsockname()[1])], "true", pool)
    running = asyncio.create_task(run.run())
    async with asyncio.timeout(10):
        await came.wait()
        run.cancel()
        await running
        await left.wait()
    silent.close()


async def test_whoever_stops_waiting_for_it_cancels_it(server: Server, commands: Commands, pool: Pool) -> None:
    run = FanOut(machines(server, 3), "wait", pool, concurrency=2)
    running = asyncio.create_task(run.run())
    await until(lambda: commands.started == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert run.cancelled and len(run.done) == 3
    await until(lambda: commands.signals == ["TERM", "TERM"])


async def test_it_may_be_cancelled_before_it_begins(server: Server, commands: Commands, pool: Pool) -> None:
    run = FanOut(machines(server, 3), "wait", pool)
    run.cancel()
    await run.run()
    assert commands.started == 0 and len(run.done) == 3


async def test_it_ends_where_nobody_can_be_told(server: Server, commands: Commands, pool: Pool) -> None:
    def told() -> None:
        if commands.started:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await FanOut(machines(server, 4), "echo hello", pool, concurrency=1, on_change=told).run()
    assert commands.started == 1


async def test_unknown_host_keys_are_put_off_and_only_the_accepted_ones_pass(
    start_server: StartServer, pool: Pool, places: SshPlaces
) -> None:
    asking = SshOptions(host_keys="ask")
    servers = {name: await start_server(process=Commands()) for name in ("right", "wrong", "forgotten")}
    them = [machine(server.port, name, asking) for name, server in servers.items()]
    first = await ran(them, "echo hello", pool)
    for name, answer in first.items():
        assert answer.status is None and answer.problem is not None and answer.unmet is not None
        assert (answer.unmet.port, answer.unmet.fingerprint) == (servers[name].port, servers[name].fingerprint)
    trusted = {
        ("127.0.0.1", servers["right"].port): servers["right"].fingerprint,
        ("127.0.0.1", servers["wrong"].port): servers["right"].fingerprint,
    }
    second = await ran(them, "echo hello", pool, trusted=trusted)
    assert second["right"].status == 3 and second["right"].unmet is None
    assert second["wrong"].unmet is not None and second["forgotten"].unmet is not None
    assert [len(server.seen.passwords) for server in servers.values()] == [1, 0, 0]
    assert f"]:{servers['right'].port} " in places.pins.read_text()


async def test_a_changed_host_key_is_nothing_to_decide_on(
    start_server: StartServer, pool: Pool, places: SshPlaces
) -> None:
    server = await start_server()
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    (places.home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {other}\n")
    answer = (await ran([machine(server.port)], "true", pool))["gpu-1"]
    assert answer.unmet is None and answer.problem is not None and "CHANGED" in answer.problem.text
    assert server.seen.passwords == []


async def test_all_go_over_one_connection_to_their_jump_host(
    start_server: StartServer, pool: Pool, places: SshPlaces
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(places.home / "key")
    (places.home / "key").chmod(0o600)
    jump = await start_server(key=key)
    servers = [await start_server(process=Commands(), key=key) for _ in range(3)]
    options = SshOptions(proxy_jump=f"root@127.0.0.1:{jump.port}", identity_file="~/key")
    them = [
        Machine(Ref("p", "nodes", str(at)), f"gpu-{at}", address_of(server.port, None), options)
        for at, server in enumerate(servers)
    ]
    trusted: dict[tuple[str, int], str] = {}
    for expected in ([jump.port] * 3, [server.port for server in servers]):
        asked = [answer.unmet for answer in (await ran(them, "echo hello", pool, trusted=trusted)).values()]
        assert sorted(each.port for each in asked if each) == sorted(expected)
        trusted |= {(each.host, each.port): each.fingerprint for each in asked if each}
    before = jump.seen.connections
    found = await ran(them, "echo hello", pool, trusted=trusted)
    assert [answer.status for answer in found.values()] == [3, 3, 3]
    assert jump.seen.connections == before + 1


async def test_a_profile_that_hands_over_to_openssh_is_refused(server: Server, pool: Pool) -> None:
    answer = (await ran([machine(server.port, options=SshOptions(command="ssh"))], "true", pool))["gpu-1"]
    assert answer.problem is not None and answer.problem.cause is Cause.CONFIG
    assert server.seen.connections == 0


# -- a real sshd ----------------------------------------------------------------------------------------------------


def real(sshd: Sshd, name: str = "gpu-1") -> Machine:
    options = SshOptions(identity_file=str(sshd.identity), host_keys="accept-new")
    return Machine(Ref(name, "nodes", name), name, address_of(sshd.port, None, sshd.user), options)


async def test_a_real_sshd_answers(sshd: Sshd, pool: Pool) -> None:
    them = [real(sshd, f"gpu-{at}") for at in range(4)]
    found = await ran(them, "cat; echo out; echo err >&2; kill -TERM $$", pool)
    for answer in found.values():
        assert (answer.status, answer.out, answer.err) == (128 + signal.SIGTERM, b"out\n", b"err\n")


async def test_what_a_command_leaves_running_is_not_waited_for(sshd: Sshd, pool: Pool, tmp_path: Path) -> None:
    command = f"sleep 300 & echo $! > {tmp_path}/pid; echo started"
    answer = (await ran([real(sshd)], command, pool, seconds=300))["gpu-1"]
    assert (answer.status, answer.out, answer.problem) == (0, b"started\n", None)
    await ran([real(sshd)], f"kill $(cat {tmp_path}/pid)", pool)


async def test_cancelling_ends_the_command_on_the_machine(sshd: Sshd, pool: Pool, tmp_path: Path) -> None:
    command = f"trap 'echo TERM > {tmp_path}/ended; exit' TERM; touch {tmp_path}/runs; while :; do sleep 0.02; done"
    run = FanOut([real(sshd)], command, pool)
    running = asyncio.create_task(run.run())
    await until((tmp_path / "runs").exists)
    run.cancel()
    await running
    assert (tmp_path / "ended").read_text() == "TERM\n"
    assert "may still run" not in str(run.done[0].problem)


async def test_what_does_not_end_when_told_to_is_said(sshd: Sshd, pool: Pool, tmp_path: Path) -> None:
    command = f"trap '' TERM; touch {tmp_path}/runs; while [ -e {tmp_path}/runs ]; do sleep 0.02; done"
    run = FanOut([real(sshd)], command, pool)
    running = asyncio.create_task(run.run())
    await until((tmp_path / "runs").exists)
    run.cancel()
    await running
    assert "may still run there" in str(run.done[0].problem)
    (tmp_path / "runs").unlink()


async def test_of_a_flood_that_does_not_end_it_is_not_said_that_it_was_stopped(
    sshd: Sshd, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "PATIENCE", 0.2)
    monkeypatch.setattr(fan_out, "Output", partial(Output, flood=1000))
    lasting = tmp_path / "lasting"  # the command ends with it
    lasting.touch()
    command = f"trap '' TERM PIPE; seq 9999; while [ -e {lasting} ]; do sleep 0.02; done"
    (answer,) = (await ran([real(sshd)], command, pool)).values()
    assert "put out more than" in str(answer.problem)
    assert "may still run there" in str(answer.problem) and "stopped" not in str(answer.problem)
    lasting.unlink()


async def test_a_session_on_the_same_machine_survives_a_cancelled_run(sshd: Sshd, pool: Pool, tmp_path: Path) -> None:
    lasting = FanOut([real(sshd)], f"touch {tmp_path}/one; sleep 300; touch {tmp_path}/never", pool)
    cancelled = FanOut(
        [real(sshd)],
        f"trap 'touch {tmp_path}/ended; exit' TERM; touch {tmp_path}/two; while :; do sleep 0.02; done",
        pool,
    )
    first = asyncio.create_task(lasting.run())
    await until((tmp_path / "one").exists)
    second = asyncio.create_task(cancelled.run())
    await until((tmp_path / "two").exists)
    cancelled.cancel()
    await second
    assert (tmp_path / "ended").exists()
    assert lasting.running == 1
    lasting.cancel()
    await first
