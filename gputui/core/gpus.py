"""The GPUs of a machine at one moment; what could not be read is None, never 0."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntFlag

from gputui.core.gpu_findings import GpuFinding
from gputui.core.kernel_log import UNREAD_LOG, KernelLog
from gputui.core.machine_checks import MachineChecks


class Throttle(IntFlag):
    """Why clocks are held down: the bits of NVML's nvmlClocksEventReasons, which drivers before 535 call throttling."""

    IDLE = 0x1
    SETTING = 0x2
    POWER_CAP = 0x4
    HW_SLOWDOWN = 0x8
    SYNC_BOOST = 0x10
    SW_THERMAL = 0x20
    HW_THERMAL = 0x40
    POWER_BRAKE = 0x80
    DISPLAY = 0x100


THROTTLE_WORDS: dict[Throttle, str] = {
    Throttle.HW_THERMAL: "hardware thermal slowdown",
    Throttle.POWER_BRAKE: "power brake",
    Throttle.HW_SLOWDOWN: "hardware slowdown",
    Throttle.SW_THERMAL: "thermal slowdown",
    Throttle.POWER_CAP: "power cap",
    Throttle.SYNC_BOOST: "sync boost",
    Throttle.SETTING: "clocks set",
    Throttle.DISPLAY: "display clocks",
    Throttle.IDLE: "idle",
}
"""The words for each reason, gravest first."""


@dataclass(frozen=True, slots=True)
class Process:
    """A compute process on a GPU; memory in MiB. Its name is clean."""

    pid: int | None
    name: str
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    """ECC errors since the driver was loaded (volatile); `uncorrected_ever` over the GPU's lifetime (aggregate)."""

    corrected: int | None = None
    uncorrected: int | None = None
    uncorrected_ever: int | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """What only newer drivers tell of a GPU, read less often; `at` is epoch seconds. All text is clean.

    `recovery` is what the driver itself asks to be done (570 and newer). `margin` is °C left to the highest working
    temperature. `slowed` is the share of the time since the last detail, 0 to 1, in which the clocks were held down
    for heat or by the power brake. `no_spare` and `low_spare` count memory banks without and with few spare rows.
    """

    at: float
    recovery: str = ""
    margin: float | None = None
    memory_temperature: float | None = None
    power_default: float | None = None
    fabric: str = ""
    fabric_status: str = ""
    fabric_health: str = ""
    dram: int | None = None
    sram: int | None = None
    sram_ever: int | None = None
    sram_beyond: bool | None = None
    unmended: int | None = None
    no_spare: int | None = None
    low_spare: int | None = None
    inforom: str = ""
    slowed: Mapping[Throttle, float] = field(default_factory=dict)
    serial: str = ""
    vbios: str = ""
    mig: str = ""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU. Units: percent, MiB, °C, watts, MHz. All text is clean.

    `trouble` is what the driver says in place of figures; `lost` means it reports the GPU as lost. `pending` means a
    page waits to be retired or a row to be remapped at the next reset, `unmappable` that a remapping has failed.
    `lanes` and `link` are the PCIe width and generation, each now and at most. `ecc` is whether error correction is on.
    """

    index: int | None
    uuid: str = ""
    name: str = ""
    bus: str = ""
    utilization: float | None = None
    memory_used: float | None = None
    memory_total: float | None = None
    temperature: float | None = None
    power: float | None = None
    power_limit: float | None = None
    errors: Errors = Errors()
    throttle: Throttle | None = None
    pstate: str = ""
    pending: bool | None = None
    unmappable: bool | None = None
    remapped: int | None = None
    processes: tuple[Process, ...] | None = None
    trouble: str = ""
    lost: bool = False
    clock: float | None = None
    clock_most: float | None = None
    lanes: tuple[float | None, float | None] = (None, None)
    link: tuple[float | None, float | None] = (None, None)
    ecc: bool | None = None
    persistent: bool | None = None
    detail: Detail | None = None

    @property
    def identity(self) -> str:
        """What identifies it among the GPUs of its machine, from one reading to the next."""
        return self.uuid or self.bus or str(self.index)

    @property
    def title(self) -> str:
        """Its name for people."""
        if self.index is not None:
            return f"GPU {self.index}"
        return f"the GPU at {self.bus}" if self.bus else "a GPU"

    @property
    def memory_share(self) -> float | None:
        """The share of memory in use, 0 to 1."""
        return _share(self.memory_used, self.memory_total)

    @property
    def power_share(self) -> float | None:
        """The share of the power limit being drawn, 0 to slightly above 1."""
        return _share(self.power, self.power_limit)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the clocks are held down, in words, gravest first; being idle is not a reason."""
        active = self.throttle or Throttle(0)
        return tuple(words for bit, words in THROTTLE_WORDS.items() if bit & active and bit is not Throttle.IDLE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One machine's answer about its GPUs. `at` is epoch seconds.

    `trouble` is why there are none: the state of the driver, also among the remarks. `elsewhere` are
    processes on GPUs that are not listed.
    `remarks` are conclusions from all other output, `said` that output and the exit status themselves. `checks` are the
    newest checks of the machine, `log` its kernel log's events since boot.
    """

    at: float
    gpus: tuple[Gpu, ...]
    driver: str = ""
    trouble: str = ""
    elsewhere: tuple[Process, ...] = ()
    remarks: tuple[GpuFinding, ...] = ()
    said: tuple[str, ...] = ()
    checks: MachineChecks | None = None
    log: KernelLog = UNREAD_LOG

    @property
    def memory(self) -> tuple[float | None, float | None]:
        """MiB used and in total; None if no GPU reports it."""
        return self._sum(lambda gpu: gpu.memory_used), self._sum(lambda gpu: gpu.memory_total)

    @property
    def power(self) -> float | None:
        """Total power draw in watts."""
        return self._sum(lambda gpu: gpu.power)

    @property
    def hottest(self) -> float | None:
        """The highest temperature in °C."""
        return max(known(gpu.temperature for gpu in self.gpus), default=None)

    @property
    def utilization(self) -> float | None:
        """The mean utilisation in percent."""
        figures = known(gpu.utilization for gpu in self.gpus)
        return sum(figures) / len(figures) if figures else None

    @property
    def processes(self) -> int | None:
        """The number of compute processes."""
        told = [len(gpu.processes) for gpu in self.gpus if gpu.processes is not None]
        return sum(told) + len(self.elsewhere) if told or self.elsewhere else None

    def _sum(self, figure: Callable[[Gpu], float | None]) -> float | None:
        figures = known(figure(gpu) for gpu in self.gpus)
        return sum(figures) if figures else None


FEWEST = 3
"""Readings in a row before anything that flickers is believed (NVSentinel: three polls)."""
LATE_SECONDS = 15.0
"""Seconds after which a reading is no longer trusted."""
KEPT = 120
"""Readings kept of a GPU: six minutes at one every three seconds."""


@dataclass(frozen=True, slots=True)
class Point:
    """What is kept of one reading of a GPU: epoch seconds, percent, share of memory, °C, share of power, MHz."""

    at: float
    utilization: float | None
    memory: float | None
    temperature: float | None
    power: float | None
    throttle: Throttle
    clock: float | None
    margin: float | None
    slow_link: bool


@dataclass(slots=True)
class Past:
    """A GPU's last readings, oldest first; `seen` also counts those dropped since."""

    points: deque[Point] = field(default_factory=lambda: deque(maxlen=KEPT))
    seen: int = 0

    def add(self, gpu: Gpu, at: float) -> None:
        """Add a reading of that moment."""
        now, most = gpu.link
        self.points.append(
            Point(
                at,
                gpu.utilization,
                gpu.memory_share,
                gpu.temperature,
                gpu.power_share,
                gpu.throttle or Throttle(0),
                gpu.clock,
                gpu.detail.margin if gpu.detail is not None else None,
                now is not None and most is not None and now < most,
            )
        )
        self.seen += 1

    def lasted(self, holds: Callable[[Point], bool]) -> float:
        """Return for how many seconds it has held without a break up to the newest of at least three readings, else 0.

        What flickers (heat, clocks, links) is judged by this, never by one reading.
        """
        readings, since, newest = 0, 0.0, 0.0
        for point in reversed(self.points):
            if not holds(point) or (readings and point.at > since):  # a clock that was set back
                break
            newest, since, readings = newest or point.at, point.at, readings + 1
        return newest - since if readings >= FEWEST else 0.0

    def copy(self) -> Past:
        """An independent copy."""
        return Past(self.points.copy(), self.seen)


def known(figures: Iterable[float | None]) -> list[float]:
    """Those figures that could be read."""
    return [figure for figure in figures if figure is not None]


_MOST_SHARE = 10.0


def _share(part: float | None, whole: float | None) -> float | None:
    return min(part / whole, _MOST_SHARE) if part is not None and whole else None
