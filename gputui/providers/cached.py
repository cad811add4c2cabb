"""Lists that others are read by, such as regions: kept while they serve, for they change seldom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gputui.core.problem import Failed, Problem
from gputui.core.rows import Listing

P = TypeVar("P")
T = TypeVar("T")
KEPT_SECONDS = 300.0
"""After so long a list is read anew in any case: what is new in it shows by then."""


class Cached(Generic[P]):
    """A list that is read anew when it is old, was dropped, or did not serve. `now` is a clock in seconds."""

    def __init__(self, read: Callable[[], Awaitable[Listing[P]]], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._known: Listing[P] | None = None
        self._read_at = 0.0
        self._drops = 0

    async def anew(self) -> Listing[P]:
        """Read it, and keep it where it is whole: one that is empty or lacks some is soon another. Raises Failed."""
        self.drop()
        drops = self._drops
        found, at = await self._read(), self._now()
        if found.items and not found.missing and not found.unreadable and drops == self._drops:
            self._known, self._read_at = found, at
        return found

    def drop(self) -> None:
        """Keep nothing, not even what is being read: the next who needs it has it read."""
        self._known = None
        self._drops += 1

    async def read_by(self, read: Callable[[Listing[P]], Awaitable[Listing[T]]]) -> Listing[T]:
        """What `read` makes of this list. Raises Failed.

        Where it cannot read a part, the list is not kept; where the server refuses one, which may be gone, it is read
        anew and all is read by the new one.
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
