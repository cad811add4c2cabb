"""Which lists of a profile are read: machines always, others while somebody looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import View
from gputui.core.rows import Ghost, Listing, Ref
from gputui.engine.backoff import CREDENTIALS_WAIT, LONGEST_BACKOFF
from gputui.engine.cloud import Feed
from tests.clocks import until
from tests.promises.toy_bench import opened
from tests.toy import NODES, PROVIDER, Machine, ToyClient

NODES_FEED = Feed("nodes")


@pytest.mark.parametrize("machine", [True, False])
async def test_a_list_nobody_looks_at_is_read_on_only_where_it_is_of_machines(tmp_path: Path, machine: bool) -> None:
    bench = await opened(tmp_path, replace(PROVIDER, views=(replace(NODES, machine=machine),)))
    reads = bench.client.reads
    bench.cloud.show(NODES_FEED)
    await until(lambda: bench.client.reads > reads)
    await bench.pass_time(60)
    assert bench.client.reads > reads + 5
    bench.cloud.hide(NODES_FEED)
    await bench.pass_time(1)
    reads = bench.client.reads
    await bench.pass_time(120)
    assert (bench.client.reads > reads) is machine
    await bench.store.aclose()


@pytest.mark.parametrize("worked", [True, False])
async def test_keys_that_have_worked_for_one_list_are_not_taken_to_be_wrong_in_another(
    tmp_path: Path, worked: bool
) -> None:
    async def refused(client: ToyClient) -> Listing[Machine]:
        raise Failed(Problem(Cause.CREDENTIALS, "401"))

    pools = replace(NODES, name="pools", fetch=refused, machine=False)
    bench = await opened(tmp_path, replace(PROVIDER, views=(NODES, pools)))
    feed = Feed("pools")
    if not worked:
        for poller in bench.cloud._pollers.values():
            poller.snapshot = replace(poller.snapshot, taken_at=None)
    bench.cloud.show(feed)
    await until(lambda: bench.cloud.snapshot(feed).next_at)
    wait = (bench.cloud.snapshot(feed).next_at or 0.0) - bench.clock.now()
    assert (wait < LONGEST_BACKOFF) if worked else (wait == CREDENTIALS_WAIT)
    await bench.store.aclose()


async def test_what_is_looked_at_again_is_read_at_once_and_on(tmp_path: Path) -> None:
    bench = await opened(tmp_path, replace(PROVIDER, views=(replace(NODES, machine=False),)))
    bench.cloud.show(NODES_FEED)
    bench.cloud.hide(NODES_FEED)
    reads = bench.client.reads
    bench.cloud.show(NODES_FEED)
    await until(lambda: bench.client.reads > reads)
    reads = bench.client.reads
    await bench.pass_time(30)
    assert bench.client.reads > reads + 2
    await bench.store.aclose()


async def test_who_asks_for_a_fresh_list_gets_nothing_that_the_client_kept(tmp_path: Path) -> None:
    bench = await opened(tmp_path, PROVIDER)
    bench.cloud.refresh()
    forgotten: list[str] = []
    bench.client.forget = lambda: forgotten.append("regions")  # type: ignore[attr-defined]
    bench.cloud.refresh()
    assert forgotten == ["regions"]
    await bench.store.aclose()


@pytest.mark.parametrize(
    ("profile", "view", "every"), [(5.0, None, 5.0), (5.0, 20.0, 20.0), (60.0, 20.0, 60.0), (60.0, None, 60.0)]
)
async def test_a_list_is_read_no_more_often_than_its_view_allows_nor_than_the_profile_wants(
    tmp_path: Path, profile: float, view: float | None, every: float
) -> None:
    provider = replace(PROVIDER, views=(replace(NODES, every=view),))
    bench = await opened(tmp_path, provider)
    tab = replace(bench.store.tabs["p"], every=profile)
    bench.store.tabs["p"] = tab
    cloud = bench.store.connect("p", provider, bench.client)
    assert cloud.snapshot(NODES_FEED).every == every
    cloud.show(NODES_FEED)
    await until(lambda: cloud.snapshot(NODES_FEED).taken_at)
    wait = (cloud.snapshot(NODES_FEED).next_at or 0.0) - bench.clock.now()
    assert 0.9 * every <= wait <= 1.1 * every
    await bench.cloud.aclose()
    await bench.store.aclose()


async def test_only_the_list_that_is_asked_for_is_read_anew(tmp_path: Path) -> None:
    reads = {"nodes": 0, "pools": 0}

    def counted(name: str) -> View[ToyClient, Machine]:
        async def fetch(client: ToyClient) -> Listing[Machine]:
            reads[name] += 1
            return await client.list()

        return replace(NODES, name=name, fetch=fetch)

    bench = await opened(tmp_path, replace(PROVIDER, views=(counted("nodes"), counted("pools"))))
    await until(lambda: reads == {"nodes": 1, "pools": 1})
    bench.cloud.refresh("pools")
    await until(lambda: reads["pools"] == 2)
    assert reads["nodes"] == 1
    bench.cloud.refresh()
    await until(lambda: reads == {"nodes": 2, "pools": 3})
    await bench.store.aclose()


async def test_a_row_that_is_listed_counts_before_one_that_may_be_gone(tmp_path: Path) -> None:
    pools = replace(NODES, name="pools")
    bench = await opened(tmp_path, replace(PROVIDER, views=(NODES, pools)))
    ref = Ref("p", "nodes", "a")
    listed = bench.cloud.find(ref)
    assert listed is not None
    poller = bench.cloud._pollers[NODES_FEED]
    lost = replace(listed, withheld="lost")
    poller.snapshot = replace(poller.snapshot, ghosts={ref: Ghost(lost, 0.0)})
    assert bench.cloud.find(ref) is listed
    poller.snapshot = replace(poller.snapshot, rows={})
    assert bench.cloud.find(ref) is lost
    assert bench.cloud.find(Ref("p", "other", "a")) is None
    poller.snapshot = replace(poller.snapshot, ghosts={})
    assert bench.cloud.find(ref) is None
    await bench.store.aclose()


async def test_a_profile_stands_as_the_worst_of_its_lists_of_machines(tmp_path: Path) -> None:
    views = (NODES, replace(NODES, name="pools"), replace(NODES, name="keys", machine=False))
    bench = await opened(tmp_path, replace(PROVIDER, views=views))
    bench.cloud.show(Feed("keys"))
    await until(lambda: all(shot.taken_at for shot in bench.cloud.snapshots().values()))
    down, now = Problem(Cause.SERVER, "down"), bench.clock.now()

    def failing(view: str) -> bool:
        for feed, poller in bench.cloud._pollers.items():
            poller.snapshot = replace(poller.snapshot, problem=down if feed.view == view else None)
        return bench.cloud.state(now).problem is down

    assert [failing(view) for view in ("nodes", "pools", "keys", "")] == [True, True, False, False]
    await bench.store.aclose()


async def test_a_list_is_watched_while_it_is_shown_or_in_the_fleet(tmp_path: Path) -> None:
    bench = await opened(tmp_path, replace(PROVIDER, views=(NODES, replace(NODES, name="keys", machine=False))))
    keys = Feed("keys")
    assert not bench.cloud.watched(keys)
    bench.cloud.show(keys)
    assert bench.cloud.watched(keys)
    bench.cloud.hide(keys)
    for fleet in (True, False):
        bench.cloud.show_in_fleet(fleet)
        assert (bench.cloud.watched(NODES_FEED), bench.cloud.watched(keys)) == (fleet, False)
    await bench.store.aclose()
