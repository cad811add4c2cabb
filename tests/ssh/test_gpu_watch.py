"""Reading GPUs over real connections: the simulator's machines, and servers that answer in every odd way."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.gpu_findings import Verdict
from gputui.core.health import Health
from gputui.core.kernel_log import Readable
from gputui.core.machine_verdicts import ReportedState, machine_verdict
from gputui.core.problem import Cause
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.sim.clock import ManualClock
from gputui.sim.machine import Ailment
from gputui.sim.ssh_listeners import SshListeners
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.gpus import question
from gputui.ssh.gpus.nvidia import EVENT_REASONS, FIELDS, THROTTLE_REASONS, questions
from gputui.ssh.gpus.question import answer, script
from gputui.ssh.gpus.reading import MOST_BYTES, Smi
from gputui.ssh.gpus.watch import GpuWatch, Turns, WatchedMachine
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from tests.ssh.conftest import PASSWORD, Person, Sshd, StartServer, address_of, until

START = 1_800_000_000.0
RUNNING = ReportedState("RUNNING", Health.OK, 8)
NVML = b"Failed to initialize NVML: "
MARKS = b"gputui 1 0\ngputui 2 0\n"


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    pool = Pool(places)
    yield pool
    await pool.aclose()


def machine(port: int, name: str = "m", **options: Any) -> Machine:
    found = SshOptions(host_keys=options.pop("host_keys", "accept-new"), **options)
    return Machine(Ref("p", "nodes", name), name, address_of(port), found)


@asynccontextmanager
async def watching(pool: Pool, *machines: Machine, **how: Any) -> AsyncIterator[GpuWatch]:
    watch = GpuWatch(
        machines, pool, now=how.pop("now", lambda: START), on_change=how.pop("on_change", lambda _: None), **how
    )
    running = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


async def answered(watch: GpuWatch, name: str = "m") -> WatchedMachine:
    one = watch.machines[Ref("p", "nodes", name)]
    await until(lambda: one.reading is not None or one.problem is not None, name)
    return one


Says = Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None]]


def saying(out: bytes, status: int = 0, err: bytes = b"") -> Says:
    async def process(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(out)
        process.stderr.write(err)
        process.exit(status)

    return process


# -- the simulator --------------------------------------------------------------------------------------------------


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[SshListeners]:
    opened = SshListeners(tmp_path, clock=ManualClock(START))
    opened.attach(asyncio.get_running_loop())
    yield opened
    opened.detach()


ILL: dict[Ailment, tuple[Health, str, str]] = {
    "": (Health.OK, "", ""),
    "lost": (Health.BAD, "cloud says RUNNING, GPU 5 fell off the bus", "move to another host"),
    "ecc": (Health.DEGRADED, "GPU 3 has a driver that asks for: Drain and Reset", "let the job end"),
    "hung": (Health.BAD, "cloud says RUNNING, nvidia-smi does not come to its end", "drain and reboot"),
    "app": (Health.OK, "Xid 13, graphics engine exception in python3", ""),
    "link": (Health.BAD, "cloud says RUNNING, InfiniBand port mlx5_2/1 is down, 7 others are up", "cable or port"),
    "slow": (Health.DEGRADED, "runs at 1200 MHz, its siblings at 1980", "swap the machine"),
    "hot": (Health.BAD, "is at 91 °C, 4 above its limit", "take work away"),
    "spins": (Health.DEGRADED, "all 8 GPUs at 100 % with little power", "look for the machine"),
}


@pytest.mark.parametrize("ailment", list(ILL))
async def test_ill_machines_are_found_ill(door: SshListeners, pool: Pool, ailment: Ailment) -> None:
    health, words, remedy = ILL[ailment]
    number = list(ILL).index(ailment)
    _, port = door.open(f"m{number}", user="root", password=PASSWORD, gpus=8, gpu_model="H100", ailment=ailment)
    seconds = itertools.count(START, 3.0)
    async with watching(pool, machine(port), every=0.001, now=lambda: next(seconds)) as watch:
        one = await answered(watch)

        def verdict() -> Verdict:
            assert one.reading is not None, one.problem
            return machine_verdict(one.reading, RUNNING, one.past)

        await until(lambda: words in verdict().words and verdict().health is health, ailment)
        await until(lambda: one.reading is not None and one.reading.log.readable is Readable.YES)
        assert remedy in verdict().remedy
        reading = one.reading
    assert reading is not None
    if ailment != "hung":
        assert len(reading.gpus) == 8 and reading.driver == "570.86.15"
        assert all(gpu.processes for gpu in reading.gpus if gpu.utilization)
    if ailment == "ecc":
        assert (reading.gpus[3].pending, reading.gpus[3].remapped) == (True, 3)


async def test_a_machine_without_nvidia_smi(door: SshListeners, pool: Pool) -> None:
    _, port = door.open("cpu", user="root", password=PASSWORD, gpus=0, gpu_model="")
    async with watching(pool, machine(port)) as watch:
        cpu = await answered(watch)
    assert cpu.problem is not None and cpu.problem.cause is Cause.MISSING
    assert cpu.problem.text == "there is no nvidia-smi on this machine"


@pytest.mark.parametrize("model", ["V100", "T4", "A100", "H100", "H200", "L40S"])
async def test_a_driver_is_asked_for_what_it_knows_and_learned_once(door: SshListeners, pool: Pool, model: str) -> None:
    ports = [door.open(f"m{at}", user="root", password=PASSWORD, gpus=2, gpu_model=model)[1] for at in range(2)]
    async with watching(pool, machine(ports[0]), machine(ports[1], "n"), every=0.001) as watch:
        for name in ("m", "n"):
            one = await answered(watch, name)
            # The second reading asks; a driver that does not know all is asked again by the twelfth at the latest.
            await until(lambda one=one: one.smi.readings > 12)
            assert one.reading is not None and one.reading.gpus[0].detail is not None
        known = one.smi.known
        assert set(known.by_driver) <= {one.smi.driver}
        assert known is watch.machines[Ref("p", "nodes", "m")].smi.known
        detail = one.reading.gpus[0].detail
    assert (detail.recovery == "") and detail.vbios == "96.00.89.00.01"
    assert (detail.margin is None) == (model == "V100")


async def test_readings_go_on_over_one_connection_and_are_remembered(door: SshListeners, pool: Pool) -> None:
    _, port = door.open("m", user="root", password=PASSWORD, gpus=2, gpu_model="A100")
    smis: dict[Ref, Smi] = {}
    async with watching(pool, machine(port), every=0.01, smis=smis) as watch:
        one = await answered(watch)
        await until(lambda: all(past.seen >= 3 for past in one.past.values()))
        assert len(one.past) == 2
        assert smis[one.machine.ref].readings >= 3
    assert pool.live(one.machine.ref)


# -- real shells and a real sshd ------------------------------------------------------------------------------------


SHELLS = [shell for shell in ("dash", "bash", "zsh", "ksh", "fish", "tcsh") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_login_shell_understands_the_command(shell: str, tmp_path: Path) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text('#!/bin/sh\necho "asked $1, $2 in $LC_ALL"\necho trouble >&2\nexit 14\n')
    smi.chmod(0o755)
    found = shutil.which(shell)
    assert found is not None
    places = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [found, "-c", script(questions(FIELDS, rows=True))], env={"PATH": places}, capture_output=True, text=True
    )
    got = answer(done.stdout, done.returncode)
    assert got.statuses == {1: 14, 2: 14, 3: 14}
    assert got.sections[1] == (f"asked --query-gpu={','.join(FIELDS)}, --format=csv,noheader,nounits in C", "trouble")
    assert done.stderr == ""


def test_the_machine_itself_ends_a_question_that_nobody_waits_for_any_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\nsleep 1000\n")  # as a wrapper around it would
    smi.chmod(0o755)
    monkeypatch.setattr(question, "LONGEST_ANSWER", 0.1)
    places = f"{tmp_path}:{os.environ['PATH']}"
    asked = shlex.split(script(questions(FIELDS, rows=False)))
    done = subprocess.run(asked, env={"PATH": places}, capture_output=True, text=True, timeout=30)
    assert answer(done.stdout, done.returncode).statuses == {1: 124, 2: 124}


async def test_a_real_sshd_without_nvidia_smi(sshd: Sshd, pool: Pool) -> None:
    found = machine(sshd.port, identity_file=str(sshd.identity))
    found = replace(found, address=address_of(sshd.port, password=None, user=sshd.user))
    async with watching(pool, found) as watch:
        one = await answered(watch)
    assert one.problem is not None and one.problem.text == "there is no nvidia-smi on this machine"


# -- odd servers ----------------------------------------------------------------------------------------------------


ROW = (
    b"0, GPU-a, 00000000:1B:00.0, 50, 100, 1000, 40, 100.5, 700.00, P0, 0x0000000000000000, Enabled, 0, 0, 0, [N/A],"
    b" 1380, 1530, 3, 3, 16, 16, Enabled, 470.1, Tesla V100\n"
)


async def test_an_older_driver_is_asked_in_its_own_words(start_server: StartServer, pool: Pool) -> None:
    asked: list[str] = []

    async def old(process: asyncssh.SSHServerProcess[bytes]) -> None:
        asked.append(process.command or "")
        fields = re.findall(r"--query-gpu=(\S+)", asked[-1])[0].split(",")
        if THROTTLE_REASONS in fields:
            process.stdout.write(f'Field "{THROTTLE_REASONS}" is not a valid field to query.\n\ngputui 1 2\n'.encode())
        else:
            process.stdout.write(ROW + b"gputui 1 0\nGPU-a, 7, 90, python\ngputui 2 0\n")
        process.exit(0)

    server = await start_server(process=old)
    async with watching(pool, machine(server.port), every=0.01) as watch:
        one = await answered(watch)
        await until(lambda: len(asked) >= 4)
    assert one.reading is not None and one.reading.gpus[0].throttle == 0
    assert [THROTTLE_REASONS in command for command in asked[:4]] == [True, False, False, False]
    assert all(EVENT_REASONS in command for command in asked[1:])
    assert server.seen.connections == 1


@pytest.mark.parametrize(
    "said",
    [
        b"sh: 1: timeout: not found\ngputui 1 127\n",
        b"sh: line 1: timeout: command not found\ngputui 1 127\n",
        b"timeout: unrecognized option: k\nBusyBox v1.36\n\nUsage: timeout [-s SIG] SECS PROG\ngputui 1 1\n",
    ],
)
async def test_a_machine_that_cannot_end_it_is_asked_without(
    start_server: StartServer, pool: Pool, said: bytes
) -> None:
    asked: list[bool] = []

    async def bare(process: asyncssh.SSHServerProcess[bytes]) -> None:
        asked.append("timeout -k" in (process.command or ""))
        process.stdout.write(said if asked[-1] else ROW + MARKS)
        process.exit(0)

    server = await start_server(process=bare)
    async with watching(pool, machine(server.port), every=0.01) as watch:
        one = await answered(watch)
        await until(lambda: len(asked) >= 3)
    assert one.reading is not None, one.problem
    assert asked[:3] == [True, False, False]


@pytest.mark.parametrize(
    ("out", "health", "words"),
    [
        (
            b"NVIDIA-SMI has failed because it couldn't communicate\ngputui 1 9\n",
            Health.BAD,
            "the NVIDIA driver is not loaded",
        ),
        (
            b"Failed to initialize NVML: Driver/library version mismatch\ngputui 1 18\n",
            Health.DEGRADED,
            "a reboot mends that",
        ),
        (
            b"Failed to initialize NVML: Driver/library version mismatch\ngputui 1 255\n",
            Health.DEGRADED,
            "a reboot mends that",
        ),
        (b"gputui 1 12\n", Health.BAD, "NVML) is missing"),
        (b"WARNING: infoROM is corrupted\ngputui 1 14\n", Health.DEGRADED, "infoROM of a GPU is corrupted"),
        (b"No devices were found\ngputui 1 6\n", Health.BAD, "the driver finds no GPU"),
        (
            b"Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.\ngputui 1 15\n",
            Health.BAD,
            "fell off the bus",
        ),
        (b"motd\n" * 3 + ROW + MARKS, Health.OK, ""),
        (ROW, Health.OK, ""),
        (b"gputui 1 4\n", Health.UNKNOWN, "this user may not look at the GPUs"),
        (b"Insufficient Permissions\ngputui 1 255\n", Health.UNKNOWN, "this user may not look at the GPUs"),
        (b"gputui 1 124\n", Health.BAD, "the driver hangs"),
        (b"gputui 1 137\n", Health.BAD, "the driver hangs"),
        (
            b"Failed to initialize NVML: Unknown Error\ngputui 1 255\n",
            Health.DEGRADED,
            "this container has lost its access",
        ),
    ],
)
async def test_what_the_driver_says(
    start_server: StartServer, pool: Pool, out: bytes, health: Health, words: str
) -> None:
    server = await start_server(process=saying(out))
    async with watching(pool, machine(server.port)) as watch:
        one = await answered(watch)
    assert one.reading is not None, one.problem
    verdict = machine_verdict(one.reading, ReportedState("RUNNING", Health.OK, 1))
    assert words in verdict.words
    assert verdict.health is health


@pytest.mark.parametrize(
    ("out", "status", "err", "cause", "words"),
    [
        (
            b"sh: 1: nvidia-smi: not found\ngputui 1 127\ngputui 2 127\n",
            0,
            b"",
            Cause.MISSING,
            "there is no nvidia-smi",
        ),
        (b"", 127, b"rbash: sh: not found\n", Cause.MISSING, "there is no nvidia-smi"),
        (b"", 1, b"'sh' is not recognized\r\n", Cause.REPLY, "ended with 1: 'sh' is not recognized"),
        (b"", 0, b"", Cause.REPLY, "said nothing at all"),
        (b"This account is \x1b[2Jfor git only\n", 0, b"", Cause.REPLY, "This account is ␛[2Jfor git only"),
        (b'Field "uuid" is not a valid field to query.\ngputui 1 2\n', 0, b"", Cause.REPLY, "knows no uuid"),
        (b"Invalid combination of input arguments.\ngputui 1 2\n", 0, b"", Cause.REPLY, "ended with 2: Invalid"),
        (b"x" * (MOST_BYTES + 1), 0, b"", Cause.REPLY, "x"),
        (b"0, GPU\n" * 9999, 0, b"", Cause.REPLY, "says: 0, GPU"),
    ],
)
async def test_what_makes_no_sense_is_said(
    start_server: StartServer, pool: Pool, out: bytes, status: int, err: bytes, cause: Cause, words: str
) -> None:
    server = await start_server(process=saying(out, status, err))
    async with watching(pool, machine(server.port)) as watch:
        one = await answered(watch)
    assert one.reading is None and one.problem is not None
    assert (one.problem.cause, one.waits) == (cause, False)
    assert words in one.problem.text


async def test_a_flood_and_a_hang_cost_their_machines_only(start_server: StartServer, pool: Pool) -> None:
    ended = asyncio.Event()

    async def flood(process: asyncssh.SSHServerProcess[bytes]) -> None:
        try:
            while True:
                process.stdout.write(b"y\n" * 30_000)
                await process.stdout.drain()
        finally:
            ended.set()

    async def hang(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await asyncio.Event().wait()

    async def dies(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.channel.get_connection().abort()

    ports = [(await start_server(process=one)).port for one in (flood, hang, dies, saying(ROW + MARKS))]
    machines = [machine(port, name) for port, name in zip(ports, ("flood", "hang", "dies", "m"), strict=True)]
    async with watching(pool, *machines, every=0.01, seconds=0.5, concurrency=1, patience=0.01) as watch:
        well = await answered(watch)
        assert well.reading is not None
        flooded, hung, dead = [await answered(watch, name) for name in ("flood", "hang", "dies")]
        assert flooded.problem is not None and "put out more than 256 KiB" in flooded.problem.text
        assert hung.problem is not None and "gave no answer in 0.5 s, though it is connected" in hung.problem.text
        assert dead.problem is not None and dead.problem.cause is Cause.NETWORK
        await asyncio.wait_for(ended.wait(), 10)
        seen = next(iter(well.past.values())).seen
        await until(lambda: next(iter(well.past.values())).seen > seen + 2)


async def test_an_unmet_host_key_is_said_and_nothing_is_sent(start_server: StartServer, pool: Pool) -> None:
    server = await start_server(process=saying(ROW + MARKS))
    async with watching(pool, machine(server.port, host_keys="ask"), every=0.01) as watch:
        one = await answered(watch)
        assert one.problem is not None
        assert one.problem.text == "its host key has not been accepted yet"
        assert server.seen.passwords == []
        before = server.seen.connections
        watch.again()
        await until(lambda: server.seen.connections > before)
        assert server.seen.passwords == []


async def test_who_declined_a_host_key_is_asked_again_when_it_is_wanted(start_server: StartServer, pool: Pool) -> None:
    server = await start_server(process=saying(ROW + MARKS))
    person = Person(answer=False)
    async with watching(pool, machine(server.port, host_keys="ask"), every=0.001, person=person) as watch:
        one = await answered(watch)
        assert one.waits and one.problem is not None and one.problem.cause is Cause.REFUSED
        person.answer = True
        watch.again()
        await until(lambda: one.reading is not None)
    assert len(person.asked) == 2 and one.problem is None and not one.waits


async def test_a_profile_that_hands_over_to_openssh_is_told_so(pool: Pool) -> None:
    async with watching(pool, machine(1, command="ssh")) as watch:
        one = await answered(watch)
    assert one.problem is not None and "ssh.command" in one.problem.text and one.waits


async def test_a_bug_is_the_machines_own(
    pool: Pool, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start_server(process=saying(ROW + MARKS))

    async def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(Smi, "read", broken)
    async with watching(pool, machine(server.port)) as watch:
        one = await answered(watch)
    assert one.problem is not None and one.problem.cause is Cause.OWN_BUG


async def test_who_is_late_gives_its_turn_back() -> None:
    turns = Turns(1, patience=0.01)
    forever, late = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with turns.one():
            late.set()
            await forever.wait()

    task = asyncio.create_task(slow())
    await late.wait()
    for _ in range(3):  # given back once, and no more often
        async with turns.one():
            pass
    forever.set()
    await task
    assert turns._free._value == 1
