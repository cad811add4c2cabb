"""Write to a terminal that may be slow: without losing bytes or blocking the loop, reporting when too much waits."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from itertools import islice

MOST_WAITING = 262_144
_MOST_PIECES = 64
_MOST_AT_ONCE = 1 << 20
"""Bytes written in one turn of the loop at most, however fast the terminal reads."""


class NonBlockingWriter:
    """A write queue for a non-blocking descriptor.

    `full(True)` is called when more than MOST_WAITING bytes wait, `full(False)` when it is well below again; `gone()`
    once when the terminal accepts nothing any more.
    """

    def __init__(self, fd: int, full: Callable[[bool], None], gone: Callable[[], None]) -> None:
        self._fd = fd
        self._full = full
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._queue: deque[memoryview] = deque()
        self._held: deque[memoryview] | None = None
        self._waiting = 0
        self._said_full = False
        self._watching = False
        self._soon: asyncio.Handle | None = None
        self._dead = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def waiting(self) -> int:
        """Bytes that the terminal has not accepted yet."""
        return self._waiting

    def write(self, data: bytes) -> None:
        """Append bytes to the queue."""
        if self._dead or not data:
            return
        self._waiting += len(data)
        self._idle.clear()
        if self._held is not None:
            self._held.append(memoryview(data))
        else:
            self._push(memoryview(data))
        self._check_full()

    def hold(self, overlay: bytes) -> None:
        """Write `overlay` and hold back everything after it until `release`."""
        self.write(overlay)
        if self._held is None:
            self._held = deque()

    def release(self, overlay: bytes = b"") -> None:
        """Write `overlay` and then the bytes held back."""
        held, self._held = self._held, None
        self.write(overlay)
        for data in held or ():
            self._push(data)
        self._check_idle()

    def _push(self, data: memoryview) -> None:
        self._queue.append(data)
        if not self._watching and self._soon is None:
            # A machine's output comes in many small packets at once: they are written together.
            self._soon = self._loop.call_soon(self._flush)

    async def drained(self) -> None:
        """Wait until everything is written, or never will be."""
        await self._idle.wait()

    def close(self) -> bytes:
        """Stop using the descriptor; return the bytes that were still waiting."""
        unsent = b"".join([*self._queue, *(self._held or ())])
        self._dead = True
        self._watch(False)
        if self._soon is not None:
            self._soon.cancel()
        self._queue.clear()
        self._held = None
        self._waiting = 0
        self._idle.set()
        return unsent

    def _flush(self) -> None:
        self._soon = None
        budget = _MOST_AT_ONCE
        taken_whole = True
        while self._queue and budget > 0 and taken_whole:
            pieces = list(islice(self._queue, _MOST_PIECES))
            try:
                written = os.writev(self._fd, pieces)
            except BlockingIOError:
                break
            except OSError:
                self.close()
                self._gone()
                return
            budget -= written
            # A partial write means that the terminal is full: another attempt would fail.
            taken_whole = written == sum(map(len, pieces))
            self._took(written)
        self._watch(bool(self._queue))
        self._check_idle()
        if self._said_full and self._waiting < MOST_WAITING // 4:
            self._said_full = False
            self._full(False)

    def _check_full(self) -> None:
        if self._waiting > MOST_WAITING and not self._said_full:
            self._said_full = True
            self._full(True)

    def _check_idle(self) -> None:
        if not self._waiting:
            self._idle.set()

    def _took(self, written: int) -> None:
        self._waiting -= written
        while written > 0:
            first = self._queue.popleft()
            if written < len(first):
                self._queue.appendleft(first[written:])
            written -= len(first)

    def _watch(self, wanted: bool) -> None:
        if wanted and not self._watching:
            self._loop.add_writer(self._fd, self._flush)
        elif not wanted and self._watching:
            self._loop.remove_writer(self._fd)
        self._watching = wanted
