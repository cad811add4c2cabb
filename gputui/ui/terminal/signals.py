"""Signals that end the app in order, with the terminal restored and the code a shell expects."""

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
    """What a shell reports for a process ended by this signal."""
    return 128 + number


def install_signals(app: App[Any], loop: AbstractEventLoop, ends: Callable[[int], None]) -> None:
    """From now on each ending signal exits `app` with 128 + its number, and once its loop is closed it does nothing.

    `ends` is called with that at once, before any other signal that came with it is looked at.

    The latter is why these are not the loop's own handlers: closing, it would give the signals their meaning back, and
    a ctrl+c pressed once more would kill what is still being put away. A signal that was ignored when we were started
    (nohup) stays ignored.
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
