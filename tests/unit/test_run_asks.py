"""`gputui run`, decision by decision: when it asks, what it says before, and with what it ends."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.commands.run
import gputui.commands.running
from gputui.commands.context import CliContext
from gputui.commands.options import RunOptions
from gputui.commands.run import _may_run, _run
from gputui.commands.selecting import MachineSelection
from gputui.config.paths import Places
from gputui.core.filter import parse
from gputui.core.guards import Guards
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine


def here() -> CliContext:
    return CliContext({}, Places(Path("/c"), Path("/s"), Path("/h")), io.StringIO(), io.StringIO())


def said(where: CliContext) -> str:
    assert isinstance(where.err, io.StringIO)
    return where.err.getvalue()


def selection(*names: str, whole: bool = True) -> MachineSelection:
    """Machines by `profile/name`."""
    refs = [Ref(profile, "nodes", name) for profile, _, name in (one.partition("/") for one in names)]
    machines = tuple(Machine(ref, ref.id, Address("10.0.0.1"), SshOptions()) for ref in refs)
    return MachineSelection(machines, (), dict.fromkeys(refs, cast(Any, None)), whole)


class Asked:
    """Whether there is somebody, what they say, and what they were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, there: bool = True, answer: bool = True) -> None:
        self.questions: list[str] = []
        self._answer = answer
        monkeypatch.setattr(gputui.commands.run, "can_ask", lambda _: there)
        monkeypatch.setattr(gputui.commands.run, "confirm", self._agreed)

    async def _agreed(self, question: str) -> bool:
        self.questions.append(question)
        return self._answer


def may_run(
    machines: MachineSelection, *, yes: bool = False, profiles: dict[str, Guards] | None = None
) -> tuple[bool, str]:
    where = here()
    asked = RunOptions("x", "uname", yes=yes)
    found = asyncio.run(_may_run(asked, machines, profiles or {"lab": Guards()}, where))
    return found, said(where)


# ---------------------------------------------------------------------- asking


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_from_two_machines_on_it_asks_and_the_answer_counts(
    monkeypatch: pytest.MonkeyPatch, count: int, answer: bool
) -> None:
    asked = Asked(monkeypatch, answer=answer)
    assert may_run(selection(*(f"lab/gpu-{at}" for at in range(count))))[0] is answer
    assert asked.questions == [f"Run 'uname' on these {count} machines?"]


def test_one_machine_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, answer=False)
    assert may_run(selection("lab/gpu-1")) == (True, "")
    assert asked.questions == []


@pytest.mark.parametrize("guards", [Guards(), Guards(protected=True)])
def test_where_there_is_no_machine_to_run_on_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, guards: Guards) -> None:
    """Rows were found, but SSH leads to none of them: that is said, and there is nothing to say yes to."""
    asked = Asked(monkeypatch, answer=False)
    assert may_run(selection(), profiles={"lab": guards}) == (True, "")
    assert asked.questions == []


def test_yes_is_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, answer=False)
    assert may_run(selection("lab/a", "lab/b"), yes=True) == (True, "")
    assert asked.questions == []


def test_where_nobody_sits_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, there=False, answer=False)
    assert may_run(selection("lab/a", "lab/b")) == (True, "")
    assert asked.questions == []


def test_before_the_question_stand_the_machines_of_each_profile_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    Asked(monkeypatch)
    profiles = {"lab": Guards(), "prod": Guards(protected=True), "other": Guards(read_only=True)}
    _, words = may_run(selection("lab/a", "prod/b", "prod/c"), profiles=profiles)
    assert words == "gputui: lab: lab/a\ngputui: prod (protected): prod/b, prod/c\n"


@pytest.mark.parametrize("guards", [Guards(protected=True), Guards(read_only=True), Guards(True, True)])
def test_one_machine_of_a_guarded_profile_is_asked_about(monkeypatch: pytest.MonkeyPatch, guards: Guards) -> None:
    asked = Asked(monkeypatch)
    agreed, words = may_run(selection("lab/gpu-1"), profiles={"lab": guards, "other": Guards()})
    assert (agreed, asked.questions) == (True, ["Run 'uname' on this machine?"])
    assert words.startswith(f"gputui: lab{guards}: gpu-1\n")
    assert ("a shell command is none, and is not checked" in words) is guards.read_only


def test_what_guards_a_profile_that_no_machine_is_of_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    assert may_run(selection("lab/gpu-1"), profiles={"lab": Guards(), "prod": Guards(protected=True)}) == (True, "")
    assert asked.questions == []


# ---------------------------------------------------------------------- running


class Ran:
    """What was run, and with what status it ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, selected: MachineSelection, status: int) -> None:
        self.on: list[MachineSelection] = []
        self.profiles: list[str] = []

        async def select(_config: Any, profiles: Sequence[Any], _wanted: Any, _here: Any, **_: Any) -> MachineSelection:
            self.profiles = [profile.name for profile in profiles]
            return selected

        async def run_on(found: MachineSelection, _asked: Any, _here: Any) -> int:
            self.on.append(found)
            return status

        monkeypatch.setattr(gputui.commands.run, "select", select)
        monkeypatch.setattr(gputui.commands.running, "run_on", run_on)


def run(*, errors: bool = False) -> tuple[int, str]:
    where = here()
    profiles = [SimpleNamespace(name="lab"), SimpleNamespace(name="not-asked-for")]
    config = cast(Any, SimpleNamespace(profiles=profiles, errors=["bad"] if errors else []))
    code = asyncio.run(_run(RunOptions("x y", "uname"), config, {"lab": Guards()}, parse("x y"), where))
    return code, said(where)


@pytest.mark.parametrize(
    ("status", "whole", "errors", "code"),
    [
        (0, True, False, 0),
        (1, True, False, 1),
        (0, False, False, 2),
        (1, False, False, 2),
        (0, True, True, 2),
        (1, True, True, 2),
        (130, False, True, 130),
        (2, False, False, 2),
    ],
)
def test_what_it_ends_with(monkeypatch: pytest.MonkeyPatch, status: int, whole: bool, errors: bool, code: int) -> None:
    ran = Ran(monkeypatch, selection("lab/a", whole=whole), status)
    assert run(errors=errors) == (code, "")
    assert len(ran.on) == 1
    assert ran.profiles == ["lab"]


@pytest.mark.parametrize(("whole", "among"), [(True, ""), (False, " among those that could be read")])
def test_where_none_is_meant_nothing_is_run(monkeypatch: pytest.MonkeyPatch, whole: bool, among: str) -> None:
    ran = Ran(monkeypatch, selection(whole=whole), 0)
    assert run() == (2, f"gputui: no machine{among} matches 'x y'; gputui get fleet shows them all\n")
    assert ran.on == []


def test_after_a_no_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    Asked(monkeypatch, answer=False)
    ran = Ran(monkeypatch, selection("lab/a", "lab/b"), 0)
    code, words = run()
    assert (code, words.splitlines()[-1]) == (2, "gputui: nothing was run")
    assert ran.on == []
