"""Write to the terminal in a thread, so that a terminal that reads nothing never blocks the loop."""

from __future__ import annotations

import os
import select
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread

CHUNK = 4096


class WriterThread(Thread):
    """Accepts text at once and writes it in order; `on_broken` is called, in this thread, when the terminal is gone.

    The queue is deliberately unbounded: callers ask whether it is `free` and draw less.
    """

    def __init__(self, fileno: int, encoding: str, on_broken: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._fileno = fileno
        self._encoding = encoding
        self._on_broken = on_broken
        self._change = Condition()
        self._waiting: deque[bytes] = deque()
        self._backlog = 0
        self._generation = 0
        self._stopping = False
        self._broken = False
        self._then: Callable[[], None] | None = None

    @property
    def backlog(self) -> int:
        """Bytes accepted but not yet written to the terminal."""
        return self._backlog

    def write(self, text: str) -> int:
        """Queue `text`, dropped once the terminal is gone; return its bytes."""
        data = text.encode(self._encoding, "backslashreplace")
        with self._change:
            if self._broken:
                return 0
            self._waiting.append(data)
            self._backlog += len(data)
            self._change.notify_all()
        return len(data)

    def write_instead(self, text: str) -> None:
        """Queue `text` in place of everything not yet written, except the piece being written now."""
        with self._change:
            self._generation += 1
            self._waiting.clear()
            self._backlog = 0
        self.write(text)

    def free(self, then: Callable[[], None]) -> bool:
        """Whether everything is written; if not, `then` is called once, in this thread, when it is."""
        with self._change:
            self._then = then if self._backlog else None
            return not self._backlog

    def drain(self, timeout: float) -> bool:
        """Wait until everything is written; False if that takes longer than `timeout` seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self._backlog, timeout)

    def stop(self, timeout: float) -> bool:
        """Write what is queued and end; False if that takes longer than `timeout` seconds."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        self.join(timeout)
        return not self.is_alive()

    def run(self) -> None:
        """Write until stopped or until the terminal is gone."""
        while (todo := self._next())[0]:
            try:
                self._send(*todo)
            except OSError:
                with self._change:
                    self._broken = True
                    self._waiting.clear()
                    self._backlog = 0
                    self._change.notify_all()
                self._on_broken()
                return

    def _next(self) -> tuple[bytes, int]:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._stopping)
            data = b"".join(self._waiting)
            self._waiting.clear()
            return data, self._generation

    def _send(self, data: bytes, generation: int) -> None:
        view = memoryview(data)
        while view and generation == self._generation:
            try:
                sent = os.write(self._fileno, view[:CHUNK])
            except BlockingIOError:  # standard streams share one description: a session may have left it non-blocking
                select.select((), (self._fileno,), ())
                continue
            view = view[sent:]
            then = None
            with self._change:
                if generation == self._generation:
                    self._backlog -= sent
                if not self._backlog:
                    then, self._then = self._then, None
                self._change.notify_all()
            if then is not None:
                then()
