"""The rows of lists and of the fleet, each guard alone: whose row stands where, since when, and what is told of it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from gputui.core.feed import FeedState, Phase
from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ghost, Ref, Row, Snapshot
from gputui.engine.cached.encoding import Account, decoded, encoded
from gputui.engine.cached.lists import CachedList
from gputui.engine.cached.profile import CachedProfile
from gputui.engine.cloud import Feed
from gputui.engine.feed_rows import FeedRows
from gputui.engine.fleet_rows import FleetRows
from gputui.engine.history.records import MachinePast, Remembered
from gputui.engine.journal import Journal
from gputui.engine.live_rows import LiveRows, worst_place
from gputui.engine.lost_profiles import profile_ref
from gputui.engine.operations import Operations
from gputui.engine.store import Store, Tab
from tests.clocks import ManualClock, until
from tests.toy import NODES, PROVIDER, Machine, ToyClient
from tests.unit.test_live_rows import NOW, row

PROBLEM = Problem(Cause.NETWORK, "nobody answers")


def shot(*rows: Row, **more: Any) -> Snapshot:
    return Snapshot(**{"rows": {one.ref: one for one in rows}, "taken_at": NOW, **more})


def followed(*, worst_first: bool = True) -> tuple[FeedRows, FleetRows]:
    rows, fleet = FeedRows(Operations(lambda: NOW, lambda *_: None), worst_first=worst_first), FleetRows()
    fleet.follow(rows, NODES, "p")
    return rows, fleet


def read(rows: FeedRows, of: Snapshot) -> None:
    rows.update(of, of.taken_at or NOW)
    rows.work()


# ---------------------------------------------------------------------- places


def test_the_worst_come_first_and_those_that_are_warned_of_before_them() -> None:
    bad, ok = row(0, Health.BAD), row(2)
    assert worst_place(bad) < worst_place(ok)
    assert worst_place(ok, {ok.ref}) < worst_place(bad, {ok.ref})


def test_nobody_is_told_of_no_change() -> None:
    live, heard = LiveRows(), list[Any]()
    live.listen(heard.append)
    assert not live.change({}, [row(1).ref])
    assert heard == []


def test_a_list_in_the_order_of_its_cloud_has_the_fleet_s_order_in_the_fleet() -> None:
    rows, fleet = followed(worst_first=False)
    read(rows, shot(row(4), row(2, Health.BAD), row(0)))
    assert [ref.id for ref in rows.order.refs] == ["4", "2", "0"]
    assert [ref.id for ref in fleet.order.refs] == ["2", "0", "4"]


# ---------------------------------------------------------------------- since when


@pytest.mark.parametrize(
    ("taken", "cached", "told"),
    [(NOW, None, NOW), (None, NOW - 60, NOW - 60), (NOW, NOW - 60, NOW), (None, None, None)],
)
def test_a_list_is_as_old_as_its_reading_or_as_that_of_an_earlier_console(
    taken: float | None, cached: float | None, told: float | None
) -> None:
    rows, _ = followed()
    rows.update(Snapshot(taken_at=taken, cached_at=cached), NOW)
    assert rows.taken_at == told


def test_a_row_is_as_old_as_its_list_unless_it_was_read_alone() -> None:
    rows, _ = followed()
    one, other = row(0), row(2)
    rows.update(shot(one, other, alone={one.ref: NOW + 3}), NOW + 9)
    assert (rows.read_at(one.ref), rows.read_at(other.ref)) == (NOW + 3, NOW)
    rows, _ = followed()
    rows.update(Snapshot(), NOW + 9)
    assert rows.read_at(one.ref) == NOW + 9


@pytest.mark.parametrize(
    ("missing", "settled"),
    [
        ((), True),
        ((Gap("labels", rows=False),), True),
        ((Gap("region west"),), False),
        ((Gap("labels", rows=False), Gap("region west")), False),
    ],
)
def test_who_comes_is_new_once_the_list_was_read_in_full(missing: tuple[Gap, ...], settled: bool) -> None:
    rows, fleet = followed()
    read(rows, shot(row(0), missing=missing))
    assert not rows.settled
    read(rows, shot(row(0), row(2), taken_at=NOW + 5))
    assert rows.settled is settled
    part = fleet._parts["p", "nodes"]
    assert part.standings.of(row(2).ref).since == (NOW + 5 if settled else None)


@pytest.mark.parametrize("ghost", [True, False])
def test_who_is_gone_begins_anew_and_a_ghost_does_not(ghost: bool) -> None:
    rows, fleet = followed()
    one = row(0)
    read(rows, shot(row(2)))
    read(rows, shot(one, row(2), taken_at=NOW + 5))
    rows.update(shot(row(2), taken_at=NOW + 10, ghosts={one.ref: Ghost(one, NOW + 5)} if ghost else {}), NOW + 60)
    rows.work()  # the list is stale by then: all of its rows are shown otherwise
    read(rows, shot(row(0), row(2), taken_at=NOW + 65))
    assert fleet._parts["p", "nodes"].standings.of(one.ref).since == (NOW + 5 if ghost else NOW + 65)


def test_what_history_holds_is_shown_where_it_tells_more() -> None:
    rows, fleet = followed()
    one, other = row(0), row(2)
    read(rows, shot(one, other))
    assert set(fleet.machines("p", "nodes")) == {one.ref, other.ref}
    assert fleet.machines("p", "pools") == []
    heard: list[Any] = []
    fleet.listen(heard.append)
    past = Remembered("ok", "ok", NOW - 600, MachinePast(NOW - 600, NOW - 600), NOW - 600)
    before = fleet.rows[one.ref]
    for _ in range(2):
        fleet.recall("p", "nodes", [one.ref, other.ref], {one.ref.id: past})
        assert heard == [{one.ref}]
    assert fleet.rows[one.ref] != before


# ---------------------------------------------------------------------- profiles that cannot be read


def test_a_profile_that_cannot_be_read_stands_in_the_fleet_until_it_can() -> None:
    fleet, heard = FleetRows(), list[Any]()
    fleet.listen(heard.append)
    failing = FeedState(Phase.FAILING, NOW, problem=PROBLEM, since=NOW)
    assert not fleet.tell("p", FeedState(Phase.LIVE, NOW))
    assert fleet.tell("p", failing)
    assert list(fleet.rows) == [profile_ref("p")]
    assert not fleet.tell("p", failing)
    assert len(heard) == 1
    assert fleet.tell("p", FeedState(Phase.LIVE, NOW))
    assert not fleet.rows


# ---------------------------------------------------------------------- the store


POOLS = replace(NODES, name="pools", title="Pools", machine=False)
TOY = replace(PROVIDER, views=(NODES, POOLS))


def cached(profile: str) -> CachedList:
    one = replace(row(0), ref=Ref(profile, "nodes", "m0"), item=object())
    text = "\n".join(encoded(Account("toy", {}), profile, NODES, NOW, [one]))
    found = decoded(text, profile, "toy", {})
    assert found is not None
    return found


def store(folder: Path, **given: Any) -> Store:
    clock = ManualClock(NOW)
    journal = Journal(folder / "audit.jsonl", "tester", clock.now)
    return Store([Tab("a", "toy"), Tab("b", "toy")], journal=journal, clock=clock, rng=random.Random(1), **given)


async def test_a_profile_that_cannot_connect_stands_in_the_fleet_at_once(tmp_path: Path) -> None:
    data = store(tmp_path)
    data.fail("b", PROBLEM)
    assert list(data.fleet.rows) == [profile_ref("b")]
    await data.aclose()


async def test_only_machines_are_in_the_fleet(tmp_path: Path) -> None:
    data = store(tmp_path)
    cloud = data.connect("a", TOY, ToyClient({"m0": Machine("m0", "toy-0")}))
    await cloud.read(Feed("pools"))
    await until(lambda: data.machines("a"))
    assert list(data.rows("a", Feed("pools"))) == [Ref("a", "pools", "m0")]
    assert list(data.fleet.rows) == [Ref("a", "nodes", "m0")]
    await data.aclose()


async def test_one_profile_that_connects_leaves_the_cached_rows_of_the_others(tmp_path: Path) -> None:
    data = store(tmp_path, cached={name: [cached(name)] for name in "ab"})
    assert {ref.profile for ref in data.fleet.rows} == {"a", "b"}
    data.connect("a", replace(PROVIDER, views=(POOLS,)), ToyClient())
    assert {ref.profile for ref in data.fleet.rows} == {"b"}
    assert data.find(Ref("b", "nodes", "m0")) is not None
    await data.aclose()


def test_a_profile_that_is_not_connected_has_its_cached_lists_and_no_others() -> None:
    profile = CachedProfile("toy", [cached("a")], 7.0)
    there, other = profile.snapshot(Feed("nodes")), profile.snapshot(Feed("pools"))
    assert [(shot.every, len(shot.known)) for shot in (there, other)] == [(7.0, 1), (7.0, 0)]
    assert (profile.feeds_fleet(Feed("nodes")), profile.feeds_fleet(Feed("pools"))) == (True, False)
    assert profile.find(Ref("a", "nodes", "m0")) is not None
    assert profile.find(Ref("a", "pools", "m0")) is None
    assert cached("a").view.machine


async def test_a_list_that_is_dropped_while_it_is_brought_in_is_nothing_to_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = store(tmp_path)
    data._feeds._one_more_piece(("a", Feed("nodes")))
    assert caplog.text == ""
    data._feeds._rows["a", Feed("nodes")] = cast(Any, None)
    data._feeds._one_more_piece(("a", Feed("nodes")))
    assert "telling of nodes of a" in caplog.text
