"""The scp provider against the embedded cloud over real sockets: lists, details, every change, what refuses."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest

from gputui.core.actions import Action, Inputs, Progress
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Listing
from gputui.core.secret import Secret
from gputui.core.text import as_object
from gputui.providers.scp import actions
from gputui.providers.scp.client import ScpClient
from gputui.providers.scp.pools import PoolMembers
from gputui.providers.scp.views import FABRICS, NODES, POOLS, PRODUCTS, PROVIDER
from gputui.providers.scp.wire import ScpNode
from gputui.providers.wire import as_list
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.log import Seen
from gputui.sim.scp.state import Scp
from gputui.sim.serve import VPC, Simulator

SECRETS = {setting.name for setting in PROVIDER.settings if setting.kind == "secret"}
WAIT = 10.0
T = TypeVar("T")


@dataclass(frozen=True)
class Served:
    """The simulator, its cloud, and the settings that reach it."""

    simulator: Simulator
    cloud: Scp
    clock: ManualClock
    values: dict[str, Any]

    def settings(self, *, read_only: bool = False, **changes: Any) -> Settings:
        """The profile's settings, changed."""
        return Settings("samsung", {**self.values, **changes}, read_only=read_only)

    @asynccontextmanager
    async def client(self, *, read_only: bool = False, **changes: Any) -> AsyncIterator[ScpClient]:
        """A client of its own that lives by the simulator's clock."""
        client = ScpClient(self.settings(read_only=read_only, **changes), now=self.clock.now)
        try:
            yield client
        finally:
            await client.aclose()

    def seen(self, service: str = "scp") -> list[Seen]:
        """What the service was asked."""
        return self.simulator.logs[service].seen


@pytest.fixture
def served() -> Iterator[Served]:
    clock = ManualClock(1_750_000_000.0)
    with Simulator(only=["scp"], calm=True, clock=clock) as simulator:
        cloud = simulator.world["scp"]
        assert isinstance(cloud, Scp)
        profiles = simulator.config()["profiles"]
        assert isinstance(profiles, dict)
        table = {key: value for key, value in profiles["samsung"].items() if key not in ("provider", "ssh")}
        assert set(table) <= {setting.name for setting in PROVIDER.settings}
        values = {key: Secret(value) if key in SECRETS else value for key, value in table.items()}
        yield Served(simulator, cloud, clock, values)


@pytest.fixture
async def client(served: Served) -> AsyncIterator[ScpClient]:
    async with served.client() as client:
        yield client


def values(listing: Listing[T]) -> list[T]:
    """What was listed, without the raw objects."""
    return [item.value for item in listing.items]


async def named(client: ScpClient, name: str) -> ScpNode | None:
    """The node of that name, read anew."""
    return next((node for node in values(await client.nodes()) if node.gpu_node_name == name), None)


async def the(client: ScpClient, name: str) -> ScpNode:
    found = await named(client, name)
    assert found is not None
    return found


async def follow(
    served: Served, client: ScpClient, action: Action[ScpNode], name: str, steps: tuple[float, ...]
) -> list[Progress]:
    """The progress of `action` on the node of that name, now and after each step of the clock."""
    found = [action.progress(await named(client, name), {})]
    for step in steps:
        served.clock.advance(step)
        found.append(action.progress(await named(client, name), {}))
    return found


async def send(client: ScpClient, action: Action[ScpNode], *names: str, inputs: Inputs | None = None) -> Outcome:
    targets = [await the(client, name) for name in names]
    assert [action.blocked_reason(target) for target in targets] == [None] * len(targets)
    return await client.change(action.request(targets, inputs or {}))


# -- lists ------------------------------------------------------------------------------------------------------------


async def test_the_list_of_nodes_is_the_account_s(served: Served, client: ScpClient) -> None:
    listing = await client.nodes()
    assert not listing.unreadable
    assert not listing.notice
    shown = {node.id: (node.gpu_node_name, node.status, node.public_ip) for node in values(listing)}
    assert shown == {
        node.id: (node.name, node.state, node.nat.address if node.nat else "") for node in served.cloud.nodes.values()
    }
    assert len(listing.items) == 64
    (asked,) = served.seen()
    assert asked.target == "/v1/gpu-nodes?size=1000&page=0&sort=gpu_node_name%3Aasc"
    assert asked.headers["scp-api-version"] == "multinodegpucluster 1.2"
    assert asked.headers["accept-language"] == "en-US"
    assert "scp-accountid" not in asked.headers


async def test_the_fabrics_and_the_pools_are_the_account_s(served: Served, client: ScpClient) -> None:
    fabrics = await client.fabrics()
    assert {fabric.id: fabric.size for fabric in values(fabrics)} == {
        fabric.id: len(served.cloud.members(fabric)) for fabric in served.cloud.fabrics.values()
    }
    pools = await client.pools()
    expected: dict[str, Counter[str]] = {}
    for fabric in served.cloud.fabrics.values():
        expected.setdefault(fabric.pool_id, Counter()).update(node.state for node in served.cloud.members(fabric))
    assert {pool.id: (pool.nodes, pool.running, pool.faults) for pool in values(pools)} == {
        id: (states.total(), states["RUNNING"], states["ERROR"]) for id, states in expected.items()
    }
    assert len(expected) == 3


async def test_images_and_products_are_the_region_s(served: Served, client: ScpClient) -> None:
    images, products = await client.images(), await client.products()
    assert len(images.items) == 3
    assert [PRODUCTS.label(product) for product in values(products)] == ["g2c96h8_metal", "g3c128b8_metal"]
    assert [asked.target for asked in served.seen()] == [
        "/v1/gpu-nodes/images?region_id=kr-west1",
        "/v1/gpu-nodes/products",
    ]


async def test_images_without_a_region_say_what_to_set(served: Served) -> None:
    async with served.client(region=None) as client:
        with pytest.raises(Failed) as failed:
            await client.images()
    assert failed.value.problem.cause is Cause.CONFIG
    assert served.seen() == []


async def test_every_view_lists_through_its_declaration(client: ScpClient) -> None:
    for view in PROVIDER.views:
        listing = await view.fetch(client)
        assert listing.items, view.name
        assert len({view.key(item.value) for item in listing.items}) == len(listing.items)


# -- paging -----------------------------------------------------------------------------------------------------------


def page(nodes: list[str], count: int | None) -> Fault:
    """An answer of the node list."""
    entries = [{"id": name, "gpu_node_name": name, "state": "RUNNING"} for name in nodes]
    return Fault("status", status=200, body=json.dumps({"count": count, "gpu_nodes": entries}).encode())


@pytest.mark.parametrize(
    ("pages", "asked", "notice"),
    [
        # The server gives less than was asked for: what came counts, not page times size.
        ([(["a", "b"], 5), (["c", "d"], 5), (["e"], 5)], 3, ""),
        ([(["a", "b"], 2)], 1, ""),
        ([(["a"], None)], 1, ""),
        ([([f"n{i}" for i in range(100)], None), (["z"], None)], 2, ""),
        ([([f"n{i}" for i in range(100)], None), ([], None)], 2, ""),
        # Without a count, a page of ten may have been cut by the server.
        ([([f"n{i}" for i in range(10)], None), (["z"], None)], 2, ""),
        # A count that is that of the page, or too small.
        ([([f"n{i}" for i in range(1000)], 1000), (["z"], 1)], 2, ""),
        ([([f"n{i}" for i in range(100)], 7), (["z"], 7)], 2, ""),
        # Once it is told how many there are, three pages are asked for at a time.
        ([(["a"], 20), *[([], 20)] * 3], 4, "not complete: only 1 of 20 entries were read"),
        (
            [(["a", "b"], 9)] * 4,
            4,
            "not complete: only 2 of 9 entries were read: bad reply: its pages repeat themselves",
        ),
    ],
)
async def test_a_list_is_read_to_its_end(
    served: Served, client: ScpClient, pages: list[tuple[list[str], int | None]], asked: int, notice: str
) -> None:
    for names, count in pages:
        served.simulator.faults["scp"].next(page(names, count), match="GET /v1/gpu-nodes?")
    listing = await client.nodes()
    assert {node.id for node in values(listing)} == {name for names, _ in pages for name in names}
    assert listing.notice == notice
    targets = [seen.target for seen in served.seen()]
    assert sorted(re.findall(r"&page=(\d+)&", " ".join(targets))) == [str(number) for number in range(asked)]


def grow(served: Served, nodes: int) -> None:
    """Make the account as large as that."""
    one = next(iter(served.cloud.nodes.values()))
    for number in range(nodes - len(served.cloud.nodes)):
        served.cloud.nodes[f"{number:032x}"] = replace(one, id=f"{number:032x}", name=f"more-{number:05}")


async def test_a_large_account_is_read_in_few_pages(served: Served, client: ScpClient) -> None:
    grow(served, 2_500)
    listing = await client.nodes()
    assert {node.id for node in values(listing)} == served.cloud.nodes.keys()
    assert (len(listing.items), listing.missing) == (2_500, ())
    targets = sorted(seen.target for seen in served.seen())
    assert targets == [f"/v1/gpu-nodes?size=1000&page={page}&sort=gpu_node_name%3Aasc" for page in range(3)]


async def test_a_gateway_that_takes_no_large_page_is_asked_for_small_ones(served: Served, client: ScpClient) -> None:
    grow(served, 250)
    served.simulator.faults["scp"].always(Fault("status", status=400), match="size=1000")
    for refused in (1, 0):
        served.simulator.logs["scp"].clear()
        assert len((await client.nodes()).items) == 250
        assert len(served.seen()) == refused + 3


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"items": []}', b'"nothing"'])
async def test_an_answer_that_is_no_list_is_never_an_empty_one(served: Served, client: ScpClient, body: bytes) -> None:
    served.simulator.faults["scp"].always(Fault("status", status=200, body=body))
    with pytest.raises(Failed) as failed:
        await client.fabrics()
    assert failed.value.problem.cause is Cause.REPLY


# -- details ----------------------------------------------------------------------------------------------------------


async def test_details_are_read_anew(served: Served, client: ScpClient) -> None:
    node = await the(client, "gpu-node-001")
    fabric = values(await client.fabrics())[0]
    assert NODES.show is not None
    assert FABRICS.show is not None
    assert as_object(await NODES.show(client, node))["id"] == node.id
    assert as_object(await FABRICS.show(client, fabric))["id"] == fabric.id
    assert [asked.target for asked in served.seen()[-2:]] == [
        f"/v1/gpu-nodes/{node.id}",
        f"/v1/cluster-fabrics/{fabric.id}",
    ]


async def test_details_of_a_pool_ask_by_its_fabrics(served: Served, client: ScpClient) -> None:
    pool = values(await client.pools())[0]
    served.simulator.logs["scp"].clear()
    assert POOLS.show is not None
    shown = as_object(await POOLS.show(client, pool))
    assert shown["node_pool_id"] == pool.id
    (told,) = as_list(shown, "node_pools")
    details = as_list(told, "cluster_fabric_details")
    assert {as_object(entry)["cluster_fabric_id"] for entry in details} == set(pool.fabric_ids)
    assert {asked.target for asked in served.seen()} == {
        f"/v1/cluster-fabrics/node-pools?cluster_fabric_id={fabric}" for fabric in pool.fabric_ids
    }


async def test_a_fabric_that_went_costs_nothing_else_of_its_pool(served: Served, client: ScpClient) -> None:
    pool = next(pool for pool in values(await client.pools()) if len(pool.fabric_ids) > 1)
    served.simulator.faults["scp"].always(Fault("status", status=400), match=f"cluster_fabric_id={pool.fabric_ids[0]}")
    shown = as_object(await client.show_pool(pool))
    assert shown["node_pools"]
    assert f"not complete: by cluster_fabric_id {pool.fabric_ids[0]}" in str(shown["notice"])
    served.simulator.faults["scp"].always(Fault("status", status=400), match="cluster_fabric_id=")
    with pytest.raises(Failed):
        await client.show_pool(pool)


async def test_an_empty_pool_is_found_by_the_subnets_of_nodes(served: Served, client: ScpClient) -> None:
    subnet = values(await client.nodes())[0].network_id
    body = b'{"count": null, "node_pools": [{"node_pool_id": "POOL009-krw1a", "cluster_fabric_details": null}]}'
    served.simulator.faults["scp"].always(Fault("status", status=200, body=body), match=f"subnet_id={subnet}")
    (empty,) = [pool for pool in values(await client.pools()) if pool.id == "POOL009-krw1a"]
    assert (empty.nodes, empty.fabric_ids, empty.subnet_ids) == (0, (), (subnet,))


@pytest.mark.parametrize("match", ["GET /v1/cluster-fabrics?", "GET /v1/gpu-nodes?", "subnet_id="])
async def test_pools_need_none_of_what_they_are_put_together_from(
    served: Served, client: ScpClient, match: str
) -> None:
    whole = {pool.id for pool in values(await client.pools())}
    served.simulator.faults["scp"].always(Fault("status", status=403), match=match)
    listing = await client.pools()
    assert {pool.id for pool in values(listing)} == whole
    assert "not complete: " in listing.notice


async def test_a_pool_without_fabrics_is_asked_for_by_subnet(served: Served, client: ScpClient) -> None:
    known = values(await client.pools())[0]
    served.simulator.logs["scp"].clear()
    shown = await client.show_pool(PoolMembers(known.id, (), (), known.subnet_ids, 0, 0, 0))
    assert as_object(shown)["node_pools"]
    assert [asked.target for asked in served.seen()] == [
        f"/v1/cluster-fabrics/node-pools?subnet_id={subnet}" for subnet in known.subnet_ids
    ]


async def test_a_node_that_is_gone_is_not_found(client: ScpClient) -> None:
    with pytest.raises(Failed) as failed:
        await client.show_node(ScpNode(id="gone", gpu_node_name="gone"))
    assert failed.value.problem.cause is Cause.MISSING


async def test_drill_down_shows_exactly_the_children(served: Served, client: ScpClient) -> None:
    nodes, fabrics = values(await client.nodes()), values(await client.fabrics())
    for fabric in fabrics:
        own = {node.id for node in nodes if FABRICS.children[0].match(fabric, node)}
        assert own == {node.id for node in served.cloud.members(served.cloud.fabrics[fabric.id])}
    for pool in values(await client.pools()):
        inner_nodes, inner_fabrics = POOLS.children
        assert sum(inner_nodes.match(pool, node) for node in nodes) == pool.nodes
        assert {fabric.id for fabric in fabrics if inner_fabrics.match(pool, fabric)} == set(pool.fabric_ids)


# -- who is refused ---------------------------------------------------------------------------------------------------

READS: list[Callable[[ScpClient], Any]] = [
    ScpClient.nodes,
    ScpClient.fabrics,
    ScpClient.pools,
    ScpClient.images,
    ScpClient.products,
    ScpClient.reserved_ips,
]


@pytest.mark.parametrize("read", READS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("key", ["access_key", "secret_key"])
async def test_a_wrong_key_is_refused_credentials(served: Served, key: str, read: Callable[[ScpClient], Any]) -> None:
    wrong: dict[str, Any] = {key: Secret("wrong")}
    async with served.client(**wrong) as client:
        with pytest.raises(Failed) as failed:
            await read(client)
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert "HmacValidFail" in failed.value.problem.text
    assert served.cloud.keys.secret not in str(failed.value.problem)


SPRING = (
    b'{"timestamp":"2026-06-05T04:43:52.502+00:00","path":"/v1/gpu-nodes","status":404,'
    b'"error":"Not Found","requestId":"fa411af7"}'
)


async def test_the_gateway_s_404_on_a_list_means_the_caller_not_the_list(served: Served, client: ScpClient) -> None:
    served.simulator.faults["scp"].always(Fault("status", status=404, body=SPRING))
    with pytest.raises(Failed) as failed:
        await client.nodes()
    assert failed.value.problem.cause is Cause.REPLY, "it proves nothing about the keys"
    assert "access_key" in failed.value.problem.remedy


@pytest.mark.parametrize(
    ("body", "cause"), [(SPRING, Cause.REPLY), (b"<html>Samsung Cloud Platform</html>", Cause.REPLY)]
)
async def test_the_gateway_s_404_never_says_that_a_node_is_gone(
    served: Served, client: ScpClient, body: bytes, cause: Cause
) -> None:
    node = await the(client, "gpu-node-001")
    served.simulator.faults["scp"].always(Fault("status", status=404, body=body))
    with pytest.raises(Failed) as failed:
        await client.show_node(node)
    assert failed.value.problem.cause is cause


async def test_the_gateway_s_404_on_a_change_means_the_caller_too(served: Served, client: ScpClient) -> None:
    served.simulator.faults["scp"].always(Fault("status", status=404, body=SPRING), match="PUT")
    outcome = await send(client, actions.UNLOCK, "gpu-node-001")
    assert outcome.send_status is SendStatus.REFUSED
    assert outcome.problem is not None
    assert outcome.problem.cause is Cause.REPLY
    assert "access_key" in outcome.problem.remedy


async def test_a_service_that_is_not_enabled_is_said_to_be(served: Served, client: ScpClient) -> None:
    body = {
        "status": "UNAUTHORIZED",
        "name": "Request was rejected by gateway",
        "message": "Service Account catalog has not target's endpoint. target : scp-multinodegpucluster_hmac",
    }
    served.simulator.faults["scp"].always(Fault("status", status=401, body=json.dumps(body).encode()))
    with pytest.raises(Failed) as failed:
        await client.products()
    assert failed.value.problem.cause is Cause.FORBIDDEN
    assert failed.value.problem.remedy == "this service is not enabled for the account in this region"


async def test_a_clock_that_is_wrong_is_said_to_be(served: Served) -> None:
    late = ScpClient(served.settings(), now=lambda: served.clock.now() - 600)
    with pytest.raises(Failed) as failed:
        await late.nodes()
    await late.aclose()
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert "clock is 600 s behind" in failed.value.problem.remedy


async def test_without_an_address_of_the_vpc_service_assigning_says_so(served: Served) -> None:
    async with served.client(vpc_url=None, environment=None) as client:
        with pytest.raises(Failed) as failed:
            await client.reserved_ips()
    assert failed.value.problem.cause is Cause.CONFIG
    assert "vpc" in failed.value.problem.text


# -- changes ----------------------------------------------------------------------------------------------------------


async def test_stopping_ends_when_all_are_stopped(served: Served, client: ScpClient) -> None:
    before = [await the(client, name) for name in ("gpu-node-001", "gpu-node-002")]
    outcome = await send(client, actions.STOP, "gpu-node-001", "gpu-node-002")
    assert (outcome.send_status, outcome.status) == (SendStatus.ACCEPTED, 202)
    assert outcome.request_id.startswith("req-")
    (asked,) = served.simulator.logs["scp"].changes()
    assert (asked.method, asked.target) == ("POST", "/v1/gpu-nodes/stop")
    assert json.loads(asked.body) == {"gpu_node_ids": [node.id for node in before]}
    assert asked.headers["content-type"] == "application/json"
    for name in ("gpu-node-001", "gpu-node-002"):
        assert actions.STOP.progress(await named(client, name), {}) is Progress.GOING
    served.clock.advance(4.5)
    for name in ("gpu-node-001", "gpu-node-002"):
        assert actions.STOP.progress(await named(client, name), {}) is Progress.DONE
        assert NODES.health is not None
        assert NODES.health(await the(client, name)) is Health.OFF


async def test_starting_ends_when_it_runs(served: Served, client: ScpClient) -> None:
    outcome = await send(client, actions.START, "gpu-node-012")
    assert outcome.send_status is SendStatus.ACCEPTED
    (asked,) = served.simulator.logs["scp"].changes()
    assert (asked.method, asked.target) == ("POST", "/v1/gpu-nodes/start")
    found = await follow(served, client, actions.START, "gpu-node-012", (3, 4))
    assert found == [Progress.GOING, Progress.GOING, Progress.DONE]


async def test_deleting_ends_when_it_is_gone(served: Served, client: ScpClient) -> None:
    id = (await the(client, "gpu-node-012")).id
    outcome = await send(client, actions.DELETE, "gpu-node-012")
    assert outcome.send_status is SendStatus.ACCEPTED
    (asked,) = served.simulator.logs["scp"].changes()
    assert (asked.method, asked.target) == ("DELETE", "/v1/gpu-nodes")
    assert json.loads(asked.body) == {"gpu_node_ids": [id]}
    found = await follow(served, client, actions.DELETE, "gpu-node-012", (6,))
    assert found == [Progress.GOING, Progress.DONE]
    assert await named(client, "gpu-node-012") is None


async def test_a_locked_node_is_not_deleted_here_nor_there(served: Served, client: ScpClient) -> None:
    locked = await the(client, "gpu-node-001")
    assert actions.DELETE.blocked_reason(locked) == "locked: unlock first"
    outcome = await client.change(actions.DELETE.request([locked], {}))
    assert outcome.send_status is SendStatus.REFUSED
    assert outcome.problem is not None
    assert "locked" in outcome.problem.text


async def test_locking_and_unlocking_are_there_at_once(served: Served, client: ScpClient) -> None:
    for action, name in ((actions.LOCK, "gpu-node-012"), (actions.UNLOCK, "gpu-node-001")):
        id = (await the(client, name)).id
        outcome = await send(client, action, name)
        assert (outcome.send_status, outcome.status) == (SendStatus.ACCEPTED, 200)
        asked = served.simulator.logs["scp"].changes()[-1]
        assert (asked.method, asked.target, asked.body) == ("PUT", f"/v1/gpu-nodes/{id}/{action.name}", b"")
        assert await follow(served, client, action, name, ()) == [Progress.DONE]


async def choices(client: ScpClient) -> dict[str, str]:
    """Label and value of the addresses that the dialog offers."""
    (field,) = actions.ASSIGN_IP.fields
    assert field.choices is not None
    return {choice.label: choice.value for choice in await field.choices(client, None, {})}


async def test_assigning_an_address_ends_when_the_node_uses_it(served: Served, client: ScpClient) -> None:
    offered = await choices(client)
    assert offered == {ip.address: ip.id for ip in served.cloud.ips.values() if ip.state == "RESERVED"}
    (asked,) = served.seen(VPC)
    assert asked.target == "/v1/publicips?size=1000&page=0&state=RESERVED&type=IGW"
    assert asked.headers["scp-api-version"] == "vpc 1.2"
    address, id = sorted(offered.items())[0]
    node = await the(client, "gpu-node-005")
    outcome = await send(client, actions.ASSIGN_IP, "gpu-node-005", inputs={"public_ip_address_id": id})
    assert (outcome.send_status, outcome.status) == (SendStatus.ACCEPTED, 202)
    (change,) = served.simulator.logs["scp"].changes()
    assert (change.method, change.target) == ("POST", f"/v1/gpu-nodes/{node.id}/public-nat-ip")
    assert json.loads(change.body) == {"public_ip_address_id": id}
    found = await follow(served, client, actions.ASSIGN_IP, "gpu-node-005", (6,))
    assert found == [Progress.GOING, Progress.DONE]
    assert (await the(client, "gpu-node-005")).public_ip == address
    assert address not in await choices(client)


async def test_releasing_an_address_ends_when_the_node_has_none(served: Served, client: ScpClient) -> None:
    node = await the(client, "gpu-node-001")
    outcome = await send(client, actions.RELEASE_IP, "gpu-node-001")
    assert outcome.send_status is SendStatus.ACCEPTED
    (change,) = served.simulator.logs["scp"].changes()
    assert (change.method, change.target, change.body) == ("DELETE", f"/v1/gpu-nodes/{node.id}/public-nat-ip", b"")
    found = await follow(served, client, actions.RELEASE_IP, "gpu-node-001", (6,))
    assert found == [Progress.GOING, Progress.DONE]
    assert (await the(client, "gpu-node-001")).public_ip == ""


async def test_an_assignment_rolled_back_is_never_called_done(served: Served, client: ScpClient) -> None:
    served.cloud.roll_back_next = True
    id = next(iter((await choices(client)).values()))
    await send(client, actions.ASSIGN_IP, "gpu-node-005", inputs={"public_ip_address_id": id})
    found = await follow(served, client, actions.ASSIGN_IP, "gpu-node-005", (6,))
    assert found == [Progress.GOING, Progress.WAITING]


async def test_an_answer_lost_leaves_the_change_unknown_and_sent_once(served: Served, client: ScpClient) -> None:
    served.simulator.faults["scp"].next(Fault("cut_before"), match="POST")
    outcome = await send(client, actions.STOP, "gpu-node-001")
    assert outcome.send_status is SendStatus.UNKNOWN
    assert len(served.simulator.logs["scp"].changes()) == 1
    assert await follow(served, client, actions.STOP, "gpu-node-001", (5,)) == [Progress.GOING, Progress.DONE]


@pytest.mark.parametrize("action", actions.NODE_ACTIONS, ids=lambda action: action.name)
async def test_read_only_lets_no_change_out(served: Served, action: Action[ScpNode]) -> None:
    async with served.client(read_only=True) as client:
        node = await the(client, "gpu-node-001")
        outcome = await client.change(action.request([node], {"public_ip_address_id": "x"}))
    assert outcome.send_status is SendStatus.NOT_SENT
    assert outcome.problem is not None
    assert outcome.problem.cause is Cause.READ_ONLY
    assert served.simulator.logs["scp"].changes() == []


# -- what goes wrong --------------------------------------------------------------------------------------------------


async def test_a_read_gets_over_a_server_error(served: Served, client: ScpClient) -> None:
    served.simulator.faults["scp"].next(Fault("status", status=503))
    assert len((await client.nodes()).items) == 64
    assert [asked.status for asked in served.seen()] == [503, 200]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault("garbage"), Cause.REPLY),
        (Fault("status", status=500), Cause.SERVER),
        (Fault("status", status=429, headers=(("Retry-After", "7"),)), Cause.THROTTLED),
        (Fault("cut"), Cause.NETWORK),
    ],
    ids=["garbage", "500", "429", "cut"],
)
async def test_trouble_is_named(served: Served, client: ScpClient, fault: Fault, cause: Cause) -> None:
    served.simulator.faults["scp"].always(fault)
    with pytest.raises(Failed) as failed:
        await asyncio.wait_for(client.nodes(), WAIT)
    assert failed.value.problem.cause is cause


async def test_a_client_that_closes_leaves_nothing_behind(served: Served) -> None:
    before = asyncio.all_tasks()
    async with served.client() as client:
        nodes = values(await client.nodes())
        await client.change(Request("PUT", f"/v1/gpu-nodes/{nodes[0].id}/lock"))
    assert asyncio.all_tasks() == before
