"""What becomes of a change that is asked for: what its results are called, and what is told of one never sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import SendStatus
from tests.clocks import ManualClock
from tests.promises.toy_bench import Bench, HeldClient
from tests.toy import CREATE, PING, PROVIDER, Machine


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    client = HeldClient({name: Machine(name, f"toy-{name}") for name in "abc"})
    made = await Bench(tmp_path, client, ManualClock(), PROVIDER).ready()
    yield made
    await made.store.aclose()


async def test_a_request_that_cannot_be_written_is_not_sent_and_says_why(bench: Bench) -> None:
    def refuses(machines: object, inputs: object) -> None:
        raise Failed(Problem(Cause.INPUT, "no path can carry this id"))

    (result,) = await bench.do(replace(PING, request=refuses), "a")  # type: ignore[arg-type]
    assert result.outcome.send_status is SendStatus.NOT_SENT
    assert result.outcome.problem is not None
    assert "no path can carry this id" in str(result.outcome.problem)
    assert not bench.client.sent
    assert not bench.path.exists()
    assert not list(bench.store.operations.everything())


async def test_what_is_made_is_called_by_its_names_else_by_the_list(bench: Bench) -> None:
    (made,) = await bench.do(CREATE, names=("one", "two"))
    assert (made.row, made.name) == (None, "one, two")
    (other,) = await bench.do(replace(CREATE, makes=None), names=("three",))
    assert (other.row, other.name) == (None, "nodes")
