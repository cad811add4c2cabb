"""Accelerators of other makers, told by their tools over a real shell: found, counted, judged; nothing is invented."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.gpus import Gpu
from gputui.core.health import Health
from gputui.core.machine_verdicts import ReportedState
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.gpus.accelerators import TOOLS
from gputui.ssh.gpus.question import MachineAnswer, Part
from gputui.ssh.gpus.watch import WatchedMachine
from gputui.ssh.places import SshPlaces
from tests.ssh.conftest import StartServer
from tests.ssh.test_gpu_watch import START, answered, machine, watching

Watched = Callable[[dict[str, str]], Awaitable[WatchedMachine]]


@pytest.fixture
async def pool(places: SshPlaces) -> AsyncIterator[Pool]:
    pool = Pool(places)
    yield pool
    await pool.aclose()


@pytest.fixture
def watched(start_server: StartServer, pool: Pool, tmp_path: Path) -> Watched:
    """The watch of a machine with these tools: name and arguments to what it prints."""
    home = tmp_path / "machine"
    home.mkdir()
    for name in ("sh", "grep", "tail", "cat", "df", "ps", "timeout"):
        found = next(Path(folder, name) for folder in os.get_exec_path() if Path(folder, name).exists())
        (home / name).symlink_to(found)

    async def shell(process: asyncssh.SSHServerProcess[bytes]) -> None:
        ran = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            process.command or "",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"PATH": str(home)},
        )
        out, _ = await ran.communicate()
        process.stdout.write(out)
        process.exit(ran.returncode or 0)

    async def watch(tools: dict[str, str]) -> WatchedMachine:
        for asked, said in tools.items():
            name, _, words = asked.partition(" ")
            program = home / name
            before = program.read_text() if program.exists() else "#!/bin/sh\n"
            path = home / f"{name}-{len(before)}.txt"
            path.write_text(said)
            program.write_text(f'{before}[ "$*" = "{words}" ] && cat {path} && exit 0\n')
            program.chmod(0o755)
        server = await start_server(process=shell)
        async with watching(pool, machine(server.port), every=0.001) as watch:
            return await answered(watch)

    return watch


def amd(**odd: Any) -> str:
    entry = {
        "gpu": 0,
        "usage": {"gfx_activity": {"value": 97, "unit": "%"}, "umc_activity": {"value": 40, "unit": "%"}},
        "power": {"socket_power": {"value": 612, "unit": "W"}, "throttle_status": "N/A"},
        "temperature": {"edge": "N/A", "hotspot": {"value": 68, "unit": "C"}, "mem": {"value": 55, "unit": "C"}},
        "ecc": {"total_correctable_count": 4, "total_uncorrectable_count": 0},
        "mem_usage": {"total_vram": {"value": 196592, "unit": "MB"}, "used_vram": {"value": 180000, "unit": "MB"}},
        "clock": {"gfx_0": {"clk": {"value": 2100, "unit": "MHz"}, "max_clk": {"value": 2100, "unit": "MHz"}}},
    }
    return json.dumps([entry | odd])


STATIC = json.dumps(
    [
        {
            "gpu": 0,
            "asic": {"market_name": "AMD Instinct MI300X", "asic_serial": "0x5CF9"},
            "bus": {"bdf": "0000:05:00.0"},
            "limit": {"max_power": {"value": 750, "unit": "W"}},
        }
    ]
)
RBLN = {
    "KMD_version": "1.3.73",
    "devices": [
        {
            "npu": "0",
            "name": "RBLN-CA22",
            "uuid": "a-b",
            "status": "normal",
            "pci": {"bus_id": "0000:0b:00.0"},
            "temperature": "41C",
            "card_power": "52.3W",
            "pstate": "P14",
            "memory": {"used": "1073741824", "total": "16911433728"},
            "util": "12.5",
        }
    ],
}
FURIOSA = [{"index": 0, "arch": "rngd", "device_uuid": "u-1", "temperature": "30.18°C", "power": "53.00 W"}]
ALIVE = [{"device_uuid": "u-1", "liveness": True, "pe_utilizations": [{"utilization": 10.0}, {"utilization": 30.0}]}]


async def test_an_amd_machine(watched: Watched) -> None:
    one = await watched({"amd-smi metric --json": "WARNING: old\n" + amd(), "amd-smi static --json": STATIC})
    assert one.reading is not None, one.problem
    (gpu,) = one.reading.gpus
    assert (gpu.name, gpu.bus, gpu.utilization, gpu.temperature) == ("AMD Instinct MI300X", "0000:05:00.0", 97.0, 68.0)
    assert (gpu.memory_used, gpu.memory_total, gpu.power, gpu.power_limit) == (180000.0, 196592.0, 612.0, 750.0)
    assert (gpu.errors.corrected, gpu.errors.uncorrected, one.reading.driver) == (4, 0, "AMD")
    assert one.verdict(ReportedState("RUNNING", Health.OK, 1), START).health is Health.OK


async def test_an_amd_machine_with_errors_and_fewer_than_promised(watched: Watched) -> None:
    ill = amd(ecc={"total_correctable_count": 0, "total_uncorrectable_count": 2})
    one = await watched({"amd-smi metric --json": ill, "amd-smi static --json": STATIC})
    verdict = one.verdict(ReportedState("RUNNING", Health.OK, 8), START)
    assert verdict.health is Health.BAD
    assert "2 uncorrected memory errors" in verdict.words and "7 GPUs of 8 missing" in verdict.words


async def test_a_rebellions_machine(watched: Watched) -> None:
    one = await watched({"rbln-stat --json": json.dumps(RBLN)})
    assert one.reading is not None, one.problem
    (npu,) = one.reading.gpus
    assert (npu.name, npu.utilization, npu.temperature, npu.power) == ("RBLN-CA22", 12.5, 41.0, 52.3)
    assert npu.memory_used == 1024.0 and npu.trouble == ""


async def test_a_furiosa_machine(watched: Watched) -> None:
    asked = ("furiosa-smi info --output json", "furiosa-smi status --output json")
    one = await watched(dict(zip(asked, (json.dumps(FURIOSA), json.dumps(ALIVE)), strict=True)))
    assert one.reading is not None, one.problem
    (npu,) = one.reading.gpus
    assert (npu.name, npu.utilization, npu.temperature, npu.power) == ("Furiosa rngd", 20.0, 30.18, 53.0)


async def test_nvidia_comes_first_and_nothing_at_all_is_said(watched: Watched) -> None:
    one = await watched({})
    assert one.problem is not None and one.problem.text == "there is no nvidia-smi on this machine"
    assert "amd-smi" in one.problem.remedy


async def test_a_tool_that_says_what_nobody_understands(watched: Watched) -> None:
    one = await watched({"amd-smi metric --json": "Segmentation fault\x1b[2J"})
    assert one.problem is not None and "amd-smi tells nothing that we understand" in one.problem.text


def read(tool: str, *told: Any) -> tuple[Gpu, ...]:
    sections = {int(part): (json.dumps(one),) for part, one in zip((Part.GPUS, Part.DETAILS), told, strict=False)}
    return TOOLS[tool].gpus(MachineAnswer(sections, {}))


def test_what_they_do_not_have_stays_unknown() -> None:
    bare = read("amd-smi", {"gpu_data": [{"gpu": 3, "usage": "N/A", "power": {"socket_power": 4294967295}}]})
    assert bare == (Gpu(3, name="AMD GPU", uuid=""),)
    assert read("rbln-stat", {"devices": [{"npu": "1", "status": "error", "card_power": "900mW"}]}) == (
        Gpu(1, name="Rebellions NPU", power=0.9, trouble="error"),
    )
    (dead,) = read("furiosa-smi", FURIOSA, [{"device_uuid": "u-1", "liveness": False}])
    assert dead.trouble == "is not alive"


KEYS = ("gpu", "usage", "gfx_activity", "value", "unit", "devices", "npu", "index")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["gpu", "usage", "gfx_activity", "value", "unit", "devices", "npu", "index"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(TOOLS)), JSON, JSON)
def test_no_answer_is_too_odd(tool: str, one: Any, other: Any) -> None:
    for gpu in read(tool, one, other):
        assert gpu.utilization is None or 0 <= gpu.utilization <= 100
