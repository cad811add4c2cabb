"""hosted·ai's pools and nodes as the vendor's own programs allow them to be spelled and the embedded panel does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from gputui.core.rows import Row
from gputui.providers.hostedai.views import NODES
from gputui.providers.hostedai.wire import GpuPool, HostedNode
from gputui.sim.hostedai import wire
from gputui.sim.hostedai.state import HostedAI as Panel
from gputui.sim.serve import Simulator
from tests.contract.test_hostedai_actions import (
    DONE,
    GOING,
    WAITING,
    client,
    clock,
    nodes,
    panel,
    pools,
    sent,
    simulator,
)
from tests.contract.verbs import Verbs

__all__ = ["client", "clock", "nodes", "panel", "pools", "simulator"]


def in_pool(row: Row) -> GpuPool:
    assert isinstance(row.item, GpuPool)
    return row.item


def _never(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "gpus"}


def _left_out_when_empty(body: dict[str, Any]) -> dict[str, Any]:
    return body if body["gpus"] else _never(body)


def _null_when_empty(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "gpus": body["gpus"] or None}


@pytest.mark.parametrize("spelled", [_never, _left_out_when_empty, _null_when_empty])
async def test_freeing_all_gpus_is_seen_to_its_end_however_a_pool_lists_them(
    pools: Verbs,
    simulator: Simulator,
    panel: Panel,
    monkeypatch: pytest.MonkeyPatch,
    spelled: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    told = panel.pool_body
    monkeypatch.setattr(panel, "pool_body", lambda pool: spelled(told(pool)))
    pool = next(
        one
        for one in panel.pools.values()
        if one.status == "ACTIVE" and one.sharing_ratio > 1 and panel.gpus_in_pool(one)
    )
    row = next(row for row in (await pools.rows()).values() if row.ref.id == str(pool.id))
    mine = {gpu.uuid for gpu in panel.gpus_in_pool(pool)}
    assert in_pool(row).physical == len(mine) > 0
    assert pools.action("delete").blocked_reason(row.item) == f"it has {len(mine)} GPUs: free them first"
    assert (await pools.choices("free_gpus", "gpu_uuids", row.item)).keys() == mine
    assert await pools.done("free_gpus", row, {"gpu_uuids": tuple(mine)}) == (WAITING, GOING, DONE)
    row = await pools.row(row.name)
    assert pools.action("free_gpus").blocked_reason(row.item) == "it has no GPUs"
    assert await pools.done("delete", row) == (WAITING, GOING, DONE)
    assert [line for line, _ in sent(simulator)] == [
        f"POST /api/gpuaas/pool/{pool.id}/remove_gpus",
        f"DELETE /api/gpuaas/pool/{pool.id}/delete",
    ]


async def test_without_pools_in_the_inventory_nobody_guesses_what_is_in_one(
    pools: Verbs, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = panel.pool_body
    monkeypatch.setattr(panel, "pool_body", lambda pool: _never(told(pool)))

    def bare(gpu: Any, *_: object, **__: object) -> dict[str, object]:
        return {"uuid": gpu.uuid, "assignment_status": gpu.status}

    monkeypatch.setattr(wire, "gpu_body", bare)
    assert {in_pool(row).physical for row in (await pools.rows()).values()} == {None}


async def test_a_pool_may_spell_its_model_shorter_than_the_gpus(pools: Verbs, panel: Panel) -> None:
    pool = next(one for one in panel.pools.values() if "H100" in one.gpu_model)
    row = next(row for row in (await pools.rows()).values() if row.ref.id == str(pool.id))
    short = in_pool(row).model_copy(update={"gpu_model_type": "H100"})
    found = await pools.choices("assign_gpus", "gpu_uuids", short)
    assert found.keys() == {gpu.uuid for gpu in panel.available_gpus(1) if "H100" in gpu.model} != set()


async def test_a_node_that_names_no_region_is_of_the_one_it_is_listed_in(
    nodes: Verbs, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = wire.node_body

    def bare(*given: Any) -> dict[str, object]:
        return {key: value for key, value in told(*given).items() if key not in ("region", "region_id")}

    def regions(found: Iterable[Row]) -> dict[str, str]:
        (region,) = [column for column in NODES.columns if column.title == "REGION"]
        return {row.name: region.cell(row.item).text for row in found if isinstance(row.item, HostedNode)}

    before = await nodes.rows()
    monkeypatch.setattr(wire, "node_body", bare)
    now = await nodes.rows()
    assert regions(now.values()) == regions(before.values())
    node = next(row for row in now.values() if row.state.upper() == "INITIALIZED")
    join = nodes.action("join")
    assert join.blocked_reason(node.item) is None
    assert join.request([node.item], {}).body == join.request([before[node.ref].item], {}).body
