"""Changes are followed to their end: what is made is found, refusals are told, and a restart loses nothing."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gputui.core.actions import Action, Progress
from gputui.core.problem import Cause, Problem
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Ref
from gputui.core.secret import Secret
from gputui.engine.following import FAST_EVERY, FAST_SECONDS, JOURNAL_EVERY, STEADY_EVERY, pace
from gputui.engine.journal import Journal
from gputui.engine.operations import FOLLOWED_AT_MOST, RECONSIDERED_SECONDS, SLOW_EVERY, STANDS_SECONDS, Operation
from gputui.engine.perform import Intent, Result, summary
from gputui.engine.store import Store, Tab
from tests.clocks import ManualClock, until
from tests.promises.toy_bench import opened
from tests.toy import CREATE, DELETE, NODES, PING, PROVIDER, STOP, Machine, ToyClient


class Bench:
    """A console's data over a toy cloud; several can stand over the same cloud and journal, one after the other."""

    def __init__(self, folder: Path, client: ToyClient, clock: ManualClock, *, required: bool = False) -> None:
        self.path = folder / "audit.jsonl"
        self.client, self.clock = client, clock
        journal = Journal(self.path, "tester", clock.now, required=required)
        self.store = Store([Tab("p", "toy")], journal=journal, clock=clock, rng=random.Random(1))
        self.cloud = self.store.connect("p", PROVIDER, client)

    async def ready(self) -> Bench:
        await until(lambda: self.store.find(Ref("p", "nodes", "a")))
        return self

    def intent(self, action: Action[Machine], *ids: str, **inputs: object) -> Intent:
        rows = [self.store.find(Ref("p", "nodes", id)) for id in ids]
        return Intent(self.cloud, action, "nodes", tuple(row for row in rows if row is not None), inputs)

    def operation(self, name: str) -> Operation:
        (found,) = (one for one in self.store.operations.everything() if one.name == name)
        return found

    async def pass_time(self, seconds: float = 20.0) -> None:
        reads = self.client.reads
        self.clock.advance(seconds)
        await until(lambda: self.client.reads > reads)

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    client = ToyClient({name: Machine(name, f"toy-{name}") for name in "abc"})
    made = await Bench(tmp_path, client, ManualClock()).ready()
    yield made
    await made.store.aclose()


async def again(bench: Bench) -> Bench:
    """The console ends and another one is started."""
    await bench.store.aclose()
    bench.client.closed = False
    other = await Bench(bench.path.parent, bench.client, bench.clock).ready()
    await other.store.resume()
    return other


async def test_what_is_made_is_found_by_its_name_and_followed(bench: Bench) -> None:
    await bench.store.perform(bench.intent(CREATE, names=("new-1", "new-2")))
    assert bench.operation("new-1").ref.id == ""
    bench.client.machines["x1"] = Machine("x1", "new-1", "STARTING")
    await bench.pass_time()
    await until(lambda: bench.operation("new-1").progress is Progress.GOING)
    assert bench.operation("new-1").ref.id == "x1"
    assert bench.operation("new-2").open
    bench.client.set("x1", "RUNNING")
    await bench.pass_time()
    await until(lambda: bench.operation("new-1").progress is Progress.DONE)


async def test_what_was_there_before_is_not_taken_for_what_is_made(bench: Bench) -> None:
    await bench.store.perform(bench.intent(CREATE, names=("toy-a",)))
    await bench.pass_time()
    assert bench.operation("toy-a").progress is Progress.WAITING
    bench.client.machines["x1"] = Machine("x1", "toy-a", "RUNNING")
    await bench.pass_time()
    await until(lambda: bench.operation("toy-a").progress is Progress.DONE)
    assert bench.operation("toy-a").ref.id == "x1"


async def test_a_name_with_an_ending_of_the_cloud_is_found(bench: Bench) -> None:
    await bench.store.perform(bench.intent(CREATE, names=("job",)))
    bench.client.machines["x1"] = Machine("x1", "job-7f3a", "RUNNING")
    await bench.pass_time()
    await until(lambda: bench.operation("job").progress is Progress.DONE)


async def test_what_shows_no_end_is_over_with_its_acceptance(bench: Bench) -> None:
    await bench.store.perform(bench.intent(PING, "a"))
    assert not bench.operation("toy-a").open
    assert bench.operation("toy-a").words == "Ping: accepted; this cloud shows no sign of its end"


async def test_a_refusal_is_kept_on_the_row_for_a_while(bench: Bench) -> None:
    bench.client.send_status, bench.client.effect = SendStatus.REFUSED, False
    results = await bench.store.perform(bench.intent(STOP, "a", "b"))
    assert summary(results) == "2 of 2 refused"
    ref = Ref("p", "nodes", "a")
    assert "stop refused" in bench.store.machines("p")[ref].cells[2].text
    bench.clock.advance(61)
    assert bench.store.machines("p")[ref].cells[2].text == "RUNNING"


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((), ""),
        ((SendStatus.UNKNOWN,), "1 unknown"),
        ((SendStatus.REFUSED, SendStatus.ACCEPTED, SendStatus.ACCEPTED), "2 of 3 accepted, 1 refused"),
        ((SendStatus.NOT_SENT, SendStatus.NOT_SENT), "2 of 2 not sent"),
    ],
)
def test_what_became_of_all_targets_in_one_line(ends: tuple[SendStatus, ...], said: str) -> None:
    assert summary([Result(None, "x", Outcome(end)) for end in ends]) == said


async def test_a_restart_goes_on_following(bench: Bench) -> None:
    await bench.store.perform(bench.intent(STOP, "a", "b"))
    bench.client.set("a", "STOPPED")
    await bench.pass_time()
    await until(lambda: not bench.operation("toy-a").open)
    other = await again(bench)
    assert [one.name for one in other.store.operations.everything()] == ["toy-b"]
    bench.client.set("b", "STOPPED")
    await other.pass_time()
    await until(lambda: other.operation("toy-b").progress is Progress.DONE)
    third = await again(other)
    assert not list(third.store.operations.everything())
    await third.store.aclose()


async def test_a_console_killed_before_the_answer_leaves_an_unknown_that_is_resolved(bench: Bench) -> None:
    await bench.store.perform(bench.intent(DELETE, "c"))
    text = bench.path.read_text().splitlines(keepends=True)
    bench.path.write_text("".join(line for line in text if '"phase":"intent"' in line))
    other = await again(bench)
    assert "unknown" in other.operation("toy-c").words
    del bench.client.machines["c"]
    await other.pass_time()
    await until(lambda: other.operation("toy-c").progress is Progress.DONE)
    await other.store.aclose()


async def test_what_is_being_made_is_followed_after_a_restart_too(bench: Bench) -> None:
    await bench.store.perform(bench.intent(CREATE, names=("toy-a",), token=Secret("hunter2")))
    assert "hunter2" not in bench.path.read_text()
    other = await again(bench)
    await other.pass_time()
    assert other.operation("toy-a").open
    bench.client.machines["x1"] = Machine("x1", "toy-a", "RUNNING")
    await other.pass_time()
    await until(lambda: other.operation("toy-a").progress is Progress.DONE)
    await other.store.aclose()


async def test_a_journal_that_cannot_be_written_stops_a_change_unless_told_otherwise(bench: Bench) -> None:
    bench.path.mkdir()
    intent = bench.intent(STOP, "a")
    (result,) = await bench.store.perform(intent)
    assert result.outcome.problem is not None
    assert result.outcome.problem.cause is Cause.JOURNAL
    assert not bench.client.sent
    (result,) = await bench.store.perform(Intent(bench.cloud, STOP, "nodes", intent.rows, unwritten=True))
    assert result.outcome.send_status is SendStatus.ACCEPTED


async def test_a_required_journal_stops_it_whatever_is_told(tmp_path: Path) -> None:
    client = ToyClient({"a": Machine("a", "toy-a")})
    bench = await Bench(tmp_path, client, ManualClock(), required=True).ready()
    bench.path.mkdir()
    rows = bench.intent(STOP, "a").rows
    (result,) = await bench.store.perform(Intent(bench.cloud, STOP, "nodes", rows, unwritten=True))
    assert result.outcome.send_status is SendStatus.NOT_SENT
    assert not client.sent
    await bench.store.aclose()


async def test_inputs_that_the_request_calls_secret_are_not_written_down(bench: Bench) -> None:
    action = dataclasses.replace(
        PING, request=lambda machines, inputs: Request("POST", "/run", body={"env": "x"}, secrets=frozenset({"env"}))
    )
    await bench.store.perform(bench.intent(action, "a", env=(("HF_TOKEN", "hunter2"),), note="kept"))
    assert "hunter2" not in bench.path.read_text()
    assert bench.lines()[0]["inputs"] == {"note": "kept"}


async def test_of_an_edited_body_its_own_secrets_are_hidden(bench: Bench) -> None:
    action = dataclasses.replace(PING, hides=lambda body: frozenset({"args"}))
    intent = dataclasses.replace(bench.intent(action, "a"), body={"args": "--token hunter2", "name": "x"})
    await bench.store.perform(intent)
    assert "hunter2" not in bench.path.read_text()
    assert bench.client.sent[0].body == {"args": "--token hunter2", "name": "x"}


@pytest.mark.parametrize(
    ("seconds", "every"), [(0.0, 2.0), (59.0, 2.0), (60.0, 5.0), (299.0, 5.0), (300.0, 5.0), (301.0, 60.0)]
)
def test_it_is_read_every_2_s_for_a_minute_then_every_5_s_and_past_its_patience_once_a_minute(
    seconds: float, every: float
) -> None:
    action = dataclasses.replace(STOP, patience=300.0)
    operation = Operation("e", Ref("p", "nodes", "a"), "toy-a", action, SendStatus.ACCEPTED, 1000.0)
    assert pace(operation, 1000.0 + seconds) == every


async def test_while_the_cloud_fails_its_target_is_read_more_and_more_seldom(tmp_path: Path) -> None:
    bench = await opened(tmp_path, dataclasses.replace(PROVIDER, views=(dataclasses.replace(NODES, machine=False),)))
    bench.client.effect = False
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    bench.client.problem, bench.client.reads = Problem(Cause.SERVER, "down"), 0
    await bench.pass_time(60)
    assert 2 <= bench.client.reads <= 6, "a reading was due with every step of five seconds"
    await bench.store.aclose()


def test_the_numbers_of_following() -> None:
    """Tests of the rules take them by their names; here is what they are, in seconds."""
    assert (FOLLOWED_AT_MOST, SLOW_EVERY, STANDS_SECONDS, RECONSIDERED_SECONDS) == (86_400.0, 60.0, 1.0, 60.0)
    assert (FAST_EVERY, FAST_SECONDS, STEADY_EVERY, JOURNAL_EVERY) == (2.0, 60.0, 5.0, 10.0)
