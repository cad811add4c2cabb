"""A console over the embedded cloud: how much is asked for while some of many machines are changing."""

from __future__ import annotations

import random
from pathlib import Path

from gputui.core.rows import Ref
from gputui.engine.changing import MANY_EVERY
from gputui.engine.cloud import Feed
from gputui.engine.journal import Journal
from gputui.engine.store import Store, Tab
from tests.clocks import ManualClock, until
from tests.contract.test_narrow_reads import connected

FEED = Feed("nodes")
CHANGING = 20


async def test_a_few_small_requests_follow_what_is_changing_among_many(tmp_path: Path) -> None:
    async with connected("scp") as (provider, client, simulator):
        nodes = list(simulator.world["scp"].nodes.values())  # type: ignore[attr-defined]
        for node in nodes[:CHANGING]:
            node.state = "STARTING"
        clock = ManualClock()
        journal = Journal(tmp_path / "audit.jsonl", "tester", clock.now)
        store = Store([Tab("p", "scp")], journal=journal, clock=clock, rng=random.Random(1))
        cloud = store.connect("p", provider, client)
        await until(lambda: cloud.snapshot(FEED).taken_at is not None)
        whole = client.inner._api.transport.received
        cloud.show(FEED)
        await until(lambda: MANY_EVERY in clock.waits and any(4.0 < wait < 6.0 for wait in clock.waits))
        both = client.inner._api.transport.received
        simulator.logs["scp"].clear()
        left = next(node for node in nodes if store.rows("p", FEED)[_ref(store, node.id)].state == "STARTING")
        left.state = "RUNNING"
        clock.advance(3.1)
        await until(lambda: store.rows("p", FEED)[_ref(store, left.id)].state == "RUNNING")
        targets = [request.target for request in simulator.logs["scp"].seen]
        assert any("state=STARTING" in target for target in targets)
        assert f"/v1/gpu-nodes/{left.id}" in targets, "what has left the state, alone"
        assert not [target for target in targets if "gpu-nodes?" in target and "state=" not in target]
        assert client.inner._api.transport.received - both < whole
        await store.aclose()


def _ref(store: Store, id: str) -> Ref:
    return next(ref for ref in store.rows("p", FEED) if ref.id == id)
