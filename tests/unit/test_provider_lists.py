"""Lists of several pages and of several parts: read to their end, and what is missing is said."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable

import pytest

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.text import Json
from gputui.providers.listings import attempt, gather_listings, left_out, merge_listings, or_empty
from gputui.providers.pages import MOST_PAGES, REPEATS, More, Page, all_pages, whole
from gputui.providers.wire import as_list, as_list_or_null


def broken(cause: Cause = Cause.SERVER, status: int | None = 500) -> Failed:
    return Failed(Problem(cause, "no", status=status))


def of(*names: str, unreadable: tuple[str, ...] = (), missing: tuple[Gap, ...] = ()) -> Listing[str]:
    bad = tuple(Unreadable(name, "odd", None) for name in unreadable)
    return Listing(tuple(Item(name, None) for name in names), bad, missing)


async def paged(*pages: Page | Failed) -> tuple[list[Json], tuple[Gap, ...]]:
    async def read(number: int) -> Page:
        page = pages[min(number, len(pages) - 1)]
        if isinstance(page, Failed):
            raise page
        return page

    return await all_pages(read)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([([1, 2], More.NO)], ([1, 2], ())),
        ([([1], More.YES), ([2], More.NO)], ([1, 2], ())),
        ([([1], More.YES), ([], More.YES)], ([1], ())),
        ([([1], More.PERHAPS), ([], More.PERHAPS)], ([1], ())),
        # A page that nobody promised need not be there.
        ([([1], More.PERHAPS), broken(Cause.REFUSED, 400)], ([1], ())),
        ([([1], More.PERHAPS), broken(Cause.MISSING, 404)], ([1], ())),
        # A server that does not page gives the same again: all of it, unless it told of more.
        ([([1], More.PERHAPS), ([1], More.PERHAPS)], ([1], ())),
        ([([1], More.YES), ([1], More.YES)], ([1], (Gap(problem=REPEATS, listed=1),))),
    ],
)
async def test_pages_end(pages: list[Page | Failed], expected: tuple[list[Json], tuple[Gap, ...]]) -> None:
    assert await paged(*pages) == expected


@pytest.mark.parametrize("first", [More.YES, More.PERHAPS])
async def test_a_page_that_fails_fails_the_list(first: More) -> None:
    with pytest.raises(Failed):
        await paged(([1], first), broken())
    with pytest.raises(Failed):
        await paged(([1], More.YES), broken(Cause.REFUSED, 400))


async def test_pages_without_end_are_cut() -> None:
    async def read(number: int) -> Page:
        return [number], More.YES

    entries, missing = await all_pages(read)
    assert (len(entries), missing) == (MOST_PAGES, (Gap(listed=MOST_PAGES),))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3), ("3", 3), (0, 0), (True, None), (-1, None), ("", None), ("²", None), ("9" * 40, None), (3.0, None)],
)
def test_a_total_may_be_text(value: Json, expected: int | None) -> None:
    assert whole(value) == expected


async def test_a_part_that_fails_costs_itself_only() -> None:
    async def read(name: str) -> Listing[str]:
        if name.startswith("bad"):
            raise broken()
        return of(name, missing=(Gap(listed=1, total=3),))

    listing = await gather_listings([(name, read(name)) for name in ("a", "bad1", "b", "bad2")], (Gap("before"),))
    assert [item.value for item in listing.items] == ["a", "b"]
    assert [gap.part for gap in listing.missing] == ["before", "bad1", "bad2", "a", "b"]
    assert str(listing.missing[1]) == "bad1: server error: no"
    assert listing.missing[3].brief == "1 of 3"


async def read_one() -> Listing[str]:
    raise AssertionError("cancelled before it began")


@pytest.mark.parametrize(
    "reading",
    [lambda: gather_listings([("one", read_one())]), lambda: asyncio.gather(attempt(read_one))],
    ids=["each", "one"],
)
async def test_a_reading_that_is_cancelled_before_it_begins_is_not_left_unawaited(
    reading: Callable[[], Awaitable[object]], recwarn: pytest.WarningsRecorder
) -> None:
    async def read() -> None:
        await reading()

    whole_of_it = asyncio.create_task(read())
    await asyncio.sleep(0)  # the parts are tasks now, and none of them has run
    whole_of_it.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await whole_of_it
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


async def test_a_bug_in_a_part_is_not_taken_for_a_part_that_cannot_be_read() -> None:
    async def read() -> Listing[str]:
        raise KeyError("oops")

    with pytest.raises(KeyError):
        await gather_listings([("one", read())])


def test_many_failures_are_told_shortly() -> None:
    listing = merge_listings([("good", of("a")), *((f"part {number}", broken()) for number in range(9))])
    assert listing.notice.endswith("part 2: server error: no and 6 more")


def test_where_every_part_fails_so_does_the_whole() -> None:
    first = broken()
    with pytest.raises(Failed) as failed:
        merge_listings([("a", first), ("b", broken(Cause.REPLY))])
    assert failed.value is first
    assert merge_listings([]) == Listing(())


@pytest.mark.parametrize("cause", [Cause.CREDENTIALS, Cause.THROTTLED])
def test_what_concerns_the_account_concerns_every_part(cause: Cause) -> None:
    for fail in (lambda: merge_listings([("a", of("a")), ("b", broken(cause))]), lambda: or_empty("b", broken(cause))):
        with pytest.raises(Failed) as failed:
            fail()
        assert failed.value.problem.cause is cause


def test_unreadable_entries_of_two_parts_stay_two() -> None:
    parts = [("north", of(unreadable=("entry 1",))), ("south", of("x", unreadable=("entry 1", "entry 2")))]
    assert [entry.id for entry in merge_listings(parts).unreadable] == ["entry 1", "south, entry 1", "entry 2"]


def test_parents_that_cannot_be_read_are_told() -> None:
    (gap,) = left_out(of("a", unreadable=("b", "c")), "regions")
    assert (gap.brief, str(gap)) == ("2 regions missing", "2 regions: bad reply: unreadable: odd")
    assert left_out(of("a"), "regions") == ()


def test_what_the_list_of_parents_lacks_is_lacking_in_the_whole() -> None:
    (gap,) = left_out(of("a", missing=(Gap(listed=1, total=3),)), "regions")
    assert str(gap) == "the list of regions: only 1 of 3 entries were read"


@pytest.mark.parametrize("reply", [None, {"nodes": None}, {}, {"error": "no"}, "no", 3, {"nodes": {}}])
def test_what_is_no_list_is_a_bad_reply(reply: Json) -> None:
    """Null least of all: it must never look like an empty list."""
    with pytest.raises(Failed) as failed:
        as_list(reply, "nodes")
    assert failed.value.problem.cause is Cause.REPLY


@pytest.mark.parametrize("reply", [[1], {"nodes": [1]}])
def test_a_list_is_bare_or_in_an_object(reply: Json) -> None:
    assert as_list(reply, "nodes") == as_list_or_null(reply, "nodes") == [1]


@pytest.mark.parametrize(("reply", "good"), [(None, True), ({"nodes": None}, True), ({}, False), ("no", False)])
def test_null_is_an_empty_list_only_where_an_api_is_known_for_it(reply: Json, good: bool) -> None:
    if good:
        assert as_list_or_null(reply, "items", "nodes") == []
    else:
        with pytest.raises(Failed):
            as_list_or_null(reply, "items", "nodes")
