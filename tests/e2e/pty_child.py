"""A program in a pty of its own, its output gathered by a thread; waits are for conditions, with a deadline."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

DEADLINE = 20.0


class PtyChild:
    """Starts `command` as the leader of a new session on a new pty. Close it, or use it as a context."""

    def __init__(self, command: Sequence[str], *, ignored: Sequence[int] = (), reading: bool = True) -> None:
        self.output = b""
        self._status: int | None = None
        self._reading = threading.Event()
        if reading:
            self._reading.set()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            _become(command, ignored)
        self._thread = threading.Thread(target=self._gather, daemon=True)
        self._thread.start()

    def __enter__(self) -> PtyChild:
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is None and self._poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait_exit()
        self.hang_up()

    def press(self, keys: str) -> None:
        """Type these characters."""
        os.write(self.master, keys.encode())

    def wait_for(self, text: str) -> None:
        """Until `text` has been written since the beginning."""
        wanted = text.encode()
        wait_until(lambda: wanted in self.output, f"{text!r} in {self.output[-600:]!r}")

    def wait_after(self, mark: int, text: str) -> None:
        """Until `text` has been written after the first `mark` bytes."""
        wanted = text.encode()
        wait_until(lambda: wanted in self.output[mark:], f"{text!r} in {self.output[mark:][-600:]!r}")

    def wait_exit(self) -> int:
        """The exit code, or minus the signal that ended it."""
        wait_until(lambda: self._poll() is not None, "the process ends")
        assert self._status is not None
        return os.waitstatus_to_exitcode(self._status)

    def attributes(self) -> list[Any]:
        """The terminal's settings (termios), as the child left them."""
        return termios.tcgetattr(self.master)

    def stop_reading(self) -> None:
        """Let the terminal stall, as after Ctrl-S or on a dead link."""
        self._reading.clear()

    def read_on(self) -> None:
        """End a stall."""
        self._reading.set()

    def hang_up(self) -> None:
        """Take the terminal away."""
        master, self.master = self.master, -1
        if master >= 0:
            self._reading.set()
            os.close(master)

    def _poll(self) -> int | None:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = status
        return self._status

    def _gather(self) -> None:
        master = self.master
        with contextlib.suppress(OSError):
            while True:
                self._reading.wait()
                self.output += os.read(master, 65536)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return when `condition` holds; fail, saying `what` was waited for, at the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited {DEADLINE:.0f} s for: {what}"
        time.sleep(0.01)


def _become(command: Sequence[str], ignored: Sequence[int]) -> None:
    try:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(command[0], list(command))
    except OSError as error:
        sys.stderr.write(repr(error))
    finally:
        os._exit(127)
