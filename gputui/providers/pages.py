"""Reads paged lists to the end, whatever the server reports, or does not, about where that is.

`paged_lists.py` reads the lists that report their length.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import TypeVar

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.text import Json

MOST_PAGES = 3_000
MOST_ROWS = 100_000
CUT_AT = 10
"""A server that gives fewer entries than asked for may have cut any page whose length is a multiple of this."""
_PAST_THE_END = (400, 404)
REPEATS = Problem(Cause.REPLY, "its pages repeat themselves")


class More(Enum):
    """Whether another page follows: PERHAPS if the server does not say and only asking can tell."""

    NO = "no"
    PERHAPS = "perhaps"
    YES = "yes"


T = TypeVar("T")
Page = tuple[Sequence[T], More]
"""The entries of one page and whether another follows."""


async def all_pages(read: Callable[[int], Awaitable[Page[T]]]) -> tuple[list[T], tuple[Gap, ...]]:
    """Read pages 0, 1, 2 … to the last; return all entries, and what is missing if the limits cut them short.

    A page that repeats the one before it ends the reading: the server does not page as documented. So does the refusal
    of a page that was only guessed to exist. Raises Failed.
    """
    entries: list[T] = []
    previous: Sequence[T] | None = None
    more = More.YES
    for number in range(MOST_PAGES):
        guessed = more is More.PERHAPS
        try:
            page, more = await read(number)
        except Failed as failed:
            if guessed and failed.problem.status in _PAST_THE_END:
                return entries, ()
            raise
        if page and page == previous:
            # A server that is not documented to page has sent everything at once.
            return entries, () if guessed else (Gap(problem=REPEATS, listed=len(entries)),)
        entries.extend(page)
        previous = page
        if more is More.NO or not page:
            return entries, ()
        if len(entries) >= MOST_ROWS:
            break
    return entries, (Gap(listed=len(entries)),)


def whole(value: Json) -> int | None:
    """A non-negative whole number, also if it is spelled as text; otherwise None."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
