"""Creating GPU nodes at the embedded Samsung Cloud Platform: what comes of it, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.serve import Simulator
from tests.contract.test_sim_scp import START, Account, _hostname, _reserved

Body = dict[str, Any]


@pytest.fixture
def account() -> Iterator[Account]:
    clock = ManualClock(START)
    with Simulator(clock=clock, calm=True, only=["scp"]) as simulator:
        yield Account(simulator, clock)


def order(account: Account, *names: str, fabric: str = "cluster900", subnet: str = "sub-train-a") -> Body:
    """An order for those nodes, made from what the listings offer: H100 in a new fabric."""
    network = account.vpc.get(f"/v1/subnets?name={subnet}").json()["subnets"][0]
    (pool,) = account.get("/v1/cluster-fabrics/node-pools", subnet_id=network["id"])["node_pools"]
    product = account.get("/v1/gpu-nodes/products")["products"][0]
    return {
        "cluster_fabric_details": {
            "cluster_fabric_id": None,
            "cluster_fabric_name": fabric,
            "node_pool_id": pool["node_pool_id"],
        },
        "image_id": "IMAGE-4sVdPzHq2BnUwYtR9eGkLa",
        "os_user_id": "root",
        "os_user_password": "Correct#Horse1",
        "region_id": "kr-west1",
        "server_details": [
            {"gpu_node_name": name, "nat_enabled": False, "server_type_id": product["id"]}
            for name in names or ("train-001", "train-002")
        ],
        "subnet_id": network["id"],
        "tags": [],
        "vpc_id": network["vpc_id"],
    }


def joining(account: Account, name: str, *names: str) -> Body:
    """An order for nodes in a fabric that is there."""
    fabric = account.get("/v1/cluster-fabrics", cluster_fabric_name=name)["cluster_fabrics"][0]
    body = order(account, *names)
    body["cluster_fabric_details"] |= {"cluster_fabric_id": fabric["id"], "cluster_fabric_name": name}
    return body


def create(account: Account, body: object) -> httpx.Response:
    return account.http.post("/v1/gpu-nodes", json=body)


def test_new_nodes_come_up_in_a_new_fabric(account: Account) -> None:
    body = order(account)
    body |= {"lock_enabled": True, "init_script": "#!/bin/sh\n", "tags": [{"key": "team", "value": None}]}
    body["server_details"][0]["ip_address"] = "127.10.1.200"
    answer = create(account, body)
    assert answer.status_code == 202
    assert answer.json().keys() == {"account_id", "request_id", "resource_id"}
    ids = answer.json()["resource_id"].split(",")
    first, second = (account.get(f"/v1/gpu-nodes/{id}") for id in ids)
    assert (first["gpu_node_name"], second["gpu_node_name"]) == ("train-001", "train-002")
    assert (first["state"], first["lock_enabled"], first["init_script"]) == ("CREATING", True, "#!/bin/sh\n")
    assert first["policy_ip"] == "127.10.1.200"
    assert second["policy_ip"].startswith("127.10.1.")
    assert len({node["policy_ip"] for node in account.nodes()}) == 66
    assert first.keys() == account.named("gpu-node-001").keys()
    fabric = account.get(f"/v1/cluster-fabrics/{first['cluster_fabric_id']}")
    assert (fabric["state"], fabric["cluster_name"], fabric["used_server_count"]) == ("CREATING", "cluster900", 2)
    account.clock.advance(11.9)
    assert account.named("train-001")["state"] == "CREATING"
    account.clock.advance(0.1)
    assert [account.named(name)["state"] for name in ("train-001", "train-002")] == ["RUNNING", "RUNNING"]
    assert account.get(f"/v1/cluster-fabrics/{fabric['id']}")["state"] == "RUNNING"
    assert account.do("delete", *ids).status_code == 400  # they were ordered locked


async def test_a_new_node_can_be_logged_in_to_once_it_runs(account: Account) -> None:
    create(account, order(account))
    node = account.named("train-001")
    with pytest.raises(OSError):
        await _hostname(account, node["policy_ip"])
    account.clock.advance(12)
    assert account.named("train-001")["state"] == "RUNNING"
    assert await _hostname(account, node["policy_ip"]) == "train-001"


def test_a_new_node_may_bring_a_public_address(account: Account) -> None:
    body, ip = order(account), _reserved(account)[0]
    body["server_details"][0] |= {"nat_enabled": True, "public_ip_address_id": ip["id"]}
    assert create(account, body).status_code == 202
    assert account.vpc.get(f"/v1/publicips/{ip['id']}").json()["publicip"]["state"] == "ATTACHED"
    account.clock.advance(12)
    node = account.named("train-001")
    assert (node["policy_use_nat"], node["policy_nat"]) == (True, ip["ip_address"])
    assert account.named("train-002")["policy_use_nat"] is False


def test_one_node_may_join_a_fabric_that_is_there(account: Account) -> None:
    body = joining(account, "cluster002", "extra-001")
    assert create(account, body).status_code == 202
    assert account.named("extra-001")["cluster_fabric_id"] == body["cluster_fabric_details"]["cluster_fabric_id"]
    fabric = account.get("/v1/cluster-fabrics", cluster_fabric_name="cluster002")["cluster_fabrics"][0]
    assert (fabric["state"], fabric["used_server_count"]) == ("RUNNING", 13)


def test_every_missing_field_is_a_line_of_the_error(account: Account) -> None:
    assert create(account, {}).json()["errors"][0]["detail"] == ["Field required"] * 9
    body = order(account)
    body["cluster_fabric_details"] = {}
    body["server_details"] = [{}, 1]
    expected = ["Field required"] * 3 + ["Field required"] * 3 + ["Input should be a valid dictionary"]
    assert sorted(create(account, body).json()["errors"][0]["detail"]) == sorted(expected)


def _set(path: str, value: object) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        *way, last = path.split("/")
        inner: Any = body
        for step in way:
            inner = inner[int(step) if step.isdigit() else step]
        inner[last] = value

    return change


def _repeat(count: int) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        server = body["server_details"][0]
        body["server_details"] = [server | {"gpu_node_name": f"many-{at:03d}"} for at in range(count)]

    return change


def _one_address(body: Body) -> None:
    for server in body["server_details"]:
        server["ip_address"] = "127.10.1.99"


INVALID: dict[str, Callable[[Body], None]] = {
    "name with capitals": _set("server_details/0/gpu_node_name", "Train-001"),
    "name beginning with a digit": _set("server_details/0/gpu_node_name", "1train"),
    "name ending with a dash": _set("server_details/0/gpu_node_name", "train-"),
    "name of two": _set("server_details/0/gpu_node_name", "tr"),
    "name of 25": _set("server_details/0/gpu_node_name", "t" * 25),
    "name with a newline": _set("server_details/0/gpu_node_name", "train\n"),
    "no name": _set("server_details/0/gpu_node_name", ""),
    "name twice": _set("server_details/0/gpu_node_name", "train-002"),
    "fabric name of two": _set("cluster_fabric_details/cluster_fabric_name", "cl"),
    "fabric name of 16": _set("cluster_fabric_details/cluster_fabric_name", "c" * 16),
    "fabric name with an underscore": _set("cluster_fabric_details/cluster_fabric_name", "cl_1"),
    "another user": _set("os_user_id", "user001"),
    "password of eight": _set("os_user_password", "Abcdef1#"),
    "password of 21": _set("os_user_password", "Abcdef1#" + "a" * 13),
    "password without capitals": _set("os_user_password", "correct#horse1"),
    "password without small letters": _set("os_user_password", "CORRECT#HORSE1"),
    "password without digits": _set("os_user_password", "Correct#Horse"),
    "password without signs": _set("os_user_password", "CorrectHorse1"),
    "password with another sign": _set("os_user_password", "Correct#Horse1-"),
    "one node": _repeat(1),
    "six nodes": _repeat(6),
    "no nodes": _set("server_details", []),
    "a text for a flag": _set("lock_enabled", "yes"),
    "a long script": _set("init_script", "x" * 16385),
    "a number for tags": _set("tags", 1),
    "51 tags": _set("tags", [{"key": str(at), "value": ""} for at in range(51)]),
    "a long key": _set("tags", [{"key": "k" * 129, "value": ""}]),
    "a long value": _set("tags", [{"key": "", "value": "v" * 257}]),
    "a public address without its id": _set("server_details/0/nat_enabled", True),
    "one address twice": _one_address,
}


@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID.keys())
def test_what_breaks_a_rule_is_a_validation_error(account: Account, change: Callable[[Body], None]) -> None:
    body = order(account)
    change(body)
    answer = create(account, body)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == "ValidationError"
    assert len(error["detail"]) == 1
    assert account.get("/v1/gpu-nodes")["count"] == 64


@pytest.mark.parametrize(
    "path",
    [
        "image_id",
        "region_id",
        "subnet_id",
        "vpc_id",
        "cluster_fabric_details/node_pool_id",
        "cluster_fabric_details/cluster_fabric_id",
        "server_details/0/server_type_id",
        "server_details/0/public_ip_address_id",
    ],
)
def test_what_an_order_names_has_to_be_there(account: Account, path: str) -> None:
    body = order(account)
    body["server_details"][0]["nat_enabled"] = path.endswith("public_ip_address_id")
    _set(path, "none")(body)
    answer = create(account, body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NotFound")
    assert account.get("/v1/gpu-nodes")["count"] == 64
    assert len(account.get("/v1/cluster-fabrics")["cluster_fabrics"]) == 6


def _other_network(account: Account, body: Body) -> None:
    body["vpc_id"] = account.vpc.get("/v1/vpcs?name=vpc-lab").json()["vpcs"][0]["id"]


def _attached_ip(account: Account, body: Body) -> None:
    used = account.vpc.get("/v1/publicips?state=ATTACHED").json()["publicips"][0]
    body["server_details"][0] |= {"nat_enabled": True, "public_ip_address_id": used["id"]}


def _offline_network(account: Account, body: Body) -> None:
    body |= order(account, subnet="sub-lab")
    body["server_details"][0] |= {"nat_enabled": True, "public_ip_address_id": _reserved(account)[0]["id"]}


def _two_types(account: Account, body: Body) -> None:
    body["server_details"][0]["server_type_id"] = account.get("/v1/gpu-nodes/products")["products"][1]["id"]


def _other_type_than_the_fabric(account: Account, body: Body) -> None:
    body |= joining(account, "cluster002", "extra-001")
    _two_types(account, body)


def _other_pool_than_the_fabric(account: Account, body: Body) -> None:
    body |= joining(account, "cluster003", "extra-001")


REFUSED: dict[str, Callable[[Account, Body], None]] = {
    "a subnet of another network": _other_network,
    "a pool of another subnet": lambda _, body: _set("cluster_fabric_details/node_pool_id", "POOL002-krw1a")(body),
    "a node's name in use": lambda _, body: _set("server_details/0/gpu_node_name", "gpu-node-001")(body),
    "a fabric's name in use": lambda _, body: _set("cluster_fabric_details/cluster_fabric_name", "cluster001")(body),
    "an address in use": lambda _, body: _set("server_details/0/ip_address", "127.10.1.1")(body),
    "an address outside": lambda _, body: _set("server_details/0/ip_address", "127.10.2.200")(body),
    "the gateway's address": lambda _, body: _set("server_details/0/ip_address", "127.10.1.254")(body),
    "the network's address": lambda _, body: _set("server_details/0/ip_address", "127.10.1.0")(body),
    "no address at all": lambda _, body: _set("server_details/0/ip_address", "here")(body),
    "a public address in use": _attached_ip,
    "a network without a door": _offline_network,
    "nodes of two types": _two_types,
    "a fabric of another type": _other_type_than_the_fabric,
    "a fabric of another pool": _other_pool_than_the_fabric,
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_account_has_no_room_for_is_refused(account: Account, change: Callable[[Account, Body], None]) -> None:
    body = order(account)
    change(account, body)
    before = _reserved(account)
    answer = create(account, body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidRequest"), answer.text
    assert account.get("/v1/gpu-nodes")["count"] == 64
    assert _reserved(account) == before


def test_the_password_is_told_to_nobody(account: Account) -> None:
    answer = create(account, order(account) | {"os_user_password": "short#1A"})
    assert "short#1A" not in answer.text
    create(account, order(account))
    assert "Correct#Horse1" not in account.http.get("/v1/gpu-nodes?size=1000").text
