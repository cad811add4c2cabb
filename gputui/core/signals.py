"""Signal handlers for the duration of a block; the previous ones are restored afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


def unignored(*numbers: signal.Signals) -> list[signal.Signals]:
    """Those that our parent has not had ignored, as nohup does with SIGHUP: an ignored signal stays ignored."""
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


@contextlib.contextmanager
def on_signals(*calls: tuple[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Have the running loop call back on signals for the duration of the block; then restore the previous handlers.

    signal.signal rather than loop.add_signal_handler, which forgets the handler that it replaces, be it of the loop or
    not. Outside the main thread there are no signals: nothing happens.
    """
    loop = asyncio.get_running_loop()
    before: list[tuple[signal.Signals, object]] = []
    try:
        for number, call in calls:
            with contextlib.suppress(ValueError):
                before.append((number, signal.signal(number, _caller(loop, call))))
        yield
    finally:
        for number, handler in reversed(before):
            # None: a handler installed by C code, which Python cannot restore.
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)  # type: ignore[arg-type]


def _caller(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        # A handler may run between any two instructions: only pass the call on. This also wakes a loop waiting in
        # select.
        loop.call_soon_threadsafe(call)

    return handle
