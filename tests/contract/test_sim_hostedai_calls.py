"""All 32 calls of hosted·ai's document at the embedded panel, and what is not one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.contract.test_sim_hostedai import Panel, assert_error, served

FREE = "the uuids of two GPUs that are free"
POOL: dict[str, Any] = {
    "gpuaas_id": 1,
    "pool": {
        "pool_name": "high-throughput",
        "attach_gpu_ids": FREE,
        "sharing_ratio": 4,
        "time_quantum_in_sec": 30,
        "security_level": "medium",
    },
}
# The document's example; only the gateway's fields are its neighbour's.
NODE: dict[str, Any] = {
    "name": "gpu-worker-01b",
    "region_id": 1,
    "node_ip": "192.168.1.100",
    "username": "admin",
    "port": 22,
    "is_controller_node": False,
    "is_worker_node": True,
    "is_gateway_service": False,
    "is_storage_service": False,
}
JOIN = {"joinee_node_id": 18, "region_id": 2}
CHANGING_GETS = {"init", "deinit", "test_conn", "scan_gpus", "scan_npus"}
Call = tuple[str, str, dict[str, Any], Any, int]
# Method, path as the document has it, the query, the body, the status of success.
CALLS: tuple[Call, ...] = (
    ("POST", "/gpuaas/pool/create", {}, POOL, 201),
    ("POST", "/gpuaas/pool/add", {}, POOL, 201),
    ("DELETE", "/gpuaas/pool/{empty}/delete", {}, None, 200),
    ("GET", "/gpuaas/1/pool/list", {}, None, 200),
    ("GET", "/gpuaas/pool/1", {}, None, 200),
    ("GET", "/gpuaas/pool/1/metrics", {"time_grouping": "daily"}, None, 200),
    ("POST", "/gpuaas/pool/5/add_gpus", {}, {"gpu_uuids": FREE}, 200),
    ("POST", "/gpuaas/pool/1/remove_gpus", {}, {"gpu_uuids": "one of pool 1"}, 200),
    ("GET", "/gpuaas/1/pool/available_gpus", {}, None, 200),
    ("GET", "/gpuaas/1/pool/all_gpus", {}, None, 200),
    ("POST", "/gpuaas/node/add", {}, NODE, 201),
    ("PUT", "/gpuaas/node/3/edit", {}, {"volume_group": "vg1"}, 200),
    ("DELETE", "/gpuaas/node/20/delete", {}, None, 200),
    ("GET", "/gpuaas/node/init", {"gpuaas_node_id": 20}, None, 200),
    ("GET", "/gpuaas/node/deinit", {"gpuaas_node_id": 18}, None, 200),
    ("POST", "/gpuaas/node/reboot", {"node_id": 3}, None, 200),
    ("POST", "/gpuaas/node/join", {}, JOIN, 200),
    ("POST", "/gpuaas/node/leave", {"node_id": 2}, None, 200),
    ("GET", "/gpuaas/node/list", {"region_id": 1}, None, 200),
    ("GET", "/gpuaas/node/3", {}, None, 200),
    ("GET", "/gpuaas/node/test_conn", {"gpuaas_node_id": 3}, None, 200),
    ("GET", "/gpuaas/node/3/logs", {"per_page": 10, "page": 0}, None, 200),
    ("GET", "/gpuaas/node/3/storage_metrics", {}, None, 200),
    ("GET", "/gpuaas/node/scan_gpus", {"gpuaas_node_id": 3}, None, 200),
    ("GET", "/gpuaas/node/scan_npus", {"gpuaas_node_id": 3}, None, 200),
    ("GET", "/gpuaas/node/scan_gpus/status", {"scan_id": 1}, None, 200),
    ("GET", "/gpuaas/node/scan_npus/status", {"scan_id": 4}, None, 200),
    ("POST", "/gpuaas/enable", {"controller_node_id": 18}, None, 200),
    ("POST", "/gpuaas/node/2/disable", {}, None, 200),
    ("GET", "/gpuaas/node/3/ssh_keys", {}, None, 200),
    ("GET", "/gpuaas/list/regions", {}, None, 200),
    ("GET", "/gpuaas/1", {}, None, 200),
)
by_call = pytest.mark.parametrize("call", CALLS, ids=[f"{method} {path}" for method, path, *_ in CALLS])


@pytest.fixture
def panel() -> Iterator[Panel]:
    with served() as running:
        yield running


@pytest.fixture(scope="module")
def still() -> Iterator[Panel]:
    """A panel for requests that change nothing."""
    with served() as running:
        yield running


def prepared(panel: Panel, call: Call) -> tuple[str, str, dict[str, Any], Any]:
    """The request of a call, with what it needs to succeed."""
    method, path, query, body, _ = call
    if "{empty}" in path:
        empty = panel.send("POST", "/gpuaas/pool/create", json=pool_with(attach_gpu_ids=[])).json()
        path = path.replace("{empty}", str(empty["id"]))
    if body is JOIN:
        panel.send("POST", "/gpuaas/enable?controller_node_id=18")
        panel.wait(60)
        panel.send("GET", "/gpuaas/node/init?gpuaas_node_id=20")
        panel.wait(20)
        body = JOIN | {"joinee_node_id": 20}
    if body is POOL:
        body = pool_with(attach_gpu_ids=panel.free("H100")[:2])
    elif isinstance(body, dict) and body.get("gpu_uuids") == FREE:
        body = {"gpu_uuids": panel.free("A100")[:2]}
    elif isinstance(body, dict) and "gpu_uuids" in body:
        body = {"gpu_uuids": panel.pool_gpus(1)[:1]}
    return method, path, query, body


def pool_with(**changes: Any) -> dict[str, Any]:
    return {"gpuaas_id": 1, "pool": {**POOL["pool"], **changes}}


# -- each of them, and nothing else --


def test_they_are_thirty_two() -> None:
    assert len({(method, path) for method, path, *_ in CALLS}) == 32


@by_call
def test_every_call_of_the_document_does_its_work(panel: Panel, call: Call) -> None:
    method, path, query, body = prepared(panel, call)
    before = panel.picture()
    reply = panel.http.request(method, path, params=query, json=body)
    assert reply.status_code == call[-1], reply.text
    if method == "DELETE":
        assert reply.content == b""
    else:
        assert reply.headers["content-type"] == "application/json"
    panel.wait(10)
    changes = method != "GET" or path.rpartition("/")[2] in CHANGING_GETS
    assert (panel.picture() != before) == changes
    assert panel.simulator.logs["hostedai"].seen[-1].changes == changes


@by_call
def test_no_call_is_for_strangers(still: Panel, call: Call) -> None:
    method, path, query, body, _ = call
    before = still.picture()
    key = {"Authorization": "Bearer wrong"}
    assert_error(still.http.request(method, path, params=query, json=body, headers=key), 401)
    assert still.picture() == before


@by_call
def test_a_call_has_one_method(still: Panel, call: Call) -> None:
    method, template, query, *_ = call
    path, before = template.replace("{empty}", "1"), still.picture()
    # what hosted·ai's own client does by GET, the document does by DELETE and POST: the document counts
    for other in {"GET", "POST", "PUT", "DELETE"} - {method}:
        assert_error(still.http.request(other, path, params=query), 405)
    assert still.http.head(path, params=query).status_code == 405
    assert still.picture() == before


# -- what is wrong with a request --


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("sharing_ratio", 0),
        ("sharing_ratio", 11),
        ("sharing_ratio", 2.5),
        ("sharing_ratio", "4"),
        ("sharing_ratio", True),
        ("sharing_ratio", None),
        ("time_quantum_in_sec", 9),
        ("time_quantum_in_sec", 121),
        ("time_quantum_in_sec", "30"),
        ("security_level", "paranoid"),
        ("security_level", "MEDIUM"),
        ("security_level", None),
        ("pool_name", ""),
        ("pool_name", "   "),
        ("pool_name", 7),
        ("pool_name", "notebooks"),
        ("attach_gpu_ids", "GPU-1"),
        ("attach_gpu_ids", [1]),
        ("attach_gpu_ids", None),
        ("attach_gpu_ids", ["GPU-nobody-has"]),
        ("pool", []),
        ("pool", None),
        ("gpuaas_id", None),
        ("gpuaas_id", "1"),
    ],
)
@pytest.mark.parametrize("path", ["/gpuaas/pool/create", "/gpuaas/pool/add"])
def test_a_pool_is_refused_for_one_wrong_field(still: Panel, path: str, field: str, wrong: Any) -> None:
    body = pool_with(attach_gpu_ids=[])
    (body if field in body else body["pool"])[field] = wrong
    assert_names(still, "POST", path, body, field)


def test_the_limits_are_allowed(panel: Panel) -> None:
    for at, (ratio, quantum, level) in enumerate(((1, 10, "low"), (10, 120, "medium"), (4.0, 30.0, "high"))):
        wanted = {"sharing_ratio": ratio, "time_quantum_in_sec": quantum, "security_level": level}
        body = pool_with(attach_gpu_ids=[], pool_name=f"mine-{at}", **wanted)
        made = panel.send("POST", "/gpuaas/pool/create", json=body).json()
        assert {name: made[name] for name in wanted} == wanted


NODE_ERRORS: list[tuple[str, Any]] = [
    ("name", ""),
    ("name", 5),
    ("name", "gpu-worker-02"),
    ("region_id", "1"),
    ("region_id", 0),
    ("node_ip", "somewhere"),
    ("node_ip", "10.0.0.300"),
    ("node_ip", "0.0.0.0"),
    ("node_ip", "224.0.0.1"),
    ("username", " "),
    ("port", 0),
    ("port", 65_536),
    ("port", "22"),
    ("is_controller_node", "yes"),
    ("is_storage_service", 1),
    ("external_service_ip", "gateway"),
    ("volume_group", 3),
]


@pytest.mark.parametrize(("field", "wrong"), [*NODE_ERRORS, *((f, None) for f in ("name", "region_id", "node_ip"))])
def test_a_node_is_refused_for_one_wrong_field(still: Panel, field: str, wrong: Any) -> None:
    assert_names(still, "POST", "/gpuaas/node/add", NODE | {field: wrong}, field)


@pytest.mark.parametrize(("field", "wrong"), NODE_ERRORS)
def test_an_edit_is_held_to_the_same_rules(still: Panel, field: str, wrong: Any) -> None:
    assert_names(still, "PUT", "/gpuaas/node/20/edit", {field: wrong}, field)


def test_a_node_has_a_role_and_a_gateway_an_address(panel: Panel) -> None:
    assert_names(panel, "POST", "/gpuaas/node/add", NODE | {"is_worker_node": False}, "is_worker_node")
    gateway = NODE | {"is_gateway_service": True}
    assert_names(panel, "POST", "/gpuaas/node/add", gateway, "external_service_ip")
    made = panel.send("POST", "/gpuaas/node/add", json=gateway | {"external_service_ip": "203.0.113.9"}).json()
    assert made["external_service_ip"] == "203.0.113.9"
    assert_names(panel, "PUT", "/gpuaas/node/2/edit", {"external_service_ip": ""}, "external_service_ip")


@pytest.mark.parametrize("path", ["/gpuaas/pool/1/add_gpus", "/gpuaas/pool/1/remove_gpus"])
@pytest.mark.parametrize("wrong", [None, [], "GPU-1", [1], ["GPU-nobody-has"], ["a", "a"]])
def test_gpus_are_named_by_a_list_of_known_uuids(still: Panel, path: str, wrong: Any) -> None:
    assert_names(still, "POST", path, {"gpu_uuids": wrong}, "gpu_uuids")


def test_everything_that_is_wrong_is_said_at_once(still: Panel) -> None:
    body = pool_with(sharing_ratio=0, time_quantum_in_sec=5, security_level="x", attach_gpu_ids=[])
    errors = still.http.post("/gpuaas/pool/create", json=body).json()["errors"]
    assert {entry["field"] for entry in errors} == {"sharing_ratio", "time_quantum_in_sec", "security_level"}


@pytest.mark.parametrize("content", [b"", b"pool", b"[]", b'"ok"', b"null", b"\xff"])
@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for method, path, _, body, _ in CALLS if body is not None],
)
def test_a_body_is_a_json_object(still: Panel, method: str, path: str, content: bytes) -> None:
    assert_error(still.http.request(method, path, content=content), 400)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [(method, path, name) for method, path, query, *_ in CALLS for name in query if name.endswith("_id")],
)
def test_a_required_parameter_is_asked_for(still: Panel, method: str, path: str, name: str) -> None:
    for wrong in ({}, {name: ""}, {name: "x"}, {name: "-1"}, {name: "1_8"}):
        reply = still.http.request(method, path, params=wrong)
        assert_error(reply, 400)
        assert reply.json()["errors"][0]["field"] == name
    assert_error(still.http.request(method, path, params={name: 99}), 404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/gpuaas/pool/99/delete", None),
        ("POST", "/gpuaas/pool/99/add_gpus", {"gpu_uuids": ["x"]}),
        ("POST", "/gpuaas/pool/99/remove_gpus", {"gpu_uuids": ["x"]}),
        ("POST", "/gpuaas/pool/create", pool_with(attach_gpu_ids=[]) | {"gpuaas_id": 9}),
        ("PUT", "/gpuaas/node/99/edit", {}),
        ("DELETE", "/gpuaas/node/99/delete", None),
        ("POST", "/gpuaas/node/add", NODE | {"region_id": 9}),
        ("POST", "/gpuaas/node/join", {"joinee_node_id": 99, "region_id": 1}),
        ("POST", "/gpuaas/node/99/disable", None),
    ],
)
def test_what_is_not_there_is_not_found(still: Panel, method: str, path: str, body: Any) -> None:
    assert_error(still.http.request(method, path, json=body), 404)


def assert_names(still: Panel, method: str, path: str, body: Any, field: str) -> None:
    before = still.picture()
    reply = still.http.request(method, path, json=body)
    assert_error(reply, 400)
    assert [entry["field"] for entry in reply.json()["errors"]] == [field]
    assert still.picture() == before


# -- answers that were seen elsewhere --


def test_commands_may_be_answered_without_json(panel: Panel) -> None:
    panel.cloud.acknowledgement = "empty"
    assert panel.send("POST", "/gpuaas/node/reboot?node_id=3").content == b""
    panel.cloud.acknowledgement = "text"
    reply = panel.send("POST", "/gpuaas/node/reboot?node_id=4")
    assert (reply.text, reply.headers["content-type"]) == ("node is rebooting", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("refusal", "status", "looks"),
    [
        ("coded", 500, lambda reply: reply.json().keys() == {"code", "message", "errors"}),
        ("error", 500, lambda reply: reply.json().keys() == {"error"}),
        ("text", 500, lambda reply: reply.text.startswith("node 3 is healthy")),
        ("accepted", 200, lambda reply: reply.json().keys() == {"code", "message"}),
    ],
)
def test_what_cannot_be_done_now_is_answered_in_four_ways(
    panel: Panel, refusal: Any, status: int, looks: Callable[[httpx.Response], bool]
) -> None:
    panel.cloud.refusal = refusal
    reply = panel.http.get("/gpuaas/node/init?gpuaas_node_id=3")
    assert reply.status_code == status
    assert looks(reply)


def test_a_scan_may_answer_at_once(panel: Panel) -> None:
    panel.cloud.direct_scans = True
    found = panel.send("GET", "/gpuaas/node/scan_gpus?gpuaas_node_id=3").json()["gpus"]
    assert [gpu["index"] for gpu in found] == list(range(8))
    assert {gpu["uuid"] for gpu in found} == {slot["uuid"] for slot in panel.node(3)["gpus"]}
