"""Word of a changed terminal size: at most ten times a second, and the last one is always right."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

from gputui.ssh.shells.terminal import Terminal

_PAUSE = 0.1
Size = tuple[int, int]


class Resizes:
    """Calls `tell` with columns and rows after a change; `check` is to be called when there may be one."""

    def __init__(self, terminal: Terminal, tell: Callable[[Size], None]) -> None:
        self._terminal = terminal
        self._tell = tell
        self._told = terminal.size()
        self._loop = asyncio.get_running_loop()
        self._next = 0.0
        self._later: asyncio.TimerHandle | None = None

    def check(self) -> None:
        """Look at the size, now or as soon as the last word is long enough ago."""
        if self._later is not None:
            return
        wait = self._next - self._loop.time()
        if wait > 0:
            self._later = self._loop.call_later(wait, self._look)
        else:
            self._look()

    def close(self) -> None:
        """Say nothing any more."""
        if self._later is not None:
            self._later.cancel()

    def _look(self) -> None:
        self._later = None
        size = self._terminal.size()
        if size != self._told:
            self._told = size
            self._next = self._loop.time() + _PAUSE
            self._tell(size)


@contextlib.contextmanager
def on_signals(*calls: tuple[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Have the running loop call back on signals for the time of the block; then what was there is there again.

    signal.signal rather than loop.add_signal_handler: that one forgets for good what it replaces, be it of the loop
    or not. Outside the main thread there are no signals: nothing happens.
    """
    loop = asyncio.get_running_loop()
    before: list[tuple[signal.Signals, object]] = []
    try:
        for number, call in calls:
            with contextlib.suppress(ValueError):
                before.append((number, signal.signal(number, _caller(loop, call))))
        yield
    finally:
        for number, handler in reversed(before):
            # None: a handler that C code had installed, which Python cannot put back.
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)  # type: ignore[arg-type]


def _caller(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        # Between two instructions of anything: only hand it over. This wakes a loop that sleeps in select, too.
        loop.call_soon_threadsafe(call)

    return handle
