"""The run itself for `gputui run`: who is asked about host keys, who is run again, and what it ends with."""

from __future__ import annotations

import asyncio
import io
import json
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

import gputui.commands.answers
import gputui.commands.running
from gputui.commands.answers import record
from gputui.commands.context import CliContext
from gputui.commands.options import RunOptions
from gputui.commands.running import run_on
from gputui.commands.selecting import MachineSelection
from gputui.config.paths import Places
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.machine import Machine
from gputui.ssh.prompter import HostKeyQuestion
from gputui.ssh.running.fan_out import CommandResult

KEY, OTHER = "SHA256:one", "SHA256:two"
Host = tuple[str, int]


def machine(at: int) -> Machine:
    return Machine(Ref("lab", "nodes", str(at)), f"gpu-{at}", Address(f"10.0.0.{at}", 22), SshOptions())


def fine(at: int, status: int | None = 0) -> CommandResult:
    return CommandResult(
        machine(at), status, b"ok\n", b"", 0.1, None if status is not None else Problem(Cause.TIMEOUT, "no")
    )


def unmet(at: int, key: str = KEY, *, host: str = "") -> CommandResult:
    question = HostKeyQuestion(host or f"10.0.0.{at}", 22, "ssh-ed25519", key, (), bool(host))
    return CommandResult(machine(at), None, b"", b"", 0.1, Problem(Cause.REFUSED, "unknown key"), unmet=question)


class World:
    """Rounds of answers, one after the other; whom each was run on and with what trust; what the person was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *rounds: Sequence[CommandResult], asks: bool = True) -> None:
        self.left = [list(answers) for answers in rounds]
        self.ran: list[tuple[list[str], Mapping[Host, str]]] = []
        self.questions: list[str] = []
        self.answer: Callable[[], bool] = lambda: True
        self.during: Callable[[Any], Awaitable[None]] | None = None
        self.closed = False
        module = gputui.commands.running
        monkeypatch.setattr(module, "can_ask", lambda _: asks)
        monkeypatch.setattr(module, "confirm", self._agreed)
        monkeypatch.setattr(module, "FanOut", self._fan_out)
        monkeypatch.setattr(module, "Pool", self._pool)

    def _pool(self, *_: Any, **more: Any) -> Any:
        world = self

        class Pool:
            memory = ConnectCache()

            async def aclose(self) -> None:
                world.closed = True

        return Pool()

    async def _agreed(self, question: str) -> bool:
        self.questions.append(question)
        return self.answer()

    def _fan_out(self, machines: Sequence[Machine], _command: str, _pool: Any, **given: Any) -> Any:
        self.ran.append(([one.name for one in machines], dict(given["trusted"])))
        self.given = (_command, given["concurrency"], given["seconds"])
        world = self

        class Run:
            done: list[CommandResult] = []
            cancelled = False
            running = waiting = 0
            total = len(machines)

            async def run(self) -> None:
                self.done = world.left.pop(0)
                given["on_change"]()
                if world.during is not None:
                    await world.during(self)

            def cancel(self) -> None:
                self.cancelled = True

        return Run()


def run(
    tmp_path: Path, *numbers: int, output: str = "json", unreached: bool = False
) -> tuple[int, list[dict[str, Any]], str]:
    machines = tuple(machine(at) for at in numbers)
    found = {one.ref: cast(Any, _Found(one)) for one in machines}
    lost = ((cast(Any, _Found(machine(9))), Problem(Cause.INPUT, "it is STOPPED")),) if unreached else ()
    selection = MachineSelection(machines, lost, found, True)
    out, err = io.StringIO(), io.StringIO()
    here = CliContext({}, Places(tmp_path / "c", tmp_path / "s", tmp_path / "h"), out, err)
    code = asyncio.run(run_on(selection, RunOptions("x", "true", output=output), here))
    text = out.getvalue()
    records = json.loads(text) if output == "json" else [json.loads(line) for line in text.splitlines()]
    return code, records, err.getvalue()


class _Found:
    """As much of a row as is written of it."""

    def __init__(self, one: Machine) -> None:
        self.provider = "toy"
        self.row = type("Row", (), {"ref": one.ref, "name": one.name})()
        self.view = type("View", (), {"name": "nodes"})()


def names(records: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(record["name"] for record in records)


# ---------------------------------------------------------------------- the end


def test_it_runs_what_was_asked_on_as_many_at_once_and_for_as_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = World(monkeypatch, (fine(1),))
    here = CliContext({}, Places(tmp_path, tmp_path / "s", tmp_path), io.StringIO(), io.StringIO())
    selection = MachineSelection((machine(1),), (), {machine(1).ref: cast(Any, _Found(machine(1)))}, True)
    asked = RunOptions("x", "uptime", output="json", concurrency=3, timeout=7.0)
    assert asyncio.run(run_on(selection, asked, here)) == 0
    assert world.given == ("uptime", 3, 7.0)


@pytest.mark.parametrize(
    ("answers", "unreached", "code"),
    [
        ((fine(1), fine(2)), False, 0),
        ((fine(1), fine(2, 3)), False, 1),
        ((fine(1), fine(2, None)), False, 1),
        ((fine(1), fine(2)), True, 1),
    ],
)
def test_it_ends_with_0_only_where_every_machine_meant_did(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: tuple[CommandResult, ...], unreached: bool, code: int
) -> None:
    world = World(monkeypatch, answers)
    found = run(tmp_path, 1, 2, unreached=unreached)
    assert (found[0], world.closed, world.questions) == (code, True, [])


def test_a_state_folder_that_cannot_be_used_is_said_and_nothing_is_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = World(monkeypatch, [fine(1)])

    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Places, "ready", refused)
    out, err = io.StringIO(), io.StringIO()
    here = CliContext({}, Places(tmp_path / "c", tmp_path / "s", tmp_path / "h"), out, err)
    code = asyncio.run(run_on(MachineSelection((machine(1),), (), {}, True), RunOptions("x", "true"), here))
    assert (code, world.ran) == (2, [])
    assert "the state folder cannot be used: Permission denied" in err.getvalue()


def test_a_signal_ends_the_run_with_its_number_and_what_came_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = World(monkeypatch, [fine(1), unmet(2)])
    runs: list[Any] = []

    async def interrupted(running: Any) -> None:
        runs.append(running)
        signal.raise_signal(signal.SIGTERM)
        while not running.cancelled:
            await asyncio.sleep(0)

    world.during = interrupted
    code, records, _ = run(tmp_path, 1, 2)
    assert (code, names(records)) == (128 + signal.SIGTERM, ["gpu-1", "gpu-2"])
    assert runs[0].cancelled
    assert world.questions == []  # nobody is asked any more
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


# ---------------------------------------------------------------------- host keys


def test_keys_are_asked_about_once_and_only_their_machines_are_run_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = World(monkeypatch, [fine(1), unmet(2), unmet(3, OTHER)], [fine(2), fine(3)])
    code, records, said = run(tmp_path, 1, 2, 3)
    assert (code, names(records)) == (0, ["gpu-1", "gpu-2", "gpu-3"])
    assert world.questions == ["Compare with what the machines' owners say. Trust these 2 host keys from now on?"]
    assert world.ran == [
        (["gpu-1", "gpu-2", "gpu-3"], {}),
        (["gpu-2", "gpu-3"], {("10.0.0.2", 22): KEY, ("10.0.0.3", 22): OTHER}),
    ]
    assert f"gpu-2 (10.0.0.2 port 22)\ngputui:   ssh-ed25519 {KEY}\n" in said


def test_one_key_is_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = World(monkeypatch, [unmet(2)], [fine(2)])
    run(tmp_path, 2)
    assert world.questions == ["Compare with what the machines' owners say. Trust it from now on?"]


def test_after_a_no_nobody_is_run_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = World(monkeypatch, [fine(1), unmet(2)])
    world.answer = lambda: False
    code, records, _ = run(tmp_path, 1, 2)
    assert (code, len(world.ran), names(records)) == (1, 1, ["gpu-1", "gpu-2"])


def test_where_nobody_sits_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = World(monkeypatch, [unmet(2)], asks=False)
    assert run(tmp_path, 2)[0] == 1
    assert (world.questions, len(world.ran)) == ([], 1)


def test_machines_behind_a_jump_host_are_asked_about_after_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = World(monkeypatch, [unmet(1, host="bastion")], [unmet(1, OTHER)], [fine(1)])
    code, _, said = run(tmp_path, 1)
    assert (code, len(world.questions)) == (0, 2)
    assert "jump host of gpu-1 (bastion port 22)" in said
    assert world.ran[-1] == (["gpu-1"], {("bastion", 22): KEY, ("10.0.0.1", 22): OTHER})


@pytest.mark.parametrize("asks", [True, False])
def test_two_keys_of_one_host_are_refused_and_not_asked_about(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asks: bool
) -> None:
    world = World(monkeypatch, [unmet(1, KEY, host="bastion"), unmet(2, OTHER, host="bastion")], asks=asks)
    code, records, _ = run(tmp_path, 1, 2)
    assert (code, world.questions, len(world.ran)) == (1, [], 1)
    assert all("several host keys" in record["problem"] for record in records)


@pytest.mark.parametrize(("asks", "early"), [(True, ["gpu-1"]), (False, ["gpu-1", "gpu-2"])])
def test_a_line_is_written_as_soon_as_it_is_final_and_only_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asks: bool, early: list[str]
) -> None:
    """Who waits for a key to be trusted has not answered yet, where somebody may trust it."""
    world = World(monkeypatch, [fine(1), unmet(2)], [fine(2)], asks=asks)
    seen: list[str] = []
    write = gputui.commands.answers.write_lines

    def noted(answers: Sequence[CommandResult], *more: Any) -> None:
        if len(world.ran) == 1 and not world.questions:
            seen.extend(answer.machine.name for answer in answers)
        write(answers, *more)

    monkeypatch.setattr(gputui.commands.answers, "write_lines", noted)
    _, records, _ = run(tmp_path, 1, 2, output="jsonl")
    assert seen == early
    assert names(records) == ["gpu-1", "gpu-2"]


def test_a_record_has_what_went_wrong_and_what_helps() -> None:
    problem = Problem(Cause.TIMEOUT, "it does not answer", "is it up?")
    failed = CommandResult(machine(1), None, b"so far", b"", 0.1, problem)
    told = record(failed, cast(Any, _Found(machine(1))))
    assert (told["status"], told["stdout"]) == (None, "so far")
    assert (told["cause"], told["problem"], told["remedy"]) == ("timed out", "it does not answer", "is it up?")
    told = record(fine(1), cast(Any, _Found(machine(1))))
    assert (told["cause"], told["problem"], told["remedy"]) == (None, None, None)
