"""The checks of a machine beside its GPUs' figures, once a minute: files under /proc and /sys, `ps`, `df`, systemd.

Only what any user may read; nothing that could hang on a dead network file system (`df -l`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gputui.core.machine_checks import FabricPort, MachineChecks, Room, Stuck
from gputui.core.text import clean, shorten
from gputui.ssh.gpus.question import MachineAnswer, Part

STUCK_PROCESSES = '{limit}ps -eo pid=,stat=,etimes=,comm= | grep -E "^ *[0-9]+ +D"'
_INFINIBAND = "/sys/class/infiniband/*/ports/*/"
QUESTIONS: tuple[tuple[Part, str], ...] = (
    (Part.STUCK, STUCK_PROCESSES),
    (
        Part.BUS,
        "{limit}grep -s -H 0x10de /sys/bus/pci/devices/*/vendor; "
        '{limit}grep -s -H -E "^0x(030[02]|0680)" /sys/bus/pci/devices/*/class',
    ),
    (Part.FABRIC_MANAGER, "{limit}systemctl is-active nvidia-fabricmanager 2>&1"),
    (Part.INFINIBAND, f"{{limit}}grep -s -H . {_INFINIBAND}state {_INFINIBAND}phys_state {_INFINIBAND}rate"),
    (Part.DISKS, "{limit}df -lP / /tmp /var /dev/shm 2>/dev/null; echo inodes; {limit}df -liP / /tmp /var 2>/dev/null"),
    (Part.UPTIME, "cat /proc/uptime"),
)
_PORT = re.compile(
    r"/sys/class/infiniband/(?P<card>[\w-]{1,32})/ports/(?P<port>[0-9]{1,3})/(?P<what>\w+):(?P<value>.*)"
)
_PROCESS = re.compile(r" *(?P<pid>[0-9]{1,10}) +D\S* +(?P<seconds>[0-9]{1,12}) +(?P<name>.{1,64})")
_DISK = re.compile(r".* (?P<used>[0-9]{1,3})% +(?P<mount>/\S{0,80})")
_MOST_PORTS, _MOST_STUCK = 64, 16


def checks_in(got: MachineAnswer, at: float) -> MachineChecks:
    """Return what the parts of the answer tell; a part that failed tells nothing."""
    manager = got.lines(Part.FABRIC_MANAGER)
    return MachineChecks(
        at=at,
        on_bus=_on_bus(got.lines(Part.BUS), "0x0300", "0x0302"),
        fabric_manager=next((line.strip() for line in manager if line.strip() in _STATES), ""),
        switches=bool(_on_bus(got.lines(Part.BUS), "0x0680")),
        ports=_ports(got.lines(Part.INFINIBAND)),
        stuck=stuck_in(got.lines(Part.STUCK)),
        rooms=_rooms(got.lines(Part.DISKS)),
        uptime=uptime_in(got),
    )


_STATES = ("active", "inactive", "failed", "activating", "deactivating")


def _on_bus(lines: Iterable[str], *classes: str) -> int | None:
    """Return how many NVIDIA devices of these PCI classes the bus shows; None if it cannot be seen."""
    found = [match for line in lines if (match := _DEVICE.fullmatch(line)) is not None]
    ours = {match["bus"] for match in found if match["what"] == "vendor"}
    return sum(1 for match in found if match["bus"] in ours and match["value"].startswith(classes)) if found else None


_DEVICE = re.compile(
    r"/sys/bus/pci/devices/(?P<bus>[0-9a-fA-F:.]{5,20})/(?P<what>vendor|class):(?P<value>0x[0-9a-f]{4,6})"
)


def stuck_in(lines: Iterable[str]) -> tuple[Stuck, ...]:
    """Return the processes in uninterruptible sleep."""
    found = [match for line in lines if (match := _PROCESS.fullmatch(line)) is not None]
    return tuple(Stuck(int(one["pid"]), clean(one["name"]), float(one["seconds"])) for one in found[:_MOST_STUCK])


def _ports(lines: Iterable[str]) -> tuple[FabricPort, ...]:
    told: dict[str, dict[str, str]] = {}
    for line in lines:
        found = _PORT.fullmatch(line)
        if found is not None and len(told) < _MOST_PORTS:
            value = shorten(clean(found["value"].strip()), 60)
            told.setdefault(f"{found['card']}/{found['port']}", {})[found["what"]] = value
    return tuple(
        FabricPort(name, values.get("state", ""), values.get("phys_state", ""), values.get("rate", ""))
        for name, values in told.items()
    )


def _rooms(lines: Iterable[str]) -> tuple[Room, ...]:
    used: dict[str, float] = {}
    inodes: dict[str, float] = {}
    into = used
    for line in lines:
        if line == "inodes":
            into = inodes
        elif (found := _DISK.fullmatch(line)) is not None:
            into[clean(found["mount"])] = float(found["used"])
    return tuple(Room(mount, share, inodes.get(mount)) for mount, share in used.items())


def uptime_in(got: MachineAnswer) -> float | None:
    """Return the seconds since the machine started; None if it does not tell."""
    figures = [line.partition(" ")[0] for line in got.lines(Part.UPTIME)]
    return next((float(text) for text in figures if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text)), None)
