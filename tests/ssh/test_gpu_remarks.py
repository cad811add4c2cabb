"""Whatever nvidia-smi says beside its rows is shown: warnings, lines that nobody knows, an exit status other than 0."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.gpus import Reading
from gputui.core.health import Health
from gputui.core.machine_verdicts import ReportedState, Verdict, machine_verdict
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.gpus.statuses import HANGS
from gputui.ui.gpus.paint import said_lines
from tests.ssh.conftest import StartServer
from tests.ssh.test_gpu_watch import answered, machine, watching
from tests.ssh.test_gpu_watch import pool as pool

INPUTS = Path(__file__).parent / "inputs"
GPU = {"name": "NVIDIA H100 80GB HBM3", "utilization.gpu": 5, "memory.used": 100, "temperature.gpu": 40}
WARNING = "WARNING: infoROM is corrupted at gpu 0000:10:00.0"
CORRUPTED = "the infoROM of GPU 0 is corrupted"
LOST = "Unable to determine the device handle for"

Read = Callable[[dict[str, Any]], Awaitable[tuple[Reading, Verdict]]]


@pytest.fixture
def read(start_server: StartServer, pool: Pool, tmp_path: Path) -> Read:
    """What a machine's own nvidia-smi (`tests/ssh/inputs`) makes us say, asked over SSH by a real shell."""
    home = tmp_path / "machine"
    home.mkdir()
    program = home / "nvidia-smi"
    program.write_text((INPUTS / "nvidia-smi").read_text().replace("#!/usr/bin/python3", f"#!{sys.executable}", 1))
    program.chmod(0o755)
    environ = {"HOME": str(home), "PATH": f"{home}:{os.environ['PATH']}"}

    async def shell(process: asyncssh.SSHServerProcess[bytes]) -> None:
        ran = await asyncio.create_subprocess_shell(process.command or "", stdout=asyncio.subprocess.PIPE, env=environ)
        out, _ = await ran.communicate()
        process.stdout.write(b"Welcome! WARNING: this is what a login script prints\n" + out)
        process.exit(ran.returncode or 0)

    async def reading(spec: dict[str, Any]) -> tuple[Reading, Verdict]:
        (home / ".smi.json").write_text(json.dumps(spec))
        server = await start_server(process=shell)
        async with watching(pool, machine(server.port)) as watch:
            one = await answered(watch)
        assert one.reading is not None, one.problem
        return one.reading, machine_verdict(one.reading, ReportedState("RUNNING", Health.OK, None))

    return reading


async def test_the_input_from_the_field(read: Read) -> None:
    reading, verdict = await read(json.loads((INPUTS / "smi_rc14.json").read_text()))
    assert len(reading.gpus) == 1
    assert verdict.health is Health.DEGRADED
    assert verdict.words == "the infoROM of the GPU at 0000:B3:00.0 is corrupted"
    assert reading.said == ("WARNING: infoROM is corrupted at gpu 0000:B3:00.0", "exit status 14")


@pytest.mark.parametrize(
    ("spec", "health", "words", "said"),
    [
        ({}, Health.OK, "", ()),
        (
            {"post": [WARNING], "rc": 14},
            Health.DEGRADED,
            CORRUPTED,
            (WARNING, "exit status 14"),
        ),
        ({"pre": [WARNING], "rc": 0}, Health.DEGRADED, CORRUPTED, (WARNING,)),
        ({"rc": 14}, Health.DEGRADED, "the infoROM of a GPU is corrupted", ("exit status 14",)),
        ({"rc": 15}, Health.BAD, "cloud says RUNNING, a GPU fell off the bus", ("exit status 15",)),
        ({"rc": 9}, Health.BAD, "cloud says RUNNING, the NVIDIA driver is not loaded", ("exit status 9",)),
        ({"rc": 77}, Health.DEGRADED, "nvidia-smi ended with 77", ("exit status 77",)),
        (
            {"rc": 137},
            Health.BAD,
            f"cloud says RUNNING, {HANGS.words}",
            None,
        ),
        ({"rc": 4}, Health.UNKNOWN, "this user may not look at the GPUs", ("exit status 4",)),
        ({"err": "Failed to read\n"}, Health.DEGRADED, "nvidia-smi says: Failed to read", ("Failed to read",)),
        ({"post": ["Have a nice day"]}, Health.OK, "nvidia-smi says: Have a nice day", ("Have a nice day",)),
        ({"post": ["\x1b[2Jboo"]}, Health.OK, "nvidia-smi says: ␛[2Jboo", ("␛[2Jboo",)),
    ],
)
async def test_rows_are_not_all_that_counts(
    read: Read, spec: dict[str, Any], health: Health, words: str, said: tuple[str, ...] | None
) -> None:
    reading, verdict = await read({"gpus": [GPU, GPU], **spec})
    assert len(reading.gpus) == 2
    assert (verdict.health, verdict.words) == (health, words)
    assert said is None or reading.said == said


@pytest.mark.parametrize(
    "line",
    [
        f"{LOST} GPU 0000:3B:00.0: Unknown Error",
        f"{LOST} gpu 0000:3B:00.0: Unknown Error",
        f"{LOST} GPU0000:3B:00.0: GPU is lost.  Reboot the system to recover this GPU",
        f"{LOST} GPU1: 0000:3B:00.0: Unknown Error",
        f"{LOST} GPU1: Unknown Error",
    ],
)
async def test_a_lost_gpu_beside_one_that_is_well_is_said_once(read: Read, line: str) -> None:
    reading, verdict = await read({"gpus": [GPU, line], "rc": 15})
    assert verdict.health is Health.BAD
    assert "fell off the bus" in verdict.words
    assert len(verdict.reasons) == 1
    assert reading.said == ("exit status 15",)


async def test_many_lines_are_bounded(read: Read) -> None:
    reading, verdict = await read({"gpus": [GPU], "post": [f"line {number}" for number in range(500)]})
    assert reading.said[-1] == "… 492 more lines"
    assert len(reading.said) == 9
    assert len(said_lines(reading, 80, 2)) == 2
    assert len(verdict.words) < 1000


@pytest.mark.skipif(shutil.which("timeout") is None, reason="no timeout here")
async def test_a_question_that_an_old_driver_does_not_know_is_no_remark(read: Read) -> None:
    reading, verdict = await read({"gpus": [GPU], "rows": ["Invalid combination of input arguments."]})
    assert (verdict.health, verdict.words, reading.said) == (Health.OK, "", ())
