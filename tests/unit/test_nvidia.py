"""Whatever nvidia-smi prints is read, or passed over; what cannot be read is unknown."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.gpus import Errors, Process, Throttle
from gputui.core.text import clean
from gputui.ssh.gpus.nvidia import (
    EVENT_REASONS,
    FIELDS,
    THROTTLE_REASONS,
    gpus_in,
    questions,
    remapped_in,
    unknown_field,
    with_processes,
    with_remapped,
    without,
)
from gputui.ssh.gpus.question import answer, script

WELL = {
    "index": "0",
    "uuid": "GPU-5f0f3d5e-1111-2222-3333-444455556666",
    "pci.bus_id": "00000000:1B:00.0",
    "utilization.gpu": "97",
    "memory.used": "70004",
    "memory.total": "81559",
    "temperature.gpu": "63",
    "power.draw": "622.81",
    "power.limit": "700.00",
    "pstate": "P0",
    THROTTLE_REASONS: "0x0000000000000004",
    "ecc.mode.current": "Enabled",
    "ecc.errors.corrected.volatile.total": "1",
    "ecc.errors.uncorrected.volatile.total": "2",
    "ecc.errors.uncorrected.aggregate.total": "3",
    "retired_pages.pending": "No",
    "clocks.current.sm": "1410",
    "clocks.max.sm": "1980",
    "pcie.link.gen.current": "4",
    "pcie.link.gen.max": "5",
    "pcie.link.width.current": "8",
    "pcie.link.width.max": "16",
    "persistence_mode": "Disabled",
    "driver_version": "550.54.15",
    "name": "NVIDIA H100 80GB HBM3",
}


def line(**changes: str) -> str:
    row = WELL | {name.replace("__", "."): value for name, value in changes.items()}
    return ", ".join(row[field] for field in FIELDS)


def test_a_line_as_it_should_be() -> None:
    (gpu,), driver = gpus_in([line()], FIELDS)
    assert driver == "550.54.15"
    assert (gpu.index, gpu.uuid, gpu.bus, gpu.name) == (0, WELL["uuid"], "00000000:1B:00.0", "NVIDIA H100 80GB HBM3")
    assert (gpu.utilization, gpu.memory_used, gpu.memory_total) == (97.0, 70004.0, 81559.0)
    assert (gpu.temperature, gpu.power, gpu.power_limit, gpu.pstate) == (63.0, 622.81, 700.0, "P0")
    assert gpu.errors == Errors(1, 2, 3)
    assert (gpu.throttle, gpu.reasons, gpu.pending) == (Throttle.POWER_CAP, ("power cap",), False)
    assert (gpu.clock, gpu.clock_most, gpu.link, gpu.lanes) == (1410.0, 1980.0, (4.0, 5.0), (8.0, 16.0))
    assert (gpu.ecc, gpu.persistent) == (True, False)
    assert not gpu.lost and not gpu.trouble


NONES = ("[N/A]", "N/A", "[Not Supported]", "[Insufficient Permissions]", "ERR!", "", "[Not Found]", "n.v.", "-1", "٣")


@pytest.mark.parametrize("none", [*NONES, "[Unknown Error]", "[Requested functionality has been deprecated]"])
def test_every_way_to_say_nothing_is_nothing(none: str) -> None:
    (gpu,), _ = gpus_in([line(utilization__gpu=none, power__draw=none)], FIELDS)
    assert (gpu.utilization, gpu.power) == (None, None)
    assert gpu.temperature == 63.0
    assert not gpu.lost and not gpu.trouble
    (bare,), driver = gpus_in([", ".join(["0", WELL["uuid"], *[none] * (len(FIELDS) - 2)])], FIELDS)
    assert (bare.utilization, bare.memory_used, bare.throttle, bare.pending, bare.errors) == (None,) * 4 + (Errors(),)
    assert (bare.name, driver) == ("", "") or none in ("n.v.", "-1", "٣")


@pytest.mark.parametrize(("said", "lost"), [("[GPU is lost]", True), ("[Unknown Error]", False), ("ERR!", False)])
def test_a_gpu_that_only_errs_is_in_trouble(said: str, lost: bool) -> None:
    (gpu,), _ = gpus_in([", ".join(["2", WELL["uuid"], *[said] * (len(FIELDS) - 2)])], FIELDS)
    assert (gpu.index, gpu.lost, gpu.trouble) == (2, lost, said.strip("[]"))


@pytest.mark.parametrize(
    ("text", "index", "bus"),
    [
        ("Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system", None, "02"),
        ("Unable to determine the device handle for GPU0000:20:00.0: Unknown Error", None, "20"),
        ("Unable to determine the device handle for GPU3: 0000:52:00.0: Unknown Error", 3, "52"),
    ],
)
def test_a_gpu_without_a_handle_fell_off_the_bus(text: str, index: int | None, bus: str) -> None:
    gpus, _ = gpus_in([text, line(index="1")], FIELDS)
    gpu = next(gpu for gpu in gpus if gpu.lost)
    assert (gpu.index, gpu.bus, len(gpus)) == (index, f"0000:{bus}:00.0", 2)


def test_units_and_commas_of_other_countries() -> None:
    (gpu,), _ = gpus_in([line(utilization__gpu="97 %", power__draw="622,81", memory__used="70004 MiB")], FIELDS)
    assert (gpu.utilization, gpu.power, gpu.memory_used) == (97.0, 622.81, 70004.0)


def test_figures_that_cannot_be_are_unknown() -> None:
    odd = line(utilization__gpu="4294967295", temperature__gpu="-300", memory__used="99999999999999999999")
    (gpu,), _ = gpus_in([odd], FIELDS)
    assert (gpu.utilization, gpu.temperature, gpu.memory_used) == (None, None, None)


def test_fewer_columns_leave_the_rest_unknown() -> None:
    (gpu,), _ = gpus_in([", ".join(line().split(", ")[:5])], FIELDS)
    assert (gpu.utilization, gpu.memory_used, gpu.memory_total, gpu.name) == (97.0, 70004.0, None, "")


def test_what_is_no_gpu_is_passed_over() -> None:
    noise = [
        "",
        "Welcome to Ubuntu, 22 updates",
        "index, uuid, name",
        "WARNING: infoROM is corrupted",
        "1, 2, 3",
        "\x00",
    ]
    gpus, _ = gpus_in([*noise, line(), *noise], FIELDS)
    assert [gpu.index for gpu in gpus] == [0]


def test_names_are_clean_and_short() -> None:
    (gpu,), _ = gpus_in([line(name="H100, \x1b[31mred\x1b[0m" + "x" * 500)], FIELDS)
    assert gpu.name.startswith("H100, ␛[31mred") and len(gpu.name) <= 60


def test_a_thousand_gpus_are_not_believed() -> None:
    gpus, _ = gpus_in([line(index=str(n), uuid=f"GPU-{n}") for n in range(1000)], FIELDS)
    assert len(gpus) == 64


def test_processes_go_to_their_gpus() -> None:
    gpus, _ = gpus_in([line(), line(index="1", uuid="GPU-b")], FIELDS)
    lines = [f"{WELL['uuid']}, 14, 70000, /usr/bin/python3", "GPU-z, 15, [N/A], a, b", "No running processes found", ""]
    decorated, elsewhere = with_processes(gpus, lines)
    assert decorated[0].processes == (Process(14, "python3", 70000.0),)
    assert decorated[1].processes == ()
    assert elsewhere == (Process(15, "a, b", None),)


def test_remapped_rows() -> None:
    gpus, _ = gpus_in([line()], FIELDS)
    rows = remapped_in([f"{WELL['uuid']}, 1, 2, Yes, No", "GPU-x, [N/A], [N/A], [N/A], [N/A]", "bad option"])
    (gpu,) = with_remapped(gpus, rows)
    assert (gpu.remapped, gpu.pending, gpu.unmappable) == (3, True, False)
    assert (rows["GPU-x"].count, rows["GPU-x"].pending, rows["GPU-x"].failed) == (None, None, None)


def test_a_field_that_a_driver_does_not_know_is_left_out() -> None:
    said = [f'Field "{THROTTLE_REASONS}" is not a valid field to query.', ""]
    assert unknown_field(said) == THROTTLE_REASONS
    fields = without(FIELDS, THROTTLE_REASONS)
    assert EVENT_REASONS in fields and THROTTLE_REASONS not in fields and len(fields) == len(FIELDS)
    (gpu,), _ = gpus_in([line()], fields)
    assert gpu.throttle is Throttle.POWER_CAP
    fewer = without(fields, EVENT_REASONS)
    assert len(fewer) == len(FIELDS) - 1
    assert without(FIELDS, "uuid") == without(FIELDS, "made.up") == ()


def test_the_command_is_one_word_for_any_shell() -> None:
    program, flag, words = shlex.split(script(questions(FIELDS, rows=True)))
    assert (program, flag) == ("sh", "-c")
    assert words.count("nvidia-smi --query-") == 3 and "'" not in words
    assert "remapped" not in script(questions(FIELDS, rows=False))


def test_an_output_is_taken_apart() -> None:
    got = answer("motd\nrow\r\ngputui 1 0\nprocess\ngputui 2 15\nmore\n", 7)
    assert got.sections == {1: ("motd", "row"), 2: ("process",)}
    assert got.statuses == {1: 0, 2: 15}
    bare = answer("'sh' is not recognized\r\n", 1)
    assert bare.sections == {1: ("'sh' is not recognized", "")} and bare.statuses == {1: 1}


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=200), max_size=20))
def test_nothing_it_prints_can_hurt(lines: list[str]) -> None:
    got = answer("\n".join([*lines, line(), "gputui 1 0"]), 0)
    gpus, driver = gpus_in(got.sections[1], FIELDS)
    decorated, elsewhere = with_processes(gpus, lines)
    for gpu in with_remapped(decorated, remapped_in(lines)):
        texts = (gpu.name, gpu.uuid, gpu.bus, gpu.trouble, gpu.pstate, driver)
        assert all(clean(text) == text for text in texts)
    assert all(clean(process.name) == process.name for process in elsewhere)
