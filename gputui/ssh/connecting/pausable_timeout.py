"""A time limit that is paused while a person answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from types import TracebackType


class PausableTimeout:
    """Like `asyncio.timeout`, in seconds; time inside `held` is not counted."""

    def __init__(self, seconds: float) -> None:
        self._limit = asyncio.timeout(seconds)

    async def __aenter__(self) -> PausableTimeout:
        await self._limit.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._limit.__aexit__(kind, error, traceback)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Pause the clock for the duration of the block."""
        clock = asyncio.get_running_loop().time
        until = self._limit.when()
        left = (until if until is not None else clock()) - clock()
        self._limit.reschedule(None)
        try:
            yield
        finally:
            with contextlib.suppress(RuntimeError):  # already timed out: nobody waits for the answer
                self._limit.reschedule(clock() + left)
