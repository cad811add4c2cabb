"""Which rows that are changing are followed alone, and how often: each number on either side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gputui.core.health import Health
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.engine.changing import ChangingRows, can_be_followed, can_follow, most_alone, narrow_pace
from tests.toy import NODES


async def _read(*given: Any) -> Any:
    raise AssertionError("nothing is read here")


ONE: AnyView = replace(NODES, read_one=_read)
STATES: AnyView = replace(NODES, read_states=_read)
BOTH: AnyView = replace(ONE, read_states=_read)
SLOW: AnyView = replace(BOTH, every=20.0)


def row(name: str, state: str = "STOPPING", health: Health = Health.CHANGING, item: object = "item") -> Row:
    return Row(Ref("p", "nodes", name), name, state, health, (), item=item)


def rows(count: int, states: int = 1) -> list[Row]:
    return [row(f"m{number}", f"S{number % states}") for number in range(count)]


@pytest.mark.parametrize(
    ("view", "alone", "followed"),
    [(NODES, 0, False), (ONE, 3, True), (STATES, 0, True), (BOTH, 3, True), (SLOW, 2, True)],
)
def test_how_many_are_read_one_by_one(view: AnyView, alone: int, followed: bool) -> None:
    assert (most_alone(view), can_be_followed(view)) == (alone, followed)


@pytest.mark.parametrize(
    ("view", "count", "states", "can"),
    [
        (BOTH, 0, 1, False),
        (ONE, 3, 3, True),
        (ONE, 4, 1, False),
        (BOTH, 3, 3, True),
        (BOTH, 4, 4, True),
        (BOTH, 9, 6, True),
        (BOTH, 9, 7, False),
        (SLOW, 2, 2, True),
        (STATES, 1, 1, True),
        (STATES, 7, 7, False),
        (NODES, 1, 1, False),
    ],
)
def test_whether_there_is_a_narrow_reading_for_so_many(view: AnyView, count: int, states: int, can: bool) -> None:
    assert can_follow(view, rows(count, states)) is can


@pytest.mark.parametrize(
    ("view", "count", "every"),
    [(BOTH, 3, 1.5), (BOTH, 4, 3.0), (ONE, 3, 1.5), (SLOW, 1, 20.0), (SLOW, 3, 20.0), (STATES, 1, 3.0)],
)
def test_how_often_they_are_read(view: AnyView, count: int, every: float) -> None:
    assert narrow_pace(view, rows(count)) == every


def followed(*steps: tuple[float, list[Row]], at: float, doubted: list[Row] | None = None) -> list[str]:
    changing = ChangingRows()
    for when, shown in steps:
        changing.update({one.ref: one for one in shown}, when)
    changing.doubt([one.ref for one in doubted or []])
    return [one.name for one in changing.fresh(at)]


@pytest.mark.parametrize(("after", "fresh"), [(59.9, ["a"]), (60.0, [])])
def test_what_stays_in_its_state_for_a_minute_is_left_to_its_list(after: float, fresh: list[str]) -> None:
    assert followed((0.0, [row("a")]), (30.0, [row("a")]), at=after) == fresh
    assert followed((0.0, [row("a", "STARTING")]), (30.0, [row("a")]), at=30.0 + after) == fresh


@pytest.mark.parametrize(
    "still", [row("a", health=Health.OK), row("a", health=Health.BAD), row("a", item=None)], ids=["ok", "bad", "odd"]
)
def test_only_what_is_changing_and_can_be_read_is_followed(still: Row) -> None:
    assert followed((0.0, [still, row("b")]), at=1.0) == ["b"]
    assert followed((0.0, [row("a"), row("b")]), (1.0, [still, row("b")]), at=2.0) == ["b"]


def test_what_comes_back_into_its_state_begins_anew() -> None:
    assert followed((0.0, [row("a")]), (30.0, []), (50.0, [row("a")]), at=100.0) == ["a"]


@pytest.mark.parametrize(("count", "fresh"), [(250, 250), (251, 0)])
def test_of_very_many_none_is_followed(count: int, fresh: int) -> None:
    assert len(followed((0.0, rows(count)), at=1.0)) == fresh


def test_what_was_not_found_alone_is_left_to_its_list_for_five_hundred_others() -> None:
    assert followed((0.0, [row("a"), row("b")]), at=1.0, doubted=[row("a")]) == ["b"]
    assert followed((0.0, [row("a")]), at=1.0, doubted=[row("a"), *rows(499)]) == []
    assert followed((0.0, [row("a")]), at=1.0, doubted=[row("a"), *rows(500)]) == ["a"]
