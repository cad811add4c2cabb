"""The machines that a command is meant for: each guard before it runs by itself, each number on either side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gputui.core.actions import Risk
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.engine.store import Tab
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine
from gputui.ui.fan_out.targets import RunTargets, find_targets


def ref(at: int) -> Ref:
    return Ref("lab", "nodes", str(at))


def machine(at: int, **changes: Any) -> Machine:
    made = Machine(ref(at), f"gpu-{at}", Address(f"10.0.{at // 250}.{at % 250 + 1}", 22, "root"), SshOptions())
    return replace(made, **changes)


@dataclass
class World:
    """What store and SSH service say of the machines now; both are this."""

    machines: dict[Ref, Machine] = field(default_factory=dict)
    reasons: dict[Ref, str] = field(default_factory=dict)
    tabs: dict[str, Tab] = field(default_factory=lambda: {"lab": Tab("lab", "toy")})
    rows: dict[Ref, Row] = field(default_factory=dict)
    asked: list[Ref] = field(default_factory=list)

    @classmethod
    def of(cls, count: int, **tab: Any) -> World:
        world = cls(tabs={"lab": Tab("lab", "toy", **tab)})
        for at in range(count):
            world.machines[ref(at)] = machine(at)
            world.news(at)
        return world

    def news(self, at: int) -> None:
        """A new row for a machine, as a reading brings one."""
        self.rows[ref(at)] = Row(ref(at), f"gpu-{at}", "RUNNING", Health.OK, ())

    def find(self, ref: Ref) -> Row | None:
        return self.rows.get(ref)

    def machine(self, ref: Ref) -> Machine:
        self.asked.append(ref)
        if ref in self.reasons or ref not in self.machines:
            raise Failed(Problem(Cause.INPUT, self.reasons.get(ref, "it is gone")))
        return self.machines[ref]


async def targets_of(world: World, *, about: str = "marked", hidden: int = 0) -> RunTargets:
    refs = tuple(world.rows)
    return await find_targets(world, world, refs, about=about, hidden=hidden)  # type: ignore[arg-type]


def told(targets: RunTargets) -> list[str]:
    return [f"{one.name}: {one.reason}" for one in targets.lost]


# ---------------------------------------------------------------------- the second look


def renamed(world: World) -> None:
    world.machines[ref(0)] = machine(0, name="other")


def at_another_address(world: World) -> None:
    world.machines[ref(0)] = machine(0, address=Address("10.9.9.9", 22, "root"))


def at_another_port(world: World) -> None:
    world.machines[ref(0)] = machine(0, address=Address("10.0.0.1", 2222, "root"))


def as_another_user(world: World) -> None:
    world.machines[ref(0)] = machine(0, address=Address("10.0.0.1", 22, "admin"))


def through_a_jump_host(world: World) -> None:
    world.machines[ref(0)] = machine(0, options=SshOptions(proxy_jump="bastion"))


def stopped(world: World) -> None:
    world.reasons[ref(0)] = "it is STOPPED"


def gone(world: World) -> None:
    del world.machines[ref(0)], world.rows[ref(0)]


ANOTHER_WAY = "it is reached in another way now: choose it again"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (renamed, "it is called other now"),
        (at_another_address, ANOTHER_WAY),
        (at_another_port, ANOTHER_WAY),
        (as_another_user, ANOTHER_WAY),
        (through_a_jump_host, ANOTHER_WAY),
        (stopped, "it is STOPPED"),
        (gone, "it is gone"),
    ],
)
async def test_what_has_changed_since_the_key_was_pressed_is_left_out_and_said(
    change: Callable[[World], None], reason: str
) -> None:
    world = World.of(2)
    targets = await targets_of(world)
    assert list(targets.ready) == [machine(0), machine(1)]
    change(world)
    if ref(0) in world.rows:
        world.news(0)
    targets.look()
    assert targets.ready == (machine(1),)
    assert told(targets) == [f"gpu-0: {reason}"]
    assert f"gone since: gpu-0: {reason}" in targets.question("true", "Run on {}?").told


async def test_a_second_look_is_taken_by_every_question() -> None:
    world = World.of(2)
    targets = await targets_of(world)
    at_another_address(world)
    world.news(0)
    assert targets.question("true", "Run on {}?").title == "Run on 1 machine?"
    at_another_port(world)
    world.machines[ref(0)] = machine(0)
    world.news(0)
    assert targets.question("true", "Run on {}?").title == "Run on 2 machines?"


async def test_a_machine_is_looked_up_again_only_where_its_row_is_another_one() -> None:
    world = World.of(2)
    targets = await targets_of(world)
    world.asked.clear()
    targets.look()
    assert world.asked == []
    world.news(1)
    targets.look()
    assert world.asked == [ref(1)]


async def test_what_was_never_seen_in_a_list_is_looked_up_every_time() -> None:
    world = World.of(1)
    world.rows.clear()
    targets = RunTargets(world, world, (machine(0),), ())  # type: ignore[arg-type]
    targets.look()
    targets.look()
    assert world.asked == [ref(0), ref(0)]
    stopped(world)
    targets.look()
    assert told(targets) == ["gpu-0: it is STOPPED"]


async def test_where_none_is_left_there_is_nothing_to_say_yes_to() -> None:
    world = World.of(1)
    targets = await targets_of(world)
    assert targets.question("true", "Run on {}?").blocked == ""
    gone(world)
    assert targets.question("true", "Run on {}?").blocked == "none of them can be reached now"


# ---------------------------------------------------------------------- how much is asked for


@pytest.mark.parametrize(
    ("count", "typed", "risk"),
    [(1, "", Risk.DISRUPTS), (4, "", Risk.DISRUPTS), (5, "5", Risk.DESTROYS), (6, "6", Risk.DESTROYS)],
)
async def test_from_five_on_the_count_is_typed(count: int, typed: str, risk: Risk) -> None:
    targets = await targets_of(World.of(count))
    question = targets.question("true", "Run on {}?")
    assert (question.type_this, question.risk, targets.must_type) == (typed, risk, bool(typed))


async def test_of_five_four_are_left_that_take_a_plain_yes() -> None:
    world = World.of(5)
    targets = await targets_of(world)
    gone(world)
    question = targets.question("true", "Run on {}?")
    assert (question.type_this, question.risk) == ("", Risk.DISRUPTS)


@pytest.mark.parametrize(
    ("tab", "risk", "mark"),
    [
        ({"protected": True}, Risk.DESTROYS, "(protected)"),
        ({"read_only": True}, Risk.DISRUPTS, "(read-only)"),
        ({"protected": True, "read_only": True}, Risk.DESTROYS, "(protected, read-only)"),
    ],
)
async def test_in_a_guarded_profile_the_name_of_one_is_typed(tab: dict[str, bool], risk: Risk, mark: str) -> None:
    question = (await targets_of(World.of(1, **tab))).question("true", "Run on {}?")
    assert (question.type_this, question.risk) == ("gpu-0", risk)
    assert f"1 in lab {mark}: gpu-0" in question.told
    unchecked = "lab is read-only for requests to its API; a shell command is none, and is not checked."
    assert (unchecked in question.told) is ("read_only" in tab)


async def test_a_guarded_profile_that_is_not_meant_guards_nothing_and_is_not_told() -> None:
    world = World.of(1)
    world.tabs["prod"] = Tab("prod", "toy", protected=True, read_only=True)
    question = (await targets_of(world)).question("true", "Run on {}?")
    assert (question.type_this, question.risk) == ("", Risk.DISRUPTS)
    assert not any("prod" in line for line in question.told)


@pytest.mark.parametrize("guarded", ["lab", "prod"])
@pytest.mark.parametrize("guard", ["protected", "read_only"])
async def test_of_two_profiles_one_that_is_guarded_is_enough(guarded: str, guard: str) -> None:
    world = World.of(1)
    other = Ref("prod", "nodes", "7")
    world.rows[other] = Row(other, "big", "RUNNING", Health.OK, ())
    world.machines[other] = machine(0, ref=other, name="big", address=Address("10.0.9.9", 22, "root"))
    world.tabs["prod"] = Tab("prod", "toy")
    assert (await targets_of(world)).question("true", "{}").type_this == ""
    world.tabs[guarded] = replace(world.tabs[guarded], **{guard: True})
    question = (await targets_of(world)).question("true", "{}")
    risk = Risk.DESTROYS if guard == "protected" else Risk.DISRUPTS
    assert (question.type_this, question.risk) == ("2", risk)


async def test_of_several_in_a_guarded_profile_the_count_is_typed() -> None:
    assert (await targets_of(World.of(2, protected=True))).question("true", "{}").type_this == "2"


async def test_a_name_that_is_not_on_every_keyboard_is_not_asked_for() -> None:
    world = World.of(1, protected=True)
    world.machines[ref(0)] = machine(0, name="gpu-é")
    assert (await targets_of(world)).question("true", "{}").type_this == "1"


@pytest.mark.parametrize(("about", "typed"), [("marked", ""), ("shown", "gpu-0")])
async def test_what_nobody_marked_takes_typing_however_few_they_are(about: str, typed: str) -> None:
    assert (await targets_of(World.of(1), about=about)).question("true", "{}").type_this == typed


async def test_what_the_filter_hides_is_counted() -> None:
    assert (
        (await targets_of(World.of(2), hidden=1))
        .question("true", "Run on {}?")
        .title.endswith("(1 hidden by the filter)")
    )
    assert "hidden" not in (await targets_of(World.of(2))).question("true", "Run on {}?").title


# ---------------------------------------------------------------------- which ones


async def test_a_machine_of_two_views_is_meant_once() -> None:
    world = World.of(1)
    twin = Ref("lab", "runs", "0")
    world.rows[twin] = replace(world.rows[ref(0)], ref=twin)
    world.machines[twin] = machine(0, ref=twin)
    targets = await targets_of(world)
    assert [one.ref for one in targets.ready] == [ref(0)]
    assert targets.shared == ()


async def test_machines_behind_one_address_are_told_by_name_and_each_may_be_meant() -> None:
    world = World.of(3)
    world.machines[ref(1)] = machine(1, address=machine(0).address)
    targets = await targets_of(world)
    assert [one.name for one in targets.ready] == ["gpu-0", "gpu-2"]
    told = "2 share 10.0.0.1:22, run once, as gpu-0: gpu-[0-1]"
    assert told in list(targets.lines())
    question = targets.question("true", "Run on {}?")
    assert question.title == "Run on 2 machines?" and told in question.aside
    targets.each = True
    question = targets.question("true", "Run on {}?")
    assert question.title == "Run on 3 machines?"
    assert question.aside == ("2 share 10.0.0.1:22, run for each of them: gpu-[0-1]",)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": Address("10.0.0.1", 2222, "root")},
        {"address": Address("10.0.0.2", 22, "root")},
        {"address": Address("10.0.0.1", 22, "root"), "options": SshOptions(proxy_jump="bastion")},
    ],
)
async def test_another_port_or_another_way_is_another_place(changes: dict[str, Any]) -> None:
    world = World.of(2)
    world.machines[ref(1)] = machine(1, **changes)
    targets = await targets_of(world)
    assert (len(targets.ready), targets.shared) == (2, ())


async def test_what_is_handed_over_to_openssh_is_left_out_and_said() -> None:
    world = World.of(2)
    world.machines[ref(0)] = machine(0, options=SshOptions(command="ssh"))
    targets = await targets_of(world)
    assert targets.ready == (machine(1),)
    assert targets.out[0].reason.startswith("its profile hands over to OpenSSH (ssh.command)")
    assert f"1 left out: {targets.out[0].reason}: gpu-0" in list(targets.lines())
    assert "1 more cannot be reached and are left out." in targets.question("true", "{}").told


async def test_each_profile_is_told_with_its_own_machines() -> None:
    world = World.of(1)
    world.tabs["prod"] = Tab("prod", "toy", protected=True)
    other = Ref("prod", "nodes", "7")
    world.rows[other] = Row(other, "big", "RUNNING", Health.OK, ())
    world.machines[other] = machine(7, ref=other, name="big")
    assert list((await targets_of(world)).lines()) == ["1 in lab: gpu-0", "1 in prod (protected): big"]


async def test_where_all_are_reached_nobody_is_said_to_be_left_out() -> None:
    targets = await targets_of(World.of(1))
    assert list(targets.lines()) == ["1 in lab: gpu-0"]
    assert targets.question("true", "Run on {}?").told == ("1 in lab: gpu-0", "$ true")


async def test_what_has_gone_before_anybody_looked_is_called_by_its_id() -> None:
    world = World.of(1)
    targets = await find_targets(world, world, (ref(0), ref(8)), about="marked")  # type: ignore[arg-type]
    assert [(one.name, one.reason) for one in targets.out] == [("8", "it is gone")]


async def test_what_cannot_be_reached_is_told_by_name_reason_by_reason() -> None:
    world = World.of(4)
    stopped(world)
    world.reasons[ref(1)] = "it is STOPPED"
    world.reasons[ref(2)] = "it has no address"
    lines = list((await targets_of(world)).lines())
    assert lines[-2:] == ["2 left out: it is STOPPED: gpu-[0-1]", "1 left out: it has no address: gpu-2"]


@pytest.mark.parametrize(("count", "pauses"), [(249, 0), (250, 1), (499, 1), (500, 2)])
async def test_the_console_may_draw_after_every_250(count: int, pauses: int, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[float] = []

    async def pause(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", pause)
    targets = await targets_of(World.of(count))
    assert len(targets.ready) == count
    assert taken == [0] * pauses


async def test_the_question_has_the_command_and_the_machines_where_they_are_always_seen() -> None:
    question = (await targets_of(World.of(6))).question("true", "Run on {}?")
    assert question.effect == ("$ true",)
    assert question.names == ("6 in lab: gpu-[0-5]",)
    assert question.lines == ()


async def test_another_reason_for_a_machine_that_is_gone_asks_nothing_anew() -> None:
    targets = await targets_of(World.of(6))
    first = targets.question("true", "Run on {}?")
    assert replace(first, aside=("gone since: gpu-9: it is unreadable now",)) == first
    assert replace(first, deed=first.deed[1:]) != first
