"""Signals for as long as something runs: what was there before is there again afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


def unignored(*numbers: signal.Signals) -> list[signal.Signals]:
    """Those of them that whoever started us has not had ignored, as nohup does SIGHUP: what is ignored stays so."""
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


@contextlib.contextmanager
def on_signals(*calls: tuple[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Have the running loop call back on signals for the time of the block; then what was there is there again.

    signal.signal rather than loop.add_signal_handler: that one forgets for good what it replaces, be it of the loop
    or not. Outside the main thread there are no signals: nothing happens.
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
            # None: a handler that C code had installed, which Python cannot put back.
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)  # type: ignore[arg-type]


def _caller(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        # Between two instructions of anything: only hand it over. This wakes a loop that sleeps in select, too.
        loop.call_soon_threadsafe(call)

    return handle
