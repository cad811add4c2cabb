"""Promise 7, of lists: one that loses most of its rows at once is not believed before the next reading agrees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.actions import Progress
from gputui.core.gaps import Gap
from gputui.core.prechecks import precheck
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Item, Listing, Snapshot, Unreadable
from gputui.engine.fleet import LOST
from gputui.engine.perform import Intent
from gputui.engine.taking import take
from gputui.sim.faults import Fault
from tests.pilot.consoles import Wish, console
from tests.promises.toy_console import toy_console
from tests.toy import DELETE, NODES, STOP, Machine

BUSAN = Gap("region busan", Problem(Cause.FORBIDDEN, "HTTP 403"))
DOWN = Problem(Cause.SERVER, "HTTP 500")


def listing(*ids: str, missing: tuple[Gap, ...] = (), bad: tuple[str, ...] = ()) -> Listing[Machine]:
    items = tuple(Item(Machine(one, f"toy-{one}"), {"id": one}) for one in ids)
    return Listing(items, tuple(Unreadable(one, "odd", None) for one in bad), missing)


def after(*listings: Listing[Machine]) -> Snapshot:
    shot = Snapshot()
    for at, one in enumerate(listings):
        shot = take(shot, NODES, "p", one, 100.0 + at)
    return shot


def ids(shot: Snapshot) -> tuple[list[str], list[str]]:
    return [ref.id for ref in shot.rows], [ref.id for ref in shot.ghosts]


SIX = tuple("abcdef")


@pytest.mark.parametrize(
    ("before", "then", "kept"),
    [
        ("abcdef", "", "abcdef"),
        ("abcdef", "ab", "cdef"),
        ("abcdef", "abc", ""),  # half is not most
        ("abc", "", "abc"),
        ("ab", "", ""),  # two may go at once
        ("abcde", "xyz", "abcde"),
        ("", "abc", ""),
    ],
)
def test_most_of_a_list_is_more_than_half_and_at_least_three(before: str, then: str, kept: str) -> None:
    shot = after(listing(*before), listing(*then))
    assert ids(shot) == (list(then), list(kept))
    assert all(ghost.row.withheld for ghost in shot.ghosts.values())


def test_the_next_reading_that_agrees_makes_it_so() -> None:
    shot = after(listing(*SIX), listing(), listing())
    assert (ids(shot), shot.gone) == (([], []), 6)
    assert after(listing(*SIX), listing(), listing(), listing()).gone == 0


def test_what_comes_back_was_never_gone() -> None:
    shot = after(listing(*SIX), listing(), listing(*SIX))
    assert (ids(shot), shot.gone) == ((list(SIX), []), 0)


def test_the_true_list_is_what_others_conclude_from() -> None:
    shot = after(listing(*SIX), listing("a"))
    assert ([ref.id for ref in shot.rows], shot.whole, len(shot.known)) == (["a"], True, 6)


def test_nothing_is_concluded_from_what_a_list_lacks_that_lacks_a_part() -> None:
    assert not after(listing(*SIX, missing=(BUSAN,))).whole
    assert after(listing(*SIX)).whole


def test_a_failure_in_between_decides_nothing() -> None:
    lost = after(listing(*SIX), listing())
    again = take(replace(lost, problem=DOWN), NODES, "p", listing(), 110.0)
    assert (len(lost.ghosts), again.gone) == (6, 6)


def test_what_is_there_but_unreadable_is_not_kept_twice() -> None:
    shot = after(listing(*SIX), listing("a", bad=("b", "c", "d", "toy-e", "f")))
    assert shot.ghosts == {}


def test_a_list_in_which_nothing_can_be_read_is_a_problem_and_what_was_known_stays() -> None:
    shot = after(listing(*SIX), listing(bad=SIX))
    assert shot.problem is not None
    assert (shot.problem.cause, "none of its 6 entries" in shot.problem.text) == (Cause.REPLY, True)
    assert ids(shot) == (list(SIX), [])
    first = after(listing(bad=("a",)))
    assert first.problem is not None
    assert ([ref.id for ref in first.rows], "its only entry" in first.problem.text) == (["?a"], True)
    assert after(listing("a", bad=SIX)).problem is None


@pytest.mark.parametrize(("seconds", "kept"), [(599.0, 3), (601.0, 0)])
def test_rows_of_a_missing_part_are_kept_for_ten_minutes(seconds: float, kept: int) -> None:
    shot = after(listing(*SIX), listing("a", "b", "c", missing=(BUSAN,)))
    assert not any(ghost.row.withheld for ghost in shot.ghosts.values())
    assert len(take(shot, NODES, "p", listing("a", "b", "c", missing=(BUSAN,)), 101.0 + seconds).ghosts) == kept


def test_a_detail_that_is_missing_takes_no_row_away() -> None:
    shot = after(listing(*SIX), listing("a", "b", "c", "d", missing=(replace(BUSAN, rows=False),)))
    assert (ids(shot)[1], shot.whole) == ([], True)


async def test_an_empty_reply_does_not_empty_the_table(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.press("1")
        await here.read("a")
        here.toys["a"].machines.clear()
        await here.read("a")
        assert here.page.total_count == 6
        assert {here.health(name) for name in here.rows()} == {"? missing"}
        assert "6 of 6 rows are not in the newest list" in here.bar("banner")
        assert ("◐ 0 of 6" in here.bar("tabs"), "partial: 0 of 6" in here.bar("views")) == (True, True)
        await here.choose("a-0")
        (stop,) = (one for one in here.page.offers() if one.label == "Stop")
        assert "not in the newest list" in stop.off
        await here.press("X")
        assert here.toys["a"].sent == []
        changes = len(here.store.changes)
        await here.read("a")
        assert here.bar("banner") == "nothing here"
        assert "a 6 of 6 nodes listed → gone" in here.bar("changes")
        assert len(here.store.changes) == changes + 1
        here.toys["a"].problem = Problem(Cause.SERVER, "down")
        await here.read("a")
        assert len(here.store.changes) == changes + 1, "a reading that fails tells of none again"


async def test_a_deletion_is_done_when_the_next_list_lacks_its_target_too(tmp_path: Path) -> None:
    """Beside an empty reply that was none: the machine may still be there, and billed."""
    async with toy_console(tmp_path) as here:
        await here.read("a")
        row = here.row("a", "a-0")
        results = await here.store.perform(Intent(here.store.clouds["a"], DELETE, "nodes", (row,)))
        assert [result.outcome.send_status.value for result in results] == ["accepted"]
        here.toys["a"].machines.clear()
        await here.read("a")
        assert here.store.clouds["a"].find(row.ref) is not None  # still shown
        (operation,) = here.store.operations.everything()
        assert operation.open
        await here.read("a")
        (operation,) = here.store.operations.everything()
        assert (operation.open, operation.progress) == (False, Progress.DONE)


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"null", "got null"), (b'{"gpu_nodes": null, "count": 0}', "got null"), (b"[]", ""), (b"{}", "expected a list")],
)
async def test_a_good_status_with_nothing_in_it(tmp_path: Path, body: bytes, words: str) -> None:
    async with console(tmp_path, Wish(only=("scp",), every=0.3, size=(120, 30))) as here:
        await here.go("1")
        total = here.page.total_count
        assert here.clouds is not None
        here.clouds.faults["scp"].next(Fault("status", status=200, body=body), match="/v1/gpu-nodes?")
        await here.until(lambda: "live" not in here.bar("views"))
        assert here.page.total_count == total
        assert words in here.bar("banner")
        await here.until(lambda: "live" in here.bar("views"))
        assert {row.cells[1].text for row in here.page.rows.values()} & {"● ok"}


async def test_nothing_is_sent_to_a_row_that_the_newest_list_has_lost(tmp_path: Path) -> None:
    """Asked before the list lost it, and sent after: whoever looks last says no."""
    async with toy_console(tmp_path) as here:
        await here.read("a")
        seen = here.row("a", "a-0")
        here.toys["a"].machines.clear()
        await here.read("a")
        newest = here.store.find(seen.ref)
        (result,) = await here.store.perform(Intent(here.store.clouds["a"], STOP, "nodes", (seen,)))
        assert result.outcome.problem is not None
        assert LOST in result.outcome.problem.text
        assert here.toys["a"].sent == []
        assert LOST in (precheck(STOP, seen, newest) or "")
