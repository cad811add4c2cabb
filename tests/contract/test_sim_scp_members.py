"""Moving GPU nodes between cluster fabrics at the embedded Samsung Cloud Platform, all whose endpoints are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.serve import Simulator
from tests.contract.test_sim_scp import START, Account

# the sixteen of the document, in its order
DOCUMENTED = (
    ("POST", "/v1/gpu-nodes/{gpu_node_id}/public-nat-ip"),
    ("POST", "/v1/gpu-nodes"),
    ("DELETE", "/v1/gpu-nodes"),
    ("GET", "/v1/cluster-fabrics"),
    ("GET", "/v1/gpu-nodes/images"),
    ("GET", "/v1/gpu-nodes/products"),
    ("GET", "/v1/gpu-nodes"),
    ("GET", "/v1/cluster-fabrics/node-pools"),
    ("PUT", "/v1/gpu-nodes/{gpu_node_id}/lock"),
    ("POST", "/v1/cluster-fabrics/modify-members"),
    ("DELETE", "/v1/gpu-nodes/{gpu_node_id}/public-nat-ip"),
    ("GET", "/v1/cluster-fabrics/{cluster_fabric_id}"),
    ("GET", "/v1/gpu-nodes/{gpu_node_id}"),
    ("POST", "/v1/gpu-nodes/start"),
    ("POST", "/v1/gpu-nodes/stop"),
    ("PUT", "/v1/gpu-nodes/{gpu_node_id}/unlock"),
)


@pytest.fixture
def account() -> Iterator[Account]:
    clock = ManualClock(START)
    with Simulator(clock=clock, calm=True, only=["scp"]) as simulator:
        yield Account(simulator, clock)


def fabric(account: Account, name: str) -> dict[str, Any]:
    found: dict[str, Any] = account.get("/v1/cluster-fabrics", cluster_fabric_name=name)["cluster_fabrics"][0]
    return found


def move(account: Account, before: str, after: str, *ids: str) -> httpx.Response:
    body = {"before_cluster_fabric_id": before, "after_cluster_fabric_id": after, "gpu_node_id_list": list(ids)}
    return account.http.post("/v1/cluster-fabrics/modify-members", json=body)


@pytest.mark.parametrize(("method", "path"), DOCUMENTED)
def test_every_documented_endpoint_is_served(account: Account, method: str, path: str) -> None:
    node = account.named("gpu-node-005")
    target = path.format(gpu_node_id=node["id"], cluster_fabric_id=node["cluster_fabric_id"])
    answer = account.http.request(method, target)
    # what has no route is answered by the framework, with neither `errors` nor what was asked for
    assert "errors" in answer.json() or answer.status_code in (200, 202), answer.text
    assert answer.status_code in (200, 400)  # there was no body, and no public address to release
    assert len(set(DOCUMENTED)) == 16


def test_members_move_to_another_fabric_of_their_pool(account: Account) -> None:
    before, after = fabric(account, "cluster001"), fabric(account, "cluster002")
    ids = [account.named(name)["id"] for name in ("gpu-node-005", "gpu-node-012")]  # one runs, one is off
    answer = move(account, before["id"], after["id"], *ids)
    assert (answer.status_code, answer.json()["resource_id"]) == (202, after["id"])
    assert [account.get(f"/v1/gpu-nodes/{id}")["state"] for id in ids] == ["EDITING", "EDITING"]
    assert account.get(f"/v1/gpu-nodes/{ids[0]}")["cluster_fabric_id"] == before["id"]
    assert (fabric(account, "cluster001")["state"], fabric(account, "cluster002")["state"]) == ("EDITING", "EDITING")
    account.clock.advance(5)
    moved = [account.get(f"/v1/gpu-nodes/{id}") for id in ids]
    assert [node["state"] for node in moved] == ["RUNNING", "STOPPED"]
    assert {node["cluster_fabric_name"] for node in moved} == {"cluster002"}
    assert fabric(account, "cluster001")["used_server_count"] == 14
    assert fabric(account, "cluster002")["used_server_count"] == 14
    assert fabric(account, "cluster002")["state"] == "RUNNING"
    assert move(account, before["id"], after["id"], *ids).status_code == 400  # they are members no longer
    assert move(account, after["id"], before["id"], *ids).status_code == 202  # the way back


def test_a_fabric_emptied_by_a_move_stays_for_the_way_back(account: Account) -> None:
    first, second = fabric(account, "cluster001"), fabric(account, "cluster002")
    ids = [detail["gpu_node_id"] for detail in second["gpu_node_details"]]
    stopped = [id for id in ids if account.get(f"/v1/gpu-nodes/{id}")["state"] in ("RUNNING", "STOPPED")]
    assert stopped == ids, "the seed has changed: every node of cluster002 should be at rest"
    assert move(account, second["id"], first["id"], *ids).status_code == 202
    account.clock.advance(5)
    assert fabric(account, "cluster002")["used_server_count"] == 0
    assert move(account, first["id"], second["id"], ids[0]).status_code == 202


def test_a_fabric_waiting_for_members_outlives_its_last_one(account: Account) -> None:
    first, second = fabric(account, "cluster001"), fabric(account, "cluster002")
    ids = [detail["gpu_node_id"] for detail in second["gpu_node_details"]]
    for id in ids:
        account.http.put(f"/v1/gpu-nodes/{id}/unlock")
    assert account.do("delete", *ids).status_code == 202
    account.clock.advance(1)
    assert move(account, first["id"], second["id"], account.named("gpu-node-005")["id"]).status_code == 202
    account.clock.advance(4)
    assert account.named("gpu-node-005")["state"] == "EDITING"
    account.clock.advance(1)
    assert account.named("gpu-node-005")["cluster_fabric_name"] == "cluster002"


@pytest.mark.parametrize(
    ("before", "after", "node", "code"),
    [
        ("cluster001", "cluster001", "gpu-node-005", "InvalidRequest"),  # nowhere to go
        ("cluster001", "cluster003", "gpu-node-005", "InvalidRequest"),  # another pool
        ("cluster003", "cluster004", "gpu-node-030", "InvalidRequest"),  # another type
        ("cluster002", "cluster001", "gpu-node-005", "InvalidRequest"),  # no member
        ("cluster001", "cluster002", "gpu-node-007", "InvalidState"),  # broken
    ],
)
def test_a_move_that_cannot_be_is_refused_wholly(
    account: Account, before: str, after: str, node: str, code: str
) -> None:
    nodes = account.nodes()
    answer = move(account, fabric(account, before)["id"], fabric(account, after)["id"], account.named(node)["id"])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert account.nodes() == nodes


def test_one_move_at_a_time(account: Account) -> None:
    before, after = fabric(account, "cluster001")["id"], fabric(account, "cluster002")["id"]
    assert move(account, before, after, account.named("gpu-node-005")["id"]).status_code == 202
    answer = move(account, before, after, account.named("gpu-node-006")["id"])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidState")
    account.clock.advance(5)
    assert move(account, before, after, account.named("gpu-node-006")["id"]).status_code == 202


def test_what_a_move_names_has_to_be_there(account: Account) -> None:
    before, after = fabric(account, "cluster001")["id"], fabric(account, "cluster002")["id"]
    node = account.named("gpu-node-005")["id"]
    for given in (("none", after, node), (before, "none", node), (before, after, "none")):
        assert move(account, *given).status_code == 404
    answer = account.http.post("/v1/cluster-fabrics/modify-members", json={})
    assert answer.json()["errors"][0]["detail"] == ["Field required"] * 3
    assert move(account, before, after).status_code == 400


def test_a_public_address_wants_a_network_with_a_door(account: Account) -> None:
    free = account.vpc.get("/v1/publicips?state=RESERVED").json()["publicips"][0]["id"]
    node = account.named("gpu-node-055")
    path = f"/v1/gpu-nodes/{node['id']}/public-nat-ip"
    assert account.http.post(path, json={"public_ip_address_id": free}).status_code == 400
    assert account.named("gpu-node-055") == node


def test_products_are_those_of_an_image_that_is_there(account: Account) -> None:
    image = account.get("/v1/gpu-nodes/images", region_id="kr-west1")["images"][0]["id"]
    assert len(account.get("/v1/gpu-nodes/products", image_id=image)["products"]) == 2
    assert account.get("/v1/gpu-nodes/products", image_id="none") == {"products": []}
