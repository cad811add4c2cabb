"""Reads a resource that versions of an API have at different paths."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gputui.core.problem import Failed

T = TypeVar("T")
NO_SUCH_CALL = (404, 405)
"""What a server answers if it lacks the call, whatever the message: its router's, a gateway's, or none."""


class Variant(Generic[T]):
    """Tries readings in order until one is not "not found"; that one is used from then on, until it fails."""

    def __init__(self, *readings: Callable[[], Awaitable[T]]) -> None:
        self._readings = readings
        self._known: Callable[[], Awaitable[T]] | None = None

    async def read(self) -> T:
        """The result of the first reading that exists. Raises Failed: that of the first reading if none exists."""
        missing: Failed | None = None
        for reading in (self._known,) if self._known else self._readings:
            self._known = None
            try:
                result = await reading()
            except Failed as failed:
                if failed.problem.status not in NO_SUCH_CALL:
                    raise
                missing = missing or failed
            else:
                self._known = reading
                return result
        assert missing is not None, "there is at least one reading"
        raise missing
