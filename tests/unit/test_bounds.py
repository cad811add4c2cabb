"""No test can hang, whoever started it and whatever it waits for."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.bounds import bounded
from tests.heard import hear_signals

SOON = 0.05


def waits_for_a_pipe() -> None:
    reading, _ = os.pipe()
    os.read(reading, 1)


def waits_for_a_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def waits_in_a_loop() -> None:
    asyncio.run(asyncio.Event().wait())


def waits_for_a_process() -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as process:
        try:
            process.wait()
        finally:
            process.kill()


@pytest.mark.parametrize("waits", [waits_for_a_pipe, waits_for_a_lock, waits_in_a_loop, waits_for_a_process])
def test_what_waits_for_ever_fails(waits: object) -> None:
    assert callable(waits)
    with pytest.raises(pytest.fail.Exception, match="it took more than"), bounded("it", SOON):
        waits()


def test_what_is_quick_enough_is_left_alone_and_so_is_what_follows() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with bounded("it", 60):
        assert SOON < signal.getitimer(signal.ITIMER_REAL)[0] <= 60
    assert signal.getsignal(signal.SIGALRM) is before, "the bound of this test itself"
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 60


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP, signal.SIGUSR1])
def test_a_signal_that_was_ignored_means_again_what_it_means(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    try:
        signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {number})
        hear_signals()
        expected = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        assert signal.getsignal(number) is expected
        assert number not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.signal(number, before)
