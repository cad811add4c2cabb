"""A program on a pty of its own, and what it wrote when: read as it comes, looked at only when asked for."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.e2e.emulator import Emulator

COLUMNS, ROWS = 120, 36
TICK = 0.02
_QUESTION = re.compile(rb"\x1b\[(?P<asked>0?c|>0?c|6n|5n|\?(?P<mode>\d+)\$p)|\x1b\](?P<colour>10|11);\?(?:\x07|\x1b\\)")
_ANSWERS = {b"c": b"\x1b[?62;22c", b"0c": b"\x1b[?62;22c", b">c": b"\x1b[>41;354;0c", b">0c": b"\x1b[>41;354;0c"}
_ANSWERS |= {b"6n": b"\x1b[1;1R", b"5n": b"\x1b[0n"}


class Chunk(NamedTuple):
    """What one read gave: when, on the monotonic clock of all processes, and the bytes."""

    at: float
    data: bytes


class Recording:
    """Starts `command` with `environ` as its whole environment; `close` ends it, as leaving the context does.

    Nothing is parsed while the program is measured: `look` replays what has come since the last look.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.chunks: list[Chunk] = []
        self.ended = False
        self._looked = 0
        self._emulator = Emulator(COLUMNS, ROWS, lambda _: None)
        self._rest = b""
        self.started = time.monotonic()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execve(command[0], list(command), dict(environ))
        os.set_blocking(self._terminal, False)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, keys: str) -> float:
        """Press keys in one piece; gives the moment before."""
        at, data = time.monotonic(), keys.encode()
        while data and not self.ended:
            try:
                data = data[os.write(self._terminal, data) :]
            except BlockingIOError:
                self.read(0.001)
        return at

    def read(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Read for that long, or until the condition holds, which is asked after each chunk; whether it held."""
        end = time.monotonic() + seconds
        while not self.ended and (left := end - time.monotonic()) > 0:
            if select.select([self._terminal], [], [], min(left, TICK))[0]:
                self._take()
            if until():
                return True
        return until()

    def read_until_quiet(self, quiet: float, within: float = 10.0) -> float:
        """Read until nothing has come for so long; gives the moment of the last byte, or of the call."""
        begun = time.monotonic()

        def last() -> float:
            return max(begun, self.chunks[-1].at if self.chunks else begun)

        self.read(within, lambda: time.monotonic() - last() >= quiet)
        return last()

    def wait_for(self, pattern: str, within: float = 60.0, *, already: bool = False) -> float:
        """Read until a chunk brings the pattern to the screen; gives that chunk's moment.

        With `already` it may be there since the last look: the moment is that of the newest chunk then.
        """
        wanted, end = re.compile(pattern), time.monotonic() + within
        if already and wanted.search(self.text):
            return self.chunks[self._looked - 1].at
        while True:
            while self._looked < len(self.chunks):
                self._feed()
                if wanted.search(self.text):
                    return self.chunks[self._looked - 1].at
            assert time.monotonic() < end and not self.ended, f"no {pattern!r} on the screen:\n{self.text}"
            self.read(0.1)

    def look(self) -> str:
        """The screen as it is by now."""
        while self._looked < len(self.chunks):
            self._feed()
        return self.text

    def replay(self) -> Iterator[tuple[float, str]]:
        """The screen after each chunk that has not been looked at, and when that came."""
        while self._looked < len(self.chunks):
            self._feed()
            yield self.chunks[self._looked - 1].at, self.text

    @property
    def text(self) -> str:
        """The screen as it was at the last look."""
        return "\n".join(self._emulator.lines)

    def bytes_since(self, moment: float) -> int:
        """How many bytes have come from then on."""
        return sum(len(chunk.data) for chunk in self.chunks if chunk.at >= moment)

    def leave(self, keys: str, within: float = 30.0) -> float:
        """Press these keys one after the other; gives the seconds from the last of them until the program is gone."""
        for key in keys[:-1]:
            self.send(key)
            self.read(0.1)
        at, end = self.send(keys[-1]), time.monotonic() + within
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            assert time.monotonic() < end, f"the program does not end:\n{self.look()}"
            self.read(0.001)
        self.ended = True
        return time.monotonic() - at

    def close(self) -> None:
        """End the program where it has not ended."""
        if not self.ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.ended = True
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1

    def _take(self) -> None:
        try:
            data = os.read(self._terminal, 65536)
        except BlockingIOError:
            return
        except OSError:  # how Linux says that nobody has the terminal open any more
            time.sleep(TICK)
            return
        self.chunks.append(Chunk(time.monotonic(), data))
        self._reply(data)

    def _reply(self, data: bytes) -> None:
        """Answer as a modern terminal does; one with a light colour would be another program's measurement."""
        heard, done = self._rest + data, 0
        for asked in _QUESTION.finditer(heard):
            done = asked.end()
            os.write(self._terminal, _answer(asked))
        self._rest = heard[max(done, len(heard) - 16) :]

    def _feed(self) -> None:
        self._emulator.feed(self.chunks[self._looked].data)
        self._looked += 1


def _answer(asked: re.Match[bytes]) -> bytes:
    if asked["colour"]:
        value = b"ffff" if asked["colour"] == b"10" else b"0000"
        return b"\x1b]%s;rgb:%s/%s/%s\x1b\\" % (asked["colour"], value, value, value)
    if asked["mode"]:
        return b"\x1b[?%s;%s$y" % (asked["mode"], b"2" if asked["mode"] == b"2026" else b"0")
    return _ANSWERS[asked["asked"]]
