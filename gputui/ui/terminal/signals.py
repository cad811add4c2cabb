"""Signals that end the app in order, with the terminal restored and the exit code a shell expects."""

from __future__ import annotations

import signal
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from textual.app import App

from gputui.core.signals import unignored

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def exit_code(number: signal.Signals) -> int:
    """Return the exit code that a shell reports for a process ended by this signal."""
    return 128 + number


def install_signals(app: App[Any], loop: AbstractEventLoop, ends: Callable[[int], None]) -> None:
    """Make each ending signal exit `app` with 128 + its number; after the loop is closed it does nothing.

    `ends` is called with that code at once, before any other pending signal is handled.

    These are not the loop's own handlers: when it closes, it would restore the default actions, and a second ctrl+c
    would kill the process during its cleanup. A signal that was ignored at the start (nohup) stays ignored.
    """
    for number in unignored(*ENDING):
        signal.signal(number, _ender(app, loop, exit_code(number), ends))


def _ender(
    app: App[Any], loop: AbstractEventLoop, code: int, ends: Callable[[int], None]
) -> Callable[[int, FrameType | None], None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        ends(code)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(app.exit, None, code)

    return end
