"""Samsung's documented examples against our models, what odd objects do, and what the screen makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gputui.core.actions import Action, Progress, Risk
from gputui.core.cells import EMPTY
from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.provider import SshTarget, View
from gputui.core.reading import columns, rows
from gputui.core.request import Request
from gputui.core.rows import Item, Listing
from gputui.core.text import Json
from gputui.providers.scp import actions
from gputui.providers.scp.hardware import gpus_of
from gputui.providers.scp.move import MOVE
from gputui.providers.scp.pools import ProductOffer, pools_of
from gputui.providers.scp.states import fabric_health, health
from gputui.providers.scp.views import FABRICS, IMAGES, NODES, POOLS, PRODUCTS, PROVIDER
from gputui.providers.scp.wire import Fabric, Image, NodePool, Product, ScpNode
from gputui.providers.wire import Wire, read_rows

NODE: Json = json.loads("""
{
"account_id": "f5c8e56a4d9b49a8bd89e14758a32d53",
"cluster_fabric_id": "20c507a036c447cdb3b19468d8ea62ac",
"cluster_fabric_name": "cluster001",
"created_at": "2024-05-17T00:23:17Z",
"created_by": "90dddfc2b1e04edba54ba2b41539a9ac",
"gpu_node_name": "gpu-node-001",
"id": "0fdd87aab8cb46f59b7c1f81ed03fb3e",
"image_id": "IMAGE-7XFMaJpLsapKvskFMjCtmm",
"image_version": "RHEL 8.7 for BM",
"init_script": "init script",
"lock_enabled": true,
"modified_at": "2024-05-17T00:23:17Z",
"modified_by": "90dddfc2b1e04edba54ba2b41539a9ac",
"network_id": "ab313c43291e4b678f4bacffe10768ae",
"node_pool_id": "POOL001-krw1a",
"os_type": "WINDOWS",
"pfs_ip": ["10.252.128.2", "10.252.128.3"],
"policy_ip": "192.168.0.1",
"policy_nat": "192.168.0.1",
"policy_use_nat": true,
"product_type_id": "f90e8ef54cc2451b825608e9f95f7bcb",
"region_id": "kr-west1",
"root_account": "rootaccount",
"server_type": "s1v8m32_metal",
"state": "RUNNING",
"time_zone": "Asia/Seoul",
"vpc_id": "e58348b1bc9148e5af86500fd4ef99ca"
}
""")
FABRIC: Json = json.loads("""
{
"account_id": "f5c8e56a4d9b49a8bd89e14758a32d53",
"cluster_name": "cluster001",
"created_at": "2024-05-17T00:23:17Z",
"created_by": "90dddfc2b1e04edba54ba2b41539a9ac",
"description": "description",
"gpu_node_details": [
{
"gpu_node_id": "20c507a036c447cdb3b19468d8ea62ac",
"gpu_node_name": "gpu-node-001",
"policy_ip": "192.168.0.1",
"product_type_id": "f90e8ef54cc2451b825608e9f95f7bcb",
"server_type": "s1v8m32_metal",
"state": "RUNNING"
}
],
"id": "0fdd87aab8cb46f59b7c1f81ed03fb3e",
"modified_at": "2024-05-17T00:23:17Z",
"modified_by": "90dddfc2b1e04edba54ba2b41539a9ac",
"node_pool_id": "POOL001-krw1a",
"pirp_id": "20",
"product_id": "f90e8ef54cc2451b825608e9f95f7bcb",
"region_id": "kr-west1",
"server_type": "s1v8m32_metal",
"state": "RUNNING",
"used_server_count": 20
}
""")
IMAGE: Json = json.loads("""
{
"created_at": "2024-07-11 08:56:59",
"id": "IMAGE-7XFMaJpLsapKvskFMjCtmm",
"name": "RHEL 8.8 for BM",
"os_distro": "RHEL",
"priority": 20,
"scp_image_type": "STANDARD",
"scp_os_version": "8.7"
}
""")
PRODUCT: Json = json.loads("""
{
"created_at": "2024-05-17T00:23:17Z",
"created_by": "90dddfc2b1e04edba54ba2b41539a9ac",
"description": "vCPU 16 │ Memory 128G │ Disk 480G",
"id": "SCALE",
"modified_at": "2024-05-17T00:23:17Z",
"modified_by": "90dddfc2b1e04edba54ba2b41539a9ac",
"name": "s2v16m128_metal",
"product_attrs": {
"compute_class_type_name": "GPU H100 Metal-2",
"compute_class_type_value": "g2_mteal",
"cpu_value": "64",
"disk_unit": "GB",
"disk_value": "480",
"gpu_model": "H100",
"memory_value": "128"
},
"state": "AVAILABLE",
"type": "SCALE"
}
""")
POOL: Json = json.loads('{"cluster_fabric_details": [], "node_pool_id": "POOL001-krw1a"}')


@pytest.mark.parametrize(
    ("model", "example"),
    [(ScpNode, NODE), (Fabric, FABRIC), (Image, IMAGE), (Product, PRODUCT), (NodePool, POOL)],
    ids=["node", "fabric", "image", "product", "pool"],
)
def test_an_example_of_the_document_comes_back_as_it_was(model: type[Wire], example: Json) -> None:
    assert model.model_validate(example).model_dump(by_alias=True, exclude_unset=True) == example


def node(**changes: Any) -> ScpNode:
    """The documented node, unlocked and without a public address, changed."""
    assert isinstance(NODE, dict)
    plain = {"lock_enabled": False, "policy_use_nat": False, "policy_nat": None}
    return ScpNode.model_validate({**NODE, **plain, **changes})


def cells(view: View[Any, Any], value: Any) -> dict[str, tuple[str, Any]]:
    """What a row of `value` shows, by the columns' ids."""
    shown, _ = rows(view, "p", Listing((Item(value, None),)))
    (row,) = shown.values()
    assert row.item is value, row.cells[-1].text
    return {column.id: (cell.text, cell.value) for column, cell in zip(columns(view), row.cells, strict=True)}


def test_the_row_of_a_node_says_what_counts_at_night() -> None:
    shown = cells(NODES, ScpNode.model_validate(NODE))
    assert shown["name"][0] == "gpu-node-001"
    assert shown["state"][0] == "RUNNING"
    assert shown["gpu"] == ("s1v8m32_metal", "s1v8m32_metal")
    assert shown["nat"][0] == "192.168.0.1"
    assert shown["lock"] == ("yes", True)
    assert shown["age"] == ("", datetime(2024, 5, 17, 0, 23, 17, tzinfo=UTC))
    assert shown["pfs_ips"][0] == "10.252.128.2, 10.252.128.3"


def test_an_address_that_is_not_in_use_is_not_shown_as_one() -> None:
    assert cells(NODES, node(policy_nat="203.0.113.4", policy_use_nat=False))["nat"] == (EMPTY.text, None)


@pytest.mark.parametrize(
    "absent",
    ["state", "lock_enabled", "policy_ip", "policy_nat", "pfs_ip", "server_type", "created_at", "cluster_fabric_id"],
)
@pytest.mark.parametrize("how", ["missing", "null"])
def test_a_node_without_a_field_is_still_a_row(absent: str, how: str) -> None:
    assert isinstance(NODE, dict)
    odd: Json = {key: value for key, value in NODE.items() if key != absent}
    if how == "null":
        odd = {**NODE, absent: None}
    listing = read_rows(ScpNode, [odd])
    assert not listing.unreadable
    assert cells(NODES, listing.items[0].value)["name"][0] == "gpu-node-001"


@pytest.mark.parametrize(
    ("changes", "column", "text"),
    [
        ({"pfs_ip": "10.252.128.2"}, "pfs_ips", "10.252.128.2"),
        ({"pfs_ip": [None, "10.252.128.3"]}, "pfs_ips", "10.252.128.3"),
        ({"state": "MELTING_DOWN"}, "state", "MELTING_DOWN"),
        ({"created_at": "yesterday"}, "age", EMPTY.text),
    ],
)
def test_odd_values_are_shown_as_well_as_they_can(changes: dict[str, Any], column: str, text: str) -> None:
    assert cells(NODES, node(**changes))[column][0] == text


def test_an_entry_that_is_no_node_stands_beside_the_good_ones() -> None:
    listing = read_rows(ScpNode, [NODE, {"gpu_node_name": "no-id"}, "text", None, {"id": "x", "state": "RUNNING"}])
    assert [item.value.gpu_node_name for item in listing.items] == ["gpu-node-001"]
    assert [entry.id for entry in listing.unreadable] == ["entry 2", "entry 3", "entry 4", "x"]


def test_unknown_fields_are_kept() -> None:
    assert isinstance(NODE, dict)
    extended = {**NODE, "zone": "kr-west1-a"}
    assert ScpNode.model_validate(extended).model_dump(exclude_unset=True) == extended


@pytest.mark.parametrize("written", ["2024-07-11T08:56:59Z", "2024-07-11 08:56:59", "2024-07-11T08:56:59"])
def test_every_spelling_of_a_time_is_the_same_moment(written: str) -> None:
    assert node(created_at=written).created == datetime(2024, 7, 11, 8, 56, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("RUNNING", Health.OK),
        ("CREATING", Health.CHANGING),
        ("STARTING", Health.CHANGING),
        ("STOPPING", Health.CHANGING),
        ("TERMINATING", Health.CHANGING),
        ("EDITING", Health.CHANGING),
        ("STOPPED", Health.OFF),
        ("TERMINATED", Health.OFF),
        ("ERROR", Health.BAD),
        ("UNKNOWN", Health.UNKNOWN),
        ("SOMETHING_NEW", Health.UNKNOWN),
        ("", Health.UNKNOWN),
        (None, Health.UNKNOWN),
    ],
)
def test_a_state_means_a_health(state: str | None, expected: Health) -> None:
    assert health(state) is expected


def test_a_fabric_that_runs_with_a_faulty_node_is_degraded() -> None:
    assert isinstance(FABRIC, dict)
    faulty = Fabric.model_validate({**FABRIC, "gpu_node_details": [{"state": "RUNNING"}, {"state": "ERROR"}]})
    assert fabric_health(faulty) is Health.DEGRADED
    assert fabric_health(Fabric.model_validate(FABRIC)) is Health.OK
    assert cells(FABRICS, faulty)["faults"] == ("1", 1)
    assert cells(FABRICS, faulty)["nodes"] == ("2", 2)


def test_a_fabric_that_does_not_list_its_nodes_still_counts_them() -> None:
    bare = Fabric.model_validate({"id": "f", "state": "RUNNING", "used_server_count": 20, "pirp_id": 20})
    assert cells(FABRICS, bare)["nodes"] == ("20", 20)
    assert cells(FABRICS, bare)["faults"][0] == EMPTY.text
    assert cells(FABRICS, bare)["name"][0] == "f"


@pytest.mark.parametrize(
    ("server_type", "expected"),
    [
        ("g2c96h8_metal", (8, "H100")),
        ("g3c128b8_metal", (8, "B300")),
        ("G2C96H8_METAL", (8, "H100")),
        ("g4c192r4_metal", (4, "R")),
        ("g4c192h8", (8, "H")),
        ("s1v8m32_metal", None),
        ("s2v16m128_metal", None),
        ("g2_mteal", None),
        ("", None),
        (None, None),
    ],
)
def test_a_server_type_tells_its_gpus_where_it_is_known(server_type: str | None, expected: object) -> None:
    assert gpus_of(server_type) == expected


def test_gpus_sort_by_their_count() -> None:
    assert cells(NODES, node(server_type="g2c96h8_metal"))["gpu"] == ("8×H100", 8)


def test_a_product_shows_what_is_inside() -> None:
    assert isinstance(PRODUCT, dict)
    shown = cells(PRODUCTS, Product.model_validate(PRODUCT))
    assert (shown["gpu"][0], shown["cpu"], shown["memory"], shown["disk"]) == (
        "H100",
        ("64", 64.0),
        ("128G", 128.0),
        ("480GB", 480.0),
    )
    server = Product.model_validate({**PRODUCT, "id": "PRODUCT-0iT9", "name": "g2c96h8_metal"})
    assert cells(PRODUCTS, server)["gpu"] == ("8×H100", 8)
    assert cells(PRODUCTS, Product.model_validate({"id": "x", "product_attrs": None}))["cpu"] == (EMPTY.text, None)


def test_products_that_share_the_type_as_their_id_are_told_apart() -> None:
    assert isinstance(PRODUCT, dict)
    two = [PRODUCT, {**PRODUCT, "name": "s2v32m256_metal"}]
    shown, duplicates = rows(PRODUCTS, "p", read_rows(Product, two))
    assert [ref.id for ref in shown] == ["s2v16m128_metal", "s2v32m256_metal"]
    assert duplicates == 0
    assert PRODUCTS.key(Product.model_validate({**PRODUCT, "id": "PRODUCT-0iT9"})) == "PRODUCT-0iT9"


@pytest.mark.parametrize("priority", [20, "20"])
def test_the_priority_of_an_image_is_a_number_however_it_comes(priority: object) -> None:
    assert isinstance(IMAGE, dict)
    shown = cells(IMAGES, Image.model_validate({**IMAGE, "priority": priority}))
    assert shown["priority"][0] == "20"
    assert shown["age"][1] == datetime(2024, 7, 11, 8, 56, 59, tzinfo=UTC)


def test_pools_are_put_together_from_what_names_them() -> None:
    nodes: list[Json] = [
        {"id": "1", "gpu_node_name": "a", "state": "RUNNING", "node_pool_id": "B", "network_id": "net"},
        {"id": "2", "gpu_node_name": "b", "state": "ERROR", "node_pool_id": "B", "network_id": "net"},
        {"id": "3", "gpu_node_name": "c", "state": "ERROR", "node_pool_id": "A"},
        {"id": "4", "gpu_node_name": "d", "state": "RUNNING", "node_pool_id": None},
        {"id": "5"},
    ]
    fabrics: list[Json] = [{"id": "f", "cluster_name": "one", "node_pool_id": "B"}, {"id": "g", "node_pool_id": "C"}]
    offers = Listing(tuple(Item(ProductOffer(pool, "net2"), None) for pool in ("B", "D")))
    listing = pools_of(read_rows(Fabric, fabrics), read_rows(ScpNode, nodes, (Gap(listed=5),)), offers)
    pools = {item.value.id: item.value for item in listing.items}
    assert list(pools) == ["A", "B", "C", "D"]
    assert (pools["B"].nodes, pools["B"].running, pools["B"].faults) == (2, 1, 1)
    assert (pools["B"].fabric_ids, pools["B"].subnet_ids) == (("f",), ("net", "net2"))
    assert (pools["D"].nodes, pools["D"].subnet_ids) == (0, ("net2",))
    assert [pool.health for pool in pools.values()] == [Health.BAD, Health.DEGRADED, Health.OK, Health.OK]
    assert cells(POOLS, pools["B"])["fabric_names"][0] == "one"
    assert [gap.brief for gap in listing.missing] == ["5 of more", "1 entries missing"]


# -- SSH --------------------------------------------------------------------------------------------------------------


def test_ssh_prefers_the_public_address_and_names_no_port() -> None:
    assert NODES.ssh is not None
    public = node(policy_use_nat=True, policy_nat="203.0.113.4", policy_ip="10.0.0.7")
    assert NODES.ssh(public) == SshTarget("203.0.113.4", usual_user="root")
    private = node(policy_use_nat=False, policy_nat="203.0.113.4", policy_ip="10.0.0.7")
    assert NODES.ssh(private) == SshTarget("10.0.0.7", usual_user="root")


@pytest.mark.parametrize("state", ["ERROR", "UNKNOWN", "EDITING", "STOPPING"])
def test_a_node_in_trouble_may_be_logged_in_to(state: str) -> None:
    assert NODES.ssh is not None
    assert isinstance(NODES.ssh(node(state=state)), SshTarget)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "STOPPED"}, "it is STOPPED"),
        ({"state": "CREATING"}, "it is CREATING"),
        ({"policy_ip": None}, "the API gives no address for it yet"),
    ],
)
def test_a_node_that_cannot_be_reached_says_why(changes: dict[str, Any], reason: str) -> None:
    assert NODES.ssh is not None
    assert NODES.ssh(node(**changes)) == reason


# -- actions ----------------------------------------------------------------------------------------------------------

A, B = node(id="aaa"), node(id="bbb")


@pytest.mark.parametrize(
    ("action", "risk", "key", "request_"),
    [
        (actions.START, Risk.REVERSIBLE, "S", Request("POST", "/v1/gpu-nodes/start", body={"gpu_node_ids": ["aaa"]})),
        (actions.STOP, Risk.DISRUPTS, "X", Request("POST", "/v1/gpu-nodes/stop", body={"gpu_node_ids": ["aaa"]})),
        (actions.DELETE, Risk.DESTROYS, "ctrl+d", Request("DELETE", "/v1/gpu-nodes", body={"gpu_node_ids": ["aaa"]})),
        (actions.LOCK, Risk.DISRUPTS, "L", Request("PUT", "/v1/gpu-nodes/aaa/lock")),
        (actions.UNLOCK, Risk.REVERSIBLE, "U", Request("PUT", "/v1/gpu-nodes/aaa/unlock")),
        (
            actions.ASSIGN_IP,
            Risk.REVERSIBLE,
            "I",
            Request("POST", "/v1/gpu-nodes/aaa/public-nat-ip", body={"public_ip_address_id": "ip-1"}),
        ),
        (actions.RELEASE_IP, Risk.DISRUPTS, "R", Request("DELETE", "/v1/gpu-nodes/aaa/public-nat-ip")),
    ],
    ids=lambda value: value.name if isinstance(value, Action) else "",
)
def test_a_verb_builds_the_documented_request(action: Action[ScpNode], risk: Risk, key: str, request_: Request) -> None:
    assert action.request([A], {"public_ip_address_id": "ip-1"}) == request_
    assert (action.risk, action.key) == (risk, key)
    assert action in NODES.actions
    assert action.effect


@pytest.mark.parametrize("action", [actions.START, actions.STOP, actions.DELETE], ids=lambda action: action.name)
def test_one_request_carries_all_targets(action: Action[ScpNode]) -> None:
    assert action.many
    assert action.request([A, B], {}).body == {"gpu_node_ids": ["aaa", "bbb"]}


@pytest.mark.parametrize(
    ("action", "changes", "reason"),
    [
        (actions.START, {"state": "STOPPED"}, None),
        (actions.START, {"state": "RUNNING"}, "state is RUNNING: only a STOPPED node can be started"),
        (actions.STOP, {"state": "RUNNING"}, None),
        (actions.STOP, {"state": "STOPPED"}, "state is STOPPED: only a RUNNING node can be stopped"),
        (actions.STOP, {"state": "TERMINATING"}, "state is TERMINATING: only a RUNNING node can be stopped"),
        (actions.LOCK, {"lock_enabled": None}, None),
        (actions.LOCK, {"lock_enabled": True}, "it is already locked"),
        (actions.UNLOCK, {"lock_enabled": True}, None),
        (actions.UNLOCK, {"lock_enabled": False}, "it is not locked"),
        (actions.DELETE, {"state": "RUNNING"}, None),
        (actions.DELETE, {"state": "STOPPED"}, None),
        (actions.DELETE, {"state": "STOPPED", "lock_enabled": True}, "locked: unlock first"),
        (actions.DELETE, {"state": "TERMINATED"}, "it is deleted already"),
        (actions.ASSIGN_IP, {}, None),
        (actions.ASSIGN_IP, {"policy_use_nat": True, "policy_nat": "9.9.9.9"}, "it has 9.9.9.9: release it first"),
        (
            actions.ASSIGN_IP,
            {"state": "TERMINATING"},
            "state is TERMINATING: only a RUNNING or STOPPED node can be changed",
        ),
        (actions.RELEASE_IP, {"policy_use_nat": True}, None),
        (actions.RELEASE_IP, {}, "it has no public IP"),
    ],
)
def test_a_verb_says_why_it_is_off(action: Action[ScpNode], changes: dict[str, Any], reason: str | None) -> None:
    assert action.blocked_reason(node(**changes)) == reason


@pytest.mark.parametrize("state", ["ERROR", "UNKNOWN", "CREATING", "STARTING", "STOPPING", "EDITING", None, "odd"])
def test_a_node_in_a_state_the_documents_say_nothing_of_has_its_verbs_with_a_warning(state: str | None) -> None:
    plain, public = node(state=state), node(state=state, policy_use_nat=True)
    targets = {action: public if action is actions.RELEASE_IP else plain for action in (*actions.NODE_ACTIONS, MOVE)}
    warned = {action.name for action, one in targets.items() if action.warning(one)}
    assert warned == {"start", "stop", "assign_ip", "release_ip", "delete", "move"}
    told = state or "not known"
    assert actions.START.warning(plain) == f"state is {told}: documented for STOPPED only, it may be refused"
    assert {action.blocked_reason(one) for action, one in targets.items() if action.name in warned} == {None}


@pytest.mark.parametrize(
    ("action", "state"), [(actions.START, "STOPPED"), (actions.STOP, "RUNNING"), (actions.DELETE, "running")]
)
def test_what_is_documented_has_no_warning(action: Action[ScpNode], state: str) -> None:
    assert action.warning(node(state=state)) is None


@pytest.mark.parametrize(
    ("action", "changes", "expected"),
    [
        (actions.START, {"state": "STOPPED"}, Progress.WAITING),
        (actions.START, {"state": "STARTING"}, Progress.GOING),
        (actions.START, {"state": "UNKNOWN"}, Progress.GOING),
        (actions.START, {"state": "RUNNING"}, Progress.DONE),
        (actions.START, {"state": "ERROR"}, Progress.CONTRADICTED),
        (actions.START, None, Progress.CONTRADICTED),
        (actions.STOP, {"state": "RUNNING"}, Progress.WAITING),
        (actions.STOP, {"state": "STOPPING"}, Progress.GOING),
        (actions.STOP, {"state": "STOPPED"}, Progress.DONE),
        (actions.STOP, {"state": "TERMINATING"}, Progress.CONTRADICTED),
        (actions.DELETE, {"state": "RUNNING"}, Progress.WAITING),
        (actions.DELETE, {"state": "TERMINATING"}, Progress.GOING),
        (actions.DELETE, {"state": "TERMINATED"}, Progress.DONE),
        (actions.DELETE, None, Progress.DONE),
        (actions.DELETE, {"state": "ERROR"}, Progress.CONTRADICTED),
        (actions.LOCK, {"lock_enabled": False}, Progress.WAITING),
        (actions.LOCK, {"lock_enabled": True}, Progress.DONE),
        (actions.LOCK, None, Progress.CONTRADICTED),
        (actions.UNLOCK, {"lock_enabled": True}, Progress.WAITING),
        (actions.UNLOCK, {"lock_enabled": None}, Progress.DONE),
        (actions.ASSIGN_IP, {}, Progress.WAITING),
        (actions.ASSIGN_IP, {"state": "EDITING"}, Progress.GOING),
        (actions.ASSIGN_IP, {"state": "EDITING", "policy_use_nat": True}, Progress.GOING),
        (actions.ASSIGN_IP, {"policy_use_nat": True}, Progress.DONE),
        (actions.ASSIGN_IP, {"state": "ERROR", "policy_use_nat": True}, Progress.CONTRADICTED),
        (actions.ASSIGN_IP, None, Progress.CONTRADICTED),
        (actions.RELEASE_IP, {"policy_use_nat": True}, Progress.WAITING),
        (actions.RELEASE_IP, {"policy_use_nat": True, "state": "EDITING"}, Progress.GOING),
        (actions.RELEASE_IP, {"policy_use_nat": False}, Progress.DONE),
    ],
)
def test_the_end_of_a_change_is_read_off_the_node(
    action: Action[ScpNode], changes: dict[str, Any] | None, expected: Progress
) -> None:
    assert action.progress(None if changes is None else node(**changes), {}) is expected


# -- the declaration --------------------------------------------------------------------------------------------------


def test_the_views_stand_in_the_order_of_the_screen() -> None:
    assert [(view.name, view.title, view.machine) for view in PROVIDER.views] == [
        ("nodes", "Nodes", True),
        ("fabrics", "Fabrics", False),
        ("pools", "Pools", False),
        ("images", "Images", False),
        ("products", "Products", False),
    ]


def test_the_keys_of_a_profile_are_those_of_the_contract() -> None:
    assert {setting.name: setting.kind for setting in PROVIDER.settings} == {
        "environment": "text",
        "region": "text",
        "access_key": "secret",
        "secret_key": "secret",
        "base_url": "url",
        "vpc_url": "url",
    }


def test_drill_down_finds_a_fabric_s_nodes_by_id_and_else_by_name() -> None:
    (inner,) = FABRICS.children
    fabric = Fabric.model_validate(FABRIC)
    assert inner.match(fabric, node(cluster_fabric_id=fabric.id))
    assert not inner.match(fabric, node(cluster_fabric_id="other"))
    assert inner.match(fabric, node(cluster_fabric_id=None))
    assert not inner.match(fabric, node(cluster_fabric_id=None, cluster_fabric_name="cluster002"))
    assert not inner.match(Fabric(id="x"), node(cluster_fabric_id=None, cluster_fabric_name=None))
