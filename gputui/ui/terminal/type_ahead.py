"""Keys are handled one after the other, each after the effects of the previous one; a burst must not do harm."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Protocol, runtime_checkable

from textual.app import App
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.events import Callback, Key
from textual.screen import ModalScreen
from textual.widgets import Input

from gputui.ui.terminal.arrivals import BEFORE
from gputui.ui.terminal.driver import ConsoleDriver

LONGEST_WAIT = 0.25
"""Seconds after which a key counts as handled in any case: nothing may block the keyboard."""
BURST_GAP = 0.005
"""Seconds: different keys that follow faster were not typed, but pasted into the terminal."""
SETTLE_SECONDS = BURST_GAP + 0.005
"""Seconds that a deliberate key waits for keys that may follow it in a burst."""
PASTED = "many keys at once, as when text is pasted: not taken"
UNSEEN = "typed before there was anything to see: not taken"
UNREAD_SECONDS = 0.001
"""Seconds until it is looked again whether what has followed was read."""

HARMLESS_OVER_A_LIST = frozenset({"j", "k", "g", "G", "q"})
"""For a screen over the console without its own rule: keys that only move in it or leave it."""


@runtime_checkable
class Guarded(Protocol):
    """A screen that may reject keys."""

    def takes(self, key: Key) -> bool:
        """Whether the key may have been intended for this screen."""


@runtime_checkable
class Stoppable(Protocol):
    """A screen with a running task that `ctrl+c` ends before it quits."""

    def stop_first(self) -> bool:
        """End the task; False if nothing is running."""


@runtime_checkable
class Deliberate(Protocol):
    """A screen with its own rule for keys that need a deliberate press: they are not accepted from a burst."""

    def must_be_meant(self, key: Key) -> bool:
        """Whether the key currently leads away or does something."""


@dataclass(slots=True)
class _Burst:
    """Keys with hardly any time between them."""

    different: int = 1
    refused: bool = False


class Runs:
    """Groups keys into bursts by their times. Only keys that pasted text can contain count."""

    def __init__(self) -> None:
        self._last: Key | None = None
        self._run = _Burst()

    def of(self, key: Key) -> _Burst | None:
        """Return the burst that the next key belongs to; a key that is held down does not form one."""
        if not (key.is_printable or key.key in ("enter", "tab")):
            return None
        last, self._last = self._last, key
        if last is None or key.time - last.time >= BURST_GAP:
            self._run = _Burst()
        elif key.key != last.key:
            self._run.different += 1
        return self._run


class TypeAhead:
    """Passes an app's keys on, each only when the previous one has been handled completely.

    Textual sends a key to the focused widget when it arrives, but moves the focus later, by messages. Over a slow line
    `/error` arrives in one piece: the list would run `e` to `r` as commands before the filter line has the focus.

    Text pasted into a terminal without bracketed paste arrives in one piece, too. If it reaches a key that needs a
    deliberate press, `refused` is called with the reason and the rest of it is dropped. So is what was typed before the
    console began to read, if it would do something: nobody has seen to what.
    """

    def __init__(
        self, app: App[Any], hand_on: Callable[[Key], Awaitable[None]], refused: Callable[[str], None] = lambda _: None
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
        """Accept a key from the terminal."""
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
        _Behind(self._app, target, partial(self._done, self._count)).go()

    def _meant(self) -> Key | None:
        """Return the next key; None if there is none, or if it must wait for what may follow it."""
        while self._waiting:
            key, run = self._waiting[0]
            if run is not None and not run.refused and self._must_be_meant(key):
                if key.time == BEFORE:
                    run.refused = True
                    self._refused(UNSEEN)
                elif run.different == 1 and (key is not self._held or self._unread(key)) and not self._app.is_headless:
                    self._hold(key)
                    return None
                elif run.different > 1:
                    run.refused = True
                    self._refused(PASTED)
            self._waiting.popleft()
            if run is None or not run.refused:
                return key
        self._under_way = 0
        return None

    def _hold(self, key: Key) -> None:
        """Retry after everything that has arrived by then, even if the loop was too busy to read it."""
        again, self._held = key is self._held, key
        self._under_way = self._count = self._count + 1
        wait = UNREAD_SECONDS if again else max(0.0, key.time + SETTLE_SECONDS - monotonic())
        asyncio.get_running_loop().call_later(wait, self._overdue, self._count)

    def _unread(self, key: Key) -> bool:
        """Whether more was typed than has been read: the machine may be too busy for that, but not for ever."""
        driver = self._app._driver
        if not isinstance(driver, ConsoleDriver) or monotonic() - key.time >= LONGEST_WAIT:
            return False
        return driver.arrivals.unread(driver.fileno)

    def _must_be_meant(self, key: Key) -> bool:
        screen = self._app.screen
        if isinstance(screen, CommandPalette):
            return key.key == "enter"
        if isinstance(screen, Deliberate):
            return screen.must_be_meant(key)
        typing = isinstance(self._app.focused, Input)
        return isinstance(screen, ModalScreen) and not typing and key.key not in HARMLESS_OVER_A_LIST

    async def _done(self, number: int) -> None:
        if number == self._under_way:
            await self._next()

    def _overdue(self, number: int) -> None:
        if number == self._under_way:
            self._app.call_later(self._done, number)


class _Behind:
    """Goes behind a key on its path: from where it was handed on up to the app with its bindings, twice.

    The second round is for the consequences of the first: a focus that moves, a screen that is being opened.
    """

    __slots__ = ("_app", "_done", "_node", "_rounds")

    def __init__(self, app: App[Any], node: DOMNode, done: Callable[[], Awaitable[None]]) -> None:
        self._app, self._node, self._done, self._rounds = app, node, done, 2

    def go(self) -> None:
        """Queue the next step behind what the node has to handle."""
        # Not call_later, which inspects the signature of what it calls each time: a tenth of the CPU of a key.
        self._node.post_message(Callback(self._step))

    async def _step(self) -> None:
        if self._node is not self._app:
            self._node = self._node.parent or self._app
        elif self._rounds > 1:
            self._rounds, self._node = self._rounds - 1, self._app.focused or self._app.screen
        else:
            await self._done()
            return
        self.go()
