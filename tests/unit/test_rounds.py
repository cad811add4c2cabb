"""A command on many machines, round after round: the newest answer counts, and who failed is run again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine
from gputui.ssh.running.fan_out import CommandResult
from gputui.ui.fan_out.batch import BatchRun

SILENT = Problem(Cause.TIMEOUT, "silent")


def machine(at: int) -> Machine:
    return Machine(Ref("lab", "nodes", str(at)), f"gpu-{at}", Address(f"10.0.0.{at}"), SshOptions())


def answer(at: int, status: int | None = 0, problem: Problem | None = None) -> CommandResult:
    return CommandResult(machine(at), status, b"", b"", 0.1, problem)


class Bench:
    """Rounds whose answers come by hand."""

    def __init__(self, count: int) -> None:
        self.told = 0
        self.rounds = BatchRun("true", cast(Any, None))
        self.rounds.changed.add(self._told)
        self.begin(*range(count))

    def _told(self) -> None:
        self.told += 1

    def begin(self, *numbers: int) -> None:
        self.rounds.begin([machine(at) for at in numbers])
        self.fan_out = SimpleNamespace(done=[], waiting=0, running=0, cancelled=False)
        self.rounds._current = cast(Any, self.fan_out)

    def comes(self, *answers: CommandResult) -> None:
        self.fan_out.done.extend(answers)


def names(machines: tuple[Machine, ...]) -> list[str]:
    return [one.name for one in machines]


def test_a_round_that_has_begun_is_not_over_and_is_told_of() -> None:
    bench = Bench(2)
    assert (bench.rounds.over, bench.told) == (False, 1)
    assert names(bench.rounds.pending) == ["gpu-0", "gpu-1"]


def test_a_round_trusts_the_keys_that_it_was_given_and_hears_of_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    class Noting:
        def __init__(self, machines: object, command: object, pool: object, **more: Any) -> None:
            given.append(more)

    monkeypatch.setattr("gputui.ssh.running.fan_out.FanOut", Noting)
    rounds = BatchRun("true", cast(Any, None))
    for trusted in (None, {("h", 22): "a key"}):
        rounds.begin([machine(0)], trusted)
        assert given[-1] == {"on_change": rounds.changed, "trusted": trusted}


async def test_its_end_is_told_and_its_answers_are_there() -> None:
    bench = Bench(1)

    async def run() -> None:
        bench.comes(answer(0))

    bench.fan_out.run = run
    before = bench.told
    await bench.rounds.run()
    assert (bench.rounds.over, bench.told) == (True, before + 1)
    assert bench.rounds.pending == ()


def test_answers_stand_in_the_order_in_which_the_machines_were_chosen() -> None:
    bench = Bench(3)
    bench.comes(answer(2), answer(0))
    assert [one.machine.name for one in bench.rounds.answers] == ["gpu-0", "gpu-2"]
    assert names(bench.rounds.pending) == ["gpu-1"]


@pytest.mark.parametrize(
    ("one", "failed"),
    [
        (answer(0), False),
        (answer(0, 1), True),
        (answer(0, None), True),
        (answer(0, None, SILENT), True),
        (answer(0, 0, SILENT), True),
    ],
)
def test_who_failed_is_who_gave_no_answer_or_one_with_a_status(one: CommandResult, failed: bool) -> None:
    bench = Bench(2)
    bench.comes(one, answer(1))
    assert names(bench.rounds.failed) == (["gpu-0"] if failed else [])


def test_counts_tell_the_silent_from_the_failed() -> None:
    bench = Bench(6)
    bench.comes(answer(0), answer(1, 2), answer(2, None, SILENT))
    bench.fan_out.running, bench.fan_out.waiting = 1, 2
    counts = bench.rounds.counts
    assert (counts.answered, counts.failed, counts.silent, counts.running, counts.waiting) == (2, 1, 1, 1, 2)
    assert (counts.ended, counts.total) == (3, 6)


@pytest.mark.parametrize(
    ("answers", "words"),
    [((), " 0 answered "), ((answer(0),), " 1 answered "), ((answer(0, 1),), " 1 answered  1 failed ")],
)
def test_what_there_is_none_of_is_not_said(answers: tuple[CommandResult, ...], words: str) -> None:
    bench = Bench(1)
    bench.comes(*answers)
    assert "".join(text for text, _ in bench.rounds.counts.words()) == words


def test_again_counts_the_newest_answer_and_keeps_those_of_the_others() -> None:
    bench = Bench(2)
    bench.comes(answer(0), answer(1, 1))
    assert len(bench.rounds.answers) == 2
    bench.begin(1)
    assert [one.machine.name for one in bench.rounds.answers] == ["gpu-0"]
    assert names(bench.rounds.pending) == ["gpu-1"]
    bench.comes(answer(1, 0))
    assert bench.rounds.failed == ()
    assert len(bench.rounds.answers) == 2


def test_only_the_newest_round_was_cancelled() -> None:
    bench = Bench(1)
    bench.fan_out.cancelled = True
    assert bench.rounds.cancelled
    bench.begin(0)
    assert not bench.rounds.cancelled
    assert not BatchRun("true", cast(Any, None)).cancelled


def test_to_end_it_ends_what_runs_and_before_the_first_round_there_is_nothing_to_end() -> None:
    ended: list[bool] = []
    rounds = BatchRun("true", cast(Any, None))
    rounds.cancel()
    assert not rounds.cancelled
    rounds._current = cast(Any, SimpleNamespace(done=[], cancelled=True, cancel=lambda: ended.append(True)))
    rounds.cancel()
    assert (ended, rounds.cancelled) == ([True], True)


async def test_the_seconds_of_a_round_stand_still_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gputui.ui.fan_out.batch.monotonic", lambda: now[0])
    bench = Bench(1)

    async def run() -> None:
        now[0] += 2.0

    now[0] = 101.0
    assert bench.rounds.seconds == 1.0
    bench.fan_out.run = run
    await bench.rounds.run()
    now[0] = 200.0
    assert (bench.rounds.over, bench.rounds.seconds) == (True, 3.0)
