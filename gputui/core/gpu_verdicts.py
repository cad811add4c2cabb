"""The health of one GPU by its figures and counters, with reasons and what to do about each.

Sources: NVIDIA's GPU memory error management and RMA policy (errors, remapped rows, the recovery action), NVML
(nvmlClocksEventReasons, fabric states), NVSentinel (how long heat and the power brake must last), DCGM's health
watches, VESSL (degrees where the driver tells no margin), gpud (fabric health).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gputui.core.gpu_findings import GpuFinding, Repair, Verdict, judged
from gputui.core.gpus import Detail, Gpu, Past, Point, Throttle
from gputui.core.health import Health

WARM, HOT = 85.0, 95.0
"""°C of a GPU whose driver tells no margin."""
SLOWED_AT = -2.0
"""The margin in °C at which the hardware slows itself down (H200); at -8 it shuts down."""
STEADY = 45.0
"""Seconds for which heat, a slowed clock or the power brake must last before it is a finding."""
FULL = 0.8
"""The share of memory in use from which an idle GPU gets a note: somebody may have forgotten it."""
BUSY = 80.0
"""Percent of utilisation from which a GPU should run at full clocks."""
MOST_REMAPPED = 512
"""Remapped rows of uncorrectable errors at which the table is full."""
_MOST_SRAM = 4
_WORTH_SAYING = 0.1
_SLOW = 0.6


def gpu_verdict(gpu: Gpu, past: Past | None = None) -> Verdict:
    """Return the verdict on one GPU; `past` holds its last readings, this one included."""
    past = past or Past()
    notes = [*_notes(gpu, past)]
    silent = gpu.utilization is None and gpu.memory_used is None and gpu.temperature is None
    found = [*_state(gpu), *_memory(gpu), *_heat(gpu, past), *_clocks(gpu, past), *_links(gpu, past)]
    if silent and not found:
        return Verdict(Health.UNKNOWN, (GpuFinding(Health.UNKNOWN, "tells no figures"),), tuple(notes))
    return judged(found, notes)


def _state(gpu: Gpu) -> Iterator[GpuFinding]:
    if gpu.lost:
        again = "reboot the machine; if it is lost again, move to another host and report this one"
        yield GpuFinding(Health.BAD, "fell off the bus", Repair.REBOOT, again, "nvidia-smi")
    elif "reset" in gpu.trouble.casefold():
        yield GpuFinding(Health.BAD, f"answers {gpu.trouble}", Repair.RESET, "", "nvidia-smi")
    elif gpu.trouble:
        silent = gpu.utilization is None and gpu.temperature is None
        yield GpuFinding(
            Health.BAD if silent else Health.DEGRADED, f"answers {gpu.trouble}", Repair.REBOOT, "", "nvidia-smi"
        )
    if gpu.detail is not None:
        yield from _recovery(gpu.detail)
        yield from _fabric(gpu.detail)
        if gpu.detail.inforom and gpu.detail.inforom.casefold() not in ("valid", "yes"):
            words = f"has an infoROM whose checksum is {gpu.detail.inforom}"
            yield GpuFinding(Health.DEGRADED, words, Repair.REBOOT, "reboot; if it stays so, report it", "nvidia-smi")


_RECOVERY: Mapping[str, tuple[Health, Repair, str]] = {
    "reset": (Health.BAD, Repair.RESET, ""),
    "gpu reset": (Health.BAD, Repair.RESET, ""),
    "reboot": (Health.BAD, Repair.REBOOT, ""),
    "node reboot": (Health.BAD, Repair.REBOOT, ""),
    "system reboot": (Health.BAD, Repair.REBOOT, ""),
    "drain p2p": (Health.DEGRADED, Repair.APP, "end the jobs that use GPU-to-GPU traffic, then look again"),
    "drain and reset": (Health.DEGRADED, Repair.RESET, "let the job end, take no new work, then reset"),
    "recover imex domain": (Health.BAD, Repair.REPORT, "recover the IMEX domain: the memory of the fabric is off"),
    "bus reset": (Health.BAD, Repair.REBOOT, "reset the PCIe bus: in a rented machine reboot"),
}


def _recovery(detail: Detail) -> Iterator[GpuFinding]:
    """The driver's own word, which outranks every threshold of ours."""
    asked = detail.recovery.casefold().removesuffix(" required").strip()
    if asked in ("", "none"):
        return
    health, action, advice = _RECOVERY.get(asked, (Health.BAD, Repair.REPORT, f"do what the driver asks: {asked}"))
    yield GpuFinding(health, f"has a driver that asks for: {detail.recovery}", action, advice, "driver")


def _fabric(detail: Detail) -> Iterator[GpuFinding]:
    """The state of the NVLink fabric: without it CUDA cannot start (error 802), though all figures look well."""
    state, status = detail.fabric.casefold(), detail.fabric_status.casefold()
    again = "is the fabric manager running, and of the driver's version? then reboot"
    if state == "not started":
        yield GpuFinding(Health.BAD, "has no NVLink fabric: CUDA cannot start", Repair.REBOOT, again, "nvidia-smi")
    elif state == "in progress":
        words = "is still joining the NVLink fabric: CUDA cannot start yet"
        yield GpuFinding(Health.DEGRADED, words, Repair.REBOOT, "longer than two minutes: " + again, "nvidia-smi")
    elif state == "completed" and status not in ("", "success"):
        words = f"did not join the NVLink fabric: {detail.fabric_status}"
        yield GpuFinding(Health.BAD, words, Repair.REBOOT, again, "nvidia-smi")
    if detail.fabric_health.casefold() in ("unhealthy", "limited capacity"):
        bad = detail.fabric_health.casefold() == "unhealthy"
        words = f"has an NVLink fabric that is {detail.fabric_health.casefold()}"
        yield GpuFinding(Health.BAD if bad else Health.DEGRADED, words, Repair.REPORT, "", "nvidia-smi")


def _memory(gpu: Gpu) -> Iterator[GpuFinding]:
    detail, errors = gpu.detail or Detail(0), gpu.errors
    if gpu.unmappable:
        words = "has a memory row that could not be remapped: it needs replacing"
        yield GpuFinding(Health.BAD, words, Repair.REPLACE, "", "NVIDIA's RMA policy")
    if detail.sram_beyond:
        words = "has more errors on the chip (SRAM) than it can live with: it needs replacing"
        yield GpuFinding(Health.BAD, words, Repair.REPLACE, "", "NVIDIA's RMA policy")
    if detail.sram:
        words = f"has {count(detail.sram, 'uncorrected error')} on the chip (SRAM)"
        yield GpuFinding(Health.BAD, words, Repair.RESET, "", "ECC counters")
    elif errors.uncorrected and detail.dram is not None and detail.dram >= errors.uncorrected:
        words = f"has {count(errors.uncorrected, 'uncorrected memory error')}, contained"
        advice = "restart the job that was hit; reset the GPU when convenient"
        yield GpuFinding(Health.DEGRADED, words, Repair.RESET, advice, "ECC counters")
    elif errors.uncorrected:
        words = f"has {count(errors.uncorrected, 'uncorrected memory error')}"
        yield GpuFinding(Health.BAD, words, Repair.RESET, "", "ECC counters")
    if gpu.pending:
        advice = "running work is safe; reset the GPU before the next long job"
        yield GpuFinding(Health.DEGRADED, "has memory to retire at the next reset", Repair.RESET, advice, "nvidia-smi")
    yield from _worn(detail)


def _worn(detail: Detail) -> Iterator[GpuFinding]:
    plan = "plan its replacement: ask the provider"
    if (detail.unmended or 0) >= MOST_REMAPPED:
        words = f"has {detail.unmended} memory rows remapped: the table is full"
        yield GpuFinding(Health.DEGRADED, words, Repair.REPORT, plan, "DCGM")
    if detail.no_spare:
        words = f"has {count(detail.no_spare, 'memory bank')} without a spare row"
        yield GpuFinding(Health.DEGRADED, words, Repair.REPORT, plan, "nvidia-smi")
    if (detail.sram_ever or 0) > _MOST_SRAM:
        words = f"has had {detail.sram_ever} uncorrected errors on the chip (SRAM) in its life"
        yield GpuFinding(Health.DEGRADED, words, Repair.REPORT, plan, "field experience")


_COOL = "look at its cooling: ask the provider"


def _heat(gpu: Gpu, past: Past) -> Iterator[GpuFinding]:
    heat, margin = gpu.temperature, gpu.detail.margin if gpu.detail is not None else None
    if margin is not None:
        lasts = past.lasted(lambda point: point.margin is not None and point.margin <= 0)
        too_hot = past.lasted(lambda point: point.margin is not None and point.margin <= SLOWED_AT) >= STEADY
    else:
        lasts = past.lasted(lambda point: (point.temperature or 0) >= WARM)
        too_hot = past.lasted(lambda point: (point.temperature or 0) >= HOT) >= STEADY
    if lasts >= STEADY:
        degrees = "is too hot" if heat is None else f"is at {heat:.0f} °C"
        over = "" if margin is None else ", at its limit" if margin == 0 else f", {-margin:.0f} above its limit"
        advice = f"take work away; {_COOL}" if too_hot else _COOL
        health = Health.BAD if too_hot else Health.DEGRADED
        yield GpuFinding(health, degrees + over, Repair.REPORT, advice, "its sensors", _since(past, lasts))


def _clocks(gpu: Gpu, past: Past) -> Iterator[GpuFinding]:
    """What holds the clocks down, if it lasts. The power cap is normal at full load and only noted."""
    rules = (
        (Throttle.POWER_BRAKE, Health.BAD, Repair.REPORT, "is held back by the power brake", _BRAKE),
        (Throttle.HW_THERMAL, Health.DEGRADED, Repair.REPORT, "is slowed down by the hardware: too hot", _COOL),
        (Throttle.HW_SLOWDOWN, Health.DEGRADED, Repair.REPORT, "is slowed down by the hardware", _POWER),
        (Throttle.SW_THERMAL, Health.DEGRADED, Repair.REPORT, "is slowed down by the driver: too warm", _COOL),
    )
    shares = gpu.detail.slowed if gpu.detail is not None else {}
    for bit, health, action, words, advice in rules:
        lasts, share = past.lasted(_held(bit)), shares.get(bit, 0.0)
        if lasts < STEADY and share <= _WORTH_SAYING:
            continue
        if bit is Throttle.HW_THERMAL and _slow(gpu):
            health = Health.BAD
        of_time = f", {share:.0%} of the time" if share > _WORTH_SAYING else ""
        yield GpuFinding(health, words + of_time, action, advice, "driver", _since(past, lasts) if lasts else None)
        return


_POWER = "look at its power and heat"
_BRAKE = "do not reboot, it will not help: the power supply or the rack asks for it; report it, with the share of time"


def _held(bit: Throttle) -> Callable[[Point], bool]:
    return lambda point: bool(point.throttle & bit)


def _slow(gpu: Gpu) -> bool:
    return gpu.clock is not None and bool(gpu.clock_most) and gpu.clock < _SLOW * (gpu.clock_most or 0)


def _links(gpu: Gpu, past: Past) -> Iterator[GpuFinding]:
    now, most = gpu.lanes
    if now is not None and most is not None and now < most:
        words = f"has {now:.0f} of {most:.0f} PCIe lanes"
        yield GpuFinding(Health.DEGRADED, words, Repair.MOVE, "slow copies; move, and report the host", "nvidia-smi")
    lasts = past.lasted(lambda point: point.slow_link and (point.utilization or 0) >= BUSY)
    if lasts >= STEADY and gpu.link[0] is not None:
        words = f"has a PCIe link of generation {gpu.link[0]:.0f} of {gpu.link[1]:.0f} while busy"
        yield GpuFinding(Health.DEGRADED, words, Repair.MOVE, "", "nvidia-smi", _since(past, lasts))


def _since(past: Past, lasts: float) -> float | None:
    return past.points[-1].at - lasts if past.points else None


def _notes(gpu: Gpu, past: Past) -> Iterator[str]:
    throttle, detail = gpu.throttle or Throttle(0), gpu.detail or Detail(0)
    if throttle & Throttle.POWER_CAP:
        yield "is at its power cap"
    if detail.power_default and gpu.power_limit and gpu.power_limit < detail.power_default:
        yield f"is capped at {gpu.power_limit:.0f} of {detail.power_default:.0f} W"
    for bit, words in _BRIEFLY.items():
        if throttle & bit and past.lasted(_held(bit)) < STEADY and detail.slowed.get(bit, 0.0) <= _WORTH_SAYING:
            yield words
            break
    if _is_hot(gpu) and not any(_heat(gpu, past)):
        yield f"is at {gpu.temperature:.0f} °C just now"
    if (detail.memory_temperature or 0) >= HOT:
        yield f"has memory at {detail.memory_temperature:.0f} °C"
    share = gpu.memory_share
    if gpu.utilization == 0 and share is not None and share >= FULL:
        yield f"is idle, its memory taken ({share:.0%})"
    if gpu.errors.uncorrected_ever and not gpu.errors.uncorrected:
        yield f"has had uncorrected memory errors before ({gpu.errors.uncorrected_ever})"
    if gpu.persistent is False and gpu.processes:
        yield "has its persistence mode off: nvidia-smi is slow"
    if detail.mig.casefold() == "enabled":
        yield "is split into instances (MIG)"
    if gpu.ecc is False:
        yield "has its error correction off (ECC)"
    if detail.low_spare:
        yield f"has {count(detail.low_spare, 'memory bank')} with few spare rows"
    if gpu.remapped:
        yield f"has {count(gpu.remapped, 'memory row')} remapped"


def _is_hot(gpu: Gpu) -> bool:
    margin = gpu.detail.margin if gpu.detail is not None else None
    if gpu.temperature is None:
        return False
    return margin <= 0 if margin is not None else gpu.temperature >= WARM


_BRIEFLY: Mapping[Throttle, str] = {
    Throttle.POWER_BRAKE: "was held back by the power brake just now",
    Throttle.HW_THERMAL: "was slowed down for heat just now",
    Throttle.HW_SLOWDOWN: "was slowed down by the hardware just now",
    Throttle.SW_THERMAL: "was slowed down by the driver for heat just now",
}


def count(number: int, thing: str) -> str:
    """Return a number with its thing, which gets an s unless there is one."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
