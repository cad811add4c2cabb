"""Changes follow their targets to the end, and say what is true."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gputui.core.actions import Progress
from gputui.core.health import Health
from gputui.core.request import SendStatus
from gputui.core.rows import Ref, Row
from gputui.engine.changes import changes
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.journal import Journal
from gputui.engine.perform import Intent
from gputui.engine.row_diff import differing
from gputui.engine.store import Store, Tab
from tests.clocks import ManualClock, until
from tests.toy import DELETE, PROVIDER, STOP, Machine, ToyClient


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.path = folder / "state" / "audit.jsonl"
        self.client = ToyClient({name: Machine(name, f"toy-{name}") for name in "abc"})
        journal = Journal(self.path, "tester", self.clock.now)
        self.store = Store([Tab("p", "toy")], journal=journal, clock=self.clock, rng=random.Random(1))
        self.cloud: Cloud = self.store.connect("p", PROVIDER, self.client)

    def ref(self, name: str) -> Ref:
        return Ref("p", "nodes", name)

    def intent(self, *names: str, action: object = STOP) -> Intent:
        rows = [self.store.find(self.ref(name)) for name in names]
        assert all(rows)
        return Intent(self.cloud, action, "nodes", tuple(rows))  # type: ignore[arg-type]

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    async def pass_time(self, seconds: float = 20.0) -> None:
        reads = self.client.reads
        self.clock.advance(seconds)
        await until(lambda: self.client.reads > reads)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await until(lambda: made.store.find(made.ref("a")))
    yield made
    await made.store.aclose()
    assert made.client.closed


async def test_one_request_carries_all_targets_and_is_followed_to_its_end(bench: Bench) -> None:
    results = await bench.store.perform(bench.intent("a", "b"))
    assert [result.outcome.send_status for result in results] == [SendStatus.ACCEPTED] * 2
    assert [request.body for request in bench.client.sent] == [{"ids": ["a", "b"]}]
    await bench.pass_time()
    await until(lambda: bench.store.operations.of(bench.ref("a")).progress is Progress.GOING)  # type: ignore[union-attr]
    bench.client.set("a", "STOPPED")
    bench.client.set("b", "ERROR")
    await bench.pass_time()
    await until(lambda: bench.store.operations.of(bench.ref("b")).doubt)  # type: ignore[union-attr]
    await bench.pass_time()
    await until(lambda: not bench.store.operations.of(bench.ref("b")).open)  # type: ignore[union-attr]
    assert bench.store.operations.of(bench.ref("a")).progress is Progress.DONE  # type: ignore[union-attr]
    assert bench.store.operations.of(bench.ref("b")).progress is Progress.CONTRADICTED  # type: ignore[union-attr]


async def test_the_journal_has_a_line_before_and_one_after(bench: Bench) -> None:
    seen_at_sending: list[int] = []
    change = bench.client.change

    async def spy(request):  # type: ignore[no-untyped-def]
        seen_at_sending.append(len(bench.lines()))
        return await change(request)

    bench.client.change = spy  # type: ignore[method-assign]
    await bench.store.perform(bench.intent("a"))
    before, after = bench.lines()
    assert seen_at_sending == [1]
    assert (before["phase"], after["phase"]) == ("intent", "outcome")
    assert before["id"] == after["id"]
    assert before["targets"] == [{"id": "a", "name": "toy-a", "state": "RUNNING"}]
    assert after["outcome"] == "accepted"
    assert after["request_id"] == "req-1"
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(bench.path.parent.stat().st_mode) == 0o700


async def test_a_journal_that_cannot_be_written_stops_the_change(bench: Bench) -> None:
    bench.path.parent.mkdir(exist_ok=True)
    bench.path.mkdir()
    results = await bench.store.perform(bench.intent("a"))
    assert results[0].outcome.send_status is SendStatus.NOT_SENT
    assert not bench.client.sent


@pytest.mark.parametrize("what", ["gone", "state", "renamed"])
async def test_a_target_that_changed_since_the_key_is_never_acted_on(bench: Bench, what: str) -> None:
    intent = bench.intent("a", "b")
    if what == "gone":
        del bench.client.machines["a"]
    elif what == "state":
        bench.client.set("a", "ERROR")
    else:
        bench.client.machines["a"] = Machine("a", "somebody-else")
    await bench.pass_time()
    await until(lambda: bench.store.find(bench.ref("a")) != intent.rows[0])
    results = await bench.store.perform(intent)
    assert {result.outcome.send_status for result in results} == {SendStatus.NOT_SENT}
    assert not bench.client.sent


async def test_a_lost_answer_is_unknown_and_resolved_by_looking(bench: Bench) -> None:
    bench.client.send_status = SendStatus.UNKNOWN
    results = await bench.store.perform(bench.intent("a"))
    assert results[0].outcome.send_status is SendStatus.UNKNOWN
    operation = bench.store.operations.of(bench.ref("a"))
    assert operation is not None
    assert "unknown" in operation.words
    bench.client.set("a", "STOPPED")
    await bench.pass_time()
    await until(lambda: not bench.store.operations.of(bench.ref("a")).open)  # type: ignore[union-attr]
    assert bench.store.operations.of(bench.ref("a")).progress is Progress.DONE  # type: ignore[union-attr]
    assert len(bench.client.sent) == 1


async def test_a_deletion_is_done_when_the_target_is_gone(bench: Bench) -> None:
    await bench.store.perform(bench.intent("c", action=DELETE))
    del bench.client.machines["c"]
    await bench.pass_time()
    await until(lambda: bench.store.operations.of(bench.ref("c")).progress is Progress.DONE)  # type: ignore[union-attr]


async def test_two_consoles_never_lose_each_others_lines(tmp_path: Path) -> None:
    benches = [Bench(tmp_path), Bench(tmp_path)]
    for bench in benches:
        await until(lambda bench=bench: bench.store.find(bench.ref("a")))
    await asyncio.gather(*(bench.store.perform(bench.intent(name)) for bench in benches for name in "abc"))
    assert len(benches[0].lines()) == 12
    for bench in benches:
        await bench.store.aclose()


async def test_a_list_that_is_not_whole_proves_no_deletion(bench: Bench) -> None:
    listing = bench.client.list

    async def cut() -> object:
        return dataclasses.replace(await listing(), notice="list incomplete: 2 of 3")

    await bench.store.perform(bench.intent("c", action=DELETE))
    del bench.client.machines["c"]
    bench.cloud._pollers[Feed("nodes")]._fetch = cut  # type: ignore[assignment]
    await bench.pass_time()
    assert bench.store.operations.of(bench.ref("c")).open  # type: ignore[union-attr]


def test_a_change_is_one_of_state_a_newcomer_or_a_departure() -> None:
    def rows(**states: str) -> dict[Ref, Row]:
        found = {name: Ref("p", "nodes", name) for name in states}
        return {ref: Row(ref, name, states[name], Health.OK, ()) for name, ref in found.items()}

    def told(old: dict[Ref, Row], new: dict[Ref, Row], *, whole: bool = True) -> list[str]:
        return [change.text for change in changes(differing(old, new), old, new, 1.0, whole=whole)]

    one = rows(a="RUNNING")
    assert told(one, rows(a="RUNNING")) == []
    assert told(one, rows(a="ERROR")) == ["p a RUNNING → ERROR"]
    assert told(one, rows(a="RUNNING", b="STARTING")) == ["p b new → STARTING"]
    assert told(one, {}) == ["p a RUNNING → gone"]
    assert told(one, {}, whole=False) == []
    withheld = {ref: dataclasses.replace(row, withheld="lost") for ref, row in one.items()}
    assert told(withheld, {}) == []
