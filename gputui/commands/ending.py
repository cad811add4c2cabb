"""How a command's process ends: at once, whatever hangs, with what it has said written."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from gputui.core.threads import DaemonThreads, Deadline

T = TypeVar("T")
SECONDS = 1.0
"""From the signal, or the key, to the end."""


def leave(code: int) -> NoReturn:
    """End the process without Python's own teardown: it takes up to a second, and waits for threads that hang."""
    if "coverage" in sys.modules:
        sys.exit(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def patient(seconds: float) -> bool:
    """Whether there is still time."""
    return seconds < SECONDS


def run_to_its_end(work: Callable[[Deadline], Coroutine[Any, Any, T]], interrupted: int = 130) -> T:
    """asyncio.run, but nothing that hangs is waited for; interrupted it ends within a second of ctrl+c."""
    deadline = Deadline(os._exit)

    async def begin() -> T:
        asyncio.get_running_loop().set_default_executor(DaemonThreads())
        try:
            return await work(deadline)
        except asyncio.CancelledError:
            deadline.begin(interrupted, patient)
            raise

    try:
        return asyncio.run(begin())
    finally:
        deadline.call_off()
