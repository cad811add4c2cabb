"""Every way a GPU is ill has its verdict and its reason, and is held against what the cloud says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gputui.core.gpu_verdicts import ReportedState, gpu_verdict, machine_verdict, silent_verdict
from gputui.core.gpus import KEPT, Errors, Gpu, Past, Process, Reading, Throttle
from gputui.core.health import Health
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


def reading(*gpus: Gpu, **more: Any) -> Reading:
    return Reading(1.0, gpus, **more)


@pytest.mark.parametrize(
    ("ill", "health", "words"),
    [
        ({}, Health.OK, ""),
        ({"lost": True, "trouble": "GPU is lost"}, Health.BAD, "fell off the bus"),
        ({"errors": Errors(9, 3, 3)}, Health.BAD, "has 3 uncorrected memory errors"),
        ({"errors": Errors(9, 0, 0)}, Health.OK, ""),
        ({"unmappable": True}, Health.BAD, "could not be remapped"),
        ({"pending": True}, Health.DEGRADED, "at the next reset"),
        ({"temperature": 84.9}, Health.OK, ""),
        ({"temperature": 85.0}, Health.DEGRADED, "is at 85 °C"),
        ({"temperature": 92.0}, Health.BAD, "is at 92 °C"),
        ({"throttle": Throttle.HW_THERMAL | Throttle.HW_SLOWDOWN}, Health.BAD, "63 °C: the hardware slows it down"),
        ({"throttle": Throttle.HW_THERMAL, "temperature": None}, Health.BAD, "is too hot: the hardware"),
        ({"throttle": Throttle.HW_SLOWDOWN}, Health.DEGRADED, "slowed down by the hardware"),
        ({"throttle": Throttle.HW_SLOWDOWN | Throttle.POWER_BRAKE}, Health.DEGRADED, "power brake"),
        ({"throttle": Throttle.SW_THERMAL}, Health.DEGRADED, "slowed down by the driver"),
        ({"throttle": Throttle.POWER_CAP}, Health.OK, "is at its power cap"),
        ({"throttle": Throttle.IDLE}, Health.OK, ""),
        ({"utilization": 0.0}, Health.OK, "is idle, its memory taken (86%)"),
        ({"utilization": None}, Health.OK, ""),
        ({"errors": Errors(0, 0, 2)}, Health.OK, "uncorrected memory errors before (2)"),
        ({"remapped": 3}, Health.OK, "has 3 memory rows remapped"),
        ({"trouble": "ERR!", "utilization": None, "temperature": None}, Health.BAD, "answers ERR!"),
        ({"trouble": "GPU requires reset"}, Health.DEGRADED, "answers GPU requires reset"),
        ({"utilization": None, "memory_used": None, "temperature": None}, Health.UNKNOWN, "tells no figures"),
    ],
)
def test_a_gpu(ill: dict[str, Any], health: Health, words: str) -> None:
    verdict = gpu_verdict(replace(WELL, **ill))
    assert verdict.health is health
    assert words in verdict.words if words else verdict.words == ""


def test_the_gravest_reason_comes_first() -> None:
    verdict = gpu_verdict(replace(WELL, pending=True, temperature=95.0))
    assert verdict.health is Health.BAD
    assert verdict.reasons == ("is at 95 °C", "has memory to retire at the next reset")


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
    verdict = machine_verdict(reading(trouble="the NVIDIA driver is not loaded"), RUNNING)
    assert (verdict.health, verdict.words) == (Health.BAD, "cloud says RUNNING, the NVIDIA driver is not loaded")


def test_what_several_gpus_share_is_said_once() -> None:
    idle = replace(WELL, utilization=0.0)
    assert (
        machine_verdict(reading(*[idle] * 8), ReportedState("", Health.OK)).words
        == "8 GPUs are idle, their memory taken"
    )


def test_what_is_wrong_with_several_gpus_is_said_once_and_of_which() -> None:
    warm = [replace(WELL, index=at, temperature=86.0 if at != 2 else 88.0) for at in range(8)]
    words = machine_verdict(reading(*warm), ReportedState("", Health.OK)).reasons
    assert words == ("GPUs 0-1,3-7 are at 86 °C", "GPU 2 is at 88 °C")
    silent = [Gpu(None, trouble="GPU requires reset", temperature=40.0)] * 2
    assert machine_verdict(reading(*silent), ReportedState("", Health.OK)).reasons == (
        "2 GPUs answer GPU requires reset",
    )


def test_a_lost_gpu_comes_before_one_that_is_too_hot() -> None:
    gpus = (replace(WELL, temperature=95.0), Gpu(None, bus="0000:61:00.0", lost=True))
    lost, hot = machine_verdict(reading(*gpus), ReportedState("", Health.OK)).reasons
    assert "fell off the bus" in lost and "95 °C" in hot


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
    for _ in range(3 * KEPT):
        past.add(WELL)
    other = past.copy()
    other.add(WELL)
    assert (len(past.points), past.seen, other.seen) == (KEPT, 3 * KEPT, 3 * KEPT + 1)
