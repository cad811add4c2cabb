"""A progress line on a terminal, which is overwritten and finally cleared."""

from __future__ import annotations

import asyncio
from typing import TextIO

from gputui.ssh.running.fan_out import FanOut

_EVERY = 0.1
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Draws at most ten times a second; writes nothing if `err` is not a terminal."""

    def __init__(self, err: TextIO) -> None:
        self._err = err if err.isatty() else None
        self._shown = ""
        self._timer: asyncio.TimerHandle | None = None

    def show(self, run: FanOut) -> None:
        """Show the progress of `run`, now or shortly."""
        if self._err is not None and self._timer is None:
            self._draw(run)

    def _draw(self, run: FanOut) -> None:
        self._timer = None
        text = _words(run)
        if self._err is not None and text != self._shown:
            self._shown = text
            self._err.write(_CLEAR + text)
            self._err.flush()
            self._timer = asyncio.get_running_loop().call_later(_EVERY, self._draw, run)

    def clear(self) -> None:
        """Clear the line, before anything else is written."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._err is not None and self._shown:
            self._shown = ""
            self._err.write(_CLEAR)
            self._err.flush()


def _words(run: FanOut) -> str:
    failed = sum(answer.status != 0 for answer in run.done)
    parts = [f"{len(run.done)} of {len(run.machines)} done", f"{run.running} running"]
    return ", ".join([*parts, f"{failed} failed"] if failed else parts)
