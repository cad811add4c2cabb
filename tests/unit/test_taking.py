"""From one snapshot to the next: which rows stay although a list lacks them, each number on either side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.problem import Cause
from gputui.core.rows import Ghost, Item, Listing, Snapshot, Unreadable
from gputui.engine.cached.lists import UNREAD
from gputui.engine.taking import take
from tests.toy import NODES, Machine

AT = 1000.0
BUSAN = (Gap("region busan"),)


def listing(*names: str, missing: tuple[Gap, ...] = (), unreadable: tuple[str, ...] = ()) -> Listing[Machine]:
    return Listing(
        tuple(Item(Machine(name, name), {"id": name}) for name in names),
        tuple(Unreadable(name, "no id", {}) for name in unreadable),
        missing,
    )


def taken(before: Snapshot, found: Listing[Machine], at: float = AT) -> Snapshot:
    return take(before, NODES, "p", found, at)


def first(*names: str) -> Snapshot:
    return taken(Snapshot(), listing(*names), AT - 5)


def ids(snapshot: Snapshot) -> tuple[list[str], list[str]]:
    return sorted(ref.id for ref in snapshot.rows), sorted(ref.id for ref in snapshot.ghosts)


@pytest.mark.parametrize(
    ("had", "has", "kept"),
    [
        ("abcdef", "def", []),  # half of them: they are just gone
        ("abcdef", "ef", ["a", "b", "c", "d"]),
        ("abcde", "de", ["a", "b", "c"]),
        ("ab", "", []),  # two are a few
        ("abc", "", ["a", "b", "c"]),
        ("abcd", "a", ["b", "c", "d"]),
        ("abcd", "ab", []),
    ],
)
def test_a_list_that_loses_most_of_its_rows_at_once_is_not_believed_at_once(
    had: str, has: str, kept: list[str]
) -> None:
    now = taken(first(*had), listing(*has))
    assert ids(now) == (sorted(has), kept)
    assert all(ghost.row.withheld and ghost.row.health is not Health.OK for ghost in now.ghosts.values())


def test_the_next_reading_that_says_the_same_is_believed_and_counts_them() -> None:
    once = taken(first(*"abcd"), listing())
    again = taken(once, listing(), AT + 5)
    assert (ids(again), again.gone) == (([], []), 4)
    assert once.gone == 0
    assert taken(once, listing(missing=BUSAN), AT + 5).gone == 0  # it cannot know


def test_what_comes_back_was_never_gone() -> None:
    once = taken(first(*"abcd"), listing())
    back = taken(once, listing(*"abcd"), AT + 5)
    assert (ids(back), back.gone) == ((["a", "b", "c", "d"], []), 0)


@pytest.mark.parametrize(("seconds", "kept"), [(599.0, ["b"]), (600.0, [])])
def test_what_an_unread_part_held_is_kept_for_ten_minutes(seconds: float, kept: list[str]) -> None:
    lacking = taken(first("a", "b"), listing("a", missing=BUSAN))
    assert ids(lacking) == (["a"], ["b"])
    later = taken(lacking, listing("a", missing=BUSAN), AT + seconds)
    assert ids(later)[1] == kept
    assert later.gone == 0


def test_what_lacks_no_rows_keeps_none() -> None:
    assert ids(taken(first("a", "b"), listing("a", missing=(Gap("prices", rows=False),))))[1] == []


def test_a_whole_list_after_a_partial_one_is_believed() -> None:
    lacking = taken(first("a", "b"), listing("a", missing=BUSAN))
    whole = taken(lacking, listing("a"), AT + 5)
    assert (ids(whole), whole.gone) == ((["a"], []), 0)  # nobody was said to have lost it


def test_an_entry_that_cannot_be_read_is_not_one_that_was_lost() -> None:
    now = taken(first(*"abc"), listing(unreadable=("a", "b", "c"), missing=()))
    assert now.problem is not None  # none of it can be read: what was known stays
    assert ids(now)[0] == ["a", "b", "c"]
    some = taken(first(*"abcd"), listing("d", unreadable=("a", "b", "c")))
    assert (some.problem, ids(some)[1]) == (None, [])


def test_entries_that_could_not_be_read_before_are_no_rows_to_lose() -> None:
    before = taken(Snapshot(), listing("a", unreadable=("b", "c", "d")), AT - 5)
    assert ids(taken(before, listing()))[1] == []


def test_only_an_entry_that_cannot_be_read_may_be_the_lost_one() -> None:
    now = taken(first(*"abcd"), listing("d", "xa", "xb", "xc"))
    assert ids(now)[1] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("entries", "words"), [(("x",), "its only entry cannot be read"), (("x", "y"), "none of its 2 entries can be read")]
)
def test_a_list_in_which_no_entry_can_be_read_is_a_problem(entries: tuple[str, ...], words: str) -> None:
    known = taken(first("a"), listing(unreadable=entries))
    assert known.problem is not None and known.problem.cause is Cause.REPLY
    assert str(known.problem).endswith(f"{words}: no id")
    assert ids(known)[0] == ["a"]
    unknown = taken(Snapshot(), listing(unreadable=entries))
    assert unknown.problem is not None and len(unknown.rows) == len(entries)


def test_a_bug_of_the_provider_in_every_row_is_a_problem_too() -> None:
    def broken(machine: Machine) -> str:
        raise ValueError

    def read(before: Snapshot, *names: str) -> Snapshot:
        return take(before, replace(NODES, key=broken), "p", listing(*names), AT)

    known = read(first("a"), "a")
    assert known.problem is not None and known.problem.cause is Cause.BUG
    assert ids(known)[0] == ["a"]
    assert read(Snapshot(), "a", "b").problem is not None


def test_an_empty_list_is_no_problem() -> None:
    assert taken(first("a"), listing()).problem is None
    assert taken(Snapshot(), listing()).problem is None


def test_rows_in_which_nothing_has_changed_stay_the_same_objects() -> None:
    before = first("a", "b")
    after = taken(before, listing("a", "b"))
    assert all(after.rows[ref] is row for ref, row in before.rows.items())


def test_what_is_missing_after_those_that_cannot_be_read_must_be_most_of_them_and_more_than_two() -> None:
    assert ids(taken(first(*"abc"), listing("z", unreadable=("a",))))[1] == []
    assert ids(taken(first(*"abcd"), listing("z", unreadable=("a",))))[1] == ["b", "c", "d"]


def test_entries_that_cannot_be_read_or_stand_there_twice_are_counted() -> None:
    now = taken(Snapshot(), listing("a", "a", "b", unreadable=("x", "y")))
    assert (now.duplicates, now.unreadable) == (1, 2)
    again = taken(now, listing("a", "a", "b", unreadable=("x", "y")), AT + 5)
    assert (again.duplicates, again.unreadable) == (1, 2)
    assert taken(again, listing("a", "b"), AT + 10).unreadable == 0
    assert taken(Snapshot(), listing(unreadable=("x", "y"))).unreadable == 2


def test_only_rows_that_could_be_lost_count_where_most_of_them_are() -> None:
    before = taken(Snapshot(), listing(*"abcd", unreadable=("x", "y", "z")), AT - 5)
    assert ids(taken(before, listing("d")))[1] == ["a", "b", "c"]
    lost_already = taken(first(*"abcdefghi"), listing(*"ghi"))
    assert ids(taken(lost_already, listing(), AT + 5))[1] == ["g", "h", "i"]


def test_an_entry_without_an_id_may_be_the_lost_one_by_its_name() -> None:
    named = Listing(tuple(Item(Machine(f"id-{name}", name), {}) for name in "abcd"))
    some = taken(taken(Snapshot(), named, AT - 5), listing("id-d", unreadable=("a", "b", "c")))
    assert (some.problem, ids(some)[1]) == (None, [])


def test_of_a_cached_list_nothing_is_confirmed_to_be_gone() -> None:
    seen = first("a", "b", "c", "d").rows
    cached = {ref: Ghost(replace(row, item=None, withheld=UNREAD), AT - 900) for ref, row in seen.items()}
    after = taken(Snapshot(ghosts=cached, cached_at=AT - 900), listing("a"))
    assert ids(after) == (["a"], [])
    assert (after.gone, after.cached_at) == (0, None)
