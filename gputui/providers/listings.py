"""Combines the lists read for each of several parents: a part that cannot be read affects only itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from typing import ParamSpec, TypeVar

from gputui.core.gaps import Gap, distinct
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Listing, Unreadable

T = TypeVar("T")
P = ParamSpec("P")
OF_ALL = frozenset({Cause.CREDENTIALS, Cause.THROTTLED})
"""Failures of one part that all parts share: the account is refused, or has to wait. No more is asked for then."""

Part = tuple[str, "Listing[T] | Failed"]
"""The name of a part, and the result of reading it."""


async def gather_listings(
    readings: Iterable[tuple[str, Awaitable[Listing[T]]]], missing: Iterable[Gap] = ()
) -> Listing[T]:
    """The listings of all parts, read concurrently, combined by `merge_listings`. Raises Failed."""
    named = list(readings)
    results = await asyncio.gather(*(reading for _, reading in named), return_exceptions=True)
    return merge_listings(
        ((name, _expected(result)) for (name, _), result in zip(named, results, strict=True)), missing
    )


def _expected(result: Listing[T] | BaseException) -> Listing[T] | Failed:
    if isinstance(result, BaseException) and not isinstance(result, Failed):
        raise result
    return result


async def attempt(read: Callable[P, Awaitable[Listing[T]]], *args: P.args, **kwargs: P.kwargs) -> Listing[T] | Failed:
    """The result of `read`, an expected failure as a value.

    It is called only here: a coroutine made earlier, in a task cancelled before it starts, would never be awaited.
    """
    try:
        return await read(*args, **kwargs)
    except Failed as failed:
        return failed


def merge_listings(parts: Iterable[Part[T]], missing: Iterable[Gap] = ()) -> Listing[T]:
    """One listing of all parts; the gaps of parts that failed, or were cut, come after `missing`.

    Raises Failed if every part failed, or if one failed for a reason that all share.
    """
    named = list(parts)
    failures = [(name, result) for name, result in named if isinstance(result, Failed)]
    shared = next((failed for _, failed in failures if failed.problem.cause in OF_ALL), None)
    if shared is not None or (failures and len(failures) == len(named)):
        raise shared or failures[0][1]
    listings = [(name, result) for name, result in named if not isinstance(result, Failed)]
    gaps = [*missing, *(Gap(name, failed.problem) for name, failed in failures)]
    gaps += [gap for name, listing in listings for gap in within(name, listing.missing)]
    items = tuple(item for _, listing in listings for item in listing.items)
    return Listing(items, _told_apart(listings), distinct(gaps))


def within(name: str, missing: Iterable[Gap]) -> Iterator[Gap]:
    """The gaps of a part as gaps of the whole: a gap of the list itself gets the part's name."""
    return (gap if gap.part else replace(gap, part=name) for gap in missing)


def or_empty(name: str, result: Listing[T] | Failed) -> Listing[T]:
    """An optional part: empty, with a gap, if it failed. Raises Failed as `merge_listings` does.

    No row is missing because of it, only some information about the rows.
    """
    if not isinstance(result, Failed):
        return result
    if result.problem.cause in OF_ALL:
        raise result
    return Listing((), missing=(Gap(name, result.problem, rows=False),))


def left_out(parents: Listing[T], what: str) -> tuple[Gap, ...]:
    """Gaps for unreadable parents, whose children cannot be read, and for what the list of parents lacks."""
    unread = parents.unreadable
    gaps = within(f"the list of {what}", parents.missing)
    if not unread:
        return tuple(gaps)
    return (Gap(f"{len(unread)} {what}", Problem(Cause.REPLY, f"unreadable: {unread[0].reason}")), *gaps)


def _told_apart(listings: Iterable[tuple[str, Listing[T]]]) -> tuple[Unreadable, ...]:
    """The unreadable entries with unique ids: every part may have an `entry 1`."""
    found: dict[str, Unreadable] = {}
    for name, listing in listings:
        for entry in listing.unreadable:
            own = entry if entry.id not in found else replace(entry, id=f"{name}, {entry.id}")
            found[own.id] = own
    return tuple(found.values())
