"""How long to wait before a failed list is read again, from the reason and the number of failures in a row."""

from __future__ import annotations

from gputui.core.problem import Cause, Problem

LONGEST_BACKOFF = 60.0
TLS_WAIT = 60.0
CREDENTIALS_WAIT = 600.0
CREDENTIALS_TRIES = 5
"""Refusals in a row that are blamed on the cloud if the same keys have worked before."""


def backoff(problem: Problem, failures: int, every: float, jitter: float, *, proven: bool, refusals: int) -> float:
    """Seconds until the next try after `failures` (at least 1) in a row, the last for `problem`.

    The last `refusals` of them were refused credentials: an outage before those says nothing against the keys.

    `every` is the normal interval in seconds, `jitter` a factor from 0.5 to 1, `proven` whether these keys have worked
    since the start. A Retry-After makes the pause longer, never shorter.
    """
    if problem.cause is Cause.CREDENTIALS and not (proven and refusals <= CREDENTIALS_TRIES):
        return CREDENTIALS_WAIT
    pause = min(LONGEST_BACKOFF, every * 2.0 ** min(failures, 10)) * jitter
    if problem.cause is Cause.TLS:
        pause = max(TLS_WAIT, pause)
    return max(problem.retry_after or 0.0, pause)
