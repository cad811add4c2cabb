"""What a machine tells besides its GPUs: each answer is understood, each limit has its two sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gputui.core.gpu_findings import Repair
from gputui.core.health import Health
from gputui.core.machine_checks import FabricPort, MachineChecks, Room, Stuck, checks_findings
from gputui.ssh.gpus.checks import QUESTIONS, checks_in, stuck_in
from gputui.ssh.gpus.question import MachineAnswer, Part, answer, script

UP = tuple(FabricPort(f"mlx5_{at}/1", "4: ACTIVE", "5: LinkUp", "400 Gb/sec (4X NDR)") for at in range(3))
DOWN = FabricPort("mlx5_3/1", "1: DOWN", "2: Polling", "10 Gb/sec (4X SDR)")
SLOW = FabricPort("mlx5_4/1", "4: ACTIVE", "5: LinkUp", "200 Gb/sec (4X HDR)")
WELL = MachineChecks(1.0, fabric_manager="active", switches=True, ports=UP, rooms=(Room("/", 26.0, 3.0),))


@pytest.mark.parametrize(
    ("more", "health", "words"),
    [
        ({}, Health.OK, ""),
        ({"fabric_manager": "inactive"}, Health.BAD, "the fabric manager is inactive"),
        ({"fabric_manager": "inactive", "switches": False}, Health.OK, ""),
        ({"fabric_manager": ""}, Health.OK, ""),
        ({"ports": (*UP, DOWN)}, Health.BAD, "InfiniBand port mlx5_3/1 is down, 3 others are up"),
        ({"ports": (*UP, replace(DOWN, physical="3: Disabled"))}, Health.OK, ""),
        ({"ports": (DOWN,)}, Health.OK, ""),
        (
            {"ports": (*UP, replace(UP[0], name="s/1", rate="200 Gb/sec (4X HDR)"))},
            Health.DEGRADED,
            "runs at 200 Gb/sec",
        ),
        ({"rooms": (Room("/", 79.0),)}, Health.OK, ""),
        ({"rooms": (Room("/", 80.0),)}, Health.DEGRADED, "/ is 80 % full"),
        ({"rooms": (Room("/", 85.0),)}, Health.BAD, "/ is 85 % full"),
        ({"rooms": (Room("/", 10.0, 90.0),)}, Health.BAD, "/ is 90 % of its files"),
        ({"stuck": (Stuck(7, "tar", 299.0),)}, Health.OK, ""),
        ({"stuck": (Stuck(7, "tar", 300.0),)}, Health.DEGRADED, "tar (7) hangs in the kernel"),
        (
            {"stuck": (Stuck(7, "nvidia-smi", 12.0),)},
            Health.BAD,
            "nvidia-smi (7) hangs in the kernel",
        ),
    ],
)
def test_what_follows(more: dict[str, object], health: Health, words: str) -> None:
    found = list(checks_findings(replace(WELL, **more)))  # type: ignore[arg-type]
    assert [one.health for one in found] == ([] if health is Health.OK else [health])
    assert all(words in one.words and one.remedy for one in found)
    assert all(one.action is not Repair.NONE or one.advice for one in found)


def test_what_the_parts_tell() -> None:
    got = MachineAnswer(
        {
            Part.STUCK: ("  20417 D        811 nvidia-smi", " 33 D<s  4 kworker/u:1"),
            Part.BUS: (
                "/sys/bus/pci/devices/0000:1b:00.0/vendor:0x10de",
                "/sys/bus/pci/devices/0000:c4:00.0/vendor:0x10de",
                "/sys/bus/pci/devices/0000:1b:00.0/class:0x030200",
                "/sys/bus/pci/devices/0000:03:00.0/class:0x030000",
                "/sys/bus/pci/devices/0000:c4:00.0/class:0x068000",
            ),
            Part.FABRIC_MANAGER: ("active",),
            Part.INFINIBAND: (
                "/sys/class/infiniband/mlx5_0/ports/1/state:4: ACTIVE",
                "/sys/class/infiniband/mlx5_0/ports/1/phys_state:5: LinkUp",
                "/sys/class/infiniband/mlx5_0/ports/1/rate:400 Gb/sec (4X NDR)",
            ),
            Part.DISKS: (
                "Filesystem     1024-blocks      Used  Available Capacity Mounted on",
                "/dev/nvme0n1p2   921366528 224395264  651126784      26% /",
                "inodes",
                "/dev/nvme0n1p2 58499072 1203771 57295301    3% /",
            ),
            Part.UPTIME: ("3564720.17 146153520.08",),
        },
        {},
    )
    assert checks_in(got, 5.0) == MachineChecks(
        5.0,
        1,
        "active",
        True,
        (UP[0],),
        (Stuck(20417, "nvidia-smi", 811.0), Stuck(33, "kworker/u:1", 4.0)),
        (Room("/", 26.0, 3.0),),
        3564720.17,
    )


def test_parts_that_failed_tell_nothing() -> None:
    assert checks_in(MachineAnswer({}, {}), 5.0) == MachineChecks(5.0)
    noise = ("sh: 1: systemctl: not found", "grep: no", "\x1b[2J", "1.2.3.4 5", "x" * 5000)
    assert checks_in(MachineAnswer(dict.fromkeys(Part, noise), {}), 5.0).ports == ()
    assert stuck_in(("  1 D 5 " + "x" * 65,)) == ()


def test_the_questions_hold_no_quote_that_would_end_the_command() -> None:
    asked = script(list(QUESTIONS), hung=True)
    assert asked.count("'") == 2 and "{limit}" not in asked


def test_a_command_that_was_cut_off_keeps_what_came_to_its_end() -> None:
    got = answer("hello\ngputui 0 0\nrow\ngputui 1 0\nhalf", 0)
    assert got.lines(Part.GPUS) == ("row",) and got.begun and not got.has(Part.PROCESSES)
    assert answer("hello\ngputui 0 0\n", 0).begun and not answer("hello\n", 0).begun
