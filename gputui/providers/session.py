"""A token shared by all requests of a client: obtained once for all that wait, and again after a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import inf
from weakref import WeakKeyDictionary

from gputui.core.secret import Secret


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the time (epoch seconds) from which it must be renewed."""

    value: Secret
    renew_at: float = inf


class TokenSession:
    """Authorization by a token from a separate call; `header` makes the headers of the token's text."""

    def __init__(
        self,
        obtain: Callable[[float], Awaitable[Token]],
        now: Callable[[], float],
        header: Callable[[str], Mapping[str, str]],
    ) -> None:
        self._obtain = obtain
        self._now = now
        self._header = header
        self._token: Token | None = None
        self._renewal: asyncio.Task[Token] | None = None
        self._used: WeakKeyDictionary[asyncio.Task[object], Token] = WeakKeyDictionary()

    async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
        """The headers with a token valid at `now`. Raises Failed."""
        token = self._token
        if token is None or now >= token.renew_at:
            token = await self._renewed()
        self._used[_this_task()] = token
        return self._header(token.value.reveal())

    async def refused(self) -> bool:
        """Get a new token, unless another request has got one since this one was sent. Raises Failed."""
        if self._token is not None and self._used.get(_this_task()) is self._token:
            await self._renewed()
        return True

    async def _renewed(self) -> Token:
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(_heard)
        # Shielded: a caller that stops waiting must not cancel it for the others.
        return await asyncio.shield(self._renewal)

    async def _renew(self) -> Token:
        try:
            self._token = await self._obtain(self._now())
            return self._token
        finally:
            self._renewal = None

    def close(self) -> None:
        """Stop renewing the token."""
        if self._renewal is not None:
            self._renewal.cancel()


def _heard(renewal: asyncio.Task[Token]) -> None:
    """A failure that nobody waits for any more is not a bug: the next request will meet it too."""
    if not renewal.cancelled():
        renewal.exception()


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task
