"""How one machine's part of a run may end, without a machine: what counts as its end, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

import gputui.ssh.running.fan_out
from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.running.collecting import Output
from gputui.ssh.running.fan_out import CommandResult, FanOut
from tests.unit.test_fan_out_results import machine

LOST, REFUSED = Problem(Cause.NETWORK, "gone"), Problem(Cause.REFUSED, "no")


class Lines:
    """As much of a pool as a run needs."""

    def users(self, _: Any) -> int:
        return 0

    @asynccontextmanager
    async def session(self, _machine: Any, _person: Any, open: Callable[[Any], Awaitable[None]]) -> AsyncIterator[None]:
        await open(None)
        yield


async def ended(
    monkeypatch: pytest.MonkeyPatch, error: BaseException | None, *, begun: bool, status: int | None
) -> CommandResult:
    async def collect(_connection: Any, _command: str, output: Output, **_: Any) -> None:
        output.begun, output.status = begun, status
        output.out += b"so far"
        if error is not None:
            raise error

    monkeypatch.setattr(gputui.ssh.running.fan_out, "collect", collect)
    run = FanOut([machine(1)], "true", cast(Pool, Lines()))
    await run.run()
    (answer,) = run.done
    return answer


@pytest.mark.parametrize(
    ("error", "begun", "status", "cause", "words"),
    [
        (None, True, 0, None, ""),
        (None, True, 3, None, ""),
        (Failed(REFUSED), False, None, Cause.REFUSED, "no"),
        (Failed(LOST), False, None, Cause.NETWORK, "gone"),
        (Failed(LOST), True, None, Cause.NETWORK, "gone; it may still run there"),
        (Failed(REFUSED), True, None, Cause.REFUSED, "no"),
        (TimeoutError(), True, None, Cause.TIMEOUT, "10.0.0.1 was not done in 60 s"),
        (TimeoutError(), True, 0, None, ""),  # it had ended, and only its connection had not
        (asyncio.CancelledError(), True, None, Cause.CANCELLED, "before it was done"),
        (asyncio.CancelledError(), True, 7, None, ""),
        (RuntimeError("x"), True, 0, Cause.OWN_BUG, "10.0.0.1: RuntimeError"),
        (RuntimeError("x"), False, None, Cause.OWN_BUG, "10.0.0.1: RuntimeError"),
    ],
)
async def test_an_answer_has_either_a_status_or_a_problem_and_what_came_until_then(
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException | None,
    begun: bool,
    status: int | None,
    cause: Cause | None,
    words: str,
) -> None:
    answer = await ended(monkeypatch, error, begun=begun, status=status)
    assert answer.out == b"so far"
    if cause is None:
        assert (answer.status, answer.problem) == (status, None)
    else:
        assert answer.problem is not None
        assert (answer.status, answer.problem.cause, answer.problem.text) == (None, cause, words)
