"""Lists that say how long they are: few pages, side by side, and nothing is lost while entries move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem, ReplyTooLarge
from gputui.core.rows import Item, Unreadable
from gputui.core.text import Json, as_object
from gputui.providers.paged_lists import AT_ONCE, SIZES, PagedLists, by
from gputui.providers.pages import MOST_PAGES, MOST_ROWS, REPEATS


def by_id(entry: Json) -> Hashable:
    found = as_object(entry).get("id")
    return found if isinstance(found, str | int) else None


class Server:
    """A list of ids in pages. `happens` is called before each page is given; `most` is the largest page it gives."""

    def __init__(self, names: Sequence[int], *, most: int = 10**9, counts: bool = True) -> None:
        self.names = list(names)
        self.most = most
        self.counts = counts
        self.asked: list[tuple[int, int]] = []
        self.under_way = self.at_once = 0
        self.happens: Callable[[int], None] = lambda asked: None
        self.lists = PagedLists()

    async def page(self, number: int, size: int) -> tuple[Sequence[Json], Json]:
        self.asked.append((number, size))
        self.happens(len(self.asked))
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)
        given = min(size, self.most)
        shown, total = self.names[number * given : (number + 1) * given], len(self.names)
        await asyncio.sleep(0)
        self.under_way -= 1
        return [{"id": name} for name in shown], total if self.counts else None

    async def read(self, lists: PagedLists | None = None) -> tuple[list[int], tuple[Gap, ...]]:
        self.asked.clear()
        entries, missing = await (lists or self.lists).read("nodes", self.page, by_id)
        return [entry["id"] for entry in entries], missing  # type: ignore[index, call-overload, misc]


@pytest.mark.parametrize(
    ("length", "pages"),
    [(0, 1), (1, 1), (999, 1), (1_001, 2), (1_200, 2), (2_000, 2), (3_000, 3), (10_000, 10), (50_001, 51)],
)
async def test_a_list_that_counts_is_read_in_as_few_pages_as_there_are(length: int, pages: int) -> None:
    server = Server(range(length))
    assert await server.read() == (list(range(length)), ())
    assert sorted(server.asked) == [(number, SIZES[0]) for number in range(pages)]
    assert server.at_once == min(max(pages - 1, 1), AT_ONCE)


async def test_a_full_page_whose_total_is_its_own_may_be_followed_by_another() -> None:
    server = Server(range(SIZES[0]))
    assert await server.read() == (list(range(SIZES[0])), ())
    assert server.asked == [(0, SIZES[0]), (1, SIZES[0])]


async def test_without_a_total_it_is_read_page_by_page() -> None:
    server = Server(range(2_345), counts=False)
    assert await server.read() == (list(range(2_345)), ())
    assert (len(server.asked), server.at_once) == (3, 1)


@pytest.mark.parametrize("most", [1, 20, 100, 999])
async def test_a_server_that_gives_less_is_asked_for_what_it_gives(most: int) -> None:
    server = Server(range(1_500), most=most)
    assert await server.read() == (list(range(1_500)), ())
    assert {size for _, size in server.asked[1:]} == {most}
    assert len(server.asked) == -(-1_500 // most)


@pytest.mark.parametrize(
    "refusal",
    [
        Failed(Problem(Cause.REFUSED, "no", status=400)),
        Failed(Problem(Cause.REFUSED, "no", status=422)),
        ReplyTooLarge(Problem(Cause.REPLY, "too large")),
    ],
)
async def test_where_a_page_is_too_large_smaller_ones_are_asked_for_from_then_on(refusal: Failed) -> None:
    server = Server(range(250))

    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        found = await server.page(number, size)
        if size > 100:
            raise refusal
        return found

    for first in ([1_000, 100], [100]):
        server.asked.clear()
        entries, missing = await server.lists.read("nodes", page, by_id)
        assert (len(entries), missing) == (250, ())
        assert [size for number, size in server.asked if number == 0] == first


async def test_what_no_size_helps_against_is_told_and_changes_nothing() -> None:
    sizes: list[int] = []

    async def refuse(number: int, size: int) -> tuple[Sequence[Json], Json]:
        sizes.append(size)
        raise Failed(Problem(Cause.REFUSED, "no such region", status=400))

    lists = PagedLists()
    for _ in range(2):
        with pytest.raises(Failed):
            await lists.read("nodes", refuse, by_id)
    assert sizes == [*SIZES, *SIZES]


async def test_a_page_that_fails_fails_the_list_when_the_others_have_ended() -> None:
    server = Server(range(3_500))

    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        if number == 1:
            raise Failed(Problem(Cause.SERVER, "no", status=500))
        return await server.page(number, size)

    with pytest.raises(Failed):
        await server.lists.read("nodes", page, by_id)
    assert server.under_way == 0


async def test_a_list_is_cut_beyond_fifty_thousand_and_says_so() -> None:
    assert MOST_ROWS > 50_000
    server = Server(range(MOST_ROWS + 1))
    names, (gap,) = await server.read()
    assert (len(names), gap) == (MOST_ROWS, Gap(listed=MOST_ROWS, total=MOST_ROWS + 1))
    assert gap.brief == "100000 of 100001"


@pytest.mark.parametrize("told", [10**12, "9" * 17])
async def test_a_total_that_is_a_lie_costs_a_few_pages(told: Json) -> None:
    asked: list[int] = []

    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        asked.append(number)
        return ([{"id": number}] if number < 2 else []), told

    entries, (gap,) = await PagedLists().read("nodes", page, by_id)
    assert (len(entries), gap.listed) == (2, 2)
    assert len(asked) <= 1 + 2 * AT_ONCE


async def test_pages_that_never_end_are_bounded() -> None:
    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        return [{"id": number}], 10**12

    entries, (gap,) = await PagedLists().read("nodes", page, by_id)
    assert (len(entries), gap.listed) == (MOST_PAGES, MOST_PAGES)


async def test_a_server_that_gives_the_same_page_for_every_number_is_found_out() -> None:
    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        return [{"id": 1}, {"id": 2}], 9

    entries, (gap,) = await PagedLists().read("nodes", page, by_id)
    assert (entries, gap.listed, gap.total) == ([{"id": 1}, {"id": 2}], 2, 9)
    assert "repeat" in str(gap)


def told(*pages: tuple[int, int | None]) -> tuple[list[int], Any]:
    """A server whose pages have so many entries and tell such a total; the numbers that were asked for."""
    asked: list[int] = []

    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        asked.append(number)
        length, total = pages[number] if number < len(pages) else (0, None)
        return [{"id": f"{number}-{at}"} for at in range(length)], total

    return asked, page


@pytest.mark.parametrize(
    ("pages", "entries", "asked"),
    [
        (((10, 10), (7, 27), (10, 27)), 27, 4),  # a total that grows is believed, though a page is short
        (((10, 10), (10, 10), (5, 5)), 25, 3),  # one that is the length of the page is none
        (((10, 10), (7, 17)), 17, 2),
        (((7, 7),), 7, 1),
        (((0, 0),), 0, 1),
    ],
)
async def test_a_total_counts_where_it_is_not_less_than_what_has_come(pages: Any, entries: int, asked: int) -> None:
    numbers, page = told(*pages)
    found, missing = await PagedLists((10,)).read("nodes", page, by_id)
    assert (len(found), missing, numbers) == (entries, (), list(range(asked)))


async def test_an_empty_page_of_a_list_that_has_entries_says_what_is_lacking() -> None:
    _, page = told((0, 5))
    assert await PagedLists((10,)).read("nodes", page, by_id) == ([], (Gap(listed=0, total=5),))


async def test_pages_that_repeat_themselves_behind_a_full_first_one_are_a_gap_with_its_reason() -> None:
    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        return [{"id": name} for name in (range(10) if number == 0 else range(10, 17))], 99 if number else 10

    found, missing = await PagedLists((10,)).read("nodes", page, by_id)
    assert (len(found), missing) == (17, (Gap(problem=REPEATS, listed=17, total=99),))


@dataclass(frozen=True)
class Thing:
    zone: object
    id: object


@pytest.mark.parametrize(
    ("names", "entry", "key"),
    [
        (("id",), Item(Thing("z", 7), None), 7),
        (("id",), Item(Thing("z", None), None), None),
        (("zone", "id"), Item(Thing("z", 7), None), ("z", 7)),
        (("zone", "id"), Item(Thing("z", None), None), None),
        (("zone", "id"), Item(Thing([], 7), None), None),
        (("id",), Unreadable("7", "odd", None), "?7"),
        (("id",), Unreadable("", "odd", None), None),
    ],
)
def test_an_entry_is_told_by_these_fields_where_they_are_texts_or_numbers(
    names: tuple[str, ...], entry: Any, key: Hashable
) -> None:
    assert by(*names)(entry) == key


# ---------------------------------------------------------------------- while entries move


@given(
    length=st.integers(12, 60),
    at=st.integers(0, 59),
    after=st.integers(1, 6),
    how=st.sampled_from(["goes", "comes", "to the front", "to the end"]),
)
@settings(max_examples=150, deadline=None)
async def test_whatever_moves_meanwhile_no_entry_is_passed_by(length: int, at: int, after: int, how: str) -> None:
    """Also in the very first reading, with nothing to compare with."""
    server = Server(range(length), most=10)
    at = min(at, length - 1)

    def happens(asked: int) -> None:
        if asked != after + 1:
            return
        if how == "comes":
            server.names.insert(at, 1_000)
            return
        name = server.names.pop(at)
        if how != "goes":
            server.names.insert(0 if how == "to the front" else len(server.names), name)

    server.happens = happens
    names, missing = await server.read()
    assert not missing
    assert set(names) >= set(range(length)) - ({at} if how == "goes" else set())
    assert len(set(names)) == len(names)


async def test_what_one_reading_lacks_is_gone_only_when_a_second_lacks_it_too() -> None:
    """One goes from the first page, another comes at the end: the total is the same, nothing is there twice."""
    server = Server(range(35), most=10)
    await server.read()

    def happens(asked: int) -> None:
        if asked == 2:
            del server.names[3]
            server.names.append(99)

    server.happens = happens
    names, _ = await server.read()
    assert set(names) >= (set(range(35)) - {3})
    server.happens = lambda asked: None
    for _ in range(2):
        names, _ = await server.read()
    assert sorted(names) == sorted(server.names)


async def test_a_list_at_rest_is_read_once() -> None:
    server = Server(range(35), most=10)
    for _ in range(3):
        await server.read()
        assert len(server.asked) == 4
    server.names.remove(17)
    await server.read()
    assert len(server.asked) == 8, "what has gone is looked for once more"
    await server.read()
    assert len(server.asked) == 4


async def test_entries_without_a_key_are_counted_all_the_same() -> None:
    async def page(number: int, size: int) -> tuple[Sequence[Json], Json]:
        return ["a", "b"] if number == 0 else ["c"], 3

    assert await PagedLists().read("odd", page, by_id) == (["a", "b", "c"], ())


@pytest.mark.parametrize("how", ["goes", "comes"])
async def test_a_list_that_is_read_in_its_own_way_loses_nothing_either(how: str) -> None:
    """By offsets, say, page after page, without any word of how long it is."""
    server = Server(range(35))

    async def through() -> tuple[list[Any], tuple[Gap, ...], int]:
        entries: list[Any] = []
        for number in range(4):
            page, _ = await server.page(number, 10)
            entries += page
        return entries, (), 4

    async def read() -> list[int]:
        server.asked.clear()
        entries, missing = await server.lists.read_through("nodes", through, by_id)
        assert not missing
        return [entry["id"] for entry in entries]

    assert await read() == list(range(35))

    def happens(asked: int) -> None:
        if asked == 2:
            server.names.remove(3) if how == "goes" else server.names.insert(3, 99)

    server.happens = happens
    assert set(await read()) >= set(range(35)) - {3}
    assert len(server.asked) == 8
    server.happens = lambda asked: None
    await read()
    assert sorted(await read()) == sorted(server.names)
