"""Signals that whoever started the tests ignores or blocks (nohup, a script): heard again, by children too."""

from __future__ import annotations

import signal

_AS_PYTHON_HAS_THEM = {signal.SIGPIPE, signal.SIGXFSZ, signal.SIGKILL, signal.SIGSTOP}
"""Python ignores the first two from its start; the others cannot be ignored."""


def hear_signals() -> None:
    """Let each mean what it means by default: tests send them, and programs that they start would inherit it."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - _AS_PYTHON_HAS_THEM:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
