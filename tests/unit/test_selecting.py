"""Which machines an expression selects: of all profiles, each once, with the reason where SSH leads to none."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.commands.selecting
from gputui.commands.machines import Candidates
from gputui.commands.selecting import Selection, select
from gputui.commands.surroundings import Surroundings
from gputui.config.places import Places
from gputui.core.filter import parse
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine


class Candidate:
    """A row of a profile, and the address behind it; none where SSH does not lead there."""

    def __init__(self, profile: str, name: str, host: str = "") -> None:
        row = Row(Ref(profile, "nodes", name), name, "RUNNING", Health.OK, ())
        self.found = SimpleNamespace(row=row)
        self._host = host

    def machine(self) -> Machine:
        row = self.found.row
        if not self._host:
            raise Failed(Problem(Cause.INPUT, f"{row.name} is STOPPED"))
        return Machine(row.ref, row.name, Address(self._host), SshOptions())


def selected(monkeypatch: pytest.MonkeyPatch, expression: str, **profiles: Candidates) -> Selection:
    async def read(_config: Any, profile: Any, _secrets: Any, _here: Any) -> Candidates:
        await asyncio.sleep(0)
        return profiles[profile.name]

    monkeypatch.setattr(gputui.commands.selecting, "read_machines", read)
    monkeypatch.setattr(gputui.commands.selecting, "resolver", lambda *_: None)
    here = Surroundings({}, Places(Path("/c"), Path("/s"), Path("/h")), io.StringIO(), io.StringIO())
    asked = cast(Any, [SimpleNamespace(name=name) for name in profiles])
    return asyncio.run(select(cast(Any, None), asked, parse(expression), here))


def read(*machines: Candidate, whole: bool = True) -> Candidates:
    return Candidates(cast(Any, list(machines)), whole)


def test_what_the_expression_keeps_of_every_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, prod = (
        read(Candidate("lab", "x1", "10.0.0.1"), Candidate("lab", "b1", "10.0.0.2")),
        read(Candidate("prod", "x2", "10.0.0.3")),
    )
    found = selected(monkeypatch, "x", lab=lab, prod=prod)
    assert [machine.name for machine in found.machines] == ["x1", "x2"]
    assert found.total == len(found.rows) == 2
    assert (found.unreached, found.whole) == ((), True)
    assert selected(monkeypatch, "nothing", lab=lab).rows == {}


def test_one_that_ssh_does_not_lead_to_is_meant_as_well_and_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    found = selected(monkeypatch, "", lab=read(Candidate("lab", "a"), Candidate("lab", "b", "10.0.0.2")))
    assert [machine.name for machine in found.machines] == ["b"]
    assert [(one.row.name, problem.text) for one, problem in found.unreached] == [("a", "a is STOPPED")]
    assert (found.total, len(found.rows)) == (2, 2)


def test_a_machine_that_two_rows_show_is_meant_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = selected(monkeypatch, "", lab=read(Candidate("lab", "a", "10.0.0.1"), Candidate("lab", "b", "10.0.0.1")))
    assert [machine.name for machine in found.machines] == ["a"]


@pytest.mark.parametrize(("first", "second", "whole"), [(True, True, True), (True, False, False), (False, True, False)])
def test_it_is_whole_only_where_every_profile_was_read(
    monkeypatch: pytest.MonkeyPatch, first: bool, second: bool, whole: bool
) -> None:
    assert selected(monkeypatch, "", lab=read(whole=first), prod=read(whole=second)).whole is whole


def test_names_have_their_profile_only_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, prod = read(Candidate("lab", "a", "10.0.0.1")), read(Candidate("prod", "b", "10.0.0.2"))
    alone = selected(monkeypatch, "", lab=lab)
    assert alone.names(alone.machines) == "a"
    both = selected(monkeypatch, "", lab=lab, prod=prod)
    assert both.names(both.machines) == "lab/a, prod/b"
    assert both.names(both.machines[:1]) == "lab/a"


def test_a_name_cannot_command_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    found = selected(monkeypatch, "", lab=read(Candidate("lab", "a\x1b[2J", "10.0.0.1")))
    assert "\x1b" not in found.names(found.machines)
