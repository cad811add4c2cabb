"""Promise 2, what a question asks for: by the verb's risk, by how many, by the profile, each on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from gputui.core.actions import Field, Inputs, Risk
from gputui.core.prechecks import ONE_AT_A_TIME
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Request
from gputui.core.rows import Snapshot
from gputui.engine.cloud import Feed
from gputui.ui.act.confirmation import Confirmation, name_to_type
from gputui.ui.act.share import Share
from gputui.ui.act.verbs import refusals
from gputui.ui.list.targets import Call, Group, Invocation
from gputui.ui.widgets.question import typable
from tests.promises.one_guard import POKE, ToyBench, toy_bench
from tests.toy import STOP, Machine


def asked(bench: ToyBench, count: int) -> tuple[Risk, str]:
    question = bench.asking(count).question()
    return question.risk, question.type_this


@pytest.mark.parametrize(("risk", "type_this"), [(Risk.REVERSIBLE, ""), (Risk.DISRUPTS, ""), (Risk.DESTROYS, "toy-0")])
async def test_one_row_is_asked_by_the_verbs_own_risk(tmp_path: Path, risk: Risk, type_this: str) -> None:
    async with toy_bench(tmp_path, replace(POKE, risk=risk)) as bench:
        assert asked(bench, 1) == (risk, type_this)


@pytest.mark.parametrize(
    ("count", "risk", "type_this"),
    [
        (1, Risk.REVERSIBLE, ""),
        (2, Risk.DISRUPTS, ""),
        (4, Risk.DISRUPTS, ""),
        (5, Risk.DESTROYS, "5"),
        (6, Risk.DESTROYS, "6"),
    ],
)
async def test_several_at_once_disrupt_and_from_five_on_the_count_is_typed(
    tmp_path: Path, count: int, risk: Risk, type_this: str
) -> None:
    async with toy_bench(tmp_path) as bench:
        assert asked(bench, count) == (risk, type_this)


@pytest.mark.parametrize("worst_first", [True, False])
async def test_over_several_lists_the_worst_of_their_risks_counts(tmp_path: Path, worst_first: bool) -> None:
    async with toy_bench(tmp_path) as bench:
        one, other = bench.rows(2)
        shares = [
            Share(bench.cloud, replace(POKE, risk=Risk.DESTROYS), bench.view, (one,)),
            Share(bench.cloud, POKE, bench.view, (other,)),
        ]
        question = Confirmation("Poke", shares if worst_first else shares[::-1]).question()
        assert (question.risk, question.type_this) == (Risk.DESTROYS, "2")


@pytest.mark.parametrize("protected_first", [True, False])
async def test_over_several_lists_one_protected_profile_is_enough(tmp_path: Path, protected_first: bool) -> None:
    async with toy_bench(tmp_path / "a") as bench, toy_bench(tmp_path / "b", protected=True) as guarded:
        shares = [Share(one.cloud, POKE, one.view, one.rows(1)) for one in (guarded, bench)]
        question = Confirmation("Poke", shares if protected_first else shares[::-1]).question()
        assert (question.risk, question.type_this) == (Risk.DESTROYS, "2")


@pytest.mark.parametrize("locked_first", [True, False])
async def test_over_several_lists_one_that_is_read_only_is_enough(tmp_path: Path, locked_first: bool) -> None:
    async with toy_bench(tmp_path / "a") as bench, toy_bench(tmp_path / "b", read_only=True) as locked:
        calls = [Call(Group(one.cloud, one.view, one.rows(1)), POKE) for one in (locked, bench)]
        invocation = Invocation("Poke", tuple(calls if locked_first else calls[::-1]))
        assert list(refusals(invocation)) == ["p is read-only"]


@pytest.mark.parametrize("single_first", [True, False])
async def test_over_several_lists_what_takes_one_row_is_refused(tmp_path: Path, single_first: bool) -> None:
    """One row of each: no list has more than it takes, both together have."""
    single = replace(POKE, makes=lambda item, inputs: "new")
    async with toy_bench(tmp_path / "a", single) as bench, toy_bench(tmp_path / "b") as other:
        calls = [Call(Group(one.cloud, one.view, one.rows(1)), one.action) for one in (bench, other)]
        invocation = Invocation("Poke", tuple(calls if single_first else calls[::-1]))
        assert list(refusals(invocation)) == [ONE_AT_A_TIME]
        assert list(refusals(Invocation("Poke", (calls[0],)))) == []


@pytest.mark.parametrize("gone_first", [True, False])
async def test_a_list_of_which_no_target_is_left_has_no_share_in_what_is_sent(tmp_path: Path, gone_first: bool) -> None:
    """One request carries all targets of a list: without any it must not be made, whatever a cloud takes it for."""
    async with toy_bench(tmp_path / "a", STOP) as bench, toy_bench(tmp_path / "b", STOP) as other:
        shares = [Share(one.cloud, STOP, one.view, one.rows(1)) for one in (other, bench)]
        asking = Confirmation("Stop", shares if gone_first else shares[::-1])
        assert len(asking.intents) == 0, "before the first question there is nothing to say yes to"
        asking.question()
        assert {intent.cloud for intent in asking.intents} == {bench.cloud, other.cloud}
        await other.gone("m0")
        asking.question()
        assert [(intent.cloud, len(intent.rows)) for intent in asking.intents] == [(bench.cloud, 1)]


async def test_five_that_have_become_four_are_four(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking(5)
        assert asking.question().type_this == "5"
        await bench.gone("m4")
        assert asking.question().type_this == ""


@pytest.mark.parametrize("left_first", [True, False])
async def test_of_several_of_which_one_is_left_the_count_is_typed(tmp_path: Path, left_first: bool) -> None:
    async with toy_bench(tmp_path, replace(POKE, risk=Risk.DESTROYS)) as bench:
        asking = bench.asking(2)
        left, gone = asking.shares[0].seen
        assert asking.question().type_this == "2"
        await bench.gone(gone.ref.id)
        assert asking.question().type_this == "1"
        shares = [Share(bench.cloud, bench.action, bench.view, (row,)) for row in (left, gone)]
        assert Confirmation("Poke", shares if left_first else shares[::-1]).question().type_this == "1"


async def test_in_a_protected_profile_the_name_is_typed_for_a_harmless_verb_on_one_row(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, protected=True) as bench:
        assert asked(bench, 1) == (Risk.DESTROYS, "toy-0")
        assert "p is a protected profile." in bench.asking().question().effect


async def test_in_a_protected_profile_the_count_is_typed_for_two(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, protected=True) as bench:
        assert asked(bench, 2) == (Risk.DESTROYS, "2")


async def test_what_a_list_makes_is_typed_by_the_profiles_name_where_it_is_protected(tmp_path: Path) -> None:
    make = replace(POKE, on="view", request=lambda machines, inputs: Request("POST", "/machines"))
    async with toy_bench(tmp_path, make, protected=True) as bench:
        assert asked(bench, 1) == (Risk.DESTROYS, "p")
    async with toy_bench(tmp_path, make) as bench:
        assert asked(bench, 1) == (Risk.REVERSIBLE, "")


async def test_of_two_that_are_called_the_same_the_id_is_typed(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, replace(POKE, risk=Risk.DESTROYS)) as bench:
        asking = bench.asking()
        assert asking.question().type_this == "toy-0"
        await bench.changed("m3", name="toy-0")
        assert asking.question().type_this == "m0"


async def test_what_is_called_the_same_in_another_view_is_nobody_else(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, replace(POKE, risk=Risk.DESTROYS)) as bench:
        (row,) = bench.rows(1)
        pool = replace(row, ref=row.ref._replace(view="pools", id="p0"))
        listed = {**bench.cloud.snapshots(), Feed("pools"): Snapshot({pool.ref: pool})}
        share = SimpleNamespace(cloud=SimpleNamespace(snapshots=lambda: listed))
        assert name_to_type(share, row) == "toy-0"  # type: ignore[arg-type]
        twin = replace(row, ref=row.ref._replace(id="m9"))
        listed[Feed("nodes", pool.ref)] = Snapshot({twin.ref: twin})
        assert name_to_type(share, row) == "m0"  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["größe", " toy", "a" * 61, "a\tb", ""])
async def test_a_name_that_no_keyboard_has_is_not_asked_for(tmp_path: Path, name: str) -> None:
    assert not typable(name)
    async with toy_bench(tmp_path, replace(POKE, risk=Risk.DESTROYS)) as bench:
        await bench.changed("m0", name=name)
        assert asked(bench, 1) == (Risk.DESTROYS, "m0")


def test_a_name_of_sixty_letters_is_asked_for() -> None:
    assert typable("a" * 60)


async def test_every_request_is_shown_with_its_path_and_body(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        assert bench.asking(3).question().request == ("3 requests:", *(f"POST /poke/m{n}" for n in range(3)))
        assert bench.asking(1).question().request == ("POST /poke/m0",)


async def test_a_list_of_which_no_target_is_left_shows_no_request(tmp_path: Path) -> None:
    """One request carries all of them: without any there is none, whatever it would say."""
    async with toy_bench(tmp_path, STOP) as bench:
        (share,) = bench.asking(1).shares
        share.look()
        assert share.requests()[0] == "POST /stop"
        await bench.gone("m0")
        share.look()
        assert (share.requests(), share.request_count) == ([], 0)


async def test_the_requests_shown_are_those_of_the_targets_that_are_left(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking(3)
        asking.question()
        await bench.gone("m1")
        assert asking.question().request == ("2 requests:", "POST /poke/m0", "POST /poke/m2")


async def test_a_body_is_edited_as_a_file_only_where_it_is_one(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, replace(POKE, document=lambda text: ())) as bench:
        assert bench.asking(1).question().document
        assert not bench.asking(2).question().document


async def test_there_is_no_file_of_a_request_that_cannot_be_made(tmp_path: Path) -> None:
    def request(machines: Sequence[Machine], inputs: Inputs) -> Request:
        raise Failed(Problem(Cause.INPUT, "no id that a path can carry"))

    async with toy_bench(tmp_path, replace(POKE, document=lambda text: (), request=request)) as bench:
        question = bench.asking(1).question()
        assert "no id that a path can carry" in question.blocked
        assert not question.document


async def test_the_way_back_to_the_inputs_is_there_only_where_there_are_inputs(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, replace(POKE, fields=(Field("name", "Name", default="x"),))) as bench:
        assert bench.asking().question().form
    async with toy_bench(tmp_path) as bench:
        assert not bench.asking().question().form
