"""The console's outline, drawn before anything else is imported, and taken back if no console comes."""

from __future__ import annotations

import os
import select
import signal
import termios

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from typing import Any

INPUT, OUTPUT = 0, 2
"""The descriptors of the terminal: the console draws on standard error."""
ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[0m\x1b[?1049l\x1b[?25h"
"""The alternate screen without a cursor, and back."""
_LFLAG, _CC = 3, 6
_SIGNALS = (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP)


class Splash:
    """What stands on the terminal between the start and the console's first frame. At first it is not drawn.

    Until it is withdrawn or handed over, keys are kept by the terminal, without echo, and a signal that ends or stops
    the process restores the terminal first. After ctrl+c, a KeyboardInterrupt, `withdraw` is the caller's.
    """

    def __init__(self) -> None:
        self._before: list[Any] | None = None

    def draw(self, picture: str) -> None:
        """Take the terminal and draw, unless that could block, or another job has the terminal."""
        try:
            if os.tcgetpgrp(INPUT) != os.getpgrp() or not _takes_output():
                return
            before = termios.tcgetattr(INPUT)
            for number in _SIGNALS:
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, self._signalled)
            self._before = before
            termios.tcsetattr(INPUT, termios.TCSANOW, _silent(before))
            os.write(OUTPUT, ENTER + picture.encode())
        except (OSError, termios.error):
            self.withdraw()

    def withdraw(self) -> None:
        """Restore the terminal if the outline stands on it."""
        before, self._before = self._before, None
        if before is None:
            return
        self._forget_signals()
        try:
            if _takes_output():
                os.write(OUTPUT, LEAVE)
            termios.tcsetattr(INPUT, termios.TCSANOW, before)
        except (OSError, termios.error):
            return

    def hand_over(self) -> list[Any] | None:
        """Leave the terminal to the caller, who handles all signals by now; None if nothing is drawn on it.

        Returns the terminal's original attributes, which are the caller's to restore.
        """
        before, self._before = self._before, None
        return before

    def _signalled(self, number: int, _frame: object) -> None:
        self.withdraw()
        os.kill(os.getpid(), number)  # now it does what it does by default

    def _forget_signals(self) -> None:
        for number in _SIGNALS:
            if signal.getsignal(number) == self._signalled:
                signal.signal(number, signal.SIG_DFL)


def _silent(attributes: list[Any]) -> list[Any]:
    """Keys wait to be read, unseen; ctrl+c still interrupts, ctrl+z is a key as it is in the console."""
    silent = [*attributes[:_CC], [*attributes[_CC]]]
    silent[_LFLAG] &= ~(termios.ECHO | termios.ICANON)
    silent[_CC][termios.VSUSP] = b"\0"
    silent[_CC][termios.VMIN] = 1
    return silent


def _takes_output() -> bool:
    return bool(select.select((), (OUTPUT,), (), 0)[1])
