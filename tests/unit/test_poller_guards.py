"""Each guard of the poller by itself, and each of its numbers on either side."""

from __future__ import annotations

import dataclasses
import logging
import random
from collections.abc import Callable

import pytest

from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import View
from gputui.core.rows import Item, Listing, Row, Snapshot
from gputui.engine.backoff import CREDENTIALS_TRIES, CREDENTIALS_WAIT, LONGEST_BACKOFF
from gputui.engine.poller import Poller
from tests.clocks import ManualClock
from tests.toy import NODES, Machine, ToyClient

EVERY = 5.0


class Drawn(random.Random):
    """Always draws the same end of a range."""

    def __init__(self, high: bool) -> None:
        super().__init__(1)
        self._high = high

    def uniform(self, a: float, b: float) -> float:
        return b if self._high else a


class Bench:
    """A poller read by hand, over a list made by hand."""

    def __init__(self, *, every: float = EVERY, high: bool = False, own_pace: float | None = None) -> None:
        self.clock = ManualClock()
        self.items: list[Item[Machine]] = []
        self.missing: tuple[Gap, ...] = ()
        self.takes = 0.0
        self.problem: Problem | None = None
        view: View[ToyClient, Machine] = dataclasses.replace(NODES, every=own_pace)
        self.poller = Poller(
            "p",
            view,
            self.fetch,
            every=every,
            clock=self.clock,
            rng=Drawn(high),
            publish=lambda before, after: None,
        )
        self.show("a", "b")

    async def fetch(self) -> Listing[object]:
        self.clock.advance(self.takes)
        if self.problem is not None:
            raise Failed(self.problem)
        return Listing(tuple(self.items), missing=self.missing)  # type: ignore[arg-type]

    def show(self, *names: str, state: str = "RUNNING", raw: object = None) -> None:
        self.items = [Item(Machine(name, name, state), {"id": name, "more": raw}) for name in names]  # type: ignore[dict-item]

    async def read(self) -> Snapshot:
        await self.poller.read()
        return self.poller.snapshot

    def row(self, name: str) -> Row | None:
        return next((row for ref, row in self.poller.snapshot.known.items() if ref.id == name), None)


# ---------------------------------------------------------------------- how soon


async def test_a_new_poller_is_not_shown() -> None:
    poller = Bench().poller
    assert (poller.shown, poller.in_fleet) == (False, False)


@pytest.mark.parametrize(
    ("shown", "in_fleet", "high", "seconds"),
    [
        (True, False, False, 4.5),
        (True, False, True, 5.5),
        (False, True, False, 4.5),
        (False, True, True, 5.5),
        (False, False, False, 13.5),
        (False, False, True, 16.5),
    ],
)
async def test_the_pace_of_what_is_looked_at_and_of_what_is_not(
    shown: bool, in_fleet: bool, high: bool, seconds: float
) -> None:
    bench = Bench(high=high)
    bench.poller.shown, bench.poller.in_fleet = shown, in_fleet
    await bench.read()
    assert bench.poller.delay() == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("shown", "in_fleet", "seconds"), [(True, False, 1.35), (False, True, 4.5), (False, False, 13.5)]
)
async def test_what_changes_by_itself_is_read_quickly_where_it_is_shown(
    shown: bool, in_fleet: bool, seconds: float
) -> None:
    bench = Bench()
    bench.poller.shown, bench.poller.in_fleet = shown, in_fleet
    bench.show("a", "b", state="STOPPING")
    await bench.read()
    assert bench.poller.delay() == pytest.approx(seconds)


@pytest.mark.parametrize(("takes", "seconds"), [(0.1, 1.35), (0.5, 2.25), (10.0, 4.5)])
async def test_a_list_that_takes_long_is_read_less_quickly(takes: float, seconds: float) -> None:
    bench = Bench()
    bench.poller.shown, bench.takes = True, takes
    bench.show("a", state="STOPPING")
    await bench.read()
    assert bench.poller.delay() == pytest.approx(seconds)


async def test_quickly_is_never_slower_than_ever() -> None:
    bench = Bench(every=1.0)
    bench.poller.shown = True
    bench.show("a", state="STOPPING")
    await bench.read()
    assert bench.poller.delay() == pytest.approx(0.9)


async def test_a_view_with_a_pace_of_its_own_is_never_hurried() -> None:
    bench = Bench(every=10.0, own_pace=10.0)
    bench.poller.shown = True
    bench.show("a", state="STOPPING")
    await bench.read()
    assert bench.poller.delay() == pytest.approx(9.0)


@pytest.mark.parametrize(("high", "seconds"), [(False, 5.0), (True, 10.0)])
async def test_a_failure_is_tried_again_after_half_to_the_whole_back_off(high: bool, seconds: float) -> None:
    bench = Bench(high=high)
    bench.problem = Problem(Cause.SERVER, "boom")
    await bench.read()
    assert bench.poller.delay() == pytest.approx(seconds)


async def test_a_good_reading_ends_the_back_off() -> None:
    bench = Bench(high=True)
    bench.problem = Problem(Cause.SERVER, "boom")
    for _ in range(3):
        await bench.read()
    assert bench.poller.delay() == pytest.approx(40.0)
    bench.problem = None
    await bench.read()
    bench.problem = Problem(Cause.SERVER, "boom")
    await bench.read()
    assert bench.poller.delay() == pytest.approx(10.0)


@pytest.mark.parametrize("between", [None, Problem(Cause.SERVER, "boom")])
async def test_only_refusals_in_a_row_are_held_against_keys_that_have_worked(between: Problem | None) -> None:
    bench = Bench(high=True)
    await bench.read()
    refused = Problem(Cause.CREDENTIALS, "401")
    bench.problem = refused
    for _ in range(CREDENTIALS_TRIES):
        await bench.read()
        assert bench.poller.delay() <= LONGEST_BACKOFF
    bench.problem = between
    await bench.read()
    bench.problem = refused
    for _ in range(CREDENTIALS_TRIES):
        await bench.read()
        assert bench.poller.delay() <= LONGEST_BACKOFF
    await bench.read()
    assert bench.poller.delay() == CREDENTIALS_WAIT


# ---------------------------------------------------------------------- how old


@pytest.mark.parametrize(
    ("shown", "takes", "every"), [(True, 0.0, 5.0), (True, 4.0, 9.0), (False, 0.0, 15.0), (False, 4.0, 19.0)]
)
async def test_the_interval_of_a_snapshot_is_the_true_one(shown: bool, takes: float, every: float) -> None:
    bench = Bench()
    bench.poller.shown = shown
    bench.takes = takes
    begun = bench.clock.now()
    found = await bench.read()
    assert (found.every, found.taken_at) == (every, begun)


async def test_a_failure_does_not_make_old_rows_younger() -> None:
    bench = Bench()
    bench.poller.shown = True
    first = await bench.read()
    bench.takes, bench.problem = 100.0, Problem(Cause.TIMEOUT, "silent")
    later = await bench.read()
    assert (later.every, later.taken_at) == (first.every, first.taken_at)


@pytest.mark.parametrize("where", ["shown", "in_fleet"])
async def test_what_is_looked_at_from_now_on_has_three_of_its_shorter_intervals(where: str) -> None:
    bench = Bench()
    await bench.read()
    bench.clock.advance(6.0)
    setattr(bench.poller, where, True)
    assert bench.poller.snapshot.every == pytest.approx(6.0 / 3 + 5.0)
    setattr(bench.poller, where, False)
    assert bench.poller.snapshot.every == pytest.approx(6.0 / 3 + 5.0)  # longer it does not become by that


async def test_the_next_reading_stands_in_the_snapshot() -> None:
    bench = Bench()
    bench.poller.shown = True
    assert (await bench.read()).next_at == bench.clock.now() + 4.5


async def test_it_fails_since_the_first_failure() -> None:
    bench = Bench()
    bench.problem = Problem(Cause.SERVER, "boom")
    since = (await bench.read()).failed_since
    bench.clock.advance(60)
    assert (await bench.read()).failed_since == since == bench.clock.now() - 60
    bench.problem = None
    assert (await bench.read()).failed_since is None


async def test_a_reading_that_hung_and_then_failed_fails_since_it_began() -> None:
    bench = Bench()
    began, bench.takes = bench.clock.now(), 30.0
    bench.problem = Problem(Cause.NETWORK, "timed out")
    assert (await bench.read()).failed_since == began


# ---------------------------------------------------------------------- what a list lacks


async def lacking(bench: Bench, *names: str) -> None:
    bench.show(*names)
    bench.missing = (Gap("region busan"),)
    await bench.read()


async def test_a_whole_list_takes_what_it_lacks_off_at_once() -> None:
    bench = Bench()
    await bench.read()
    bench.show("a")
    assert len((await bench.read()).known) == 1


async def test_what_a_list_lacks_of_its_rows_only_does_not_keep_rows() -> None:
    bench = Bench()
    await bench.read()
    bench.show("a")
    bench.missing = (Gap("prices", rows=False),)
    assert len((await bench.read()).known) == 1


async def test_what_a_part_of_a_list_has_is_as_fresh_as_ever() -> None:
    bench = Bench()
    await bench.read()
    await lacking(bench, "a")
    assert (row := bench.row("a")) is not None and row.health is Health.OK
    assert (row := bench.row("b")) is not None and row.health is not Health.OK


@pytest.mark.parametrize(("seconds", "kept"), [(599.0, True), (600.0, False)])
async def test_what_is_lacking_is_kept_for_ten_minutes(seconds: float, kept: bool) -> None:
    bench = Bench()
    await bench.read()
    await lacking(bench, "a")
    bench.clock.advance(seconds)
    await lacking(bench, "a")
    assert (bench.row("b") is not None) is kept


async def test_the_ten_minutes_begin_anew_with_each_time_it_is_seen() -> None:
    bench = Bench()
    await bench.read()
    await lacking(bench, "a")
    bench.clock.advance(500)
    await lacking(bench, "a", "b")
    await lacking(bench, "a")
    bench.clock.advance(500)
    await lacking(bench, "a")
    assert bench.row("b") is not None


# ---------------------------------------------------------------------- what is the same


def unchanged(bench: Bench) -> None:
    bench.show("a", "b")


def another_state(bench: Bench) -> None:
    bench.show("a", "b", state="ERROR")


def only_the_raw_object(bench: Bench) -> None:
    bench.show("a", "b", raw="more")


def only_the_item(bench: Bench) -> None:
    """What verbs look at, and nobody sees."""
    machines = [Unseen("a", "a"), Unseen("b", "b")]
    bench.items = [Item(machine, {"id": machine.id, "more": None}) for machine in machines]


@dataclasses.dataclass(frozen=True)
class Unseen(Machine):
    locked: bool = True


@pytest.mark.parametrize(
    ("change", "same"),
    [(unchanged, True), (another_state, False), (only_the_raw_object, False), (only_the_item, False)],
)
async def test_a_row_is_the_same_object_only_where_nothing_at_all_has_changed(
    change: Callable[[Bench], None], same: bool
) -> None:
    bench = Bench()
    await bench.read()
    before = bench.row("a")
    change(bench)
    await bench.read()
    after = bench.row("a")
    assert (after is before) is same
    assert after is not None and after.raw == bench.items[0].raw and after.item == bench.items[0].value


async def test_a_bug_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()

    async def broken() -> Listing[object]:
        raise RuntimeError("a bug")

    bench.poller._fetch = broken
    with caplog.at_level(logging.ERROR):
        assert (found := await bench.read()).problem is not None and found.problem.cause is Cause.BUG
    assert any(record.exc_info for record in caplog.records) and "nodes of p" in caplog.text
