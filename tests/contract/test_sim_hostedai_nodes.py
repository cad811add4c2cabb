"""Nodes of the embedded hosted·ai panel: from an address to a member of a cluster and back, by its vendor's order."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import asyncssh
import pytest

from tests.contract.test_sim_hostedai import Panel, assert_error, served

IDLE = 13
"""The worker whose GPUs are in no pool."""
CONTROLLER, WAITING, BARE, RESETTING, UNREACHABLE = 18, 19, 20, 21, 22
NEW: dict[str, Any] = {
    "name": "rack-7",
    "region_id": 2,
    "node_ip": "192.168.1.100",
    "username": "ubuntu",
    "port": 2222,
    "is_worker_node": True,
}


@pytest.fixture
def panel() -> Iterator[Panel]:
    with served() as running:
        yield running


def status(panel: Panel, node: int) -> str:
    return str(panel.node(node)["status"])


def init(panel: Panel, node: int) -> None:
    panel.send("GET", f"/gpuaas/node/init?gpuaas_node_id={node}")


def deinit(panel: Panel, node: int) -> None:
    panel.send("GET", f"/gpuaas/node/deinit?gpuaas_node_id={node}")


def becomes(panel: Panel, node: int, wanted: str) -> list[str]:
    return panel.states(lambda: status(panel, node), wanted)


def enabled(panel: Panel) -> int:
    """The service of the second region, switched on."""
    panel.send("POST", f"/gpuaas/enable?controller_node_id={CONTROLLER}")
    becomes(panel, CONTROLLER, "healthy")
    return next(int(service["id"]) for service in panel.rows("/gpuaas") if service["region_id"] == 2)


def finished(panel: Panel, scan: dict[str, Any], kind: str = "gpus") -> dict[str, Any]:
    def read() -> dict[str, Any]:
        found: dict[str, Any] = panel.send("GET", f"/gpuaas/node/scan_{kind}/status?scan_id={scan['id']}").json()
        return found

    panel.until(lambda: read()["status"] in ("completed", "failed"))
    return read()


def scan(panel: Panel, node: int, kind: str = "gpus") -> dict[str, Any]:
    started: dict[str, Any] = panel.send("GET", f"/gpuaas/node/scan_{kind}?gpuaas_node_id={node}").json()
    return started


# -- up --


def test_a_node_goes_from_an_address_into_a_pool(panel: Panel) -> None:
    service = enabled(panel)
    added = panel.send("POST", "/gpuaas/node/add", json=NEW).json()
    node = added["Id"]
    assert added == panel.node(node)
    assert (added["status"], added["node_ip"], added["port"], added["username"]) == (
        "uninitialized", "192.168.1.100", 2222, "ubuntu",
    )  # fmt: skip
    assert panel.send("GET", f"/gpuaas/node/{node}/ssh_keys").json()
    assert panel.send("GET", f"/gpuaas/node/test_conn?gpuaas_node_id={node}").json()["success"] is True
    init(panel, node)
    assert becomes(panel, node, "initialized") == ["initializing", "initialized"]
    assert panel.node(node)["nvidia_driver_version"]
    panel.send("POST", "/gpuaas/node/join", json={"joinee_node_id": node, "region_id": 2})
    assert becomes(panel, node, "healthy") == ["k8_initializing", "k8_initialized", "healthy"]
    assert panel.all_gpus(service) == []
    found = finished(panel, scan(panel, node))
    uuids = [gpu["uuid"] for gpu in found["resources"]["gpus"]]
    assert len(set(uuids)) == 8
    assert panel.free("H100", service) == uuids == [slot["uuid"] for slot in panel.node(node)["gpus"]]
    pool = {
        "pool_name": "first", "attach_gpu_ids": uuids, "sharing_ratio": 1, "time_quantum_in_sec": 60,
        "security_level": "high",
    }  # fmt: skip
    made = panel.send("POST", "/gpuaas/pool/create", json={"gpuaas_id": service, "pool": pool}).json()
    panel.until(lambda: panel.pool(made["id"])["status"] == "ACTIVE")
    refusal = "all GPUs must be removed from the pool first"
    panel.declines("GET", f"/gpuaas/node/deinit?gpuaas_node_id={node}", refusal)
    panel.declines("POST", f"/gpuaas/node/leave?node_id={node}", refusal)
    panel.declines("POST", f"/gpuaas/node/{node}/disable", refusal)


def test_a_service_is_switched_on_and_off_again(panel: Panel) -> None:
    reply = panel.send("POST", f"/gpuaas/enable?controller_node_id={CONTROLLER}").json()
    assert reply["success"] is True
    assert "gpuaas_id" not in reply, "a new one has no id to answer yet"
    service = panel.rows("/gpuaas")[-1]["id"]

    def state() -> str:
        return str(panel.send("GET", f"/gpuaas/{service}").json()["status"])

    def region() -> str:
        return str(panel.rows("/gpuaas/list/regions")[1]["status"]["gpuaas"])

    assert region() == "none"
    panel.declines("POST", f"/gpuaas/enable?controller_node_id={CONTROLLER}", "k8_initializing")
    assert panel.states(state, "GPUAAS_ACTIVE") == ["GPUAAS_ENABLE_SETTING_UP", "GPUAAS_ACTIVE"]
    assert (status(panel, CONTROLLER), region()) == ("healthy", "enabled")
    panel.declines("POST", f"/gpuaas/node/leave?node_id={CONTROLLER}", "disable it instead")
    panel.send("POST", f"/gpuaas/node/{CONTROLLER}/disable")
    assert panel.states(state, "GPUAAS_INACTIVE") == ["GPUAAS_ACTIVE", "GPUAAS_INACTIVE"]
    assert (status(panel, CONTROLLER), region()) == ("initialized", "disabled")
    again = panel.send("POST", f"/gpuaas/enable?controller_node_id={CONTROLLER}").json()
    assert again["gpuaas_id"] == service


def test_a_controller_that_lets_nobody_in_enables_nothing(panel: Panel) -> None:
    panel.cloud.nodes[CONTROLLER].reachable = False
    panel.send("POST", f"/gpuaas/enable?controller_node_id={CONTROLLER}")
    becomes(panel, CONTROLLER, "error")
    assert panel.rows("/gpuaas")[-1]["status"] == "GPUAAS_ERROR_WHILE_ENABLING"
    assert (panel.node(CONTROLLER)["k8s_join_state_status_code"]) == -1


def test_joining_waits_for_what_comes_before(panel: Panel) -> None:
    order = {"joinee_node_id": CONTROLLER, "region_id": 2}
    panel.declines("POST", "/gpuaas/node/join", "no active GPUaaS", order)
    panel.declines("POST", "/gpuaas/node/join", "only an initialized node", order | {"joinee_node_id": BARE})
    reply = panel.http.post("/gpuaas/node/join", json=order | {"region_id": 1})
    assert_error(reply, 400)
    assert reply.json()["errors"][0]["field"] == "region_id"
    worker = {"joinee_node_id": 3, "region_id": 1}
    panel.declines("POST", "/gpuaas/node/join", "is healthy", worker)
    reply = panel.http.post(f"/gpuaas/enable?controller_node_id={BARE}")
    assert_error(reply, 400)
    panel.declines("POST", "/gpuaas/enable?controller_node_id=1", "is healthy")


# -- down --


def test_a_node_leaves_and_its_gpus_with_it(panel: Panel) -> None:
    node = IDLE
    gpus = [slot["uuid"] for slot in panel.node(node)["gpus"]]
    assert panel.send("POST", f"/gpuaas/node/leave?node_id={node}").json()["success"] is True
    assert not set(gpus) & set(panel.free())
    panel.cloud.gpus[gpus[0]].status = "UNASSIGNED"  # as one that answers again meanwhile
    assert becomes(panel, node, "initialized") == ["healthy", "initialized"]
    assert {panel.gpu(uuid)["assignment_status"] for uuid in gpus} == {"UNAVAILABLE"}
    panel.declines("POST", f"/gpuaas/node/leave?node_id={node}", "it is in no cluster")
    panel.declines("POST", f"/gpuaas/node/{node}/disable", "it is in no cluster")


def test_a_node_is_torn_down_and_its_cards_are_known_again(panel: Panel) -> None:
    node = IDLE
    uuids = [slot["uuid"] for slot in panel.node(node)["gpus"]]
    deinit(panel, node)
    assert panel.node(node)["initialize_state_status_code"] == -2
    assert becomes(panel, node, "uninitialized") == ["resetting", "uninitialized"]
    assert not set(uuids) & set(panel.all_gpus())
    init(panel, node)
    becomes(panel, node, "initialized")
    assert [gpu["uuid"] for gpu in finished(panel, scan(panel, node))["resources"]["gpus"]] == uuids


def test_the_only_controller_goes_last(panel: Panel) -> None:
    panel.declines("GET", "/gpuaas/node/deinit?gpuaas_node_id=1", "still has pools")
    panel.declines("POST", "/gpuaas/node/1/disable", "still has pools")
    panel.cloud.pools.clear()
    for gpu in panel.cloud.gpus.values():
        gpu.pool_id = None
    panel.declines("GET", "/gpuaas/node/deinit?gpuaas_node_id=1", "still joined")
    for node in panel.cloud.nodes.values():
        node.status = node.status if node.id in (1, CONTROLLER) else "uninitialized"
    deinit(panel, 1)
    assert panel.send("GET", "/gpuaas/1").json()["status"] == "GPUAAS_INACTIVE"


def test_a_delete_says_nothing_whether_the_node_goes_or_stays(panel: Panel) -> None:
    for node in (CONTROLLER, 3, UNREACHABLE):
        reply = panel.send("DELETE", f"/gpuaas/node/{node}/delete")
        assert (reply.status_code, reply.content) == (200, b"")
        panel.wait(60)
        assert panel.node(node)["Id"] == node
        assert panel.log(node)[0].startswith("delete refused")
    reply = panel.send("DELETE", f"/gpuaas/node/{BARE}/delete")
    assert (reply.status_code, reply.content) == (200, b"")
    assert panel.node(BARE)["status"] == "uninitialized", "it takes a moment"
    panel.until(lambda: panel.http.get(f"/gpuaas/node/{BARE}").status_code == 404)
    assert "not found" in panel.http.get(f"/gpuaas/node/{BARE}").json()["message"]
    assert BARE not in {node["Id"] for node in panel.rows("/gpuaas/node/list?region_id=2")}


@pytest.mark.parametrize("node", [3, CONTROLLER, WAITING, RESETTING])
def test_only_a_bare_or_a_failed_node_is_initialised(panel: Panel, node: int) -> None:
    panel.declines("GET", f"/gpuaas/node/init?gpuaas_node_id={node}", "only an uninitialized node")


@pytest.mark.parametrize("node", [WAITING, BARE, RESETTING, 17])
def test_only_a_node_that_was_initialised_is_reset(panel: Panel, node: int) -> None:
    panel.declines("GET", f"/gpuaas/node/deinit?gpuaas_node_id={node}", "cannot be de-initialized now")


# -- editing --


def test_an_edit_changes_what_it_names(panel: Panel) -> None:
    before = panel.node(3)
    after = panel.send("PUT", "/gpuaas/node/3/edit", json={"name": "renamed", "volume_group": "vg9"}).json()
    assert after == panel.node(3) == before | {"name": "renamed", "volume_group": "vg9"}
    assert panel.send("PUT", "/gpuaas/node/3/edit", json={}).json() == after
    roles = {"is_storage_service": True}
    panel.declines("PUT", "/gpuaas/node/3/edit", "on an uninitialized node only", roles)
    panel.declines("PUT", "/gpuaas/node/3/edit", "on an uninitialized node only", {"region_id": 2})
    changed = panel.send("PUT", f"/gpuaas/node/{BARE}/edit", json=roles | {"region_id": 1}).json()
    assert changed["role"]["is_storage_service"] is changed["role"]["is_worker_node"] is True
    assert changed["region"]["region_id"] == 1


def test_a_new_user_mends_a_node_that_let_nobody_in(panel: Panel) -> None:
    probe = f"/gpuaas/node/test_conn?gpuaas_node_id={UNREACHABLE}"
    reply = panel.send("GET", probe).json()
    assert (reply["success"], "handshake failed" in reply["message"]) == (False, True)
    assert "handshake failed" in panel.log(UNREACHABLE)[0]
    init(panel, UNREACHABLE)
    assert becomes(panel, UNREACHABLE, "error") == ["initializing", "error"]
    panel.send("PUT", f"/gpuaas/node/{UNREACHABLE}/edit", json={"username": "root"})
    assert panel.send("GET", probe).json()["success"] is True
    init(panel, UNREACHABLE)
    assert becomes(panel, UNREACHABLE, "initialized") == ["initializing", "initialized"]


# -- reboots and the machine itself --


def reaches(node: dict[str, Any]) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex((node["node_ip"], node["port"])) == 0


def test_a_reboot_shuts_the_door_for_a_while(panel: Panel) -> None:
    node = panel.node(3)
    assert reaches(node)
    assert panel.send("POST", "/gpuaas/node/reboot?node_id=3").json()["success"] is True
    panel.declines("POST", "/gpuaas/node/reboot?node_id=3", "is rebooting")
    assert not reaches(node)
    assert panel.send("GET", "/gpuaas/node/test_conn?gpuaas_node_id=3").json()["success"] is False
    gpus = {slot["uuid"] for slot in node["gpus"]}
    assert {panel.gpu(uuid)["assignment_status"] for uuid in gpus} == {"UNAVAILABLE"}
    assert becomes(panel, 3, "healthy") == ["k8_initializing", "k8_initialized", "healthy"]
    assert reaches(node)
    assert panel.node(3) == node


async def gpus_that_answer(panel: Panel, number: int) -> int:
    """As many as the machine itself names."""
    node, key = panel.node(number), str(panel.simulator.door.client_key_path)
    way_in: dict[str, Any] = {"username": node["username"], "client_keys": [key], "known_hosts": None}
    async with asyncssh.connect(node["node_ip"], node["port"], **way_in) as there:
        return str((await there.run("nvidia-smi -L")).stdout).count("UUID")


async def test_a_reboot_brings_a_lost_gpu_back_but_not_a_broken_one(panel: Panel) -> None:
    assert await gpus_that_answer(panel, 8) == 7
    for node in (8, 5):
        panel.send("POST", f"/gpuaas/node/reboot?node_id={node}")
        becomes(panel, node, "healthy")
    assert await gpus_that_answer(panel, 8) == 8
    slots = {node: [slot["assignment_status"] for slot in panel.node(node)["gpus"]] for node in (8, 5)}
    assert slots[8] == ["UNASSIGNED"] * 8
    assert [at for at, one in enumerate(slots[5]) if one == "UNAVAILABLE"] == [5]


def test_a_node_outside_a_cluster_is_what_it_was_after_a_reboot(panel: Panel) -> None:
    for node in (CONTROLLER, BARE, UNREACHABLE):
        before = panel.node(node)
        panel.send("POST", f"/gpuaas/node/reboot?node_id={node}")
        panel.wait(60)
        assert panel.node(node) == before
        assert panel.log(node).count("node is back after a reboot") == 1


@pytest.mark.parametrize("node", [WAITING, RESETTING, 17])
def test_a_node_that_is_being_set_up_is_not_rebooted(panel: Panel, node: int) -> None:
    panel.declines("POST", f"/gpuaas/node/reboot?node_id={node}", "cannot be rebooted now")


async def test_an_added_node_on_loopback_can_be_logged_in_to(panel: Panel) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    node = panel.send("POST", "/gpuaas/node/add", json=NEW | {"node_ip": "127.0.0.1", "port": port}).json()
    assert (node["node_ip"], node["port"]) == ("127.0.0.1", port)
    key = str(panel.simulator.door.client_key_path)
    async with asyncssh.connect("127.0.0.1", port, username="ubuntu", client_keys=[key], known_hosts=None) as there:
        assert str((await there.run("hostname")).stdout).strip() == "rack-7"
    panel.send("DELETE", f"/gpuaas/node/{node['Id']}/delete")
    panel.until(lambda: panel.http.get(f"/gpuaas/node/{node['Id']}").status_code == 404)
    assert not reaches(node)


def test_two_nodes_have_two_addresses(panel: Panel) -> None:
    panel.send("POST", "/gpuaas/node/add", json=NEW)
    reply = panel.http.post("/gpuaas/node/add", json=NEW | {"name": "rack-8"})
    assert_error(reply, 400)
    assert reply.json()["errors"][0]["field"] == "node_ip"


# -- scans --


def test_a_scan_runs_for_a_while(panel: Panel) -> None:
    started = scan(panel, CONTROLLER)
    assert (started["status"], started["node_id"], started["resources"]) == ("pending", CONTROLLER, None)
    assert started["id"] == started["scan_id"] == 5
    panel.declines("GET", f"/gpuaas/node/scan_gpus?gpuaas_node_id={CONTROLLER}", "scan 5")
    at = f"/gpuaas/node/scan_gpus/status?scan_id={started['id']}"
    seen = panel.states(lambda: str(panel.send("GET", at).json()["status"]), "completed")
    assert seen == ["pending", "processing", "completed"]
    assert len(panel.send("GET", at).json()["resources"]["gpus"]) == 8
    assert scan(panel, CONTROLLER)["id"] == 6


def test_scans_of_both_kinds_run_side_by_side(panel: Panel) -> None:
    both = scan(panel, 3), scan(panel, 3, "npus")
    assert finished(panel, both[1], "npus")["resources"]["npus"] == []
    assert len(finished(panel, both[0])["resources"]["gpus"]) == 8
    assert_error(panel.http.get(f"/gpuaas/node/scan_gpus/status?scan_id={both[1]['id']}"), 404)


@pytest.mark.parametrize(
    ("node", "why"), [(BARE, "no driver"), (UNREACHABLE, "handshake failed"), (3, "connection refused")]
)
def test_a_scan_fails_where_it_cannot_look(panel: Panel, node: int, why: str) -> None:
    started = scan(panel, node)
    panel.wait(7)
    if node == 3:
        panel.send("POST", "/gpuaas/node/reboot?node_id=3")
    done = finished(panel, started)
    assert (done["status"], done["resources"]) == ("failed", None)
    assert why in done["error_msg"]


def test_a_scan_keeps_what_it_has_found(panel: Panel) -> None:
    done = finished(panel, scan(panel, IDLE))
    deinit(panel, IDLE)
    becomes(panel, IDLE, "uninitialized")
    assert finished(panel, done) == done


def test_a_scan_outlives_its_node(panel: Panel) -> None:
    started = scan(panel, BARE)
    panel.send("DELETE", f"/gpuaas/node/{BARE}/delete")
    assert finished(panel, started)["error_msg"] == "the node has been deleted"
