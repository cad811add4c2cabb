"""The poller never overlaps itself, never raises, never gives up, and keeps what it last knew."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import AsyncIterator

import pytest

from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.reading import RowMaker
from gputui.core.rows import Item, Listing, Snapshot
from gputui.engine.backoff import CREDENTIALS_TRIES, CREDENTIALS_WAIT
from gputui.engine.poller import Poller
from tests.clocks import ManualClock, until
from tests.toy import NODES, Machine, ToyClient


class Bench:
    def __init__(self, *, proven: bool = False) -> None:
        self.clock = ManualClock()
        self.client = ToyClient({"a": Machine("a", "toy-a"), "b": Machine("b", "toy-b")})
        self.published: list[Snapshot] = []
        self.poller = Poller(
            "p",
            NODES,
            self.client.list,
            every=5.0,
            clock=self.clock,
            rng=random.Random(1),
            publish=lambda old, new: self.published.append(new),
            proven=lambda: proven,
        )
        self.poller.shown = True


@contextlib.asynccontextmanager
async def running(made: Bench) -> AsyncIterator[Bench]:
    task = asyncio.create_task(made.poller.run())
    await until(lambda: made.published)
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with running(Bench()) as made:
        yield made


@pytest.mark.parametrize("woken", [True, False])
async def test_who_wakes_it_while_it_reads_has_it_read_again_right_after(woken: bool) -> None:
    """What was sent meanwhile may not be in the answer yet."""
    made, free = Bench(), asyncio.Event()
    first = made.client.list

    async def slow() -> Listing[Machine]:
        found = await first()
        await free.wait()
        return found

    made.poller._fetch = slow  # type: ignore[assignment]
    task = asyncio.create_task(made.poller.run())
    await until(lambda: made.client.reads == 1)
    if woken:
        made.poller.wake()
    free.set()
    await until(lambda: made.client.reads == (2 if woken else 1) and len(made.published) == made.client.reads)
    for _ in range(10):
        await asyncio.sleep(0)
    assert made.client.reads == (2 if woken else 1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_reads_again_after_its_interval(bench: Bench) -> None:
    await until(lambda: bench.clock.waits)
    assert 4.5 <= bench.clock.waits[-1] <= 5.5
    bench.clock.advance(6)
    await until(lambda: bench.client.reads == 2)


async def test_a_failure_keeps_the_rows_and_says_since_when(bench: Bench) -> None:
    bench.client.problem = Problem(Cause.SERVER, "boom")
    failed_at = bench.clock.now() + 6
    bench.clock.advance(6)
    await until(lambda: len(bench.published) == 2)
    last = bench.published[-1]
    assert len(last.rows) == 2
    assert last.problem is not None
    assert last.failed_since == failed_at


async def test_failures_back_off_up_to_a_minute_and_it_never_gives_up(bench: Bench) -> None:
    bench.client.problem = Problem(Cause.NETWORK, "down")
    for reads in range(2, 30):
        bench.clock.advance(61)
        await until(lambda reads=reads: bench.client.reads == reads)
    await until(lambda: len(bench.clock.waits) == bench.client.reads)
    assert 30 <= bench.clock.waits[-1] <= 60
    bench.client.problem = None
    bench.clock.advance(61)
    await until(lambda: bench.published[-1].problem is None)


async def test_refused_credentials_wait_long_but_not_for_a_wish() -> None:
    bench = Bench()
    bench.client.problem = Problem(Cause.CREDENTIALS, "no")
    async with running(bench):
        await until(lambda: len(bench.clock.waits) == 1)
        assert bench.clock.waits[-1] == CREDENTIALS_WAIT
        assert bench.poller.snapshot.next_at == bench.clock.now() + CREDENTIALS_WAIT
        bench.client.problem = None
        bench.poller.wake()
        await until(lambda: bench.client.reads == 2)
        await until(lambda: bench.published[-1].problem is None)


async def test_credentials_that_worked_a_moment_ago_are_tried_again_soon(bench: Bench) -> None:
    bench.client.problem = Problem(Cause.CREDENTIALS, "no")
    for failures in range(1, CREDENTIALS_TRIES + 2):
        bench.clock.advance(61)
        await until(lambda failures=failures: len(bench.clock.waits) == failures + 1)
    assert all(wait <= 60 for wait in bench.clock.waits[1:-1])
    assert bench.clock.waits[-1] == CREDENTIALS_WAIT


async def test_keys_that_are_refused_at_the_end_of_an_outage_are_tried_again_soon(bench: Bench) -> None:
    bench.client.problem = Problem(Cause.SERVER, "down")
    for failures in range(1, 2 * CREDENTIALS_TRIES):
        if failures > CREDENTIALS_TRIES + 1:
            bench.client.problem = Problem(Cause.CREDENTIALS, "no")
        bench.clock.advance(61)
        await until(lambda failures=failures: len(bench.clock.waits) == failures + 1)
    assert all(wait <= 60 for wait in bench.clock.waits)


async def test_credentials_that_worked_for_another_list_have_worked() -> None:
    bench = Bench(proven=True)
    bench.client.problem = Problem(Cause.CREDENTIALS, "no")
    async with running(bench):
        await until(lambda: len(bench.clock.waits) == 1)
        assert bench.clock.waits[-1] <= 10


async def test_retry_after_is_obeyed(bench: Bench) -> None:
    bench.client.problem = Problem(Cause.THROTTLED, "slow down", retry_after=90.0)
    bench.clock.advance(6)
    await until(lambda: len(bench.clock.waits) == 2)
    assert bench.clock.waits[-1] >= 90


async def test_something_changing_is_read_quickly(bench: Bench) -> None:
    bench.client.set("a", "STOPPING")
    bench.clock.advance(6)
    await until(lambda: len(bench.clock.waits) == 2)
    assert bench.clock.waits[-1] < 2


async def test_a_bug_of_a_provider_costs_its_own_view_only(bench: Bench) -> None:
    async def broken() -> object:
        raise RuntimeError("bug")

    bench.poller._fetch = broken  # type: ignore[assignment]
    bench.clock.advance(6)
    await until(lambda: len(bench.published) == 2)
    assert bench.published[-1].problem is not None
    assert bench.published[-1].problem.cause is Cause.BUG


async def test_unchanged_rows_keep_their_objects(bench: Bench) -> None:
    before = dict(bench.published[-1].rows)
    bench.client.set("a", "ERROR")
    bench.clock.advance(6)
    await until(lambda: len(bench.published) == 2)
    after = bench.published[-1].rows
    same = [after[ref] is row for ref, row in before.items()]
    assert same == [False, True]


async def test_what_a_part_of_a_list_lacks_is_kept_as_stale_for_a_while(bench: Bench) -> None:
    """A region that cannot be read does not take its machines off the screen."""
    listing = bench.client.list

    async def partly() -> Listing[Machine]:
        return dataclasses.replace(await listing(), missing=(Gap("region busan"),))

    bench.poller._fetch = partly
    gone = bench.client.machines.pop("b")
    bench.clock.advance(6)
    await until(lambda: bench.published[-1].missing)
    (kept,) = [row for ref, row in bench.published[-1].known.items() if ref.id == "b"]
    assert kept.health is Health.UNKNOWN
    assert not kept.withheld
    assert len(bench.published[-1].rows) == 1
    bench.clock.advance(601)
    await until(lambda: len(bench.published[-1].known) == 1)
    bench.client.machines["b"] = gone
    bench.clock.advance(6)
    await until(lambda: len(bench.published[-1].rows) == 2)
    (back,) = [row for ref, row in bench.published[-1].rows.items() if ref.id == "b"]
    assert back.health is Health.OK


async def test_a_bug_of_those_who_are_told_does_not_end_the_reading(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def told(old: Snapshot, new: Snapshot) -> None:
        raise KeyError("oops")

    publish, bench.poller._publish = bench.poller._publish, told
    bench.clock.advance(6)
    await until(lambda: bench.client.reads == 2)
    await until(lambda: any(record.exc_info for record in caplog.records))
    bench.poller._publish = publish
    bench.clock.advance(6)
    await until(lambda: len(bench.published) == 2)


class Incomparable:
    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth of an array is ambiguous")

    __hash__ = None  # type: ignore[assignment]


async def test_items_that_cannot_be_compared_are_taken_as_changed(bench: Bench) -> None:
    bench.client.list = lambda: listed(Incomparable())  # type: ignore[method-assign, assignment, return-value]
    bench.poller._fetch = bench.client.list
    view = dataclasses.replace(NODES, key=lambda item: "a", label=lambda item: "toy-a", state=None, health=None)
    bench.poller._maker = RowMaker(view, "p")
    for times in (2, 3):
        bench.clock.advance(6)
        await until(lambda times=times: len(bench.published) == times)
        assert bench.published[-1].problem is None


async def listed(value: object) -> Listing[object]:
    return Listing((Item(value, {}),))
