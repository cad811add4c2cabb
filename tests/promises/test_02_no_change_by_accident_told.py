"""Promise 2, what a question tells: whom it is about, where, who is hidden, and why there is nothing to say yes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gputui.ui.act.confirmation import Confirmation
from gputui.ui.act.share import Share
from tests.promises.one_guard import POKE, toy_bench
from tests.toy import STOP


async def test_where_its_only_target_is_gone_it_is_blocked_and_says_who(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking()
        assert asking.question().blocked == ""
        await bench.gone("m0")
        question = asking.question()
        assert question.blocked.startswith("toy-0")
        assert (question.request, question.document) == ((), False)


async def test_where_all_of_several_are_gone_it_is_blocked_and_none_is_named(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking(2)
        await bench.gone("m0")
        assert asking.question().blocked == ""
        await bench.gone("m1")
        assert asking.question().blocked == "none of them can be changed now"


async def test_one_row_is_named_in_the_title_and_several_are_counted(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        assert bench.asking(1).question().title == "Poke toy-0 in p?"
        asking = bench.asking(3)
        assert asking.question().title == "Poke 3 marked rows in p?"
        await bench.gone("m1")
        assert asking.question().title == "Poke 2 marked rows in p?"


@pytest.mark.parametrize(("hidden", "words"), [(0, ""), (1, " (1 hidden by the filter)")])
async def test_marked_rows_that_the_filter_hides_are_in_the_title(tmp_path: Path, hidden: int, words: str) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = replace(bench.asking(2), hidden=hidden)
        assert asking.question().title == f"Poke 2 marked rows in p?{words}"


@pytest.mark.parametrize(
    ("profiles", "where"), [("abc", "a, b, c"), ("abcd", "4 profiles"), ("aabbcc", "a, b, c")], ids=str
)
async def test_three_profiles_are_named_and_four_are_counted(
    tmp_path: Path, profiles: Sequence[str], where: str
) -> None:
    async with toy_bench(tmp_path) as bench:
        rows = bench.rows(2)

        def share(name: str) -> Any:
            return SimpleNamespace(cloud=SimpleNamespace(name=name), seen=rows, ready=rows)

        asking = Confirmation("Poke", [share(name) for name in profiles])
        assert asking._title() == f"Poke {2 * len(profiles)} marked rows in {where}?"


async def test_over_two_lists_each_says_how_many_of_its_own_are_left(tmp_path: Path) -> None:
    async with toy_bench(tmp_path / "a") as bench, toy_bench(tmp_path / "b") as other:
        shares = [Share(one.cloud, POKE, one.view, one.rows(2)) for one in (bench, other)]
        asking = Confirmation("Poke", shares)
        assert asking.question().names == ("p: poke 2: toy-[0-1]   RUNNING",) * 2
        await other.gone("m1")
        question = asking.question()
        assert question.names == ("p: poke 2: toy-[0-1]   RUNNING", "p: poke 1 of 2: toy-0   RUNNING   id m0")
        assert question.aside == ("p: poke 1 of 2", "  left out: toy-1 is gone")
        assert question.request == (
            "3 requests:",
            *("p:", "POST /poke/m0", "POST /poke/m1"),
            *("p:", "POST /poke/m0"),
        )


async def test_a_list_of_which_nothing_is_left_has_no_heading_among_the_requests(tmp_path: Path) -> None:
    async with toy_bench(tmp_path / "a") as bench, toy_bench(tmp_path / "b") as other:
        asking = Confirmation("Poke", [Share(one.cloud, POKE, one.view, one.rows(1)) for one in (bench, other)])
        assert asking.question().request == ("2 requests:", "p:", "POST /poke/m0", "p:", "POST /poke/m0")
        await other.gone("m0")
        assert asking.question().request == ("p:", "POST /poke/m0")


async def test_of_two_lists_no_body_is_edited_as_a_file(tmp_path: Path) -> None:
    poke = replace(POKE, document=lambda text: ())
    async with toy_bench(tmp_path / "a", poke) as bench, toy_bench(tmp_path / "b", poke) as other:
        shares = [Share(one.cloud, poke, one.view, one.rows(1)) for one in (bench, other)]
        assert Confirmation("Poke", shares[:1]).question().document
        assert not Confirmation("Poke", shares).question().document


async def test_while_it_is_open_it_is_never_about_more_rows(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, STOP) as bench:
        asking = bench.asking(3)
        await bench.changed("m1", state="ERROR")
        first = asking.question()
        await bench.changed("m1", state="RUNNING")
        renewed = asking.renewed()
        assert renewed == first and renewed.title == "Stop 2 marked rows in p?"
        assert renewed.aside == ("left out: toy-1 was not ready when this was asked",)
        assert [row.name for intent in asking.intents for row in intent.rows] == ["toy-0", "toy-2"]
        assert asking.question().title == "Stop 3 marked rows in p?"


async def test_another_reason_of_what_is_left_out_asks_nothing_anew(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, STOP) as bench:
        asking = bench.asking(3)
        await bench.changed("m1", state="ERROR")
        first = asking.question()
        await bench.changed("m1", state="STOPPED")
        renewed = asking.renewed()
        assert renewed == first
        assert (first.aside, renewed.aside) == (
            ("left out: toy-1 (state is ERROR)",),
            ("left out: toy-1 (state is STOPPED)",),
        )


@pytest.mark.parametrize(("state", "same"), [("STOPPED", False), ("ERROR", True)])
async def test_what_runs_is_something_else_than_what_is_off(tmp_path: Path, state: str, same: bool) -> None:
    """It may be poked in every state; who agreed for a machine that is off has not agreed for one that runs."""
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking(2)
        first = asking.question()
        await bench.changed("m1", state=state)
        assert (asking.renewed() == first) is same
        assert asking.renewed().names == (f"toy-[0-1]   1 RUNNING, 1 {state}",)


async def test_a_target_that_is_lost_asks_anew(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, STOP) as bench:
        asking = bench.asking(3)
        first = asking.question()
        await bench.changed("m1", state="STOPPING")
        assert asking.renewed() != first


async def test_what_is_left_out_for_one_reason_is_one_line(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking(4)
        await bench.gone("m1")
        await bench.gone("m2")
        assert asking.question().aside == ("left out: toy-[1-2] is gone",)
