"""Keys one after the other: what is typed ahead waits until the key before it has had its effect."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, runtime_checkable

from textual.app import App
from textual.dom import DOMNode
from textual.events import Key

LONGEST_WAIT = 0.25
"""Seconds after which a key counts as done whatever became of it: nothing may ever hold the keyboard."""


@runtime_checkable
class Guarded(Protocol):
    """A screen that is particular about the keys it takes."""

    def takes(self, key: Key) -> bool:
        """Whether that key may have been meant for it."""


@runtime_checkable
class Stoppable(Protocol):
    """A screen on which something may run that `ctrl+c` ends before it means to quit."""

    def stop_first(self) -> bool:
        """End it; False where nothing runs."""


class TypeAhead:
    """Hands the keys of an app on, each only when nothing of the one before is under way.

    Textual sends a key to whatever has the focus when it arrives, but moves the focus later, by messages. Over a slow
    line `/error` comes in one piece: the list would take `e` to `r` as commands before the filter line has the focus.
    """

    def __init__(self, app: App[Any], hand_on: Callable[[Key], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Key] = deque()
        self._under_way = 0
        self._count = 0

    async def take(self, key: Key) -> None:
        """A key has arrived from the terminal."""
        self._waiting.append(key)
        if not self._under_way:
            await self._next()

    async def _next(self) -> None:
        if not self._waiting:
            self._under_way = 0
            return
        self._count += 1
        self._under_way = self._count
        asyncio.get_running_loop().call_later(LONGEST_WAIT, self._overdue, self._count)
        target = self._app.focused or self._app.screen
        key = self._waiting.popleft()
        if not isinstance(self._app.screen, Guarded) or self._app.screen.takes(key):
            await self._hand_on(key)
        self._follow(target, self._count, again=True)

    def _follow(self, node: DOMNode, number: int, *, again: bool) -> None:
        """Queue behind the key wherever it goes: up to the app, where bindings act, and through what they have opened.

        The second round is for what the first has caused: a focus that moves, a screen that is being opened.
        """
        if node is not self._app:
            node.call_later(self._follow, node.parent or self._app, number, again=again)
        elif again:
            self._app.call_later(self._second_round, number)
        else:
            self._app.call_later(self._done, number)

    def _second_round(self, number: int) -> None:
        self._follow(self._app.focused or self._app.screen, number, again=False)

    async def _done(self, number: int) -> None:
        if number == self._under_way:
            await self._next()

    def _overdue(self, number: int) -> None:
        if number == self._under_way:
            self._app.call_later(self._done, number)
