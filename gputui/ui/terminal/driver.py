"""The terminal's driver: interruptible input, output that never blocks, and an end when the terminal is gone."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import termios
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from time import monotonic
from tty import CC, IFLAG, LFLAG
from typing import Any

from textual import constants
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from gputui.core.splash import Splash
from gputui.ssh.shells.jobs import in_background, stop_for_output, unstopped
from gputui.ssh.shells.traces import AFTER
from gputui.ui.terminal.arrivals import Arrivals
from gputui.ui.terminal.driven_app import AfterSplash, EndObserver
from gputui.ui.terminal.keyboard import Keyboard
from gputui.ui.terminal.sequences import (
    ALTERNATE_SCREEN,
    CUT_SHORT,
    KITTY_AGAIN,
    MODES_AGAIN,
    MODES_BACK,
    SHOW_WHAT_IS_HELD_BACK,
    is_kitty_request,
)
from gputui.ui.terminal.signals import exit_code, install_signals
from gputui.ui.terminal.writer_thread import WriterThread

READ_BYTES = 4096
FALLBACK_SIZE = (80, 24)
"""For a terminal without a size, such as a serial line."""
FLUSH_SECONDS = 0.5
"""Seconds each step of leaving waits for a slow terminal to accept the last bytes, which restore it."""
SAME_TICK = 0.001
"""Python handles pending signals in the order of their numbers: within this time their real order is unknown."""


class ConsoleDriver(LinuxDriver):
    """Textual's driver, with threads that end at once instead of sleeping, for a terminal that may die.

    Passed to the app as `driver_class`. While the app is suspended all output is dropped: another program has the
    terminal, and Textual repaints afterwards.
    """

    kitty = True
    """Whether to enable the kitty keyboard protocol; a subclass turns it off for terminals with a faulty one."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._given_back = True
        self._taken = False
        self._ending = False
        self._stopping = False
        self._continued = False
        self._continued_at = float("-inf")
        self._usual: list[Any] | None = None
        self._lent = False
        self.takes = 0
        """How often the terminal was taken or lent: what was drawn before stands on it no more."""
        self._together: list[Message] = []
        self.arrivals = Arrivals()
        self._splash = app.splash if isinstance(app, AfterSplash) else Splash()
        self._entered = False
        self._stops_ignored = signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Created early, so that its number stays below the 1,024 that select can watch.
        self._wake_read, self._wake_write = os.pipe()
        self._outlet: WriterThread | None = None
        self.hung_up = False
        self.drawn = 0
        """Bytes sent to the terminal since the start."""

    @property
    def backlog(self) -> int:
        """Bytes drawn but not yet accepted by the terminal."""
        return self._outlet.backlog if self._outlet is not None else 0

    def free(self, then: Callable[[], object]) -> bool:
        """Whether the terminal has taken everything; if not, `then` is called on the loop once it has."""
        return self._outlet is None or self._outlet.free(partial(self._on_loop, then))

    def _on_loop(self, then: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process is ending anyway
            self._loop.call_soon_threadsafe(then)

    def start_application_mode(self) -> None:
        """Take the terminal; from now on every way of ending restores it."""
        self._given_back = self._lent = False
        self.takes += 1
        screen = self._file
        assert screen is not None, "there is no standard error to draw on"
        install_signals(self._app, asyncio.get_running_loop(), self._ends)
        self._outlet = WriterThread(screen.fileno(), screen.encoding, self._terminal_gone)
        self._outlet.start()
        before = self._splash.hand_over()
        self._entered = before is not None
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.attrs_before, self._entered = before or self.attrs_before, False
        self._taken = True

    def _ends(self, code: int) -> None:
        self._ending = True
        if isinstance(self._app, EndObserver):
            self._app.leaving(code)

    def suspend_application_mode(self) -> None:
        """Lend the terminal to another program, which may leave it in any state."""
        super().suspend_application_mode()
        self._lent = True
        self.takes += 1

    def give_back_now(self) -> None:
        """Restore the terminal from another thread, when the main one hangs and the process ends afterwards."""
        screen = self._file
        if screen is None or (self._given_back and not self._lent):
            return
        before = self._usual if self._lent else self.attrs_before
        with suppress(OSError, ValueError, termios.error):
            if in_background(self.fileno):
                return
            if not select.select((), (screen.fileno(),), (), FLUSH_SECONDS / 4)[1]:
                termios.tcflush(screen.fileno(), termios.TCOFLUSH)  # discard output that nobody wants to see any more
            os.write(screen.fileno(), AFTER if self._lent else CUT_SHORT.encode() + MODES_BACK)
        if before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, before)

    def write(self, data: str) -> None:
        """Queue `data` for the terminal; never blocks."""
        if self._outlet is None or (not self.kitty and is_kitty_request(data)):
            return
        if self._entered and data == ALTERNATE_SCREEN:
            return  # entering it again would clear it: the outline stays until it is drawn over
        self.drawn += self._outlet.write(data)

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return columns and rows of the terminal itself: COLUMNS and LINES may be those of another window."""
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
        with unstopped():
            super().disable_input()

    def stop_application_mode(self) -> None:
        """Restore the terminal: first its screen, then, when that is written, its modes.

        In the other order a ctrl+c in between, which is then a signal again, would make the kernel discard the output.
        """
        if self._given_back:
            return  # ended while another program has the terminal: leave it unchanged
        self._given_back, self._taken = True, False
        before, self.attrs_before = self.attrs_before, None
        self._usual = before
        with unstopped():
            # An external stop (SIGTSTP) may come between any two steps, also in the middle of a synchronized frame.
            if self._outlet is not None and self._outlet.backlog:
                self._outlet.write_instead(CUT_SHORT)  # frames that nobody wants to see any more would delay the rest
            self.write(SHOW_WHAT_IS_HELD_BACK)
            super().stop_application_mode()
            self._see_it_out()
            if before is not None and not in_background(self.fileno):
                with suppress(termios.error):
                    termios.tcsetattr(self.fileno, termios.TCSANOW, before)

    def _see_it_out(self) -> None:
        """Write what restores the terminal, instead of pending output if the terminal does not keep up."""
        screen = self._file
        if self._outlet is None or screen is None or self._outlet.drain(FLUSH_SECONDS):
            return
        self._outlet.write_instead(CUT_SHORT + MODES_BACK.decode())
        with suppress(termios.error, OSError):
            if not in_background(screen.fileno()):
                termios.tcflush(screen.fileno(), termios.TCOFLUSH)
        self._outlet.drain(FLUSH_SECONDS / 2)

    # ------------------------------------------------------------------ stopped and continued

    def _sigtstp_application(self, *_: object) -> None:
        """Restore the terminal and stop; if another program has it, only stop. Does not stop while leaving."""
        if self._ending or monotonic() - self._continued_at < SAME_TICK:
            return  # being stopped for good is worse than not stopping: the user can press it again
        if self._auto_restart and self._taken:
            self._stopping = True
            self._continued = False
            self.suspend_application_mode()
            self._must_signal_resume = True
            self._stopping = False
            if self._continued or self._ending:  # SIGCONT came before we had stopped
                self._sigcont_application()
                return
        self._splash.withdraw()
        os.kill(os.getpid(), signal.SIGSTOP)

    def stop_job(self) -> bool:
        """Stop the whole job until `fg`, as a terminal's own ctrl+z does; False if no shell could continue it.

        The kernel decides: it drops a SIGTSTP for a process group that no shell of the same session waits for, where
        SIGSTOP would stop us for good. What has started us in this group, such as a script, must stop with us: only
        then does the shell take the terminal.
        """
        continued_at = self._continued_at
        self._stopping, self._continued = True, False
        self.suspend_application_mode()
        self._must_signal_resume = True
        self._stopping = False
        if not self._stops_ignored and not self._continued:
            ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.killpg(0, signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, ours)
        stopped = self._continued_at != continued_at
        if self._must_signal_resume:  # nothing has stopped us, or SIGCONT came before that
            self._sigcont_application()
        return stopped

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal again after a stop; otherwise repair what a shell may have changed.

        SIGCONT may come without a stop, and in any order with a signal that ends us (`kill` of a shell sends SIGTERM
        and SIGCONT): there is never a second input thread, and nothing is taken while leaving.
        """
        self._continued_at = float("inf")
        try:
            self._go_on()
        finally:
            self._continued_at = monotonic()

    def _go_on(self) -> None:
        if self._stopping:
            self._continued = True
        elif self._ending or not self._auto_restart:
            return
        elif in_background(self.fileno):
            stop_for_output()
        elif self._must_signal_resume:
            self.resume_application_mode()
        elif self._taken:
            self._reassert()

    def _reassert(self) -> None:
        """Set all modes again, whatever has changed them, and redraw everything."""
        self.takes += 1
        if self.attrs_before is not None:
            with suppress(termios.error):
                attributes = termios.tcgetattr(self.fileno)
                attributes[LFLAG] = self._patch_lflag(attributes[LFLAG])
                attributes[IFLAG] = self._patch_iflag(attributes[IFLAG])
                attributes[CC][termios.VMIN] = 1
                termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)
        self.write(SHOW_WHAT_IS_HELD_BACK + MODES_AGAIN)
        if not constants.DISABLE_KITTY_KEY and self.kitty:
            self.write(KITTY_AGAIN)
        self._enable_mouse_support()
        if self._in_band_window_resize:
            self._enable_in_band_window_resize()
        os.kill(os.getpid(), signal.SIGWINCH)  # the window may have been resized while the shell had the terminal
        self.send_message(self.SignalResume())

    def close(self) -> None:
        """Write the last bytes and end the output thread."""
        super().close()
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            outlet.stop(FLUSH_SECONDS)

    def run_input_thread(self) -> None:
        """Dispatch input until `disable_input` is called or the terminal is gone."""
        keyboard = Keyboard(debug=self._debug)
        try:
            while True:
                # Only input can leave the parser waiting (Escape, or a sequence?): without any, wait without a timeout.
                deadline = keyboard.deadline
                self.arrivals.ask(self.fileno)
                timeout = None if deadline is None else max(0.0, deadline - monotonic())
                ready = select.select((self.fileno, self._wake_read), (), (), timeout)[0]
                if self._wake_read in ready:
                    os.read(self._wake_read, 1)
                    return
                at = self.arrivals.look(monotonic())
                data = self._read() if ready else None
                if data == b"":
                    self._terminal_gone()
                    return
                self._dispatch(keyboard.feed(data, at) if data else keyboard.tick(monotonic()))
        finally:
            keyboard.close()

    def _read(self) -> bytes | None:
        """Read what has arrived: None if there is nothing yet, empty if the terminal has ended."""
        try:
            return os.read(self.fileno, READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _dispatch(self, messages: Iterable[Message]) -> None:
        """Deliver what was read together at once: no key of pasted text may arrive before the others."""
        for message in messages:
            self.process_message(message)
        together, self._together = self._together, []
        self._loop.call_soon_threadsafe(self._arrived, together)

    def _arrived(self, messages: Iterable[Message]) -> None:
        self.arrivals.given()
        for message in messages:
            self._app.post_message(message)

    def send_message(self, message: Message) -> None:
        """Send a message to the app: input together with the rest of its read, others at once."""
        if threading.current_thread() is self._key_thread:
            self._together.append(message)
        else:
            super().send_message(message)

    def _terminal_gone(self) -> None:
        self._on_loop(self._hang_up)

    def _hang_up(self) -> None:
        if not self.hung_up:
            self.hung_up = True
            self._app.exit(return_code=exit_code(signal.SIGHUP))
