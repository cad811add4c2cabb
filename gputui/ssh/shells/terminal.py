"""The terminal that a session takes over: its size, raw mode, and restoring its state afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gputui.ssh.shells.jobs import in_background, unstopped

_FLAGS_IN, _FLAGS_OUT, _FLAGS_CONTROL, _FLAGS_LOCAL, _SPEED_IN, _SPEED_OUT, _CHARACTERS = range(7)
_FALLBACK = (80, 24)

# Opcodes of RFC 4254 §8 (42: RFC 8160) with their termios names. Left out: those that no Linux terminal has.
_CHARACTER_CODES = {1: "VINTR", 2: "VQUIT", 3: "VERASE", 4: "VKILL", 5: "VEOF", 6: "VEOL", 7: "VEOL2", 8: "VSTART"}
_CHARACTER_CODES |= {9: "VSTOP", 10: "VSUSP", 12: "VREPRINT", 13: "VWERASE", 14: "VLNEXT", 18: "VDISCARD"}
_FLAG_CODES = (
    (_FLAGS_IN, {30: "IGNPAR", 31: "PARMRK", 32: "INPCK", 33: "ISTRIP", 34: "INLCR", 35: "IGNCR", 36: "ICRNL"}),
    (_FLAGS_IN, {38: "IXON", 39: "IXANY", 40: "IXOFF", 41: "IMAXBEL", 42: "IUTF8"}),
    (_FLAGS_LOCAL, {50: "ISIG", 51: "ICANON", 53: "ECHO", 54: "ECHOE", 55: "ECHOK", 56: "ECHONL", 57: "NOFLSH"}),
    (_FLAGS_LOCAL, {58: "TOSTOP", 59: "IEXTEN", 60: "ECHOCTL", 61: "ECHOKE"}),
    (_FLAGS_OUT, {70: "OPOST", 72: "ONLCR", 73: "OCRNL", 74: "ONOCR", 75: "ONLRET"}),
)
_IUTF8 = 0o40000  # Linux; Python's termios does not name it before 3.13
_SPEED_CODES = {128: 38400, 129: 38400}


@dataclass(frozen=True, slots=True)
class Terminal:
    """The two descriptors of a terminal and its TERM; `usual` are its normal attributes if others are set now."""

    fd_in: int
    fd_out: int
    term: str = "xterm-256color"
    usual: list[Any] | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether both descriptors are terminals."""
        return os.isatty(self.fd_in) and os.isatty(self.fd_out)

    def size(self) -> tuple[int, int]:
        """The current number of columns and rows."""
        try:
            size = os.get_terminal_size(self.fd_out)
        except OSError:
            return _FALLBACK
        return (size.columns, size.lines) if size.columns and size.lines else _FALLBACK

    def modes(self) -> dict[int, int]:
        """The modes for the remote terminal by SSH opcode, as they are here: erase key, UTF-8, echo and so on."""
        try:
            attributes = self.usual or termios.tcgetattr(self.fd_in)
        except termios.error:
            return {}
        codes = {code: _character(attributes, name) for code, name in _CHARACTER_CODES.items()}
        for field, names in _FLAG_CODES:
            codes |= {code: int(bool(attributes[field] & _bit(name))) for code, name in names.items()}
        return codes | _SPEED_CODES


def _bit(name: str) -> int:
    return int(getattr(termios, name, _IUTF8 if name == "IUTF8" else 0))


def _character(attributes: list[Any], name: str) -> int:
    value = attributes[_CHARACTERS][getattr(termios, name)]
    return value[0] if isinstance(value, bytes) else int(value)


@contextlib.contextmanager
def kept_modes(fd: int) -> Iterator[None]:
    """Restore the terminal's modes after the block, however it ends.

    Never waits for output to drain: a terminal that reads nothing must not block the loop.
    """
    before = termios.tcgetattr(fd)
    try:
        yield
    finally:
        # A hung-up terminal has no modes; the modes of a terminal that another job has are that job's.
        with unstopped(), contextlib.suppress(termios.error, OSError):
            if not in_background(fd):
                termios.tcsetattr(fd, termios.TCSANOW, before)


@contextlib.contextmanager
def raw_mode(fd: int) -> Iterator[None]:
    """Set raw mode for the duration of the block, then restore the modes."""
    with kept_modes(fd):
        tty.setraw(fd, termios.TCSANOW)
        yield


@contextlib.contextmanager
def non_blocking(fd: int) -> Iterator[int]:
    """Return a descriptor of the same terminal that never blocks.

    The terminal is opened again: O_NONBLOCK on the inherited descriptor would affect everyone who shares it, especially
    the parent shell. If it cannot be opened (it belongs to another user, after `su`), the flag is set and later
    restored.
    """
    try:
        own = os.open(os.ttyname(fd), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        blocking = os.get_blocking(fd)
        os.set_blocking(fd, False)
        try:
            yield fd
        finally:
            os.set_blocking(fd, blocking)
        return
    try:
        yield own
    finally:
        os.close(own)


def forget_input(fd: int) -> None:
    """Discard unread input: typed keys and the terminal's replies."""
    with unstopped(), contextlib.suppress(termios.error, OSError):
        termios.tcflush(fd, termios.TCIFLUSH)


async def read_line(fd: int) -> bytes:
    """Read one line from a terminal in its normal mode, stripped; empty at the end of input."""
    return (await read_whole_line(fd) or b"").strip()


async def read_whole_line(fd: int) -> bytes | None:
    """Read one line unstripped, without a thread that would outlive a ctrl+c; None at ctrl+d or a hang-up."""
    loop = asyncio.get_running_loop()
    typed = asyncio.Event()
    loop.add_reader(fd, typed.set)
    try:
        await typed.wait()
        line = os.read(fd, 4096)
        return line.removesuffix(b"\n") if line else None
    except OSError:  # the terminal has hung up
        return None
    finally:
        loop.remove_reader(fd)
