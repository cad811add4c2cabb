"""A program on a terminal of its own: a size, keys, what it shows, how it ended and what it left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.e2e.emulator import Emulator
from tests.e2e.leader import led
from tests.e2e.warm import Child, Warm

HANDS_SECONDS = 0.02
"""Between two keys of a person: what comes faster is a burst, of which nothing may act."""
DEADLINE = 20.0
_KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}


def _begin(
    command: Sequence[str], terminal: int, *, environ: Mapping[str, str], folder: Path, ignored: Sequence[int]
) -> subprocess.Popen[bytes] | Child:
    return subprocess.Popen(
        led(command, ignored),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=folder,
        env=environ,
        start_new_session=True,
    )


class Terminal:
    """Starts `command` as the leader of a session on a new pty; use it as a context, so that it ends with the test.

    `environ` is the whole environment; `ignored` are signals that the program finds ignored, as under nohup. A program
    of ours begins at once where a `warm` process is given.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        columns: int = 80,
        rows: int = 24,
        ignored: Sequence[signal.Signals] = (),
        warm: Warm | None = None,
    ) -> None:
        self._output = bytearray()
        self._changed = threading.Condition()
        self._emulator = Emulator(columns, rows, self._send)
        self._master, slave = os.openpty()
        self._window(columns, rows)
        self._before = termios.tcgetattr(slave)
        begin = warm.begin if warm else _begin
        self._process = begin(command, slave, environ=environ, folder=folder, ignored=ignored)
        os.close(slave)
        self._ended = False
        self._wake_read, self._wake_write = os.pipe()
        self._reader = threading.Thread(target=self._read, args=(self._master,), daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.hang_up()

    # ------------------------------------------------------------------ doing

    def press(self, *keys: str) -> None:
        """Press keys by name, or characters. A lone escape is given the time that tells it from a sequence."""
        for key in keys:
            self._send(_KEYS.get(key, key).encode())
            time.sleep(0.15 if key == "escape" else HANDS_SECONDS)

    def type(self, text: str) -> None:
        """Type characters, one after the other."""
        for character in text:
            self._send(character.encode())
            time.sleep(HANDS_SECONDS)

    def burst(self, text: str) -> None:
        """Send characters in one piece, as a slow line delivers what was typed meanwhile."""
        self._send(text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size; the kernel tells the program."""
        with self._changed:
            self._emulator.resize(columns, rows)
        self._window(columns, rows)

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    @contextlib.contextmanager
    def unread(self) -> Iterator[None]:
        """Nobody reads what the program writes meanwhile, as after Ctrl-S or on a dead link."""
        with self._changed:
            yield

    def hang_up(self) -> None:
        """Take the terminal away: it is gone once nobody, our own thread included, is still reading from it."""
        if self._master >= 0:
            os.write(self._wake_write, b"x")
            self._reader.join()
            for descriptor in (self._master, self._wake_read, self._wake_write):
                os.close(descriptor)
            self._master = -1

    # ------------------------------------------------------------------ seeing

    @property
    def output(self) -> bytes:
        """Everything the program has written so far."""
        with self._changed:
            return bytes(self._output)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen; while a frame is being painted, those of the whole frame a moment later."""
        with self._changed:
            self._changed.wait_for(lambda: not self._emulator.painting, 0.5)
            return self._emulator.lines

    @property
    def screen(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    @property
    def emulator(self) -> Emulator:
        """What the terminal knows besides its text: modes, clipboard, titles."""
        return self._emulator

    def line(self, text: str) -> str:
        """The first line that contains `text`; empty where none does."""
        return next((line for line in self.lines if text in line), "")

    def wait_for(self, wanted: str) -> str:
        """Until the pattern is on the screen; returns the text found."""
        pattern = re.compile(wanted, re.MULTILINE)
        self.wait_until(lambda: bool(pattern.search(self.screen)), f"{wanted!r} on the screen")
        found = pattern.search(self.screen)
        return found[0] if found else ""

    def wait_gone(self, unwanted: str, within: float = DEADLINE) -> None:
        """Until the pattern is no longer on the screen."""
        self.wait_until(lambda: not re.search(unwanted, self.screen, re.MULTILINE), f"{unwanted!r} to go", within)

    def wait_until(self, condition: Callable[[], bool], what: str, within: float = DEADLINE) -> None:
        """Until the condition holds; it is asked again whenever the program has written something."""
        end = time.monotonic() + within
        while not condition():
            over = self._ended and not condition()
            assert not over and time.monotonic() < end, f"waited for {what}; the screen shows:\n{self.screen}"
            with self._changed:
                self._changed.wait(0.1)

    # ------------------------------------------------------------------ ending

    def wait_exit(self, within: float = DEADLINE) -> int:
        """The exit code, or minus the signal that ended it."""
        try:
            code = self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {within} s; the screen shows:\n{self.screen}") from None
        self._read_on()
        return code

    def _read_on(self) -> None:
        """Until the last of it has been read; where somebody else holds the terminal, until nothing comes any more."""
        end, quiet = time.monotonic() + DEADLINE, 0
        while self._reader.is_alive() and quiet < 3 and time.monotonic() < end:
            self._reader.join(0.3)
            with self._changed:
                quiet = 0 if self._ended or select.select([self._master], [], [], 0)[0] else quiet + 1

    @property
    def runs(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    @property
    def child(self) -> int:
        """The process that the program, a shell, has started."""
        return int(Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()[0])

    @property
    def left_behind(self) -> list[str]:
        """What the program did not put back: modes, settings, processes."""
        found = list(self._emulator.left_behind)
        if termios.tcgetattr(self._master) != self._before:
            found.append("the settings (stty) are others than before")
        if self.orphans:
            found.append("a process of it goes on")
        return found

    @property
    def orphans(self) -> bool:
        """Whether anybody of the program's group goes on; the dead that nobody has buried do not count."""
        group = self._process.pid
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, of_group = path.read_text().rpartition(") ")[2].split()[:3]
                if int(of_group) == group and state not in "ZX":
                    return True
        return False

    # ------------------------------------------------------------------ inside

    def _window(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the program may just have ended
            while data:
                data = data[os.write(self._master, data) :]

    def _read(self, master: int) -> None:
        with contextlib.suppress(OSError):  # how Linux says that nobody has the terminal open any more
            while self._wake_read not in select.select([master, self._wake_read], [], [])[0]:
                data = os.read(master, 65536)
                with self._changed:
                    self._output += data
                    self._emulator.feed(data)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
