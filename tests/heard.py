"""Signals that whoever started the tests ignores (nohup, the background of a script): heard again, by children too."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping

_MEANINGS: Mapping[signal.Signals, signal.Handlers | Callable[..., object]] = {
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
    signal.SIGQUIT: signal.SIG_DFL,
}


def hear_signals() -> None:
    """Let those that are ignored mean again what they mean: tests send them, and programs would inherit it."""
    for number, meaning in _MEANINGS.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, meaning)
