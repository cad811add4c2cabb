"""Reads paged lists with a known length: few large pages, in parallel, and correctly while entries move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeVar

from gputui.core.gaps import Gap
from gputui.core.problem import Failed, ReplyTooLarge
from gputui.core.rows import Item
from gputui.core.text import Json
from gputui.providers.pages import CUT_AT, MOST_PAGES, MOST_ROWS, REPEATS, More, Page, all_pages, whole
from gputui.providers.wire import ReadEntry

SIZES = (1_000, 100)
"""Entries asked for at once, and the fallback if a server refuses that, or the reply grows too large."""
AT_ONCE = 3
"""Pages of one list read concurrently: one of the four slots of a service stays free for others."""
_TOO_MANY = (400, 413, 422)

T = TypeVar("T")
Read = Callable[[int, int], Awaitable[tuple[Sequence[T], Json]]]
"""Reads a page by number (from 0) and size: its entries, and the length of the list if the server reports it."""
Key = Callable[[T], Hashable]
"""What identifies an entry; None if it has nothing of the kind."""


def by(*names: str) -> Key[ReadEntry[Any]]:
    """A key made of these fields of a model."""
    fields = attrgetter(*names)

    def key(entry: ReadEntry[Any]) -> Hashable:
        if not isinstance(entry, Item):
            return f"?{entry.id}" if entry.id else None
        found = fields(entry.value)
        return found if all(isinstance(part, str | int) for part in (found if len(names) > 1 else (found,))) else None

    return key


@dataclass
class _Pass(Generic[T]):
    """One reading of all pages. `totals` are the lengths that the pages reported."""

    entries: list[T] = field(default_factory=list)
    known: dict[Hashable, T] = field(default_factory=dict)
    unknown: int = 0
    pages: int = 0
    totals: list[int] = field(default_factory=list)
    gap: Gap | None = None

    def add(self, entries: Iterable[T], told: Json, key: Key[T]) -> None:
        """Add a page."""
        self.pages += 1
        if (total := whole(told)) is not None:
            self.totals.append(total)
        for entry in entries:
            self.entries.append(entry)
            name = key(entry)
            if name is None:
                self.unknown += 1
            else:
                self.known[name] = entry

    @property
    def distinct(self) -> int:
        """How many different entries there are."""
        return len(self.known) + self.unknown

    @property
    def moved(self) -> bool:
        """Whether entries moved between pages during the reading: one may have been missed."""
        return self.pages > 1 and (len(set(self.totals)) > 1 or self.distinct < len(self.entries))

    def fill_up(self, before: _Pass[T]) -> None:
        """Add entries that only an earlier pass has: an entry is gone only when two passes in a row lack it."""
        self.entries += [entry for name, entry in before.known.items() if name not in self.known]
        self.known = {**before.known, **self.known}

    @property
    def missing(self) -> tuple[Gap, ...]:
        """The known gaps."""
        total = self.totals[-1] if self.totals else None
        if total is not None and self.distinct < total:
            return (Gap(problem=self.gap.problem if self.gap else None, listed=self.distinct, total=total),)
        return (self.gap,) if self.gap else ()


class PagedLists:
    """The lists of one server.

    Keeps from reading to reading which page size the server accepts, and the keys of its longer lists.
    """

    def __init__(self, sizes: Sequence[int] = SIZES) -> None:
        self._sizes = tuple(sizes)
        self._held: dict[str, frozenset[Hashable]] = {}

    async def read(self, name: str, read: Read[T], key: Key[T]) -> tuple[list[T], tuple[Gap, ...]]:
        """All entries of the list of that name, and what it is known to lack. Raises Failed.

        If entries moved between pages, or one from the last reading is missing, all pages are read once more before
        anything is taken to be gone.
        """
        for at, size in enumerate(self._sizes):
            try:
                found = await self._passes(name, partial(_pass, read, size, key))
            except Failed as failed:
                if at + 1 == len(self._sizes) or not _too_many(failed):
                    raise
            else:
                self._sizes = self._sizes[at:]
                return found.entries, found.missing
        raise AssertionError("there is at least one size")

    async def read_through(
        self, name: str, through: Callable[[], Awaitable[tuple[Sequence[T], tuple[Gap, ...], int]]], key: Key[T]
    ) -> tuple[list[T], tuple[Gap, ...]]:
        """The same for a list read in another way: `through` returns entries, gaps, and how many pages it read."""

        async def once() -> _Pass[T]:
            found = _Pass[T]()
            entries, missing, pages = await through()
            found.add(entries, None, key)
            found.pages, found.gap = pages, missing[0] if missing else None
            return found

        found = await self._passes(name, once)
        return found.entries, found.missing

    async def _passes(self, name: str, once: Callable[[], Awaitable[_Pass[T]]]) -> _Pass[T]:
        found = await once()
        gone = self._held.get(name, frozenset()) - found.known.keys()
        if found.gap is None and (found.moved or (gone and found.pages > 1)):
            first, found = found, await once()
            found.fill_up(first)
        if found.pages > 1:
            self._held[name] = frozenset(found.known)
        else:
            self._held.pop(name, None)
        return found


def _too_many(failed: Failed) -> bool:
    return isinstance(failed, ReplyTooLarge) or failed.problem.status in _TOO_MANY


async def _pass(read: Read[T], size: int, key: Key[T]) -> _Pass[T]:
    """Read all pages once."""
    found = _Pass[T]()
    first, told = await read(0, size)
    found.add(first, told, key)
    total = whole(told)
    if total is not None and 0 < len(first) < total:
        # If a server gives fewer entries than asked for, that size is used, so that no entries fall between pages.
        await _side_by_side(found, read, min(size, len(first)), total, key)
    else:
        await _one_by_one(found, read, size, first, key)
    return found


async def _side_by_side(found: _Pass[T], read: Read[T], size: int, total: int, key: Key[T]) -> None:
    """Read pages 1, 2, 3 … of a list of that length, until its end, or until a page shows that there is no more."""
    pages = min(-(-total // size), MOST_PAGES, -(-MOST_ROWS // size))
    previous = list(found.entries)
    for start in range(1, pages, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, pages))
        for entries, told in await _all(read(number, size) for number in numbers):
            if entries and list(entries) == previous:
                found.gap = Gap(problem=REPEATS, listed=found.distinct)
                return
            found.add(entries, told, key)
            if not entries:
                return
            previous = list(entries)


async def _all(pages: Iterable[Awaitable[tuple[Sequence[T], Json]]]) -> list[tuple[Sequence[T], Json]]:
    """The pages in order. Raises what the first failed one raised, once all have ended."""
    results = await asyncio.gather(*pages, return_exceptions=True)
    failure = next((result for result in results if isinstance(result, BaseException)), None)
    if failure is not None:
        raise failure
    return [result for result in results if not isinstance(result, BaseException)]


async def _one_by_one(found: _Pass[T], read: Read[T], size: int, first: Sequence[T], key: Key[T]) -> None:
    """Read the pages after the first, of a list with no total, or a total that may be that of the page."""
    seen, total = 0, _believed(found.totals[-1] if found.totals else None, len(first))

    async def page(number: int) -> Page[T]:
        nonlocal seen, total
        entries: Sequence[T] = first
        if number:
            entries, told = await read(number, size)
            total = _believed(whole(told), seen + len(entries))
        seen += len(entries)
        if total is not None and seen < total:
            return entries, More.YES
        cut = len(entries) % CUT_AT == 0 if total is None else len(entries) >= size
        return entries, More.PERHAPS if cut else More.NO

    entries, missing = await all_pages(page)
    found.totals = [] if total is None else [total]
    if len(entries) > len(first):
        found.add(entries[len(first) :], total, key)
    found.gap = missing[0] if missing else None


def _believed(total: int | None, seen: int) -> int | None:
    """The total, or None if it is less than what has been read."""
    return total if total is not None and total >= seen else None
