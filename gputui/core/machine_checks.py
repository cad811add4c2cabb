"""What a machine tells besides its GPUs' figures, and what follows: its bus, fabric manager, InfiniBand, disks, tasks.

Sources: DCGM and gcm (fabric manager, disks, hung processes), NVSentinel and gpud (InfiniBand).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gputui.core.gpu_findings import GpuFinding, Repair
from gputui.core.health import Health


@dataclass(frozen=True, slots=True)
class FabricPort:
    """A port of an InfiniBand adapter: `mlx5_0/1`, its state (`4: ACTIVE`), physical state and rate."""

    name: str
    state: str
    physical: str = ""
    rate: str = ""

    @property
    def up(self) -> bool:
        """Whether it carries traffic."""
        return "ACTIVE" in self.state.upper()

    @property
    def is_cabled(self) -> bool:
        """Whether it was ever meant to: a port that is disabled or polls without a cable is not."""
        return bool(self.physical) and "disabled" not in self.physical.casefold()


@dataclass(frozen=True, slots=True)
class Stuck:
    """A process in uninterruptible sleep: its id, name, and age in seconds."""

    pid: int
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Room:
    """How full a file system is, in percent of its blocks and of its inodes."""

    mount: str
    used: float
    inodes: float | None = None


@dataclass(frozen=True, slots=True)
class MachineChecks:
    """One look; None where the machine did not tell. `uptime` in seconds.

    `on_bus` counts NVIDIA GPUs on the PCI bus: in a container those of the host, so it only ever explains a GPU that is
    missing already. `switches` is whether there are NVSwitches there.
    """

    at: float
    on_bus: int | None = None
    fabric_manager: str = ""
    switches: bool = False
    ports: tuple[FabricPort, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    rooms: tuple[Room, ...] = ()
    uptime: float | None = None


LONG_STUCK = 300.0
"""Seconds of uninterruptible sleep from which a process hangs (gcm)."""
FULL, OVERFULL = 80.0, 85.0
"""Percent of a disk from which checkpoints are in danger (gcm)."""


_WEDGED = "killing it does not help: drain and reboot"


def checks_findings(checks: MachineChecks) -> Iterator[GpuFinding]:
    """Yield what follows from the checks of a machine by themselves."""
    if checks.switches and checks.fabric_manager not in ("active", ""):
        words = f"the fabric manager is {checks.fabric_manager}: NVLink and CUDA fail"
        yield GpuFinding(Health.BAD, words, Repair.APP, "systemctl start nvidia-fabricmanager", "systemd")
    yield from _ports(checks)
    for one in checks.stuck:
        if "nvidia-smi" in one.name:
            words = f"nvidia-smi ({one.pid}) hangs in the kernel: so does the driver"
            yield GpuFinding(Health.BAD, words, Repair.REBOOT, _WEDGED, "processes")
        elif one.seconds >= LONG_STUCK:
            words = f"{one.name} ({one.pid}) hangs in the kernel"
            yield GpuFinding(Health.DEGRADED, words, Repair.NONE, "look at its disk, network and driver", "processes")
    for room in checks.rooms:
        fullest = max(room.used, room.inodes or 0)
        if fullest >= FULL:
            what = "of its files" if (room.inodes or 0) > room.used else "full"
            health = Health.BAD if fullest >= OVERFULL else Health.DEGRADED
            yield GpuFinding(health, f"{room.mount} is {fullest:.0f} % {what}", Repair.APP, "clear it", "df")


def _ports(checks: MachineChecks) -> Iterator[GpuFinding]:
    """A port that is down beside siblings that are up; one that is slower than they are."""
    up = [port for port in checks.ports if port.up]
    down = [port for port in checks.ports if not port.up and port.is_cabled]
    if up and down:
        names = ", ".join(port.name for port in down)
        words = f"InfiniBand port {names} is down, {len(up)} others are up"
        yield GpuFinding(Health.BAD, words, Repair.REPORT, _CABLE, _IB)
    rates = {port.rate for port in up}
    if len(rates) > 1:
        usual = max(rates, key=lambda rate: sum(port.rate == rate for port in up))
        slow = [port for port in up if _gigabits(port.rate) < _gigabits(usual)]
        if slow:
            names = ", ".join(port.name for port in slow)
            words = f"InfiniBand port {names} runs at {slow[0].rate}, the others at {usual}"
            yield GpuFinding(Health.DEGRADED, words, Repair.REPORT, _CABLE, _IB)


_IB = "InfiniBand"
_CABLE = "jobs over several machines hang or slow down: report the cable or port"


def _gigabits(rate: str) -> float:
    number = rate.split(" ")[0]
    return float(number) if number.replace(".", "", 1).isdigit() else 0.0
