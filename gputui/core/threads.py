"""Daemon threads that do not delay exit, whatever hangs in them (a resolver, a mount, a keyring)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from time import sleep
from typing import Any, ParamSpec, TypeVar

_TICK = 0.02
P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(ThreadPoolExecutor):
    """A default executor for a loop: a daemon thread for each piece of work, so that a hanging one delays no other.

    asyncio's own has a few threads, which also resolve names, and waits for all of them at exit.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start it at once."""
        result: Future[T] = Future()

        def work() -> None:
            if not result.set_running_or_notify_cancel():
                return
            try:
                value = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - it is raised again when the result is awaited
                result.set_exception(error)
            else:
                result.set_result(value)

        Thread(target=work, name="gputui-blocking", daemon=True).start()
        return result

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Return at once, without waiting."""


class Deadline:
    """Ends the process with `end` unless it is called off in time, whatever the main thread is doing.

    `last` runs before that, for at most `last_seconds`: it saves what must be saved and restores what must be restored.
    """

    def __init__(
        self, end: Callable[[int], Any], last: Callable[[], None] = lambda: None, last_seconds: float = 0.5
    ) -> None:
        self._end = end
        self._last = last
        self._last_seconds = last_seconds
        self._begun = False
        self._off = False

    def begin(self, code: int, patience: Callable[[float], bool]) -> None:
        """Start: the process ends with `code` once `patience(seconds since)` is False. Only the first call counts."""
        if not self._begun:
            self._begun = True
            Thread(target=self._watch, args=(code, patience), name="gputui-deadline", daemon=True).start()

    def call_off(self) -> None:
        """Call it off: the process has ended by itself."""
        self._off = True

    def _watch(self, code: int, patience: Callable[[float], bool]) -> None:
        ticks = 0
        # Counted, not read from a clock: if the system hardly schedules us, the main thread gets its time too.
        while patience(ticks * _TICK):
            sleep(_TICK)
            ticks += 1
            if self._off:
                return
        last = Thread(target=self._last, name="gputui-last", daemon=True)
        last.start()
        last.join(self._last_seconds)
        if not self._off:
            self._end(code)
