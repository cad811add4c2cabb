"""What one narrow reading says: found, gone only where the API says so, failed for every other reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gputui.core.cells import words
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Item, Listing, Ref, Row, Snapshot
from gputui.engine.changing import MOST_ALONE, NarrowReading, read_alone, read_changing
from gputui.engine.narrow import still_newer
from tests.toy import NODES, Machine


def row(id: str, state: str = "STOPPING") -> Row:
    cells = tuple(words("") for _ in range(4))
    return Row(Ref("p", "nodes", id), f"toy-{id}", state, Health.CHANGING, cells, item=Machine(id, f"toy-{id}", state))


def failing(error: Exception) -> Any:
    async def read(*_: object) -> Any:
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "gone", "failed"),
    [
        (Failed(Problem(Cause.MISSING, "there is none", status=404)), True, False),
        (Failed(Problem(Cause.NETWORK, "nobody answers")), False, True),
        (Failed(Problem(Cause.SERVER, "out of order", status=500)), False, True),
        (ZeroDivisionError("a bug"), False, True),
    ],
)
async def test_only_what_the_api_says_is_not_there_is_gone(
    caplog: pytest.LogCaptureFixture, error: Exception, gone: bool, failed: bool
) -> None:
    reading = NarrowReading()
    await read_alone(reading, replace(NODES, read_one=failing(error)), None, row("a"))
    assert (reading.gone, reading.failed, reading.found) == ([row("a").ref] if gone else [], failed, {})
    assert bool(caplog.records) is isinstance(error, ZeroDivisionError)


async def test_a_view_that_reads_none_alone_says_nothing() -> None:
    reading = NarrowReading()
    await read_alone(reading, NODES, None, row("a"))
    assert (reading.gone, reading.failed, reading.found) == ([], False, {})


@pytest.mark.parametrize("error", [Failed(Problem(Cause.NETWORK, "no")), ZeroDivisionError("a bug")])
async def test_a_reading_by_state_that_fails_finds_nothing_and_takes_nothing_away(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    view = replace(NODES, read_states=failing(error), read_one=failing(AssertionError("not asked")))
    reading = await read_changing(view, None, "p", [row(f"{n}") for n in range(MOST_ALONE + 1)])
    assert (reading.gone, reading.failed, reading.found) == ([], True, {})
    assert bool(caplog.records) is isinstance(error, ZeroDivisionError)


async def test_states_are_asked_for_once_each_and_in_order() -> None:
    asked: list[Sequence[str]] = []

    async def read_states(_: object, states: Sequence[str]) -> Listing[Machine]:
        asked.append(states)
        return Listing(tuple(Item(Machine(f"{n}", "x", "STOPPING"), {}) for n in range(MOST_ALONE + 1)))

    states = ["STOPPING", "STARTING", "BOOTING"]
    changing = [row(f"{n}", states[n % 3]) for n in range(MOST_ALONE + 1)]
    reading = await read_changing(replace(NODES, read_states=read_states), None, "p", changing)
    assert asked == [["BOOTING", "STARTING", "STOPPING"]]
    assert (len(reading.found), reading.failed) == (MOST_ALONE + 1, False)


@pytest.mark.parametrize(("alone_at", "kept"), [(9.9, False), (10.0, False), (10.1, True)])
def test_a_row_read_alone_after_a_list_began_is_newer_than_the_lists(alone_at: float, kept: bool) -> None:
    ref, old, new = row("a").ref, row("a", "STOPPED"), row("a", "RUNNING")
    before = Snapshot(rows={ref: old}, taken_at=5.0, alone={ref: alone_at})
    after = Snapshot(rows={ref: new}, taken_at=10.0)
    assert still_newer(before, after).rows[ref] is (old if kept else new)


def test_a_list_that_was_never_read_or_not_read_again_stays_as_it_is() -> None:
    ref = row("a").ref
    before = Snapshot(rows={ref: row("a")}, taken_at=5.0, alone={ref: 99.0})
    for after in (Snapshot(), Snapshot(rows={}, taken_at=5.0)):
        assert still_newer(before, after) is after
