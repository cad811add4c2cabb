"""Caches lists that others depend on, such as regions, as they seldom change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gputui.core.problem import Failed, Problem
from gputui.core.rows import Listing

P = TypeVar("P")
T = TypeVar("T")
KEPT_SECONDS = 300.0
"""Seconds after which a list is read again in any case, so that new entries appear by then."""


class Cached(Generic[P]):
    """A list that is read again when it is old, was dropped, or led to an error. `now` is a clock in seconds."""

    def __init__(self, read: Callable[[], Awaitable[Listing[P]]], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._known: Listing[P] | None = None
        self._read_at = 0.0
        self._drops = 0

    async def anew(self) -> Listing[P]:
        """Read it, and cache it if it is complete: an empty or partial list is likely to change soon. Raises Failed."""
        self.drop()
        drops = self._drops
        found, at = await self._read(), self._now()
        if found.items and not found.missing and not found.unreadable and drops == self._drops:
            self._known, self._read_at = found, at
        return found

    def drop(self) -> None:
        """Drop the cached list, and do not cache a reading in progress: the next caller reads it again."""
        self._known = None
        self._drops += 1

    async def read_by(self, read: Callable[[Listing[P]], Awaitable[Listing[T]]]) -> Listing[T]:
        """The result of `read`, called with this list. Raises Failed.

        If `read` cannot read a part, the list is not kept; if the server refuses a part, which may be gone, the list is
        read again and `read` is called once more with the new one.
        """
        if self._known is None or not 0 <= self._now() - self._read_at < KEPT_SECONDS:
            return await self._by(read, await self.anew())
        try:
            found = await self._by(read, self._known)
        except Failed as failed:
            if not _refused(failed.problem):
                raise
        else:
            if not any(_refused(gap.problem) for gap in found.missing):
                return found
        return await self._by(read, await self.anew())

    async def _by(self, read: Callable[[Listing[P]], Awaitable[Listing[T]]], parents: Listing[P]) -> Listing[T]:
        try:
            found = await read(parents)
        except Failed:
            self._known = None
            raise
        if any(gap.problem is not None and gap.rows for gap in found.missing):
            self._known = None
        return found


def _refused(problem: Problem | None) -> bool:
    return problem is not None and problem.status is not None and 400 <= problem.status < 500
