"""Run a command's work to its end, and end at once if something hangs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from gputui.core.threads import DaemonThreads, Deadline

T = TypeVar("T")
SECONDS = 1.0
"""Seconds from the signal, or the key, to the end."""


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
