"""Becomes a command that leads a session on the terminal at stdin: `leader.py IGNORED-SIGNALS COMMAND…`.

A program of its own: what runs between fork and exec in a process with threads may wait for a lock for ever.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import termios
from collections.abc import Sequence

if __name__ == "__main__":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Whatever started the tests may ignore or block signals (`nohup`, a shell's `&`); its children do not.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for each in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(each, signal.SIG_DFL)
    for number in sys.argv[1].split():
        signal.signal(int(number), signal.SIG_IGN)
    os.execvp(sys.argv[2], sys.argv[2:])


def led(command: Sequence[str], ignored: Sequence[int] = ()) -> list[str]:
    """The command line that becomes `command`; start it in a new session with the terminal as its stdin."""
    return [sys.executable, "-S", "-E", __file__, " ".join(str(int(number)) for number in ignored), *command]
