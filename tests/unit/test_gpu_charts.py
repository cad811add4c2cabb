"""The charts of a watched machine: a fixed window, the newest reading for as long as it is one, and why it is not."""

from __future__ import annotations

from gputui.core.gpus import Gpu, Reading
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.gpus.watch import WatchedMachine
from gputui.ssh.machine import Machine
from gputui.ui.charts.board import Board, Measured
from gputui.ui.charts.chart import UNICODE
from gputui.ui.gpus.charts import SPAN_SECONDS, measured

START = 1_769_997_601.0


def watched(count: int) -> WatchedMachine:
    """A machine with two GPUs of which one cannot say its temperature, read that often."""
    found = WatchedMachine(Machine(Ref("p", "nodes", "1"), "gpu-1", Address("10.0.0.1", 22), SshOptions()))
    for at in range(count):
        one = Gpu(0, "u0", utilization=50.0 + at, temperature=60.0, memory_used=10, memory_total=40)
        found.take(Reading(START + 3 * at, (one, Gpu(1, "u1", utilization=3.0))))
    return found


def shown(machine: WatchedMachine, now: float) -> str:
    lines = Board([Measured("gpu-1", measured(machine, now))]).lines(79, 40, UNICODE, None)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_a_window_stands_still_for_half_a_minute() -> None:
    machine = watched(5)
    found = measured(machine, START + 12)
    assert (found.start, found.end) == (START + 29 - SPAN_SECONDS, START + 29)
    assert found == measured(machine, START + 14), "without a newer reading there is nothing to draw"
    machine.take(Reading(START + 28, machine.reading.gpus if machine.reading else ()))
    assert measured(machine, START + 28).end == found.end


def test_each_gpu_is_a_curve_and_what_it_cannot_say_has_no_reading() -> None:
    text = shown(watched(5), START + 12)
    assert "a GPU 0 54  b GPU 1 3" in text
    assert "a GPU 0 60  b GPU 1 no readings" in text
    assert "hot " in text
    assert "memory (%)" in text and "a GPU 0 25" in text


def test_a_machine_that_answers_no_more_has_no_present_value() -> None:
    machine = watched(5)
    machine.fail(Problem(Cause.TIMEOUT, "no answer"), lasting=False)
    found = measured(machine, START + 60)
    assert "no answer" in found.missing
    assert "a GPU 0 –" in shown(machine, START + 60)


def test_before_the_first_reading_there_is_nothing() -> None:
    assert measured(watched(0), START).series == ()
