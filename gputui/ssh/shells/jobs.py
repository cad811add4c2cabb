"""Being a job of a shell: whose the terminal is, and getting out of it whoever has it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


def in_background(terminal: int) -> bool:
    """Whether the shell has given the terminal to another job."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # there is none, or it is gone
        return False


def stop_for_output() -> None:
    """Stop as if we had drawn in the background, for the shell to say so; nobody stops whom no shell would wake."""
    os.kill(os.getpid(), signal.SIGTTOU)


@contextmanager
def unstopped() -> Iterator[None]:
    """What is done to the terminal stops us not even in the background: who leaves must get out."""
    try:
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    except ValueError:  # outside the main thread there are no signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, before if before is not None else signal.SIG_DFL)
