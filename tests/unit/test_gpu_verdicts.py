"""Every way a GPU is ill has its verdict, its reason and what to do, and is held against what the cloud says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gputui.core.gpu_findings import GpuFinding, Repair
from gputui.core.gpu_verdicts import STEADY, gpu_verdict
from gputui.core.gpus import FEWEST, KEPT, Detail, Errors, Gpu, Past, Process, Reading, Throttle
from gputui.core.health import Health
from gputui.core.machine_verdicts import ReportedState, machine_verdict, silent_verdict
from gputui.core.problem import Cause, Problem

WELL = Gpu(
    3,
    "GPU-1",
    "NVIDIA H100 80GB HBM3",
    utilization=97.0,
    memory_used=70_000.0,
    memory_total=81_559.0,
    temperature=63.0,
    power=620.0,
    power_limit=700.0,
    errors=Errors(0, 0, 0),
    throttle=Throttle(0),
    pending=False,
    unmappable=False,
)
RUNNING = ReportedState("RUNNING", Health.OK, 1)
RUNNING_EIGHT = replace(RUNNING, gpus=8)
EVERY = 3.0


NOTHING, APP, RESET, REBOOT = Repair.NONE, Repair.APP, Repair.RESET, Repair.REBOOT
MOVE, REPORT, REPLACE = Repair.MOVE, Repair.REPORT, Repair.REPLACE


def reading(*gpus: Gpu, **more: Any) -> Reading:
    return Reading(1.0, gpus, **more)


def lasting(gpu: Gpu, seconds: float) -> Past:
    """The readings of a GPU that has been like this for so long."""
    past = Past()
    for number in range(int(seconds / EVERY) + 1):
        past.add(gpu, number * EVERY)
    return past


@pytest.mark.parametrize(
    ("ill", "health", "words", "action"),
    [
        ({}, Health.OK, "", NOTHING),
        ({"lost": True, "trouble": "GPU is lost"}, Health.BAD, "fell off the bus", REBOOT),
        ({"errors": Errors(9, 3, 3)}, Health.BAD, "has 3 uncorrected memory errors", RESET),
        ({"errors": Errors(9, 0, 0)}, Health.OK, "", NOTHING),
        ({"unmappable": True}, Health.BAD, "could not be remapped", REPLACE),
        ({"pending": True}, Health.DEGRADED, "at the next reset", RESET),
        ({"throttle": Throttle.POWER_CAP}, Health.OK, "is at its power cap", NOTHING),
        ({"throttle": Throttle.IDLE}, Health.OK, "", NOTHING),
        ({"utilization": 0.0}, Health.OK, "is idle, its memory taken (86%)", NOTHING),
        ({"utilization": None}, Health.OK, "", NOTHING),
        ({"errors": Errors(0, 0, 2)}, Health.OK, "uncorrected memory errors before (2)", NOTHING),
        ({"remapped": 3}, Health.OK, "has 3 memory rows remapped", NOTHING),
        ({"ecc": False}, Health.OK, "has its error correction off", NOTHING),
        ({"lanes": (8.0, 16.0)}, Health.DEGRADED, "has 8 of 16 PCIe lanes", MOVE),
        ({"lanes": (16.0, 16.0)}, Health.OK, "", NOTHING),
        ({"trouble": "ERR!", "utilization": None, "temperature": None}, Health.BAD, "answers ERR!", REBOOT),
        ({"trouble": "Unknown Error"}, Health.DEGRADED, "answers Unknown Error", REBOOT),
        ({"trouble": "GPU requires reset"}, Health.BAD, "answers GPU requires reset", RESET),
        ({"utilization": None, "memory_used": None, "temperature": None}, Health.UNKNOWN, "tells no figures", NOTHING),
    ],
)
def test_a_gpu(ill: dict[str, Any], health: Health, words: str, action: Repair) -> None:
    verdict = gpu_verdict(replace(WELL, **ill))
    assert verdict.health is health
    assert words in verdict.words if words else verdict.words == ""
    assert (verdict.findings[0].action if verdict.findings else NOTHING) is action
    assert bool(verdict.remedy) is (action is not NOTHING)


@pytest.mark.parametrize(
    ("told", "health", "words", "action"),
    [
        ({"recovery": "None"}, Health.OK, "", NOTHING),
        ({"recovery": "Reset"}, Health.BAD, "asks for: Reset", RESET),
        ({"recovery": "GPU Reset Required"}, Health.BAD, "asks for: GPU Reset Required", RESET),
        ({"recovery": "Reboot"}, Health.BAD, "asks for: Reboot", REBOOT),
        ({"recovery": "Drain P2P"}, Health.DEGRADED, "asks for: Drain P2P", APP),
        ({"recovery": "Drain and Reset"}, Health.DEGRADED, "asks for: Drain and Reset", RESET),
        ({"recovery": "Recover IMEX domain"}, Health.BAD, "IMEX", REPORT),
        ({"recovery": "Dance"}, Health.BAD, "asks for: Dance", REPORT),
        ({"fabric": "Completed", "fabric_status": "Success"}, Health.OK, "", NOTHING),
        ({"fabric": "Completed", "fabric_status": "Failure"}, Health.BAD, "did not join", REBOOT),
        ({"fabric": "Not Started"}, Health.BAD, "CUDA cannot start", REBOOT),
        ({"fabric": "In Progress"}, Health.DEGRADED, "still joining", REBOOT),
        ({"fabric_health": "Unhealthy"}, Health.BAD, "fabric that is unhealthy", REPORT),
        ({"fabric_health": "Limited Capacity"}, Health.DEGRADED, "limited capacity", REPORT),
        ({"sram": 1}, Health.BAD, "1 uncorrected error on the chip", RESET),
        ({"sram_beyond": True}, Health.BAD, "needs replacing", REPLACE),
        ({"sram_ever": 4}, Health.OK, "", NOTHING),
        ({"sram_ever": 5}, Health.DEGRADED, "in its life", REPORT),
        ({"unmended": 511}, Health.OK, "", NOTHING),
        ({"unmended": 512}, Health.DEGRADED, "the table is full", REPORT),
        ({"no_spare": 1}, Health.DEGRADED, "1 memory bank without a spare row", REPORT),
        ({"low_spare": 2}, Health.OK, "2 memory banks with few spare rows", NOTHING),
        ({"inforom": "valid"}, Health.OK, "", NOTHING),
        ({"inforom": "invalid"}, Health.DEGRADED, "checksum is invalid", REBOOT),
        ({"power_default": 900.0}, Health.OK, "is capped at 700 of 900 W", NOTHING),
        ({"memory_temperature": 94.0}, Health.OK, "", NOTHING),
        ({"memory_temperature": 95.0}, Health.OK, "has memory at 95 °C", NOTHING),
        ({"slowed": {Throttle.SW_THERMAL: 0.38}}, Health.DEGRADED, "38% of the time", REPORT),
        ({"slowed": {Throttle.SW_THERMAL: 0.1}}, Health.OK, "", NOTHING),
    ],
)
def test_what_newer_drivers_tell(told: dict[str, Any], health: Health, words: str, action: Repair) -> None:
    verdict = gpu_verdict(replace(WELL, detail=Detail(1.0, **told)))
    assert verdict.health is health
    assert words in verdict.words if words else verdict.words == ""
    assert (verdict.findings[0].action if verdict.findings else NOTHING) is action


@pytest.mark.parametrize(
    ("dram", "health", "words"),
    [(3, Health.DEGRADED, "3 uncorrected memory errors, contained"), (None, Health.BAD, "3 uncorrected memory errors")],
)
def test_errors_in_memory_are_contained_where_the_driver_says_so(dram: int | None, health: Health, words: str) -> None:
    verdict = gpu_verdict(replace(WELL, errors=Errors(9, 3, 3), detail=Detail(1.0, dram=dram)))
    assert (verdict.health, verdict.words) == (health, f"has {words}")


@pytest.mark.parametrize(
    ("ill", "health", "words"),
    [
        ({"temperature": 84.9}, Health.OK, ""),
        ({"temperature": 85.0}, Health.DEGRADED, "is at 85 °C"),
        ({"temperature": 94.9}, Health.DEGRADED, "is at 95 °C"),
        ({"temperature": 95.0}, Health.BAD, "is at 95 °C"),
        ({"temperature": 95.0, "detail": Detail(1.0, margin=1.0)}, Health.OK, ""),
        ({"temperature": 87.0, "detail": Detail(1.0, margin=0.0)}, Health.DEGRADED, "is at 87 °C, at its limit"),
        ({"temperature": 89.0, "detail": Detail(1.0, margin=-2.0)}, Health.BAD, "is at 89 °C, 2 above its limit"),
        ({"throttle": Throttle.HW_THERMAL}, Health.DEGRADED, "slowed down by the hardware: too hot"),
        ({"throttle": Throttle.HW_THERMAL, "clock": 345.0, "clock_most": 1980.0}, Health.BAD, "too hot"),
        ({"throttle": Throttle.HW_SLOWDOWN}, Health.DEGRADED, "slowed down by the hardware"),
        ({"throttle": Throttle.HW_SLOWDOWN | Throttle.POWER_BRAKE}, Health.BAD, "power brake"),
        ({"throttle": Throttle.SW_THERMAL}, Health.DEGRADED, "slowed down by the driver"),
        ({"link": (1.0, 5.0)}, Health.DEGRADED, "generation 1 of 5 while busy"),
        ({"link": (1.0, 5.0), "utilization": 0.0, "memory_used": 4.0}, Health.OK, ""),
    ],
)
def test_what_flickers_is_believed_when_it_lasts(ill: dict[str, Any], health: Health, words: str) -> None:
    gpu = replace(WELL, **ill)
    lasts, brief = gpu_verdict(gpu, lasting(gpu, STEADY)), gpu_verdict(gpu, lasting(gpu, STEADY - EVERY))
    assert lasts.health is health
    assert words in lasts.words if words else lasts.words == ""
    assert brief.health is Health.OK
    if lasts.findings:
        assert lasts.findings[0].since == 0.0


def test_one_reading_in_between_breaks_it_and_two_are_too_few() -> None:
    gpu = replace(WELL, temperature=99.0)
    past = lasting(gpu, 4 * STEADY)
    past.add(WELL, 4 * STEADY + EVERY)
    past.add(gpu, 4 * STEADY + 2 * EVERY)
    assert gpu_verdict(gpu, past).health is Health.OK
    far_apart = Past()
    for at in range(FEWEST - 1):
        far_apart.add(gpu, at * 10 * STEADY)
    assert gpu_verdict(gpu, far_apart).health is Health.OK
    assert "is at 99 °C just now" in gpu_verdict(gpu, far_apart).words


def test_a_power_brake_is_no_reason_to_reboot() -> None:
    gpu = replace(WELL, throttle=Throttle.POWER_BRAKE)
    verdict = gpu_verdict(gpu, lasting(gpu, STEADY))
    assert "do not reboot" in verdict.remedy and verdict.findings[0].action is REPORT


def test_among_equally_bad_reasons_the_costliest_repair_leads() -> None:
    verdict = gpu_verdict(replace(WELL, errors=Errors(0, 3, 3), unmappable=True, pending=True))
    assert [finding.action for finding in verdict.findings] == [REPLACE, RESET, RESET]
    assert [finding.health for finding in verdict.findings] == [Health.BAD, Health.BAD, Health.DEGRADED]
    assert "have it replaced" in verdict.remedy
    machine = machine_verdict(reading(replace(WELL, errors=Errors(0, 3, 3), unmappable=True)), RUNNING)
    assert "needs replacing" in machine.reasons[0] and "have it replaced" in machine.remedy


def test_what_is_not_known_is_never_zero() -> None:
    nothing = Gpu(0)
    assert nothing.memory_share is None and nothing.power_share is None and nothing.throttle is None
    told = reading(nothing, nothing)
    assert (told.memory, told.power, told.hottest, told.utilization, told.processes) == ((None, None), *[None] * 4)
    half = reading(nothing, replace(WELL, processes=(Process(1, "a"),)))
    assert (half.utilization, half.hottest, half.processes) == (97.0, 63.0, 1)


def test_the_clouds_word_is_held_against_the_machine() -> None:
    lost = replace(WELL, lost=True)
    assert machine_verdict(reading(lost), RUNNING).words == "cloud says RUNNING, GPU 3 fell off the bus"
    failed = ReportedState("ERROR", Health.BAD, 2)
    assert machine_verdict(reading(WELL, WELL), failed).words == "cloud says ERROR, all 2 GPUs are fine"
    assert machine_verdict(reading(WELL, WELL), failed).health is Health.OK
    assert machine_verdict(reading(lost, WELL), failed).words == "GPU 3 fell off the bus"
    stopped = ReportedState("STOPPED", Health.OFF, 1)
    assert machine_verdict(reading(WELL), stopped).words == "cloud says STOPPED, yet it answers"
    assert machine_verdict(reading(WELL), RUNNING).words == ""


def test_fewer_gpus_than_the_cloud_counts_are_missing() -> None:
    eight = replace(RUNNING, gpus=8)
    seven = machine_verdict(reading(*[WELL] * 7), eight)
    assert seven.health is Health.BAD
    assert seven.words == "cloud says RUNNING, 1 GPU of 8 missing"
    assert machine_verdict(reading(*[WELL] * 9), eight).words == "9 GPUs where the cloud says 8"
    assert machine_verdict(reading(WELL), replace(RUNNING, gpus=None)).words == ""
    assert machine_verdict(reading(), eight).words == "cloud says RUNNING, the driver finds no GPU"
    assert machine_verdict(reading(), replace(RUNNING, gpus=None)).health is Health.UNKNOWN


def test_a_driver_that_stops_at_a_lost_gpu_leaves_the_others_unknown() -> None:
    verdict = machine_verdict(reading(Gpu(None, bus="0000:61:00.0", lost=True)), replace(RUNNING, gpus=8))
    assert verdict.health is Health.BAD
    assert verdict.reasons[0] == "cloud says RUNNING, the GPU at 0000:61:00.0 fell off the bus"
    assert verdict.reasons[1] == "the driver tells nothing of 7 other GPUs"


def test_the_drivers_own_trouble_is_the_verdict() -> None:
    trouble = GpuFinding(Health.BAD, "the NVIDIA driver is not loaded", REBOOT)
    verdict = machine_verdict(reading(trouble=trouble.words, remarks=(trouble,)), RUNNING)
    assert (verdict.health, verdict.words) == (Health.BAD, "cloud says RUNNING, the NVIDIA driver is not loaded")


def test_what_several_gpus_share_is_said_once() -> None:
    idle = replace(WELL, utilization=0.0)
    assert (
        machine_verdict(reading(*[idle] * 8), ReportedState("", Health.OK)).words
        == "8 GPUs are idle, their memory taken"
    )


def test_what_is_wrong_with_several_gpus_is_said_once_and_of_which() -> None:
    worn = [replace(WELL, index=at, pending=True, lanes=(8.0, 16.0) if at == 2 else (16.0, 16.0)) for at in range(8)]
    words = machine_verdict(reading(*worn), ReportedState("", Health.OK)).reasons
    assert words == ("GPU 2 has 8 of 16 PCIe lanes", "GPUs 0-7 have memory to retire at the next reset")
    silent = [Gpu(None, trouble="GPU requires reset", temperature=40.0)] * 2
    assert machine_verdict(reading(*silent), ReportedState("", Health.OK)).reasons == (
        "2 GPUs answer GPU requires reset",
    )


def test_a_lost_gpu_comes_before_one_that_has_errors() -> None:
    gpus = (replace(WELL, errors=Errors(0, 3, 3)), Gpu(None, bus="0000:61:00.0", lost=True))
    lost, worn = machine_verdict(reading(*gpus), ReportedState("", Health.OK)).reasons
    assert "fell off the bus" in lost and "3 uncorrected" in worn


def siblings(**odd: Any) -> tuple[tuple[Gpu, ...], dict[str, Past]]:
    gpus = [replace(WELL, index=at, uuid=f"GPU-{at}", clock=1980.0, clock_most=1980.0) for at in range(8)]
    gpus[3] = replace(gpus[3], **odd)
    return tuple(gpus), {gpu.identity: lasting(gpu, 2 * EVERY) for gpu in gpus}


@pytest.mark.parametrize(("clock", "slow"), [(1782.0, False), (1781.0, True)])
def test_a_straggler_is_named_with_its_siblings_clock(clock: float, slow: bool) -> None:
    gpus, past = siblings(clock=clock)
    verdict = machine_verdict(reading(*gpus), RUNNING_EIGHT, past)
    assert verdict.health is (Health.DEGRADED if slow else Health.OK)
    if slow:
        assert verdict.words == "GPU 3 runs at 1781 MHz, its siblings at 1980: it holds the job back"
    idle, idle_past = siblings(clock=345.0, utilization=0.0, memory_used=4.0)
    assert machine_verdict(reading(*idle), RUNNING_EIGHT, idle_past).health is Health.OK


@pytest.mark.parametrize(("seconds", "spins"), [(177.0, False), (180.0, True)])
def test_full_use_with_little_power_is_a_hung_collective(seconds: float, spins: bool) -> None:
    gpus = [replace(WELL, index=at, uuid=f"GPU-{at}", utilization=100.0, power=200.0) for at in range(2)]
    past = {gpu.identity: lasting(gpu, seconds) for gpu in gpus}
    words = machine_verdict(reading(*gpus), replace(RUNNING, gpus=2), past).words
    assert ("spinning in a collective" in words) is spins
    one_works = {**past, "GPU-1": lasting(replace(gpus[1], power=600.0), seconds)}
    assert "spinning" not in machine_verdict(reading(*gpus), replace(RUNNING, gpus=2), one_works).words


def test_of_a_machine_that_says_nothing_nothing_is_claimed() -> None:
    problem = Problem(Cause.TIMEOUT, "it does not answer")
    assert silent_verdict(problem, RUNNING).words == "cloud says RUNNING, it does not answer"
    assert silent_verdict(problem, RUNNING).health is Health.UNKNOWN
    assert silent_verdict(problem, ReportedState("STOPPED", Health.OFF)).health is Health.OFF
    no_smi = Problem(Cause.MISSING, "no nvidia-smi")
    assert silent_verdict(no_smi, ReportedState("RUNNING", Health.OK, None)).health is Health.OFF
    assert silent_verdict(no_smi, RUNNING).health is Health.UNKNOWN


def test_the_past_is_bounded_and_counts_on() -> None:
    past = Past()
    for at in range(3 * KEPT):
        past.add(WELL, float(at))
    other = past.copy()
    other.add(WELL, 4.0 * KEPT)
    assert (len(past.points), past.seen, other.seen) == (KEPT, 3 * KEPT, 3 * KEPT + 1)
