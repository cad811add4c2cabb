"""Which machines an expression selects: of all profiles, each once, with the reason where SSH leads to none."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.commands.selecting
from gputui.commands.context import CliContext
from gputui.commands.machines import Reachable
from gputui.commands.selecting import MachineSelection, select
from gputui.config.paths import Places
from gputui.core.filter import parse
from gputui.core.health import Health
from gputui.core.provider import SshTarget
from gputui.core.records import Found
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from tests.toy import NODES

VIEW = replace(NODES, ssh=lambda item: SshTarget(item, 22, "root") if item else "it is STOPPED")


def row(profile: str, name: str, host: str = "") -> Found:
    """A row of a profile, and the address behind it; none where SSH does not lead there."""
    return Found("toy", VIEW, Row(Ref(profile, "nodes", name), name, "RUNNING", Health.OK, (), item=host), 0.0)


def selected(
    monkeypatch: pytest.MonkeyPatch,
    expression: str,
    *found: Found,
    whole: bool = True,
    command: str = "",
    each: bool = False,
) -> MachineSelection:
    async def read(_config: Any, profiles: Any, _here: Any) -> Reachable:
        await asyncio.sleep(0)
        return Reachable(found, {profile.name: SshOptions(command=command) for profile in profiles}, whole)

    monkeypatch.setattr(gputui.commands.selecting, "read_reachable", read)
    here = CliContext({}, Places(Path("/c"), Path("/s"), Path("/h")), io.StringIO(), io.StringIO())
    asked = [SimpleNamespace(name=name) for name in {one.row.ref.profile for one in found}]
    return asyncio.run(select(cast(Any, None), cast(Any, asked), parse(expression), here, each=each))


def test_what_the_expression_keeps_of_every_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    some = (row("lab", "x1", "10.0.0.1"), row("lab", "b1", "10.0.0.2"), row("prod", "x2", "10.0.0.3"))
    found = selected(monkeypatch, "x", *some)
    assert [machine.name for machine in found.machines] == ["x1", "x2"]
    assert found.total == len(found.rows) == 2
    assert (found.unreached, found.whole) == ((), True)
    assert selected(monkeypatch, "nothing", *some).rows == {}


def test_one_that_ssh_does_not_lead_to_is_meant_as_well_and_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    found = selected(monkeypatch, "", row("lab", "a"), row("lab", "b", "10.0.0.2"))
    assert [machine.name for machine in found.machines] == ["b"]
    assert [(one.row.name, problem.text) for one, problem in found.unreached] == [("a", "it is STOPPED")]
    assert (found.total, len(found.rows)) == (2, 2)


def test_what_is_handed_over_to_openssh_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = selected(monkeypatch, "", row("lab", "a", "10.0.0.1"), command="ssh")
    assert found.machines == ()
    assert "hands over to OpenSSH (ssh.command)" in found.unreached[0][1].text


def test_of_machines_behind_one_address_the_first_is_run_on_and_all_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [row("lab", name, "10.0.0.1") for name in "abc"] + [row("lab", "d", "10.0.0.2")]
    found = selected(monkeypatch, "", *some)
    assert [machine.name for machine in found.machines] == ["a", "d"]
    assert [machine.name for machine, _ in found.left_out] == ["b", "c"]
    assert found.total == 4
    assert list(found.shared_words()) == ["3 share 10.0.0.1:22, run once, as a: a, b, c (with --each for each of them)"]
    each = selected(monkeypatch, "", *some, each=True)
    assert [machine.name for machine in each.machines] == ["a", "b", "c", "d"]
    assert (each.left_out, each.total) == ((), 4)
    assert list(each.shared_words()) == ["3 share 10.0.0.1:22, run for each of them: a, b, c (without --each once)"]


def test_only_rows_of_one_id_are_one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    node = row("lab", "a", "10.0.0.1")
    in_another_view = replace(node, row=replace(node.row, ref=Ref("lab", "runs", "a")))
    found = selected(monkeypatch, "", node, in_another_view, each=True)
    assert [machine.ref.view for machine in found.machines] == ["nodes"]
    assert found.shared == ()


@pytest.mark.parametrize("whole", [True, False])
def test_it_is_whole_only_where_every_profile_was_read(monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    assert selected(monkeypatch, "", whole=whole).whole is whole


def test_names_have_their_profile_only_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, prod = row("lab", "a", "10.0.0.1"), row("prod", "b", "10.0.0.2")
    alone = selected(monkeypatch, "", lab)
    assert alone.names(alone.machines) == "a"
    both = selected(monkeypatch, "", lab, prod)
    assert both.names(both.machines) == "lab/a, prod/b"
    assert both.names(both.machines[:1]) == "lab/a"


def test_a_name_cannot_command_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    found = selected(monkeypatch, "", row("lab", "a\x1b[2J", "10.0.0.1"))
    assert "\x1b" not in found.names(found.machines)
