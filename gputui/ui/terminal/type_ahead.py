"""Keys one after the other, each when the one before has had its effect; a burst of them leads nowhere."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, runtime_checkable

from textual.app import App
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input

LONGEST_WAIT = 0.25
"""Seconds after which a key counts as done whatever became of it: nothing may ever hold the keyboard."""
BURST_GAP = 0.005
"""Seconds: different keys that come in less were not pressed one by one, but pasted into the terminal."""
SETTLE_SECONDS = BURST_GAP + 0.005
"""For so long after it a key that must be meant waits for what may come behind it."""


HARMLESS_OVER_A_LIST = frozenset({"j", "k", "g", "G", "q"})
"""On a screen over the console that has no rule of its own: they move in it or leave it."""


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


@runtime_checkable
class Deliberate(Protocol):
    """A screen with a rule of its own for the keys that must be meant: nothing of a burst may be one of them."""

    def must_be_meant(self, key: Key) -> bool:
        """Whether that key, as things stand, leads away or does something."""


@dataclass(slots=True)
class _Burst:
    """Keys with hardly any time between them."""

    different: int = 1
    refused: bool = False


class Runs:
    """Tells which keys came in one run, by their times. Only those count that pasted text can hold."""

    def __init__(self) -> None:
        self._last: Key | None = None
        self._run = _Burst()

    def of(self, key: Key) -> _Burst | None:
        """The run that a key, the next one, belongs to; one that is held down is no run of its own making."""
        if not (key.is_printable or key.key in ("enter", "tab")):
            return None
        last, self._last = self._last, key
        if last is None or key.time - last.time >= BURST_GAP:
            self._run = _Burst()
        elif key.key != last.key:
            self._run.different += 1
        return self._run


class TypeAhead:
    """Hands the keys of an app on, each only when nothing of the one before is under way.

    Textual sends a key to whatever has the focus when it arrives, but moves the focus later, by messages. Over a slow
    line `/error` comes in one piece: the list would take `e` to `r` as commands before the filter line has the focus.

    Text that is pasted into a terminal which does not say so comes in one piece, too. Where that would lead to a key
    that must be meant, `refused` is called and the rest of it is dropped.
    """

    def __init__(
        self, app: App[Any], hand_on: Callable[[Key], Awaitable[None]], refused: Callable[[], None] = lambda: None
    ) -> None:
        self._app = app
        self._hand_on = hand_on
        self._refused = refused
        self._runs = Runs()
        self._waiting: deque[tuple[Key, _Burst | None]] = deque()
        self._held: Key | None = None
        self._under_way = 0
        self._count = 0

    async def take(self, key: Key) -> None:
        """A key has arrived from the terminal."""
        self._waiting.append((key, self._runs.of(key)))
        if not self._under_way:
            await self._next()

    async def _next(self) -> None:
        key = self._meant()
        if key is None:
            return
        self._count += 1
        self._under_way = self._count
        asyncio.get_running_loop().call_later(LONGEST_WAIT, self._overdue, self._count)
        target = self._app.focused or self._app.screen
        if not isinstance(self._app.screen, Guarded) or self._app.screen.takes(key):
            await self._hand_on(key)
        self._follow(target, self._count, again=True)

    def _meant(self) -> Key | None:
        """The next key; none where there is none, or where it must wait for what comes behind it."""
        while self._waiting:
            key, run = self._waiting[0]
            if run is not None and not run.refused and self._must_be_meant(key):
                if run.different == 1 and key is not self._held and not self._app.is_headless:
                    self._hold(key)
                    return None
                if run.different > 1:
                    run.refused = True
                    self._refused()
            self._waiting.popleft()
            if run is None or not run.refused:
                return key
        self._under_way = 0
        return None

    def _hold(self, key: Key) -> None:
        """Come back to it behind all that has arrived by then, also where the loop was too busy to look."""
        self._held = key
        self._under_way = self._count = self._count + 1
        wait = max(0.0, key.time + SETTLE_SECONDS - monotonic())
        asyncio.get_running_loop().call_later(wait, self._overdue, self._count)

    def _must_be_meant(self, key: Key) -> bool:
        screen = self._app.screen
        if isinstance(screen, CommandPalette):
            return key.key == "enter"
        if isinstance(screen, Deliberate):
            return screen.must_be_meant(key)
        typing = isinstance(self._app.focused, Input)
        return isinstance(screen, ModalScreen) and not typing and key.key not in HARMLESS_OVER_A_LIST

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
