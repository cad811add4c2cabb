"""What a list is known to lack is said whole: what, how much of how much, and why."""

from __future__ import annotations

import pytest

from gputui.core.gaps import Gap, distinct, gaps_in_words
from gputui.core.problem import Cause, Problem

WHY = Problem(Cause.SERVER, "boom")


@pytest.mark.parametrize(
    ("gap", "brief", "whole"),
    [
        (Gap("region busan"), "region busan missing", "region busan"),
        (Gap("region busan", WHY), "region busan missing", f"region busan: {WHY}"),
        (Gap(problem=WHY), " missing", str(WHY)),
        (Gap("pools", listed=100, total=240), "100 of 240", "pools: only 100 of 240 entries were read"),
        (Gap("pools", listed=0, total=0), "0 of 0", "pools: only 0 of 0 entries were read"),
        (Gap(listed=100), "100 of more", "only 100 of more entries were read"),
        (Gap("pools", WHY, 1, 2), "1 of 2", f"pools: only 1 of 2 entries were read: {WHY}"),
    ],
)
def test_one_gap(gap: Gap, brief: str, whole: str) -> None:
    assert (gap.brief, str(gap)) == (brief, whole)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ("", ""),
        ("a", "not complete: a"),
        ("abc", "not complete: a, b, c"),
        ("abcd", "not complete: a, b, c and 1 more"),
        ("abcde", "not complete: a, b, c and 2 more"),
    ],
)
def test_the_first_three_are_named_and_the_others_counted(parts: str, said: str) -> None:
    assert gaps_in_words([Gap(part) for part in parts]) == said


def test_each_gap_is_told_once_in_the_order_of_its_first_mention() -> None:
    assert distinct([Gap("b"), Gap("a"), Gap("b"), Gap("b", WHY)]) == (Gap("b"), Gap("a"), Gap("b", WHY))
