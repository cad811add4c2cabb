"""Runs gputui with its event loop watched: python -m tests.bench.watched REPORT [--stacks] -- OPTIONS OF GPUTUI.

Every callback of the loop is timed, every pause of the collector too, without a word in the product. With `--stacks` a
thread notes where the long ones are. The report is written when the console is left.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

LEAST_SECONDS = 0.004
SAMPLED_AFTER, SAMPLED_EVERY = 0.012, 0.006
DEEPEST = 6
OURS = "gputui"


class Watch:
    """What was noted: pieces as (when, seconds, CPU seconds, what, stacks), pauses as (when, seconds, CPU seconds)."""

    def __init__(self) -> None:
        self.pieces: list[tuple[float, float, float, str, list[str]]] = []
        self.pauses: list[tuple[float, float, float]] = []
        self._begun = 0.0
        self._stacks: list[str] = []
        self._pause_begun = (0.0, 0.0)

    @contextmanager
    def installed(self) -> Iterator[Watch]:
        """Every callback is timed meanwhile, of whatever loop this process runs."""
        plain = asyncio.Handle._run  # type: ignore[attr-defined]

        def timed(handle: Any) -> None:
            cpu_begun = time.thread_time()
            self._begun = begun = time.monotonic()
            plain(handle)
            self._begun, taken = 0.0, time.monotonic() - begun
            if taken >= LEAST_SECONDS:
                self.pieces.append((begun, taken, time.thread_time() - cpu_begun, _name(handle), self._stacks))
                self._stacks = []

        asyncio.Handle._run = timed  # type: ignore[attr-defined]
        gc.callbacks.append(self._collected)
        try:
            yield self
        finally:
            asyncio.Handle._run = plain  # type: ignore[attr-defined]
            gc.callbacks.remove(self._collected)

    def sample(self) -> None:
        """Note where the loop's thread is while a piece is long; never returns."""
        loop_thread = threading.main_thread().ident
        assert loop_thread is not None
        while True:
            time.sleep(SAMPLED_EVERY)
            if self._begun and time.monotonic() - self._begun > SAMPLED_AFTER:
                self._stacks.append(_stack(sys._current_frames()[loop_thread]))

    def report(self) -> str:
        """Everything as JSON."""
        return json.dumps({"pieces": self.pieces, "pauses": self.pauses})

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        now = time.monotonic(), time.thread_time()
        if phase == "start":
            self._pause_begun = now
        else:
            at, cpu = self._pause_begun
            self.pauses.append((at, now[0] - at, now[1] - cpu))


def _name(handle: Any) -> str:
    task = getattr(handle._callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        return str(getattr(task.get_coro(), "__qualname__", task))
    return str(getattr(handle._callback, "__qualname__", handle._callback))


def _stack(frame: FrameType | None) -> str:
    """The innermost frame and those of ours, innermost first."""
    lines: list[str] = []
    while frame is not None and len(lines) < DEEPEST:
        path = Path(frame.f_code.co_filename)
        if not lines or (OURS in path.parts and path.stem != Path(__file__).stem):
            lines.append(f"{path.parent.name}/{path.stem}.{frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(lines)


def main(words: list[str]) -> int:
    """Run gputui with the options after `--`."""
    at = words.index("--")
    ours, options = words[:at], words[at + 1 :]
    watch = Watch()
    with watch.installed():
        if "--stacks" in ours:
            threading.Thread(target=watch.sample, daemon=True).start()
        from gputui import cli

        code = cli.main(options)
    Path(ours[0]).write_text(watch.report())
    return code


if __name__ == "__main__":
    ended = main(sys.argv[1:])
    from gputui.commands.leaving import leave

    leave(ended)
