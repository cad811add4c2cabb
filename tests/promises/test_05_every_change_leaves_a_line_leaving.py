"""Who leaves while a change is on its way waits for its answer, and the journal has it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.clocks import until
from tests.promises.toy_bench import Bench, opened
from tests.toy import STOP


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return await opened(tmp_path)


def phases(bench: Bench) -> list[str]:
    return [json.loads(line)["phase"] for line in bench.path.read_text().splitlines()]


async def sent(bench: Bench) -> asyncio.Task[object]:
    """A change on its way, and who waits for it on the screen."""

    async def wait() -> object:
        return await bench.store.perform(bench.intent(STOP, "a"))

    bench.client.hold()
    waiting = asyncio.create_task(wait())
    await until(lambda: bench.client.sent)
    return waiting


async def test_an_answer_that_comes_while_one_leaves_is_written_down(bench: Bench) -> None:
    waiting = await sent(bench)
    waiting.cancel()  # as every worker of a screen is
    closing = asyncio.create_task(bench.store.aclose())
    await asyncio.wait({waiting})
    for _ in range(20):
        await asyncio.sleep(0)
    assert bench.store.sending
    assert not bench.client.closed, "the answer comes by the connection it was sent on"
    bench.client.let_go()
    await closing
    assert phases(bench) == ["intent", "outcome"]


async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gputui.engine.store.ANSWER_SECONDS", 0.05)
    waiting = await sent(bench)
    waiting.cancel()
    await asyncio.wait_for(bench.store.aclose(), 5)
    assert not bench.store.sending
    assert phases(bench)[0] == "intent"
