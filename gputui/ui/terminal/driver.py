"""The terminal's driver: input that can be woken, output that never blocks, and an end when the terminal is gone."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from textual import constants
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from gputui.ui.terminal.outlet import Outlet
from gputui.ui.terminal.signals import exit_code, install_signals

READ_BYTES = 4096
FALLBACK_SIZE = (80, 24)
"""For a terminal that knows no size, as over a serial line."""
SHOW_WHAT_IS_HELD_BACK = "\x1b[?2026l"
FLUSH_SECONDS = 0.75
"""How long each step of leaving waits for a slow terminal to take the last bytes: the ones that restore it."""


class ConsoleDriver(LinuxDriver):
    """Textual's driver, with threads that end at once instead of sleeping, and a terminal that may die.

    Given to the app as `driver_class`. While the app is suspended everything written is dropped: the terminal
    belongs to somebody else, and Textual repaints when it comes back.
    """

    kitty = True
    """Whether to ask for the kitty keyboard protocol; a subclass turns it off for terminals that get it wrong."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._given_back = True
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Made once and early, so that its number stays below the 1,024 that select can watch.
        self._wake_read, self._wake_write = os.pipe()
        self._outlet: Outlet | None = None
        self.hung_up = False

    @property
    def backlog(self) -> int:
        """Bytes drawn but not yet taken by the terminal: draw nothing more while this is high."""
        return self._outlet.backlog if self._outlet is not None else 0

    def start_application_mode(self) -> None:
        """Take the terminal; from now on every ending gives it back."""
        self._given_back = False
        screen = self._file
        assert screen is not None, "there is no standard error to draw on"
        install_signals(self._app, asyncio.get_running_loop())
        self._outlet = Outlet(screen.fileno(), screen.encoding, self._terminal_gone)
        self._outlet.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        """Queue `data` for the terminal; never blocks."""
        if self._outlet is None or (not self.kitty and _is_kitty_request(data)):
            return
        self._outlet.write(data)

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows of the terminal itself: what COLUMNS and LINES say was true of another window."""
        screen = self._file
        assert screen is not None, "there is no standard error to draw on"
        try:
            columns, rows = os.get_terminal_size(screen.fileno())
        except OSError:
            return FALLBACK_SIZE
        return (columns, rows) if columns and rows else FALLBACK_SIZE

    def disable_input(self) -> None:
        """End the input thread now."""
        if self._key_thread is not None and self._key_thread.is_alive():
            os.write(self._wake_write, b"x")
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back: its screen first, its modes when that is out.

        The other way round a ctrl+c in between, by then a signal again, has the kernel throw away what is being sent.
        """
        self._given_back = True
        before, self.attrs_before = self.attrs_before, None
        # A stop from outside (SIGTSTP) comes between any two steps, also in the middle of a frame that is held back.
        self.write(SHOW_WHAT_IS_HELD_BACK)
        super().stop_application_mode()
        if self._outlet is not None:
            self._outlet.drain(FLUSH_SECONDS)
        if before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, before)

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal again after a stop, but not while we leave it.

        A terminal that dies sends SIGHUP and SIGCONT: starting threads in a handler that has come between the lines
        that end them would wait for itself for ever.
        """
        if not self._given_back or self._must_signal_resume:
            super()._sigcont_application()

    def close(self) -> None:
        """Send the last bytes and end the output thread."""
        super().close()
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            outlet.stop(FLUSH_SECONDS)

    def run_input_thread(self) -> None:
        """Dispatch what the terminal sends until woken by `disable_input` or until the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        # Only bytes can leave the parser waiting (is this Escape, or a sequence?): without any we sleep for good.
        timeout: float | None = None
        try:
            while True:
                ready = select.select((self.fileno, self._wake_read), (), (), timeout)[0]
                if self._wake_read in ready:
                    os.read(self._wake_read, 1)
                    return
                if ready and (data := self._read()) is not None:
                    if not data:
                        self._terminal_gone()
                        return
                    self._dispatch(parser.feed(decode(data)))
                self._dispatch(parser.tick())
                timeout = constants.ESCAPE_DELAY if ready else None
        finally:
            with suppress(EOFError, ParseError):
                for _ in parser.feed(""):
                    pass

    def _read(self) -> bytes | None:
        """What has arrived: nothing yet is None, an ended or dead terminal is empty."""
        try:
            return os.read(self.fileno, READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _dispatch(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _terminal_gone(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process is ending anyway
            self._loop.call_soon_threadsafe(self._hang_up)

    def _hang_up(self) -> None:
        if not self.hung_up:
            self.hung_up = True
            self._app.exit(return_code=exit_code(signal.SIGHUP))


def _is_kitty_request(data: str) -> bool:
    return data == "\x1b[<u" or (data.startswith("\x1b[>") and data.endswith("u"))
