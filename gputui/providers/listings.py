"""Lists put together from one call for each of several parents: a part that cannot be read costs itself only."""

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
"""What one part meets for all of them: the account is refused, or is to wait. Then nobody should go on asking."""

Part = tuple[str, "Listing[T] | Failed"]
"""What a part is called, and what its reading came to."""


async def gather_listings(
    readings: Iterable[tuple[str, Awaitable[Listing[T]]]], missing: Iterable[Gap] = ()
) -> Listing[T]:
    """The listings of all parts, read at once, as `merge_listings` puts them together. Raises Failed."""
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
    """What `read` gives, an expected failure as a value.

    It is called only here: a reading made before, in a task that is cancelled before it begins, would never be awaited.
    """
    try:
        return await read(*args, **kwargs)
    except Failed as failed:
        return failed


def merge_listings(parts: Iterable[Part[T]], missing: Iterable[Gap] = ()) -> Listing[T]:
    """One listing of all parts; what those lack that failed, or were cut, comes after `missing`.

    Raises Failed where every part failed, or where one failed of what they all share.
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
    """The gaps of a part as gaps of the whole: what was the list itself gets the part's name."""
    return (gap if gap.part else replace(gap, part=name) for gap in missing)


def or_empty(name: str, result: Listing[T] | Failed) -> Listing[T]:
    """A part that others can do without: empty, with a gap, where it failed. Raises Failed as `merge_listings` does.

    No row is missing for that, only something about the rows.
    """
    if not isinstance(result, Failed):
        return result
    if result.problem.cause in OF_ALL:
        raise result
    return Listing((), missing=(Gap(name, result.problem, rows=False),))


def left_out(parents: Listing[T], what: str) -> tuple[Gap, ...]:
    """Parents that cannot be read, so that nothing of theirs can be asked for, and what the list of them lacks."""
    unread = parents.unreadable
    gaps = within(f"the list of {what}", parents.missing)
    if not unread:
        return tuple(gaps)
    return (Gap(f"{len(unread)} {what}", Problem(Cause.REPLY, f"unreadable: {unread[0].reason}")), *gaps)


def _told_apart(listings: Iterable[tuple[str, Listing[T]]]) -> tuple[Unreadable, ...]:
    """The unreadable entries, by ids of their own: every part may have an `entry 1`."""
    found: dict[str, Unreadable] = {}
    for name, listing in listings:
        for entry in listing.unreadable:
            own = entry if entry.id not in found else replace(entry, id=f"{name}, {entry.id}")
            found[own.id] = own
    return tuple(found.values())
