"""Promise 4: how often what is followed is read, and that nothing else is. Each guard decides alone here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import View
from gputui.core.request import SendStatus
from gputui.core.rows import Item, Ref
from gputui.engine.following import FAST_EVERY, FAST_SECONDS, JOURNAL_EVERY, STEADY_EVERY, Follower, pace
from gputui.engine.operations import SLOW_EVERY, Operation, Operations
from tests.clocks import ManualClock, until
from tests.promises.toy_bench import Bench, opened
from tests.toy import DELETE, NODES, PROVIDER, STOP, Machine, ToyClient

ReadOne: TypeAlias = Callable[[ToyClient, Machine], Awaitable[Item[Machine]]]


def stop(sent_at: float, *, adopted: bool = False) -> Operation:
    return Operation("1", Ref("p", "nodes", "a"), "toy-a", STOP, SendStatus.ACCEPTED, sent_at, adopted=adopted)


@pytest.mark.parametrize(
    ("after", "every"),
    [
        (0.0, FAST_EVERY),
        (FAST_SECONDS - 0.1, FAST_EVERY),
        (FAST_SECONDS, STEADY_EVERY),
        (STOP.patience, STEADY_EVERY),
        (STOP.patience + 0.1, SLOW_EVERY),
    ],
)
def test_it_is_read_the_less_often_the_longer_it_takes(after: float, every: float) -> None:
    assert pace(stop(1000.0), 1000.0 + after) == every


@pytest.mark.parametrize("fresh_first", [True, False])
async def test_of_two_changes_in_one_list_the_one_that_is_read_more_often_sets_the_pace(
    tmp_path: Path, fresh_first: bool
) -> None:
    bench = await opened(tmp_path, replace(PROVIDER, views=(replace(NODES, machine=False),)))
    now = bench.clock.now()
    both = [stop(now), replace(stop(now - FAST_SECONDS), entry="2", ref=Ref("p", "nodes", "b"), name="toy-b")]
    for operation in both if fresh_first else both[::-1]:
        bench.store.operations.begin(operation)
    reads = bench.client.reads
    for _ in range(20):
        await bench.pass_time(1)
    assert bench.client.reads - reads > 20 / STEADY_EVERY + 2
    await bench.store.aclose()


async def alone(folder: Path, read_one: ReadOne) -> Bench:
    """A list that nobody looks at, of which one thing can be read alone."""
    view: View[ToyClient, Machine] = replace(NODES, machine=False, read_one=read_one)
    return await opened(folder, replace(PROVIDER, views=(view,)))


async def test_what_cannot_be_read_is_tried_less_and_less_often(tmp_path: Path) -> None:
    tries: list[float] = []
    down = True

    async def read_one(client: ToyClient, machine: Machine) -> Item[Machine]:
        tries.append(bench.clock.now())
        if down:
            raise Failed(Problem(Cause.SERVER, "down"))
        return Item(client.machines[machine.id], {})

    bench = await alone(tmp_path, read_one)
    bench.client.effect = False
    await bench.do(STOP, "a")
    await bench.pass_time(120)
    assert 4 <= len(tries) <= 7
    down = False
    await bench.pass_time(SLOW_EVERY)
    tries.clear()
    await bench.pass_time(60)
    assert len(tries) >= 10, "once it can be read, it is read as before"
    await bench.store.aclose()


async def test_a_list_with_a_pace_of_its_own_is_never_read_faster(tmp_path: Path) -> None:
    """Some clouds allow one request in so many seconds: what is followed there is read no more often either."""
    view: View[ToyClient, Machine] = replace(NODES, machine=False, every=20.0)
    bench = await opened(tmp_path, replace(PROVIDER, views=(view,)))
    bench.client.effect = False
    await bench.do(STOP, "a")
    reads = bench.client.reads
    await bench.pass_time(60)
    assert 2 <= bench.client.reads - reads <= 3
    await bench.store.aclose()


async def test_what_is_over_is_read_no_more(tmp_path: Path) -> None:
    tries: list[float] = []

    async def read_one(client: ToyClient, machine: Machine) -> Item[Machine]:
        tries.append(bench.clock.now())
        return Item(client.machines[machine.id], {})

    bench = await alone(tmp_path, read_one)
    await bench.do(STOP, "a")
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    assert bench.words == "confirmed"
    tries.clear()
    reads = bench.client.reads
    await bench.pass_time(120)
    assert (tries, bench.client.reads) == ([], reads)
    await bench.store.aclose()


async def test_a_reading_that_hangs_is_not_begun_again_beside_itself(tmp_path: Path) -> None:
    tries: list[float] = []

    async def read_one(client: ToyClient, machine: Machine) -> Item[Machine]:
        tries.append(bench.clock.now())
        await asyncio.Event().wait()
        raise AssertionError

    bench = await alone(tmp_path, read_one)
    await bench.do(STOP, "a")
    await bench.pass_time(60)
    assert len(tries) == 1
    await bench.store.aclose()


async def test_reading_one_thing_alone_proves_nothing_of_the_others(tmp_path: Path) -> None:
    async def read_one(client: ToyClient, machine: Machine) -> Item[Machine]:
        return Item(client.machines[machine.id], {})

    bench = await alone(tmp_path, read_one)
    await bench.do(STOP, "a")
    await bench.do(DELETE, "b")
    await bench.pass_time(30)
    assert [one.outcome for one in bench.store.operations.everything()] == ["in progress", "accepted"]
    await bench.store.aclose()


@pytest.mark.parametrize(("adopted", "over", "looks"), [(True, False, 3), (False, False, 0), (True, True, 0)])
async def test_the_journal_is_looked_into_for_what_others_began(*, adopted: bool, over: bool, looks: int) -> None:
    clock, found = ManualClock(), 0

    async def look() -> None:
        nonlocal found
        found += 1

    operations = Operations(clock.now, lambda before, after: None)
    follower = Follower({}, operations, clock, look)
    operations.begin(replace(stop(clock.now(), adopted=adopted), settled_at=clock.now() if over else None))
    follower.wake()
    for _ in range(round(3 * JOURNAL_EVERY / 2)):
        clock.advance(2)
        follower.wake()
        for _ in range(5):
            await asyncio.sleep(0)
    await until(lambda: found >= looks)
    assert found == looks
    await follower.aclose()
