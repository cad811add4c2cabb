"""Stopped and told to go on, in every way and everywhere: it goes on, can be ended, and the terminal comes back."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import pytest

from tests.promises.stopping import PLACES, PROMISED, SLACK, Job

CONT, STOP, TSTP, TERM, HUP = signal.SIGCONT, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTERM, signal.SIGHUP
MOVES: dict[str, Callable[[Job], None]] = {
    "CONT": lambda job: job.kill(CONT),
    "CONT again and again": lambda job: job.kill(*[CONT] * 5),
    "STOP then CONT": lambda job: job.kill(STOP, CONT),
    "STOP then fg": lambda job: job.stop_and_fg(STOP),
    "TSTP then fg": lambda job: job.stop_and_fg(TSTP),
}


@pytest.fixture
def started(gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path) -> Iterator[Job]:
    with ExitStack() as ending:
        job = Job(gputui, environ, tmp_path)
        ending.enter_context(job.terminal)
        yield job


@pytest.mark.parametrize("where", PLACES)
def test_after_every_stop_it_is_where_it_was_and_can_be_ended(started: Job, where: str) -> None:
    place = PLACES[where]
    place.enter(started.terminal)
    for words, move in MOVES.items():
        move(started)
        started.terminal.wait_until(started.goes_on, f"it to go on after {words}")
        if place.ours:
            started.terminal.wait_gone("Stopped  ")
        started.terminal.wait_for(place.shown)
        started.terminal.wait_until(started.goes_on, f"it to go on after {words}")
    place.leave(started.terminal)
    started.terminal.wait_for("^   NAME +HEALTH")
    started.terminal.press("?")
    started.terminal.wait_for("gputui help")
    started.terminal.press("escape")
    started.terminal.wait_gone("gputui help")
    started.terminal.press("ctrl+c")
    started.terminal.wait_for(r"ctrl\+c again")
    started.terminal.press("ctrl+c")
    assert started.wait_gone() < PROMISED + SLACK


def continued_and_then(number: signal.Signals) -> Callable[[Job], None]:
    def end(job: Job) -> None:
        job.kill(STOP, CONT)
        job.terminal.wait_until(job.goes_on, "it to go on")
        job.kill(CONT, number)

    return end


def stopped_and_killed(stop: signal.Signals) -> Callable[[Job], None]:
    """`kill %1` sends SIGTERM and SIGCONT to a job that has not the terminal: it must not stop again."""

    def end(job: Job) -> None:
        job.stop(stop)
        job.terminal.type("stty sane; kill %1\r")

    return end


ENDS: dict[str, Callable[[Job], None]] = {
    "continued, then TERM": continued_and_then(TERM),
    "continued, then HUP": continued_and_then(HUP),
    "TERM and CONT": lambda job: job.kill(TERM, CONT),
    "CONT and TERM": lambda job: job.kill(CONT, TERM),
    "CONT, HUP and CONT": lambda job: job.kill(CONT, HUP, CONT),
    "STOP, then kill %1": stopped_and_killed(STOP),
    "TSTP, then kill %1": stopped_and_killed(TSTP),
}
OURS = [where for where, place in PLACES.items() if place.ours]
LENT = [where for where, place in PLACES.items() if not place.ours]


@pytest.mark.parametrize(("where", "end"), [*zip(cycle(OURS), ENDS), *zip(cycle(LENT), ENDS)])
def test_stopped_continued_and_ended_it_ends(started: Job, where: str, end: str) -> None:
    """Each end where the console draws and where the terminal is lent; every place meets several of them."""
    PLACES[where].enter(started.terminal)
    ENDS[end](started)
    assert started.wait_gone() < PROMISED + SLACK


@pytest.mark.parametrize("where", ["the list", "a session"])
def test_in_the_background_it_stops_and_comes_back_with_fg(started: Job, where: str) -> None:
    PLACES[where].enter(started.terminal)
    started.stop(TSTP)
    started.terminal.type("bg\r")
    started.terminal.wait_for(r"\[1\]\+ .*&")
    started.terminal.wait_until(lambda: started.stopped, "it to stop again")
    started.terminal.type("fg\r")
    PLACES[where].leave(started.terminal)
    started.terminal.wait_for("^   NAME +HEALTH")
    started.kill(TERM)
    assert started.wait_gone() < PROMISED + SLACK
