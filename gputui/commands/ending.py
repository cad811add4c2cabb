"""End a command's process at once, even if something hangs, with its output written."""

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
"""Seconds from the signal, or the key, to the end."""


def leave(code: int) -> NoReturn:
    """End the process without Python's teardown, which takes up to a second and waits for threads that hang."""
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
    """Like asyncio.run, but without waiting for anything that hangs; ends within a second of ctrl+c."""
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
