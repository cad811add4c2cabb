"""Report changes of the terminal size at most ten times a second; the last report is always current."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gputui.ssh.shells.terminal import Terminal

_PAUSE = 0.1
Size = tuple[int, int]


class Resizes:
    """Calls `tell` with columns and rows after a change; call `check` when the size may have changed."""

    def __init__(self, terminal: Terminal, tell: Callable[[Size], None]) -> None:
        self._terminal = terminal
        self._tell = tell
        self._told = terminal.size()
        self._loop = asyncio.get_running_loop()
        self._next = 0.0
        self._later: asyncio.TimerHandle | None = None

    def check(self) -> None:
        """Read the size, now or once enough time has passed since the last report."""
        if self._later is not None:
            return
        wait = self._next - self._loop.time()
        if wait > 0:
            self._later = self._loop.call_later(wait, self._look)
        else:
            self._look()

    def close(self) -> None:
        """Stop reporting."""
        if self._later is not None:
            self._later.cancel()

    def _look(self) -> None:
        self._later = None
        size = self._terminal.size()
        if size != self._told:
            self._told = size
            self._next = self._loop.time() + _PAUSE
            self._tell(size)
