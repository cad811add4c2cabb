"""The hosted·ai provider against the embedded panel, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings, SshTarget, View
from gputui.core.reading import rows
from gputui.core.request import Request, SendStatus
from gputui.core.secret import Secret
from gputui.providers.hostedai.client import CHANGING_GETS, NO_SERVICE, HostedAI
from gputui.providers.hostedai.views import GPUS, NODES, POOLS, PROVIDER, REGIONS, SERVICES
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.serve import Simulator

NOON = 1_770_000_000.0
LOGIN = "POST /api/login"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(only=["hostedai"], calm=True, clock=ManualClock(NOON)) as served:
        yield served


def cloud(simulator: Simulator) -> Any:
    return simulator.world.clouds["hostedai"]


def client_of(simulator: Simulator, *, read_only: bool = False, **changes: Any) -> HostedAI:
    profile: dict[str, Any] = cloud(simulator).profile(simulator.urls["hostedai"])
    values = {setting.name: profile.get(setting.name, setting.default) for setting in PROVIDER.settings} | changes
    secrets = {name: Secret(values[name] or "") for name in ("token", "password")}
    return HostedAI(Settings("hosted", {**values, **secrets}, read_only), now=simulator.clock.now)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[HostedAI]:
    made = client_of(simulator)
    yield made
    await made.aclose()


async def listed(client: HostedAI, view: View[HostedAI, Any]) -> dict[str, Any]:
    listing = await view.fetch(client)
    found, duplicates = rows(view, "p", listing)
    assert (duplicates, listing.unreadable, listing.notice) == (0, (), "")
    return {ref.id: row for ref, row in found.items()}


def lines(simulator: Simulator) -> list[str]:
    return [f"{seen.method} {seen.target}" for seen in simulator.logs["hostedai"].seen]


async def test_a_node_that_names_its_region_is_the_same_item_at_every_reading(client: HostedAI) -> None:
    first, second = [(await client.nodes()).items for _ in range(2)]
    naming = [(one, other) for one, other in zip(first, second, strict=True) if one.value.region is not None]
    assert naming
    assert all(one is other for one, other in naming), "so that its row can stay"


async def test_the_nodes_of_all_regions_are_listed(client: HostedAI, simulator: Simulator) -> None:
    found = await listed(client, NODES)
    there = cloud(simulator).nodes
    assert found.keys() == {str(number) for number in there}
    assert len({node.region_id for node in there.values()}) > 1
    for key, row in found.items():
        node = there[int(key)]
        assert (row.name, row.state) == (node.name, node.status)
        assert row.cells[5].text == f"{node.host}:{node.port}"
        assert NODES.ssh is not None
        assert NODES.ssh(row.item) == SshTarget(node.host, node.port, node.username)
    assert sorted(lines(simulator)) == [
        "GET /api/gpuaas/list/regions",
        *(f"GET /api/gpuaas/node/list?region_id={number}" for number in sorted(cloud(simulator).regions)),
    ]


async def test_regions_and_services_are_not_read_before_every_list(simulator: Simulator) -> None:
    client = client_of(simulator, gpuaas_ids=None)
    for _ in range(5):
        for view in (NODES, POOLS, GPUS):
            await listed(client, view)
    asked = lines(simulator)
    assert (asked.count("GET /api/gpuaas/list/regions"), asked.count("GET /api/gpuaas")) == (1, 1)
    client.forget()
    await listed(client, NODES)
    assert lines(simulator).count("GET /api/gpuaas/list/regions") == 2
    await client.aclose()


@pytest.mark.parametrize("shape", ["array", "items", "alternate"])
async def test_lists_are_read_in_every_shape(client: HostedAI, simulator: Simulator, shape: Any) -> None:
    cloud(simulator).list_shape = dict.fromkeys(cloud(simulator).list_shape, shape)
    for _ in range(2):
        assert len(await listed(client, NODES)) == len(cloud(simulator).nodes)
        assert len(await listed(client, POOLS)) == len(cloud(simulator).pools)
        assert len(await listed(client, REGIONS)) == len(cloud(simulator).regions)


async def test_null_is_an_empty_list(client: HostedAI, simulator: Simulator) -> None:
    cloud(simulator).list_shape["pools"] = "null"
    assert await listed(client, POOLS) == {}


async def test_pools_count_their_physical_gpus(client: HostedAI, simulator: Simulator) -> None:
    found = await listed(client, POOLS)
    for key, row in found.items():
        pool = cloud(simulator).pools[int(key)]
        assert (row.name, row.state) == (pool.label or pool.name, pool.status)
        assert row.cells[3].value == len(cloud(simulator).gpus_in_pool(pool))
    assert lines(simulator) == ["GET /api/gpuaas/1/pool/list"]


@pytest.mark.parametrize("flat", [False, True])
async def test_every_gpu_is_listed_once(client: HostedAI, simulator: Simulator, flat: bool) -> None:
    cloud(simulator).flat_gpus = flat
    found = await listed(client, GPUS)
    there = {gpu.uuid: gpu for gpu in cloud(simulator).gpus_of(1)}
    assert found.keys() == there.keys()
    for key, gpu in there.items():
        assert found[key].state == gpu.status
        assert found[key].item.node_id == str(gpu.node_id)
        assert found[key].item.pool_id == ("" if gpu.pool_id is None else str(gpu.pool_id))
    assert sorted(lines(simulator)) == ["GET /api/gpuaas/1/pool/all_gpus", "GET /api/gpuaas/1/pool/available_gpus"]


async def test_regions_and_services_are_listed(client: HostedAI, simulator: Simulator) -> None:
    regions, services = await listed(client, REGIONS), await listed(client, SERVICES)
    assert {row.name: row.state for row in regions.values()} == {
        region.name: region.gpuaas for region in cloud(simulator).regions.values()
    }
    assert {key: row.state for key, row in services.items()} == {"1": "GPUAAS_ACTIVE"}


async def test_a_panel_without_the_documented_region_list_is_asked_otherwise(
    client: HostedAI, simulator: Simulator
) -> None:
    simulator.faults["hostedai"].always(Fault("status", status=404), match="/list/regions")
    for _ in range(2):
        assert len(await listed(client, REGIONS)) == len(cloud(simulator).regions)
    assert lines(simulator) == ["GET /api/gpuaas/list/regions", "GET /api/regions", "GET /api/regions"]


async def test_services_are_found_where_none_is_named(simulator: Simulator) -> None:
    client = client_of(simulator, gpuaas_ids=())
    assert len(await listed(client, POOLS)) == len(cloud(simulator).pools)
    assert (await listed(client, SERVICES)).keys() == {"1"}
    first = ["GET /api/gpuaas", "GET /api/gpuaas/1/pool/list", "GET /api/gpuaas"]
    assert lines(simulator) == [*first, "GET /api/gpuaas/list/regions"]
    simulator.faults["hostedai"].always(Fault("status", status=404), match="/api/gpuaas")
    for view in (POOLS, GPUS, SERVICES):
        listing = await view.fetch(client)
        assert (listing.items, listing.missing) == ((), (NO_SERVICE,))
    await client.aclose()


async def test_where_regions_cannot_be_read_a_service_keeps_their_id(client: HostedAI, simulator: Simulator) -> None:
    simulator.faults["hostedai"].always(Fault("status", status=503), match="regions")
    (service,) = (await listed(client, SERVICES)).values()
    assert [column.cell(service.item).text for column in SERVICES.columns if column.id == "region"] == ["1"]
    fields = {field.name: field.value(service.item) for field in SERVICES.fields}
    assert fields == {"region_id": 1, "region_name": None}


async def test_things_are_shown_anew(client: HostedAI, simulator: Simulator) -> None:
    for view, key in ((NODES, "Id"), (POOLS, "id"), (SERVICES, "id")):
        name, row = next(iter((await listed(client, view)).items()))
        assert view.show is not None
        raw = await view.show(client, row.item)
        assert isinstance(raw, dict)
        assert str(raw[key]) == name


async def test_drill_down_divides_the_children(client: HostedAI) -> None:
    every = {view.name: await listed(client, view) for view in PROVIDER.views}
    for parent, child in (("regions", "nodes"), ("services", "pools"), ("nodes", "gpus")):
        view = PROVIDER.view(parent)
        assert view is not None
        (children,) = [found for found in view.children if found.view == child]
        for one in every[child].values():
            assert sum(children.match(row.item, one.item) for row in every[parent].values()) == 1
    to_gpus, to_nodes = POOLS.children
    for row in every["pools"].values():
        gpus = {one.item.node_id for one in every["gpus"].values() if to_gpus.match(row.item, one.item)}
        assert gpus == {one.item.id for one in every["nodes"].values() if to_nodes.match(row.item, one.item)}
        assert gpus


async def test_a_region_that_cannot_be_read_costs_itself_only(client: HostedAI, simulator: Simulator) -> None:
    simulator.faults["hostedai"].always(Fault("status", status=403), match="region_id=2")
    listing = await client.nodes()
    there = {str(key) for key, node in cloud(simulator).nodes.items() if node.region_id != 2}
    assert {item.value.id for item in listing.items} == there
    name = cloud(simulator).regions[2].name
    assert listing.notice.startswith(f"not complete: region {name}: not allowed: HTTP 403")
    simulator.faults["hostedai"].always(Fault("status", status=403), match="node/list")
    with pytest.raises(Failed) as failed:
        await client.nodes()
    assert failed.value.problem.cause is Cause.FORBIDDEN


async def test_a_region_without_a_name_keeps_its_machines(client: HostedAI, simulator: Simulator) -> None:
    body = json.dumps([{"id": 1, "region_name": "seoul"}, {"id": 2, "region_name": None}, {"region_name": "lost"}])
    simulator.faults["hostedai"].always(Fault("status", status=200, body=body.encode()), match="regions")
    listing = await client.nodes()
    there = {str(key) for key, node in cloud(simulator).nodes.items() if node.region_id in (1, 2)}
    assert {item.value.id for item in listing.items} == there
    assert [gap.brief for gap in listing.missing] == ["1 regions missing"]


async def test_the_gpus_in_pools_do_not_need_the_free_ones(client: HostedAI, simulator: Simulator) -> None:
    simulator.faults["hostedai"].always(Fault("garbage"), match="available_gpus")
    listing = await client.gpus()
    assert {item.value.uuid for item in listing.items} == {gpu.uuid for gpu in cloud(simulator).gpus_of(1)}
    assert listing.notice.startswith("not complete: free GPUs: bad reply")


async def test_a_gpuaas_that_cannot_be_read_costs_itself_only(simulator: Simulator) -> None:
    client = client_of(simulator, gpuaas_ids=[1, 77])
    for view in (POOLS, GPUS, SERVICES):
        listing = await view.fetch(client)
        assert listing.items
        assert "not complete: gpuaas 77: not found" in listing.notice
    await client.aclose()


async def test_a_service_is_known_by_the_id_it_was_asked_by(client: HostedAI, simulator: Simulator) -> None:
    simulator.faults["hostedai"].next(Fault("status", status=200, body=b'{"status": "GPUAAS_ACTIVE"}'))
    assert (await listed(client, SERVICES)).keys() == {"1"}


async def test_a_list_that_is_only_a_page_says_so(client: HostedAI, simulator: Simulator) -> None:
    body = b'{"items": [{"id": 1, "region_name": "seoul"}], "page": 0, "per_page": 1, "total_items": 3}'
    simulator.faults["hostedai"].next(Fault("status", status=200, body=body))
    assert (await client.regions()).missing == (Gap(listed=1, total=3),)


async def test_a_panel_behind_a_gateway_that_knows_no_such_call(client: HostedAI, simulator: Simulator) -> None:
    page = Fault("status", status=404, body=b"<html>nginx</html>")
    simulator.faults["hostedai"].always(page, match="/list/regions")
    assert len(await listed(client, REGIONS)) == len(cloud(simulator).regions)


async def test_a_web_page_in_place_of_a_node_does_not_say_it_is_gone(client: HostedAI, simulator: Simulator) -> None:
    row = next(iter((await listed(client, NODES)).values()))
    assert NODES.show is not None
    simulator.faults["hostedai"].always(Fault("status", status=404, body=b"<html>nginx</html>"))
    with pytest.raises(Failed) as failed:
        await NODES.show(client, row.item)
    assert failed.value.problem.cause is Cause.REPLY


async def test_garbage_is_no_empty_list(client: HostedAI, simulator: Simulator) -> None:
    simulator.faults["hostedai"].always(Fault("garbage"))
    for view in PROVIDER.views:
        with pytest.raises(Failed) as failed:
            await view.fetch(client)
        assert failed.value.problem.cause is Cause.REPLY


@pytest.mark.parametrize("auth", ["bearer", "x-api-key", "login"])
async def test_every_scheme_is_let_in_and_its_wrong_secret_is_said(simulator: Simulator, auth: str) -> None:
    cloud(simulator).auth = auth
    right, wrong = client_of(simulator), client_of(simulator, token="nope", password="nope")
    assert await listed(right, NODES)
    with pytest.raises(Failed) as failed:
        await wrong.nodes()
    assert failed.value.problem.cause is Cause.CREDENTIALS
    await asyncio.gather(right.aclose(), wrong.aclose())


async def test_one_login_serves_all_and_a_session_that_ended_is_opened_anew(simulator: Simulator) -> None:
    cloud(simulator).auth = "login"
    client = client_of(simulator)
    await asyncio.gather(*(view.fetch(client) for view in PROVIDER.views))
    assert lines(simulator).count(LOGIN) == 1
    assert isinstance(simulator.clock, ManualClock)
    simulator.clock.advance(cloud(simulator).session_seconds)
    await asyncio.gather(*(view.fetch(client) for view in PROVIDER.views))
    assert lines(simulator).count(LOGIN) == 2
    await client.aclose()


async def test_a_read_only_profile_may_log_in(simulator: Simulator) -> None:
    cloud(simulator).auth = "login"
    client = client_of(simulator, read_only=True)
    assert await listed(client, REGIONS)
    await client.aclose()


@pytest.mark.parametrize("path", CHANGING_GETS)
async def test_a_get_that_changes_things_does_not_leave_a_read_only_profile(simulator: Simulator, path: str) -> None:
    client = client_of(simulator, read_only=True)
    outcome = await client.change(Request("GET", path, {"gpuaas_node_id": "1"}))
    assert (outcome.send_status, lines(simulator)) == (SendStatus.NOT_SENT, [])
    await client.aclose()
