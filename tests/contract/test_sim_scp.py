"""The embedded Samsung Cloud Platform, over real sockets and with a signer of this file's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Generator, Iterator
from typing import Any

import asyncssh
import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.scp.auth import Keys, refusal
from gputui.sim.scp.state import Scp
from gputui.sim.serve import Simulator
from tests.contract.shapes import differences

START = 1_800_000_000.0
ACCESS, SECRET = "2sd2gg2agbdSD26svcD", "scp-secret-key-for-tests-0001"
HOST = "https://multinodegpucluster.kr-west1.e.samsungsdscloud.com"
LONG = f"{HOST}/v1/gpu-nodes?size=20&page=0&sort="
ACCOUNT = "f5c8e56a4d9b49a8bd89e14758a32d53"
VECTORS = {
    "S1": ("GET", f"{HOST}/v1/gpu-nodes", "", "AaYLUvQlFlIDC/7jN+iVfsAtt5DIGK475UKg1MU8Kws="),
    "S2": ("GET", f"{LONG}created_at%3Adesc&state=RUNNING", "", "SxtIIEGTTKCYr+kQehYmwLVgOmuoQTG+BBKAoRIA4s0="),
    "S3": ("GET", f"{LONG}created_at:desc&state=RUNNING", "", "pzNyqbfeV8JfjBKh+bdHmvemQ7SX5cWvBKpUwntnALQ="),
    "S4": ("POST", f"{HOST}/v1/gpu-nodes/start", "", "UYXXD6jZkCd1vdWGzgBPZULnVxkDISu+ljnutJpl1cg="),
    "S5": ("DELETE", f"{HOST}/v1/gpu-nodes", "", "rM7Ka/rYujNbGvzr5zM2Fc+S2WVN2z1ULxB0qxX0J3A="),
    "S6": (
        "PUT",
        f"{HOST}/v1/gpu-nodes/20c507a036c447cdb3b19468d8ea62ac/lock",
        "",
        "04j5+DhwUgTcAsjUxyfNXkrmYPGZvxdA9MTpk05RgJQ=",
    ),
    "S7": ("GET", f"{HOST}/v1/gpu-nodes", ACCOUNT, "azmEKuax0AUiWxcV46EVnv56a/mdKtmjsJDZGNlDPT8="),
    "S8": (
        "GET",
        "http://127.0.0.1:8401/v1/gpu-nodes?page=0&size=20",
        "",
        "nDURN2h+sqGv8w/d7uqAYgbLdQNOwJBsWCgpapnI7co=",
    ),
    "S9": (
        "GET",
        "https://vpc.kr-west1.e.samsungsdscloud.com/v1/publicips?state=RESERVED&type=IGW",
        "",
        "Gr7lOGqLMYsgEC1cCjEpHrtdK3HzmR7R14oVImNkjao=",
    ),
}


class Signed(httpx.Auth):
    """Signs as the reference says; every part can be made wrong."""

    def __init__(self, now: Callable[[], float], **wrong: str) -> None:
        self.now = now
        self.wrong = wrong

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        timestamp = self.wrong.get("timestamp", str(int(self.now() * 1000)))
        access = self.wrong.get("access", ACCESS)
        account = self.wrong.get("account", "")
        url = self.wrong.get("url", str(request.url))
        message = f"{self.wrong.get('method', request.method)}{url}{timestamp}{access}{account}Openapi"
        digest = hmac.new(self.wrong.get("secret", SECRET).encode(), message.encode(), hashlib.sha256).digest()
        request.headers["Scp-Accesskey"] = access
        request.headers["Scp-Signature"] = base64.b64encode(digest).decode()
        request.headers["Scp-Timestamp"] = timestamp
        request.headers["Scp-ClientType"] = self.wrong.get("client", "Openapi")
        request.headers["Accept-Language"] = "en-US"
        request.headers["Scp-Api-Version"] = "multinodegpucluster 1.2"
        if account:
            request.headers["Scp-AccountId"] = account
        yield request


class Account:
    """A signed-in client of a simulated account whose clock the test moves."""

    def __init__(self, simulator: Simulator, clock: ManualClock) -> None:
        self.simulator = simulator
        self.clock = clock
        # verify=False: reading the trusted certificates takes longer than all requests of a test, and all is on http.
        self.http = httpx.Client(base_url=simulator.urls["scp"], auth=Signed(clock.now), verify=False)
        self.vpc = httpx.Client(base_url=simulator.urls["vpc"], auth=Signed(clock.now), verify=False)

    @property
    def cloud(self) -> Scp:
        cloud = self.simulator.world["scp"]
        assert isinstance(cloud, Scp)
        return cloud

    def get(self, path: str, **query: object) -> Any:
        answer = self.http.get(path, params=query)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return answer.json()

    def nodes(self, **query: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/v1/gpu-nodes", size=1000, **query)["gpu_nodes"]
        return found

    def named(self, name: str) -> dict[str, Any]:
        return self.nodes(gpu_node_name=name)[0]

    def do(self, verb: str, *ids: str) -> httpx.Response:
        if verb == "delete":
            return self.http.request("DELETE", "/v1/gpu-nodes", json={"gpu_node_ids": list(ids)})
        return self.http.post(f"/v1/gpu-nodes/{verb}", json={"gpu_node_ids": list(ids)})


@pytest.fixture
def account() -> Iterator[Account]:
    clock = ManualClock(START)
    with Simulator(clock=clock, calm=True, only=["scp"]) as simulator:
        yield Account(simulator, clock)


# -- the signature --------------------------------------------------------------------------------------------------


def _headers(account: str, signature: str) -> dict[str, str]:
    return {
        "scp-accesskey": ACCESS,
        "scp-signature": signature,
        "scp-timestamp": "1605290625682",
        "scp-clienttype": "Openapi",
        **({"scp-accountid": account} if account else {}),
    }


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_the_reference_pass_and_a_byte_less_does_not(name: str) -> None:
    method, url, account, signature = VECTORS[name]
    keys, now = Keys(ACCESS, SECRET), 1605290625.682
    assert refusal(keys, method, url, _headers(account, signature), now) is None
    assert refusal(keys, method, url[:-1], _headers(account, signature), now)
    assert refusal(keys, method, url, _headers(account, signature[1:]), now)
    assert refusal(keys, "PATCH", url, _headers(account, signature), now)
    assert refusal(Keys(ACCESS, "other"), method, url, _headers(account, signature), now)


def test_without_credentials_the_service_hides(account: Account) -> None:
    for missing in ("Scp-Accesskey", "Scp-Signature", "Scp-Timestamp"):
        request = next(Signed(account.clock.now).auth_flow(account.http.build_request("GET", "/v1/cluster-fabrics")))
        del request.headers[missing]
        answer = account.http.send(request, auth=None)
        assert answer.status_code == 404
        assert answer.json().keys() == {"timestamp", "path", "status", "error", "requestId"}
        assert (answer.json()["path"], answer.json()["timestamp"]) == (
            "/v1/cluster-fabrics",
            "2027-01-15T08:00:00.000+00:00",
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "other"},
        {"access": "other"},
        {"method": "POST"},
        {"url": "/v1/gpu-nodes"},
        {"client": "OpenApi"},
        {"timestamp": "yesterday"},
    ],
)
def test_a_wrong_signature_is_unauthorized(account: Account, wrong: dict[str, str]) -> None:
    answer = account.http.get("/v1/gpu-nodes", auth=Signed(account.clock.now, **wrong))
    assert answer.status_code == 401
    assert answer.json()["name"] == "HmacValidFail"
    assert answer.json()["status"] == "UNAUTHORIZED"


def test_the_query_is_signed_as_it_is_on_the_wire(account: Account) -> None:
    for target in ("/v1/gpu-nodes?sort=created_at%3Adesc", "/v1/gpu-nodes?sort=created_at:desc"):
        assert account.http.get(target).status_code == 200
        without_query = account.simulator.urls["scp"] + "/v1/gpu-nodes"
        assert account.http.get(target, auth=Signed(account.clock.now, url=without_query)).status_code == 401
        encoded_twice = account.simulator.urls["scp"] + target.replace("%3A", "%253A").replace(":d", "%3Ad")
        assert account.http.get(target, auth=Signed(account.clock.now, url=encoded_twice)).status_code == 401


@pytest.mark.parametrize(("off", "status"), [(299, 200), (-299, 200), (301, 401), (-301, 401)])
def test_clocks_may_differ_by_five_minutes(account: Account, off: int, status: int) -> None:
    assert account.http.get("/v1/gpu-nodes", auth=Signed(lambda: START + off)).status_code == status


def test_both_forms_of_the_signature_are_taken(account: Account) -> None:
    assert account.http.get("/v1/gpu-nodes", auth=Signed(account.clock.now, account=ACCOUNT)).status_code == 200


def test_versions_are_for_everybody_and_options_for_nobody(account: Account) -> None:
    for url in (account.simulator.urls["scp"], account.simulator.urls["vpc"]):
        (version,) = httpx.get(url + "/").json()["versions"]
        assert (version["id"], version["status"]) == ("v1.2", "CURRENT")
        assert httpx.options(url + "/v1/gpu-nodes").status_code == 403


# -- reading --------------------------------------------------------------------------------------------------------

NODE = {
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
    "lock_enabled": True,
    "modified_at": "2024-05-17T00:23:17Z",
    "modified_by": "90dddfc2b1e04edba54ba2b41539a9ac",
    "network_id": "ab313c43291e4b678f4bacffe10768ae",
    "node_pool_id": "POOL001-krw1a",
    "os_type": "WINDOWS",
    "pfs_ip": ["10.252.128.2", "10.252.128.3"],
    "policy_ip": "192.168.0.1",
    "policy_nat": "192.168.0.1",
    "policy_use_nat": True,
    "product_type_id": "f90e8ef54cc2451b825608e9f95f7bcb",
    "region_id": "kr-west1",
    "root_account": "rootaccount",
    "server_type": "s1v8m32_metal",
    "state": "RUNNING",
    "time_zone": "Asia/Seoul",
    "vpc_id": "e58348b1bc9148e5af86500fd4ef99ca",
}
FABRIC = {
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
            "state": "RUNNING",
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
    "used_server_count": 20,
}
IMAGE = {
    "created_at": "2024-07-11 08:56:59",
    "id": "IMAGE-7XFMaJpLsapKvskFMjCtmm",
    "name": "RHEL 8.8 for BM",
    "os_distro": "RHEL",
    "priority": 20,
    "scp_image_type": "STANDARD",
    "scp_os_version": "8.7",
}
PRODUCT = {
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
        "memory_value": "128",
    },
    "state": "AVAILABLE",
    "type": "SCALE",
}


def test_replies_have_the_shape_of_the_documents_examples(account: Account) -> None:
    listed = account.get("/v1/gpu-nodes")
    assert differences(listed, {"count": 20, "gpu_nodes": [NODE]}) == []
    assert differences(account.get(f"/v1/gpu-nodes/{listed['gpu_nodes'][0]['id']}"), NODE) == []
    fabrics = account.get("/v1/cluster-fabrics")
    assert differences(fabrics, {"cluster_fabrics": [FABRIC], "count": 20}) == []
    fabric_id = fabrics["cluster_fabrics"][0]["id"]
    assert differences(account.get(f"/v1/cluster-fabrics/{fabric_id}"), FABRIC) == []
    assert differences(account.get("/v1/gpu-nodes/images", region_id="kr-west1"), {"images": [IMAGE]}) == []
    assert differences(account.get("/v1/gpu-nodes/products"), {"products": [PRODUCT]}) == []
    pools = account.get("/v1/cluster-fabrics/node-pools", cluster_fabric_id=fabric_id)
    assert differences(pools, {"count": 20, "node_pools": [{"cluster_fabric_details": [], "node_pool_id": "x"}]}) == []


def test_the_account_is_a_busy_one(account: Account) -> None:
    nodes = account.nodes()
    states = [node["state"] for node in nodes]
    assert len(nodes) == len({node["id"] for node in nodes}) == 64
    assert {state: states.count(state) for state in set(states)} == {
        "RUNNING": 56,
        "STOPPED": 5,
        "ERROR": 2,
        "UNKNOWN": 1,
    }
    assert {node["server_type"] for node in nodes} == {"g2c96h8_metal", "g3c128b8_metal"}
    assert len({node["cluster_fabric_id"] for node in nodes}) == 6
    assert len({node["node_pool_id"] for node in nodes}) == 3
    assert {node["policy_use_nat"] for node in nodes} == {node["policy_nat"] is not None for node in nodes}
    assert sum(node["policy_use_nat"] for node in nodes) == 5


def test_pages_count_from_zero_and_together_are_everything(account: Account) -> None:
    pages = [account.get("/v1/gpu-nodes", page=page) for page in range(5)]
    assert [len(page["gpu_nodes"]) for page in pages] == [20, 20, 20, 4, 0]
    assert {page["count"] for page in pages} == {64}
    ids = [node["id"] for page in pages for node in page["gpu_nodes"]]
    assert ids == [node["id"] for node in account.nodes()]
    assert len(account.get("/v1/gpu-nodes", size=2147483647)["gpu_nodes"]) == 64


@pytest.mark.parametrize("query", ["size=x", "page=-1", "size=0", "sort=name", "sort=bogus:asc", "sort=id:up"])
def test_bad_paging_is_a_validation_error(account: Account, query: str) -> None:
    answer = account.http.get(f"/v1/gpu-nodes?{query}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == error["title"] == "ValidationError"
    assert error["status"] == 400
    assert isinstance(error["detail"], list)


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_lists_are_sorted_as_asked(account: Account, direction: str) -> None:
    names = [node["gpu_node_name"] for node in account.nodes(sort=f"gpu_node_name:{direction}")]
    assert names == sorted(names, reverse=direction == "desc")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("gpu_node_name", "gpu_node_name"),
        ("state", "state"),
        ("ip", "policy_ip"),
        ("vpc_id", "vpc_id"),
        ("cluster_fabric_name", "cluster_fabric_name"),
        ("cluster_fabric_id", "cluster_fabric_id"),
    ],
)
def test_nodes_are_filtered(account: Account, query: str, field: str) -> None:
    value = account.named("gpu-node-007")[field]
    expected = [node["id"] for node in account.nodes() if node[field] == value]
    assert [node["id"] for node in account.nodes(**{query: value})] == expected
    assert 0 < len(expected) < 64
    assert account.nodes(**{query: "nothing"}) == []


def test_fabrics_are_filtered_and_list_their_nodes(account: Account) -> None:
    fabrics = account.get("/v1/cluster-fabrics")["cluster_fabrics"]
    assert [fabric["used_server_count"] for fabric in fabrics] == [16, 12, 12, 10, 8, 6]
    for query, field in (("cluster_fabric_name", "cluster_name"), ("node_pool_id", "node_pool_id")):
        found = account.get("/v1/cluster-fabrics", **{query: fabrics[0][field]})
        assert found["cluster_fabrics"] == [fabric for fabric in fabrics if fabric[field] == fabrics[0][field]]
    assert account.get("/v1/cluster-fabrics", state="CREATING")["count"] == 0


def test_node_pools_want_a_subnet_or_a_fabric(account: Account) -> None:
    node = account.named("gpu-node-001")
    assert account.http.get("/v1/cluster-fabrics/node-pools").status_code == 400
    assert account.http.get("/v1/cluster-fabrics/node-pools?node_pool_id=POOL001-krw1a").status_code == 400
    for query in ({"subnet_id": node["network_id"]}, {"cluster_fabric_id": node["cluster_fabric_id"]}):
        (pool,) = account.get("/v1/cluster-fabrics/node-pools", **query)["node_pools"]
        assert pool["node_pool_id"] == node["node_pool_id"]
        assert [detail["cluster_fabric_name"] for detail in pool["cluster_fabric_details"]] == [
            "cluster001",
            "cluster002",
        ]
    assert account.get("/v1/cluster-fabrics/node-pools", subnet_id="none")["count"] == 0


def test_images_want_a_region(account: Account) -> None:
    answer = account.http.get("/v1/gpu-nodes/images")
    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (400, ["Field required"])
    assert account.get("/v1/gpu-nodes/images", region_id="kr-east1") == {"images": []}


def test_products_are_filtered_by_type(account: Account) -> None:
    assert len(account.get("/v1/gpu-nodes/products", type="SCALE")["products"]) == 2
    assert account.get("/v1/gpu-nodes/products", type="OTHER") == {"products": []}


@pytest.mark.parametrize("path", ["/v1/gpu-nodes/none", "/v1/cluster-fabrics/none"])
def test_what_is_not_there_is_not_found(account: Account, path: str) -> None:
    answer = account.http.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "NotFound"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/gpu-nodes/", 404),
        ("PATCH", "/v1/gpu-nodes", 405),
        ("DELETE", "/v1/cluster-fabrics", 405),
    ],
)
def test_unknown_routes_are_answered_by_the_framework(account: Account, method: str, path: str, status: int) -> None:
    answer = account.http.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.json().keys() == {"timestamp", "path", "status", "error", "requestId"}


# -- changing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "name", "by", "seconds", "to"),
    [
        ("stop", "gpu-node-005", "STOPPING", 4, "STOPPED"),
        ("start", "gpu-node-019", "STARTING", 6, "RUNNING"),
    ],
)
def test_power(account: Account, verb: str, name: str, by: str, seconds: int, to: str) -> None:
    node = account.named(name)
    answer = account.do(verb, node["id"])
    assert answer.status_code == 202
    assert answer.json()["resource_id"] == node["id"]
    assert answer.json()["request_id"].startswith("req-")
    assert account.named(name)["state"] == by
    account.clock.advance(seconds - 0.1)
    assert account.named(name)["state"] == by
    account.clock.advance(0.1)
    assert account.named(name)["state"] == to
    assert account.named(name)["modified_at"] > node["modified_at"]


@pytest.mark.parametrize(
    ("verb", "state"),
    [("start", "RUNNING"), ("start", "ERROR"), ("stop", "STOPPED"), ("stop", "UNKNOWN"), ("delete", "ERROR")],
)
def test_a_verb_in_the_wrong_state_is_refused_and_does_nothing(account: Account, verb: str, state: str) -> None:
    node = account.nodes(state=state)[0]
    answer = account.do(verb, node["id"])
    assert answer.status_code == 400
    assert state in answer.json()["errors"][0]["detail"]
    assert account.get(f"/v1/gpu-nodes/{node['id']}") == node


def test_a_batch_is_done_wholly_or_not_at_all(account: Account) -> None:
    running = [node["id"] for node in account.nodes(state="RUNNING")][:2]
    stopped = account.nodes(state="STOPPED")[0]["id"]
    assert account.do("stop", *running, stopped).status_code == 400
    assert account.do("stop", *running, "none").status_code == 404
    assert not account.nodes(state="STOPPING")
    answer = account.do("stop", *running)
    assert answer.json()["resource_id"] == ",".join(running)
    assert [node["id"] for node in account.nodes(state="STOPPING")] == running


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "Field required"),
        (b"{}", "Field required"),
        (b"{", "JSON decode error"),
        (b"[]", "Input should be a valid dictionary"),
        (b'{"gpu_node_ids": "x"}', "Input should be a valid list"),
        (b'{"gpu_node_ids": [1]}', "Input should be a valid string"),
        (b'{"gpu_node_id_list": ["x"]}', "Field required"),
    ],
)
def test_a_wrong_body_gives_the_real_validation_error(account: Account, body: bytes, detail: str) -> None:
    answer = account.http.post("/v1/gpu-nodes/start", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["detail"] == [detail]
    assert error.keys() == {
        "code",
        "detail",
        "global_request_id",
        "links",
        "related_resources",
        "request_id",
        "response",
        "status",
        "title",
    }


def test_lock_and_unlock_are_at_once_and_may_be_repeated(account: Account) -> None:
    node = account.named("gpu-node-005")
    for verb, locked in (("lock", True), ("lock", True), ("unlock", False), ("unlock", False)):
        answer = account.http.put(f"/v1/gpu-nodes/{node['id']}/{verb}")
        assert (answer.status_code, answer.json()) == (200, {"gpu_node_id": node["id"]})
        assert account.named("gpu-node-005")["lock_enabled"] is locked


def test_a_locked_node_is_not_deleted(account: Account) -> None:
    node = account.named("gpu-node-003")
    answer = account.do("delete", node["id"])
    assert answer.status_code == 400
    assert "locked" in answer.json()["errors"][0]["detail"]
    account.clock.advance(60)
    assert account.named("gpu-node-003") == node


def test_a_deleted_node_goes_and_gives_its_address_back(account: Account) -> None:
    node = account.named("gpu-node-012")
    assert account.do("delete", node["id"]).status_code == 202
    assert account.named("gpu-node-012")["state"] == "TERMINATING"
    account.clock.advance(5)
    assert account.http.get(f"/v1/gpu-nodes/{node['id']}").status_code == 404
    assert account.get("/v1/gpu-nodes")["count"] == 63
    (ip,) = account.vpc.get("/v1/publicips", params={"ip_address": node["policy_nat"]}).json()["publicips"]
    assert ip["state"] == "RESERVED"


def test_the_last_node_takes_its_fabric_with_it(account: Account) -> None:
    fabric = account.get("/v1/cluster-fabrics", cluster_fabric_name="cluster006")["cluster_fabrics"][0]
    ids = [detail["gpu_node_id"] for detail in fabric["gpu_node_details"]]
    assert account.do("delete", *ids[:-1]).status_code == 202
    account.clock.advance(5)
    assert account.get(f"/v1/cluster-fabrics/{fabric['id']}")["used_server_count"] == 1
    account.do("delete", ids[-1])
    account.clock.advance(5)
    assert account.http.get(f"/v1/cluster-fabrics/{fabric['id']}").status_code == 404


def _reserved(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.vpc.get("/v1/publicips?state=RESERVED&type=IGW&size=50").json()["publicips"]
    return found


def test_a_public_address_is_assigned_and_released(account: Account) -> None:
    node, ip = account.named("gpu-node-005"), _reserved(account)[0]
    path = f"/v1/gpu-nodes/{node['id']}/public-nat-ip"
    answer = account.http.post(path, json={"public_ip_address_id": ip["id"]})
    assert (answer.status_code, answer.json()) == (202, {"gpu_node_id": node["id"]})
    assert account.named("gpu-node-005")["state"] == "EDITING"
    account.clock.advance(5)
    after = account.named("gpu-node-005")
    assert (after["state"], after["policy_use_nat"], after["policy_nat"]) == ("RUNNING", True, ip["ip_address"])
    shown = account.vpc.get(f"/v1/publicips/{ip['id']}").json()["publicip"]
    assert (shown["state"], shown["attached_resource_type"], shown["attached_resource_id"]) == (
        "ATTACHED",
        "GPU_NODE",
        node["id"],
    )
    assert account.http.post(path, json={"public_ip_address_id": _reserved(account)[0]["id"]}).status_code == 400
    assert account.http.delete(path).status_code == 202
    account.clock.advance(5)
    assert account.named("gpu-node-005")["policy_use_nat"] is False
    assert account.vpc.get(f"/v1/publicips/{ip['id']}").json()["publicip"]["state"] == "RESERVED"
    assert account.http.delete(path).status_code == 400


def test_an_assignment_may_be_rolled_back_without_a_word(account: Account) -> None:
    node, ip = account.named("gpu-node-005"), _reserved(account)[0]
    account.cloud.roll_back_next = True
    path = f"/v1/gpu-nodes/{node['id']}/public-nat-ip"
    assert account.http.post(path, json={"public_ip_address_id": ip["id"]}).status_code == 202
    account.clock.advance(5)
    after = account.named("gpu-node-005")
    assert (after["state"], after["policy_use_nat"]) == ("RUNNING", False)
    assert ip["id"] in {free["id"] for free in _reserved(account)}


def test_an_address_in_use_or_unknown_is_refused(account: Account) -> None:
    path = f"/v1/gpu-nodes/{account.named('gpu-node-005')['id']}/public-nat-ip"
    used = account.vpc.get("/v1/publicips?state=ATTACHED").json()["publicips"][0]
    assert account.http.post(path, json={"public_ip_address_id": used["id"]}).status_code == 400
    assert account.http.post(path, json={"public_ip_address_id": "none"}).status_code == 404
    assert account.http.post(path, json={}).json()["errors"][0]["detail"] == ["Field required"]


# -- the VPC service ------------------------------------------------------------------------------------------------


def test_the_vpc_service_lists_addresses_and_networks(account: Account) -> None:
    assert len(_reserved(account)) == 8
    listed = account.vpc.get("/v1/publicips?size=2&page=1&sort=ip_address:asc").json()
    assert (listed["count"], listed["page"], listed["size"], listed["sort"]) == (13, 1, 2, ["ip_address:asc"])
    assert len(listed["publicips"]) == 2
    vpcs = account.vpc.get("/v1/vpcs").json()["vpcs"]
    assert {vpc["name"] for vpc in vpcs} == {"vpc-train", "vpc-lab"}
    train = next(vpc for vpc in vpcs if vpc["name"] == "vpc-train")
    subnets = account.vpc.get(f"/v1/subnets?vpc_id={train['id']}").json()["subnets"]
    assert {subnet["name"] for subnet in subnets} == {"sub-train-a", "sub-train-b"}
    (gateway,) = account.vpc.get("/v1/internet-gateways").json()["internet_gateways"]
    assert gateway["vpc_id"] == train["id"]
    assert {node["network_id"] for node in account.nodes(vpc_id=train["id"])} == {subnet["id"] for subnet in subnets}


def test_the_vpc_service_checks_signatures_too(account: Account) -> None:
    assert httpx.get(account.simulator.urls["vpc"] + "/v1/publicips").status_code == 404
    assert account.vpc.get("/v1/publicips", auth=Signed(account.clock.now, secret="x")).status_code == 401
    assert account.vpc.get("/v1/publicips/none").json()["errors"][0]["code"] == "NotFound"


# -- logging in -----------------------------------------------------------------------------------------------------


async def _hostname(account: Account, host: str) -> str:
    config = account.simulator.config()
    ssh = config["profiles"]["samsung"]["ssh"]  # type: ignore[index]
    async with asyncssh.connect(
        host,
        ssh["port"],
        username=ssh["user"],
        client_keys=[ssh["identity_file"]],
        agent_path=None,
        known_hosts=None,
        config=None,
    ) as connection:
        return str((await connection.run("hostname")).stdout).strip()


async def test_every_address_leads_to_its_own_node(account: Account) -> None:
    for name in ("gpu-node-001", "gpu-node-002", "gpu-node-064"):
        node = account.named(name)
        assert await _hostname(account, node["policy_ip"]) == name
        if node["policy_use_nat"]:
            assert await _hostname(account, node["policy_nat"]) == name


async def test_a_node_without_power_cannot_be_logged_in_to_until_it_runs_again(account: Account) -> None:
    node = account.named("gpu-node-005")
    account.do("stop", node["id"])
    account.clock.advance(4)
    assert account.named("gpu-node-005")["state"] == "STOPPED"
    with pytest.raises(ConnectionRefusedError):
        await _hostname(account, node["policy_ip"])
    account.do("start", node["id"])
    account.clock.advance(6)
    assert account.named("gpu-node-005")["state"] == "RUNNING"
    assert await _hostname(account, node["policy_ip"]) == "gpu-node-005"


# -- by itself ------------------------------------------------------------------------------------------------------


def _states(account: Account) -> dict[str, str]:
    return {node["id"]: node["state"] for node in account.nodes()}


def test_in_a_calm_world_nothing_happens_by_itself(account: Account) -> None:
    before = account.nodes()
    account.clock.advance(3600)
    assert account.nodes() == before


def test_otherwise_something_always_changes_and_something_breaks() -> None:
    clock = ManualClock(START)
    with Simulator(clock=clock, only=["scp"]) as simulator:
        account = Account(simulator, clock)
        earlier, changes, seen = _states(account), 0, set[str]()
        for _ in range(60):
            clock.advance(10)
            now = _states(account)
            changes += now != earlier
            seen |= set(now.values())
            earlier = now
        assert changes >= 50
        assert {"STARTING", "STOPPING", "ERROR", "UNKNOWN"} <= seen
        assert list(now.values()).count("RUNNING") > 40
