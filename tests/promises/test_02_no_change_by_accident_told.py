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
        assert [line for line in asking.question().lines if line.startswith("p: ")] == ["p: poke 2", "p: poke 2"]
        await other.gone("m1")
        question = asking.question()
        assert [line for line in question.lines if line.startswith("p: ")] == ["p: poke 2", "p: poke 1 of 2"]
        assert any(line.startswith("  left out: toy-1") for line in question.lines)
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
