"""One line on a terminal that tells how far a run has come, written over and over and gone in the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from gputui.ssh.fan_out import FanOut

_EVERY = 0.1
_CLEAR = "\r\x1b[K"


class Progress:
    """Nothing is written where `err` is no terminal."""

    def __init__(self, err: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._err = err if err.isatty() else None
        self._clock = clock
        self._next = 0.0

    def show(self, run: FanOut) -> None:
        """Tell how it stands, ten times a second at most."""
        if self._err is None or self._clock() < self._next:
            return
        self._next = self._clock() + _EVERY
        failed = sum(answer.status != 0 for answer in run.done)
        parts = [f"{len(run.done)} of {len(run.machines)} done", f"{run.running} running"]
        self._err.write(_CLEAR + ", ".join([*parts, f"{failed} failed"] if failed else parts))
        self._err.flush()

    def clear(self) -> None:
        """Take the line away, before anything else is written."""
        if self._err is not None and self._next:
            self._next = 0.0
            self._err.write(_CLEAR)
            self._err.flush()
