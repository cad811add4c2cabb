"""A program in a pty of its own, its output gathered by a thread; waits are for conditions, with a deadline."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.e2e.leader import led

DEADLINE = 20.0


class PtyChild:
    """Starts `command` as the leader of a new session on a new pty. Close it, or use it as a context."""

    def __init__(self, command: Sequence[str], *, ignored: Sequence[int] = (), reading: bool = True) -> None:
        self.output = b""
        self._reading = threading.Event()
        if reading:
            self._reading.set()
        self.master, slave = os.openpty()
        self._wake_read, self._wake_write = os.pipe()
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._process = subprocess.Popen(
            led(command, ignored), stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True
        )
        os.close(slave)
        self._thread = threading.Thread(target=self._gather, daemon=True)
        self._thread.start()

    def __enter__(self) -> PtyChild:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self.hang_up()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

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
        return self._process.wait(DEADLINE)

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
        """Take the terminal away: it is gone once nobody, our own thread included, is still reading from it."""
        if self.master < 0:
            return
        self._reading.set()
        os.write(self._wake_write, b"x")
        self._thread.join()
        for descriptor in (self.master, self._wake_read, self._wake_write):
            os.close(descriptor)
        self.master = -1

    def _gather(self) -> None:
        with contextlib.suppress(OSError):
            while self._reading.wait():
                if self._wake_read in select.select([self.master, self._wake_read], [], [])[0]:
                    return
                self.output += os.read(self.master, 65536)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return when `condition` holds; fail, saying `what` was waited for, at the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited {DEADLINE:.0f} s for: {what}"
        time.sleep(0.01)
