"""Grouping a timeline, and saying when nobody watched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gputui.core.health import Health
from gputui.core.rows import Ref
from gputui.engine.history.records import ObservedChange, WatchedSpan, What
from gputui.engine.history.timeline import Entry, Unwatched, grouped, unwatched


def change(at: float, of: str, after: str = "ERROR", what: What = What.STATE, profile: str = "p") -> ObservedChange:
    ref = Ref(profile, "nodes", of)
    return ObservedChange(at, ref, f"node-{of}", what, "RUNNING", after, Health.BAD, Health.OK)


def shape(entries: list[Entry]) -> list[list[str]]:
    return [[one.ref.id for one in entry.changes] for entry in entries]


def test_many_that_move_together_are_one_entry() -> None:
    fell = [change(100.0 - 4 * number, str(number)) for number in range(6)]
    assert shape(grouped(fell)) == [["0", "1", "2", "3", "4", "5"]]
    [entry] = grouped(fell)
    assert (entry.machines, entry.newest.at, entry.oldest.at) == (6, 100.0, 80.0)


def test_two_are_not_many_and_what_differs_stands_alone() -> None:
    assert shape(grouped([change(9, "1"), change(8, "2")])) == [["1"], ["2"]]
    mixed = [change(9, "1"), change(9, "2", "STOPPED"), change(9, "3", profile="q"), change(9, "4", what=What.HEALTH)]
    assert len(grouped(mixed)) == 4


@pytest.mark.parametrize(
    "other",
    [{"after": "STOPPED"}, {"what": What.HEALTH}, {"profile": "q"}],
    ids=["another end", "another kind", "another profile"],
)
def test_many_that_move_differently_are_an_entry_each(other: dict[str, Any]) -> None:
    fell = [change(9, str(of), **more) for of in range(3) for more in ({}, other)]
    assert sorted(entry.machines for entry in grouped(fell)) == [3, 3]


def test_what_is_far_apart_is_not_together() -> None:
    assert len(grouped([change(1_000, "1"), change(960, "2"), change(920, "3")])) == 3
    assert len(grouped([change(1_000, "1"), change(971, "2"), change(942, "3")])) == 1


def test_what_never_ends_is_divided_by_the_minute() -> None:
    earlier = [change(1_200 - 5 * at, str(at)) for at in range(60)]
    entries = grouped(earlier)
    assert [entry.machines for entry in entries] == [1, 12, 12, 12, 12, 11]
    later = grouped([change(1_205, "new"), *earlier])
    assert later[2:] == entries[1:], "what is over stays as it is"


def test_one_machine_that_flaps_is_not_many() -> None:
    assert len(grouped([change(9, "1"), change(8, "1"), change(7, "1")])) == 3


def test_what_one_reading_shows_of_one_machine_is_one_entry_its_state_first() -> None:
    [entry] = grouped([change(9, "1", what=What.ADDRESS), change(9, "1")])
    assert [one.what for one in entry.changes] == [What.STATE, What.ADDRESS]
    assert entry.machines == 1


@given(some.lists(some.tuples(some.integers(0, 200), some.integers(0, 5), some.sampled_from(["A", "B"])), max_size=40))
def test_no_change_is_lost_or_told_twice(given_: list[tuple[int, int, str]]) -> None:
    changes = sorted((change(at, str(of), after) for at, of, after in given_), key=lambda one: -one.at)
    entries = grouped(changes)
    told = [one for entry in entries for one in entry.changes]
    assert sorted(map(repr, told)) == sorted(map(repr, changes))
    assert [entry.newest.at for entry in entries] == sorted((entry.newest.at for entry in entries), reverse=True)


def span(begun: float, ended: float, profile: str = "p", view: str = "nodes") -> WatchedSpan:
    return WatchedSpan(profile, view, begun, ended)


def test_when_nobody_watched() -> None:
    spans = [span(0, 100), span(90, 300, view="pools"), span(700, 990)]
    assert unwatched(spans, ["p"], 0, 1_000) == [Unwatched("", 300, 700)]
    assert unwatched([], ["p"], 0, 1_000) == [Unwatched("", 0, 1_000)]
    assert unwatched([span(0, 1_000)], ["p"], 0, 1_000) == []


@pytest.mark.parametrize(("seconds", "told"), [(60, True), (59, False)])
def test_less_than_a_minute_unwatched_is_not_worth_a_word(seconds: float, told: bool) -> None:
    spans = [span(0, 100), span(100 + seconds, 1_000)]
    assert unwatched(spans, ["p"], 0, 1_000) == ([Unwatched("", 100, 100 + seconds)] if told else [])
    assert unwatched([span(0, 1_000 - seconds)], ["p"], 0, 1_000) == (
        [Unwatched("", 1_000 - seconds, 1_000)] if told else []
    )


def test_a_profile_that_was_not_watched_is_named_what_holds_for_all_is_said_once() -> None:
    spans = [span(500, 1_000), span(510, 700, "q"), span(0, 1_000, "other")]
    assert unwatched(spans, ["p", "q"], 0, 1_000) == [Unwatched("", 0, 500), Unwatched("q", 700, 1_000)]
