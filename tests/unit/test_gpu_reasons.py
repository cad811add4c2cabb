"""Why several machines show no GPUs: equal reasons once, whatever the address, the most frequent first."""

from __future__ import annotations

from rich.cells import cell_len

from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.gpus.watch import WatchedMachine
from gputui.ssh.machine import Machine
from gputui.ui.gpus.reasons import reason_lines, reasons


def watched(number: int, text: str = "", remedy: str = "") -> WatchedMachine:
    host = f"10.0.0.{number}"
    one = WatchedMachine(Machine(Ref("p", "nodes", host), host, Address(host), SshOptions()))
    one.problem = Problem(Cause.NETWORK, text.format(host), remedy) if text else None
    return one


SOME = [
    *(watched(number, "nothing listens at {}", "check the port") for number in (1, 2, 12)),
    *(watched(number, "{} does not answer") for number in range(20, 25)),
    watched(30, "alone"),
    watched(31),
]


def told(width: int = 80, height: int = 24) -> list[str]:
    lines = reason_lines(reasons(SOME), width, height, ascii_only=True)
    return ["".join(text for text, _ in line) for line in lines]


def test_equal_reasons_are_told_once_with_their_number_and_what_to_do() -> None:
    assert told() == [
        " ? 5  unreachable: the machine does not answer",
        " ? 3  unreachable: nothing listens at the machine (check the port)",
    ]


def test_a_small_window_tells_the_most_frequent_one_within_its_width() -> None:
    (line,) = told(40, 10)
    assert line.startswith(" ? 5  unreachable: the machine")
    assert line.endswith("…") and cell_len(line) <= 40
