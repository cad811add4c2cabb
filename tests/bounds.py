"""A bound for every test: one that waits for ever fails, with where it waited, and the others go on."""

from __future__ import annotations

import faulthandler
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

LONGEST_SECONDS = 300
"""Far above the slowest test on a busy machine."""


@contextmanager
def bounded(name: str, seconds: float = LONGEST_SECONDS) -> Iterator[None]:
    """Fail what runs within, in the main thread, once it takes too long.

    What cannot be interrupted ends the process as much later as a test may last, with the stacks of all threads.
    """

    def over(*_: object) -> None:
        pytest.fail(f"{name} took more than {seconds:g} s", pytrace=True)

    before = signal.signal(signal.SIGALRM, over)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + LONGEST_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, before)
