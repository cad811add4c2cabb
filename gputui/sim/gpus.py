"""The GPUs of a simulated machine, and their figures at a given moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from gputui.sim.drivers import driver_of
from gputui.sim.machine import Machine

BUSES = ("1B", "43", "52", "61", "9D", "C3", "D1", "DF")
# Part of the model name → name given by the driver, memory (MiB), power limit (W); the first match counts.
MODELS = (
    ("B300", "NVIDIA B300 SXM6 AC", 275040, 1100),
    ("B200", "NVIDIA B200", 183359, 1000),
    ("H200", "NVIDIA H200", 143771, 700),
    ("H100", "NVIDIA H100 80GB HBM3", 81559, 700),
    ("A100", "NVIDIA A100-SXM4-80GB", 81920, 400),
    ("L40S", "NVIDIA L40S", 46068, 350),
    ("L4", "NVIDIA L4", 23034, 72),
    ("V100", "Tesla V100-SXM2-32GB", 32768, 300),
    ("T4", "Tesla T4", 15360, 70),
    ("4090", "NVIDIA GeForce RTX 4090", 24564, 450),
)
NOT_THROTTLED, IDLE, HW_THERMAL = 0x0, 0x1, 0x40


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as `nvidia-smi` reports it; MiB, watt, °C, percent, MHz."""

    index: int
    name: str
    uuid: str
    bus: str
    memory_total: int
    memory_used: int
    power: float
    power_limit: int
    temperature: int
    utilization: int
    memory_utilization: int
    clock: int
    corrected: int
    uncorrected: int
    throttle: int
    lost: bool
    pid: int
    driver: str = ""
    ill: str = ""


def gpus_of(machine: Machine, now: float) -> list[Gpu]:
    """Return the machine's GPUs at that moment; the same moment gives the same figures."""
    _, name, memory, watts = next((row for row in MODELS if row[0] in machine.gpu_model), ("", machine.gpu_model, 0, 0))
    fixed = Random(machine.name)  # noqa: S311 (figures, not secrets)
    job = fixed.choice(("training", "training", "training", "serving", "serving", "idle"))
    if machine.ailment in ("slow", "spins", "hot"):
        job = "training"  # these show only where there is work
    ill = fixed.randrange(machine.gpus) if machine.gpus and machine.ailment else -1
    return [
        _gpu(machine, index, name, memory or 24576, watts or 300, job, machine.ailment if index == ill else "", now)
        for index in range(machine.gpus)
    ]


def _gpu(machine: Machine, index: int, name: str, memory: int, watts: int, job: str, ill: str, now: float) -> Gpu:
    digest = hashlib.sha256(f"{machine.name}/{index}".encode()).hexdigest()
    moment = Random(f"{digest}/{int(now // 2)}")  # noqa: S311 (figures, not secrets)
    busy = {"training": moment.randint(91, 100), "serving": moment.randint(18, 74), "idle": 0}[job]
    filled = {"training": 0.86, "serving": 0.71, "idle": 0.0}[job] + int(digest[:2], 16) / 5000
    hot, slow, spins = ill == "hot", ill == "slow", machine.ailment == "spins"
    if spins:
        busy = 100  # the kernels of a collective that waits
    elif slow:
        busy = max(busy, 91)
    if hot:
        busy = moment.randint(20, 35)  # what remains while the hardware throttles it
    return Gpu(
        index=index,
        name=name,
        uuid=f"GPU-{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}",
        bus=f"00000000:{BUSES[index % len(BUSES)]}:00.{index // len(BUSES)}",
        memory_total=memory,
        memory_used=int(memory * filled) if busy else 4,
        power=round(watts * (0.22 if spins else 0.11 + 0.82 * busy / 100) + moment.random(), 2),
        power_limit=watts,
        temperature=91 if hot else 29 + busy * 36 // 100 + moment.randint(0, 3),
        utilization=busy,
        memory_utilization=busy * 6 // 10,
        clock=345 if hot else 1200 if slow else (1980 if busy else 345),
        corrected=moment.randint(2, 9) if ill == "ecc" else 0,
        uncorrected=3 if ill == "ecc" else 0,
        throttle=HW_THERMAL if hot else (NOT_THROTTLED if busy else IDLE),
        lost=ill == "lost",
        pid=14000 + index * 37 if busy else 0,
        driver=driver_of(machine.gpu_model),
        ill=ill,
    )
