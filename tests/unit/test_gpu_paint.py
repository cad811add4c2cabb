"""GPUs are drawn in any width, whatever is known of them, and never beyond the edge."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gputui.core.gpu_findings import GpuFinding, Verdict
from gputui.core.gpus import Errors, Gpu, Past, Process, Reading, Throttle
from gputui.core.health import Health
from gputui.ui.gpus.many import minibars
from gputui.ui.gpus.paint import ASCII, UNICODE, block_lines, head_line, summary_line, verdict_lines
from gputui.ui.terminal.ascii import ASCII as PLAIN
from gputui.ui.widgets.part_lines import Line

WELL = Gpu(
    0,
    "GPU-a",
    "NVIDIA H100 80GB HBM3",
    utilization=50.0,
    memory_used=40_000.0,
    memory_total=81_559.0,
    temperature=60.0,
    power=350.0,
    power_limit=700.0,
    errors=Errors(0, 0, 0),
    throttle=Throttle(0),
    pstate="P0",
    processes=(Process(7, "python3", 39_000.0),),
)


def text(line: Line) -> str:
    return "".join(part for part, _ in line)


def drawn(gpu: Gpu, width: int = 80, height: int = 100, *, ascii_only: bool = False, whole: bool = False) -> list[str]:
    pen = ASCII if ascii_only else UNICODE
    return [text(line) for line in block_lines(Reading(1.0, (gpu,)), {}, width, height, pen, whole=whole)]


def test_a_gpu_with_room_for_all_of_it() -> None:
    assert drawn(WELL, 79) == [
        "  0 ● ok      ━━━───  50%  ━━━───  39.1/79.6G  ━━━───  60°C  ━━━───  350/700W  ",
        " " * 14 + " " * 11 + "  " + " " * 18 + "  " + " " * 12 + "  " + " " * 16 + "  ",
        "              ECC 0 · full clocks · P0",
        "              python3 (7) 38.1 GiB" + " " * 45,
        "",
    ]


def test_with_less_room_it_is_two_lines_and_with_little_its_first_figures() -> None:
    assert drawn(WELL, 79, 3)[1] == " " * 27 + "ECC 0 · full clocks · P0 · python3 (7) 38.1 GiB"
    assert len(drawn(WELL, 79, 3, whole=True)) == 5
    assert drawn(WELL, 40, 3)[0] == "  0 ● ok      ━╸─  50%  ━╸─  39.1/79.6G  "
    assert text(head_line(40)).split() == ["GPU", "UTILISA…", "MEMORY"]


def test_what_is_not_known_has_no_bar() -> None:
    assert drawn(Gpu(3), 79, 3)[0].split() == ["3", "?", "unknown", "–", "–", "–", "–"]
    assert "no processes" not in drawn(Gpu(3), 79, 3)[1]
    assert "no processes" in drawn(replace(WELL, processes=()), 79, 3)[1]


def test_ascii_is_ascii() -> None:
    lines = drawn(replace(WELL, lost=True), 79, ascii_only=True, whole=True)
    assert "".join(lines).translate(PLAIN).isascii()
    assert "###..." in lines[0] and "X bad" in lines[0]


def test_a_reason_stands_before_what_is_well() -> None:
    assert (
        drawn(replace(WELL, pending=True), 79, 3)[1].strip().startswith("has memory to retire at the next reset · ECC")
    )


@pytest.mark.parametrize(("width", "each"), [(11, 6), (31, 2), (60, 1)])
def test_the_past_moves_on_by_whole_cells(width: int, each: int) -> None:
    from gputui.ui.gpus.paint import _spark

    past, seen = Past(), []
    for number in range(300):
        past.add(replace(WELL, utilization=float(number // each % 2 * 100)), float(number))
        seen.append(_spark([point.utilization for point in past.points], past.seen, 100.0, width, UNICODE))
    moved = [number for number in range(1, 300) if seen[number][:-1] != seen[number - 1][:-1]]
    assert all(number % each == 0 for number in moved)
    assert set(seen[-1]) <= {"▁", "▇"} and len(seen[-1]) == width


def test_the_list_shows_a_sign_a_gpu() -> None:
    gpus = [WELL, replace(WELL, utilization=None), replace(WELL, lost=True), replace(WELL, utilization=100.0)]
    assert minibars(gpus, {}, UNICODE) == "▄?✖▇"
    assert minibars(gpus, {}, ASCII) == "5?X9"


FIGURES = st.none() | st.floats(0, 1e9)
GPUS = st.builds(
    Gpu,
    st.none() | st.integers(0, 10**6),
    name=st.text("aé機", max_size=30),
    utilization=st.none() | st.floats(0, 100),
    memory_used=FIGURES,
    memory_total=FIGURES,
    temperature=st.none() | st.floats(0, 200),
    power=FIGURES,
    power_limit=FIGURES,
    throttle=st.none() | st.integers(0, 2**63).map(Throttle),
    processes=st.none() | st.lists(st.builds(Process, st.none() | st.integers(), st.text("a機", max_size=99), FIGURES)),
    trouble=st.text("a機", max_size=160),
    lost=st.booleans(),
)


@given(st.lists(GPUS, max_size=5), st.integers(36, 220), st.integers(0, 60), st.booleans(), st.booleans())
def test_whatever_is_read_stays_within_the_window(
    gpus: list[Gpu], width: int, height: int, whole: bool, ascii_only: bool
) -> None:
    reading = Reading(1.0, tuple(gpus), driver="1")
    past = {gpu.identity: Past() for gpu in gpus}
    for gpu in gpus:
        past[gpu.identity].add(gpu, 1.0)
    pen = ASCII if ascii_only else UNICODE
    lines = block_lines(reading, past, width, height, pen, whole=whole)
    lines += [summary_line(reading, width), head_line(width)]
    lines += verdict_lines(
        Verdict(Health.BAD, tuple(GpuFinding(Health.BAD, gpu.trouble) for gpu in gpus)), width, 3, ascii_only=ascii_only
    )
    # Figures of more digits than any GPU has may push each other aside; the window cuts them off.
    usual = all((figure or 0) < 1e6 for gpu in gpus for figure in (gpu.memory_used, gpu.memory_total, gpu.power))
    if usual and all((gpu.index or 0) < 100 and (gpu.power_limit or 0) < 1e4 for gpu in gpus):
        assert all(cell_len(text(line).rstrip()) <= width for line in lines)
    assert all("\n" not in text(line) for line in lines)
