"""What was read without its list is laid over it, and neither is ever taken for newer than it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gputui.core.cells import words
from gputui.core.health import Health
from gputui.core.rows import Ghost, Ref, Row, Snapshot
from gputui.engine.narrow import laid_over, still_newer


def ref(name: str) -> Ref:
    return Ref("p", "nodes", name)


def row(name: str, state: str = "STOPPING", item: object = "item") -> Row:
    return Row(ref(name), name, state, Health.CHANGING, (words(name), words(state)), item=item)


def listed(*rows: Row, at: float = 100.0) -> Snapshot:
    return Snapshot({one.ref: one for one in rows}, at)


def test_a_row_takes_its_place_and_the_list_stays_as_old_as_it_was() -> None:
    before = listed(row("a"), row("b"), row("c"))
    after = laid_over(before, {ref("b"): row("b", "STOPPED")}, (), 103.0)
    assert [one.state for one in after.rows.values()] == ["STOPPING", "STOPPED", "STOPPING"]
    assert (after.taken_at, after.alone) == (100.0, {ref("b"): 103.0})
    assert all(after.rows[ref(name)] is before.rows[ref(name)] for name in "ac")


def test_what_is_gone_goes_and_what_is_new_waits_for_the_list() -> None:
    before = replace(listed(row("a"), row("b")), gone=7)
    after = laid_over(before, {ref("new"): row("new")}, [ref("a"), ref("never")], 103.0)
    assert list(after.rows) == [ref("b")]
    assert after.gone == 0, "what the list has told of before is not told again"


def test_the_same_again_changes_no_row() -> None:
    before = listed(row("a"), row("b"))
    after = laid_over(before, {ref("a"): row("a")}, (), 103.0)
    assert after.rows is before.rows
    assert laid_over(before, {ref("a"): row("a", item="more is known")}, (), 103.0).rows is not before.rows


def test_objects_that_cannot_be_compared_differ() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("the truth of an array is not one")

        __hash__ = None  # type: ignore[assignment]

    before = listed(row("a", item=Odd()))
    assert laid_over(before, {ref("a"): row("a", item=Odd())}, (), 103.0).rows is not before.rows


@pytest.mark.parametrize("started", [99.0, 0.0])
def test_what_began_before_the_list_is_older_than_it(started: float) -> None:
    before = listed(row("a"))
    assert laid_over(before, {ref("a"): row("a", "RUNNING")}, (), started) is before
    assert laid_over(Snapshot(), {ref("a"): row("a")}, (), 103.0).rows == {}


def test_of_two_narrow_readings_the_one_that_began_later_counts() -> None:
    later = laid_over(listed(row("a")), {ref("a"): row("a", "STOPPED")}, (), 104.0)
    assert laid_over(later, {ref("a"): row("a", "STOPPING")}, (), 103.0) is later


def test_a_list_that_began_before_takes_nothing_back() -> None:
    """It shows the row as it was, and one that is gone by now; the next list counts again."""
    known = listed(row("a"), row("b"), row("c"))
    known = laid_over(known, {ref("a"): row("a", "STOPPED")}, [ref("b")], 103.0)
    began_before = listed(row("a"), row("b"), row("c", "RUNNING"), at=102.0)
    after = still_newer(known, began_before)
    assert {one.name: one.state for one in after.rows.values()} == {"a": "STOPPED", "c": "RUNNING"}
    assert (after.taken_at, set(after.alone)) == (102.0, {ref("a"), ref("b")})
    began_after = listed(row("a", "STARTING"), row("b"), at=104.0)
    assert still_newer(after, began_after) is began_after


def test_a_row_that_an_older_list_lacks_is_there_and_no_ghost() -> None:
    known = laid_over(listed(row("a")), {ref("a"): row("a", "RUNNING")}, (), 103.0)
    older = replace(listed(at=102.0), ghosts={ref("a"): Ghost(row("a"), 102.0)})
    after = still_newer(known, older)
    assert (after.rows[ref("a")].state, after.ghosts) == ("RUNNING", {})


def test_a_reading_that_failed_keeps_what_it_kept() -> None:
    known = laid_over(listed(row("a")), {ref("a"): row("a", "STOPPED")}, (), 103.0)
    failed = replace(known, failed_since=110.0)
    assert still_newer(known, failed) is failed
