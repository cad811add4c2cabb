"""Job control: which job has the terminal, and leaving the terminal whoever has it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_PAUSE = 0.1


def in_background(terminal: int) -> bool:
    """Whether the shell has given the terminal to another job."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # there is no terminal, or it is gone
        return False


def stop_for_output() -> None:
    """Stop as after background output, so that the shell reports it; does nothing if no shell could resume us."""
    os.kill(os.getpid(), signal.SIGTTOU)


async def stop_until_foreground(terminal: int) -> None:
    """Stop now; return when we were continued and have the terminal."""
    os.kill(os.getpid(), signal.SIGSTOP)
    while in_background(terminal):
        # Not at once: a signal that ends us may have come with SIGCONT (`kill` of a shell sends SIGTERM and SIGCONT).
        await asyncio.sleep(_PAUSE)
        if in_background(terminal):
            stop_for_output()


@contextmanager
def unstopped() -> Iterator[None]:
    """Allow changes to the terminal in the background without being stopped: cleaning up must always succeed."""
    try:
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    except ValueError:  # outside the main thread there are no signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, before if before is not None else signal.SIG_DFL)
