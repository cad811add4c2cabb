"""How a list stands: each phase by itself, each number on either side."""

from __future__ import annotations

from typing import Any

import pytest

from gputui.core.feed import FeedState, Phase, feed_state, not_connected, span, worst
from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ghost, Ref, Row, Snapshot

TAKEN = 1000.0
PROBLEM = Problem(Cause.SERVER, "boom")


def row(name: str) -> Row:
    return Row(Ref("p", "nodes", name), name, "RUNNING", Health.OK, ())


def snapshot(**changes: Any) -> Snapshot:
    first = row("a")
    made: dict[str, Any] = {"rows": {first.ref: first}, "taken_at": TAKEN, "every": 5.0}
    return Snapshot(**{**made, **changes})


def at(age: float, **changes: Any) -> FeedState:
    return feed_state(snapshot(**changes), TAKEN + age)


def ghost(name: str) -> dict[Ref, Ghost]:
    lost = row(name)
    return {lost.ref: Ghost(lost, TAKEN)}


# ---------------------------------------------------------------------- phases


@pytest.mark.parametrize(
    ("age", "phase"), [(0.0, Phase.LIVE), (14.9, Phase.LIVE), (15.0, Phase.LIVE), (15.1, Phase.STALE)]
)
def test_after_three_intervals_a_list_is_stale_by_the_clock_alone(age: float, phase: Phase) -> None:
    state = at(age)
    assert (state.phase, state.expired, state.trusted) == (phase, phase is Phase.STALE, phase is Phase.LIVE)


@pytest.mark.parametrize(("age", "stale"), [(30.0, False), (30.1, True)])
def test_they_are_intervals_of_that_very_list(age: float, stale: bool) -> None:
    assert at(age, every=10.0).expired is stale


def test_a_list_that_was_never_read_is_being_read_however_long_that_takes() -> None:
    state = feed_state(Snapshot(), TAKEN)
    assert (state.phase, state.age, state.expired) == (Phase.READING, None, False)


@pytest.mark.parametrize("changes", [{"missing": (Gap("region busan"),)}, {"ghosts": ghost("b")}])
def test_what_lacks_something_is_partial(changes: dict[str, Any]) -> None:
    assert at(0.0, **changes).phase is Phase.PARTIAL
    assert at(16.0, **changes).phase is Phase.STALE
    assert at(0.0, problem=PROBLEM, **changes).phase is Phase.FAILING


@pytest.mark.parametrize("taken", [TAKEN, None])
def test_what_failed_last_is_failing_whatever_is_known_of_it(taken: float | None) -> None:
    assert feed_state(snapshot(problem=PROBLEM, taken_at=taken), TAKEN).phase is Phase.FAILING


@pytest.mark.parametrize(("age", "expired"), [(15.0, False), (15.1, True)])
def test_failing_rows_are_known_to_be_too_old_as_well(age: float, expired: bool) -> None:
    state = at(age, problem=PROBLEM)
    assert (state.expired, state.trusted) == (expired, False)


def test_a_clock_that_went_back_makes_nothing_younger_than_now() -> None:
    assert at(-100.0).age == 0.0


# ---------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("state", "word", "brief"),
    [
        (at(0.0), "live", ""),
        (at(11.9), "live", ""),
        (at(12.0), "10s ago", ""),
        (at(16.0), "stale 15s", "stale"),
        (feed_state(Snapshot(), TAKEN), "reading…", ""),
        (at(0.0, ghosts=ghost("b")), "partial: 1 of 2", "1 of 2"),
        (at(0.0, missing=(Gap("region busan"),)), "partial: region busan missing", "region busan missing"),
        (at(0.0, missing=(Gap("a"), Gap("b"), Gap("c"))), "partial: a missing +2", "a missing +2"),
        (at(4.0, problem=PROBLEM, failed_since=TAKEN), "failing", PROBLEM.brief),
        (at(5.0, problem=PROBLEM, failed_since=TAKEN), "failing 5s", PROBLEM.brief),
        (at(5.0, problem=PROBLEM), "failing", PROBLEM.brief),
    ],
)
def test_what_is_said_of_it(state: FeedState, word: str, brief: str) -> None:
    assert (state.word, state.brief) == (word, brief)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (0.0, "trying again now"),
        (0.1, "next try in 1 s"),
        (15.0, "next try in 15 s"),
        (16.0, "next try in 20 s"),
        (120.0, "next try in 120 s"),
        (121.0, "next try in 3 min"),
        (600.0, "next try in 10 min"),
    ],
)
def test_when_it_is_tried_next(left: float, words: str) -> None:
    assert at(0.0, problem=PROBLEM, next_at=TAKEN + left).next_try == words


def test_where_nobody_will_try_nothing_is_said_of_it() -> None:
    assert at(0.0, next_at=TAKEN + 9).next_try == ""
    assert at(0.0, problem=PROBLEM).next_try == ""
    assert not_connected(PROBLEM, TAKEN).next_try == ""
    assert not_connected(PROBLEM, TAKEN).phase is Phase.FAILING
    assert not_connected(PROBLEM, TAKEN).problem is PROBLEM


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (4.9, "0s"), (5, "5s"), (119, "115s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (90_000, "25h")],
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_of_several_lists_the_worst_counts() -> None:
    live, stale, failing, partial = at(0.0), at(16.0), at(0.0, problem=PROBLEM), at(0.0, missing=(Gap("x"),))
    reading = feed_state(Snapshot(), TAKEN)
    assert worst([live, stale, failing], TAKEN) is failing
    assert worst([live, stale, partial], TAKEN) is stale
    assert worst([live, reading, partial], TAKEN) is partial
    assert worst([live, reading], TAKEN) is reading
    assert worst([], TAKEN).phase is Phase.READING
