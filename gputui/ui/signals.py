"""Signals that end the console: in order, with the terminal restored and the code a shell expects."""

from __future__ import annotations

import signal
from asyncio import AbstractEventLoop
from typing import Any

from textual.app import App

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def exit_code(number: signal.Signals) -> int:
    """What a shell reports for a process ended by this signal."""
    return 128 + number


def install_signals(app: App[Any], loop: AbstractEventLoop) -> None:
    """From now on each ending signal exits `app` with 128 + its number; call it on the loop's own thread.

    A signal that was ignored when we were started (nohup) stays ignored. `remove_signals` undoes it.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, app.exit, None, exit_code(number))


def remove_signals(loop: AbstractEventLoop) -> None:
    """Give the ending signals their ordinary meaning back."""
    for number in ENDING:
        loop.remove_signal_handler(number)
