"""The embedded hosted·ai panel keeps what its document and its own client say: ways in, list shapes, states, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncssh
import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.hostedai.state import HostedAI
from gputui.sim.serve import Simulator

START = 1_760_000_000.0
NODE_STATES = {
    "uninitialized", "initializing", "initialized", "k8_initializing", "k8_initialized", "healthy", "error",
    "resetting",
}  # fmt: skip
POOL_STATES = {
    "DEPLOYMENT_SCHEDULED", "VM_CREATION", "SETTING_UP", "ACTIVE", "ERROR_WHILE_DEPLOYING", "DELETING",
}  # fmt: skip
GPU_STATES = {"UNASSIGNED", "ASSIGNED", "ASSIGNING", "UNASSIGNING", "UNAVAILABLE"}
# the fields the document names for adding a node, but the roles, which a node answers in one object
NODE_FIELDS = {"name", "region_id", "node_ip", "username", "port", "volume_group"}
ROLES = {"is_controller_node", "is_worker_node", "is_gateway_service", "is_storage_service"}
# what the two numbers of a node mean, by hosted·ai's own client
CODES = {
    "uninitialized": {(0, 0)},
    "initializing": {(1, 0)},
    "initialized": {(2, 0)},
    "k8_initializing": {(2, 1)},
    "k8_initialized": {(2, 2)},
    "healthy": {(2, 2)},
    "error": {(-1, 0), (2, -1)},
    "resetting": {(-2, 0)},
}
READS = (
    "/regions", "/gpuaas", "/gpuaas/1", "/gpuaas/list/regions", "/gpuaas/1/pool/list", "/gpuaas/1/pool/available_gpus",
    "/gpuaas/1/pool/all_gpus", "/gpuaas/pool/1", "/gpuaas/pool/1/metrics", "/gpuaas/node/list?region_id=1",
    "/gpuaas/node/3", "/gpuaas/node/3/logs", "/gpuaas/node/3/storage_metrics", "/gpuaas/node/3/ssh_keys",
    "/gpuaas/node/scan_gpus/status?scan_id=1", "/gpuaas/node/scan_npus/status?scan_id=4",
)  # fmt: skip


@dataclass
class Panel:
    """A panel, what is in it, and a client with its key."""

    simulator: Simulator
    cloud: HostedAI
    clock: ManualClock
    http: httpx.Client

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request that succeeds."""
        reply = self.http.request(method, path, **more)
        assert reply.is_success, reply.text
        return reply

    def declines(self, method: str, path: str, why: str, body: Any = None) -> None:
        """A request that cannot be done now, for that reason, and changes nothing."""
        before = self.picture()
        reply = self.http.request(method, path, json=body)
        assert_error(reply, 500)
        assert why in reply.json()["message"]
        assert self.picture() == before

    def rows(self, path: str) -> list[dict[str, Any]]:
        return rows(self.http, path)

    def node(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.send("GET", f"/gpuaas/node/{number}").json()
        return found

    def pool(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.send("GET", f"/gpuaas/pool/{number}").json()
        return found

    def pool_gpus(self, number: int) -> list[str]:
        """The physical GPUs of a pool."""
        return list(dict.fromkeys(slot["uuid"] for slot in self.pool(number)["gpus"]))

    def all_gpus(self, service: int = 1) -> list[str]:
        return [gpu["uuid"] for gpu in self.rows(f"/gpuaas/{service}/pool/all_gpus")]

    def gpu(self, uuid: str, service: int = 1) -> dict[str, Any]:
        return next(gpu for gpu in self.rows(f"/gpuaas/{service}/pool/all_gpus") if gpu["uuid"] == uuid)

    def free(self, card: str = "", service: int = 1) -> list[str]:
        """The GPUs that can be had, of one kind."""
        found = self.rows(f"/gpuaas/{service}/pool/available_gpus")
        return [gpu["uuid"] for gpu in found if card in gpu["gpu_model"]]

    def log(self, number: int) -> list[str]:
        """What a node's log says, newest first."""
        return [line["message"] for line in self.send("GET", f"/gpuaas/node/{number}/logs").json()["items"]]

    def wait(self, seconds: float) -> None:
        """Let that much of the panel's time pass."""
        self.clock.advance(seconds)

    def until(self, met: Callable[[], bool]) -> None:
        """Let the panel's time pass until something holds, at most two minutes."""
        for _ in range(120):
            if met():
                return
            self.wait(1)
        raise AssertionError("that did not come about within two minutes of the panel's time")

    def states(self, read: Callable[[], str], last: str) -> list[str]:
        """Every state that is seen up to the last one."""
        seen: list[str] = []

        def look() -> bool:
            seen.append(read())
            return seen[-1] == last

        self.until(look)
        return list(dict.fromkeys(seen))

    def picture(self) -> str:
        """Everything there is, to see whether something has changed."""
        self.cloud.tick()
        cloud = self.cloud
        return repr((cloud.regions, cloud.services, cloud.nodes, cloud.pools, cloud.gpus, cloud.scans))


@contextmanager
def served(*, calm: bool = True) -> Iterator[Panel]:
    """A panel of one's own."""
    clock = ManualClock(START)
    with Simulator(clock=clock, calm=calm, only=["hostedai"]) as simulator:
        cloud = simulator.world["hostedai"]
        assert isinstance(cloud, HostedAI)
        base_url = str(cloud.profile(simulator.urls["hostedai"])["base_url"])
        key = {"Authorization": f"Bearer {cloud.token}"}
        with httpx.Client(base_url=base_url, headers=key, trust_env=False, verify=False) as http:
            yield Panel(simulator, cloud, clock, http)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(clock=clock, calm=True, only=["hostedai"]) as running:
        yield running


@pytest.fixture
def cloud(simulator: Simulator) -> HostedAI:
    found = simulator.world["hostedai"]
    assert isinstance(found, HostedAI)
    return found


@pytest.fixture
def stranger(simulator: Simulator, cloud: HostedAI) -> Iterator[httpx.Client]:
    """A client without a key."""
    base_url = str(cloud.profile(simulator.urls["hostedai"])["base_url"])
    assert base_url.endswith("/api")
    with httpx.Client(base_url=base_url, trust_env=False, verify=False) as ours:
        yield ours


@pytest.fixture
def client(stranger: httpx.Client, cloud: HostedAI) -> httpx.Client:
    stranger.headers["Authorization"] = f"Bearer {cloud.token}"
    return stranger


def rows(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    """A list in whatever shape it comes."""
    body = client.get(path).json()
    found: list[dict[str, Any]] = body["items"] if isinstance(body, dict) else body or []
    return found


def nodes(client: httpx.Client) -> list[dict[str, Any]]:
    return rows(client, "/gpuaas/node/list?region_id=1") + rows(client, "/gpuaas/node/list?region_id=2")


def assert_error(reply: httpx.Response, status: int) -> None:
    body = reply.json()
    assert reply.status_code == status
    assert isinstance(body["code"], int)
    assert body["code"] != status, "the panel numbers its errors itself"
    assert body["message"]
    assert body["errors"][0]["message"]


# -- ways in --


@pytest.mark.parametrize("path", READS)
def test_every_read_answers_the_key_and_nobody_else(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200
    right = client.headers.pop("Authorization")
    assert_error(client.get(path), 401)
    assert_error(client.get(path, headers={"Authorization": right + "x"}), 401)
    assert_error(client.get(path, headers={"X-API-Key": right.removeprefix("Bearer ")}), 401)


def test_a_key_expires(client: httpx.Client, cloud: HostedAI, clock: ManualClock) -> None:
    cloud.token_expires = START + 60
    assert client.get("/gpuaas").status_code == 200
    clock.advance(60)
    assert_error(client.get("/gpuaas"), 401)


def test_the_key_may_be_asked_for_in_a_header_of_its_own(stranger: httpx.Client, cloud: HostedAI) -> None:
    cloud.auth = "x-api-key"
    assert stranger.get("/gpuaas", headers={"x-api-key": cloud.token}).status_code == 200
    assert_error(stranger.get("/gpuaas", headers={"x-api-key": "wrong"}), 401)
    assert_error(stranger.get("/gpuaas", headers={"Authorization": f"Bearer {cloud.token}"}), 401)


def test_a_login_lasts_an_hour(stranger: httpx.Client, cloud: HostedAI, clock: ManualClock) -> None:
    cloud.auth = "login"
    reply = stranger.post("/login", json={"username": cloud.username, "password": cloud.password})
    assert reply.json().keys() == {"id", "username", "email", "role", "is_super_admin", "token", "page_access"}
    assert reply.cookies["token"] == reply.json()["token"]
    assert stranger.get("/gpuaas").status_code == 200, "by the cookie the login has set"
    stranger.cookies.clear()
    assert_error(stranger.get("/gpuaas"), 401)
    cookie = {"Cookie": f"token={reply.json()['token']}"}
    clock.advance(3599)
    assert stranger.get("/gpuaas", headers=cookie).status_code == 200
    clock.advance(1)
    assert_error(stranger.get("/gpuaas", headers=cookie), 401)
    assert stranger.get("/gpuaas", headers={"Authorization": f"Bearer {cloud.token}"}).status_code == 401


def test_a_wrong_login_is_refused(stranger: httpx.Client, cloud: HostedAI) -> None:
    cloud.auth = "login"
    assert_error(stranger.post("/login", json={"username": cloud.username, "password": "wrong"}), 401)
    assert_error(stranger.post("/login", json={"username": cloud.username}), 400)
    assert_error(stranger.post("/login", content=b"username=admin"), 400)


@pytest.mark.parametrize(("auth", "keys"), [("bearer", {"token"}), ("login", {"username", "password"})])
def test_the_profile_names_what_the_way_in_needs(cloud: HostedAI, auth: Any, keys: set[str]) -> None:
    cloud.auth = auth
    profile = cloud.profile("http://127.0.0.1:1")
    assert profile.keys() == {"provider", "base_url", "auth", "gpuaas_ids", "ssh"} | keys
    assert profile["gpuaas_ids"] == [1]


# -- shapes --


def test_lists_come_in_the_shapes_that_were_seen(client: httpx.Client) -> None:
    assert isinstance(client.get("/gpuaas/node/list?region_id=1").json(), list)
    assert client.get("/gpuaas/1/pool/available_gpus").json().keys() == {"items"}
    for path in ("/gpuaas/1/pool/list", "/gpuaas/1/pool/all_gpus"):
        first, second = client.get(path).json(), client.get(path).json()
        assert first == second["items"]


@pytest.mark.parametrize("shape", ["array", "items", "null"])
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("nodes", "/gpuaas/node/list?region_id=1"),
        ("pools", "/gpuaas/1/pool/list"),
        ("available_gpus", "/gpuaas/1/pool/available_gpus"),
        ("all_gpus", "/gpuaas/1/pool/all_gpus"),
        ("regions", "/gpuaas/list/regions"),
        ("services", "/gpuaas"),
    ],
)
def test_every_list_takes_every_shape(client: httpx.Client, cloud: HostedAI, name: str, path: str, shape: Any) -> None:
    cloud.list_shape[name] = shape
    body = client.get(path).json()
    wanted = {"array": list, "items": dict, "null": type(None)}[shape]
    assert type(body) is wanted


def test_an_empty_list_may_be_null(client: httpx.Client, cloud: HostedAI) -> None:
    cloud.pools.clear()
    assert client.get("/gpuaas/1/pool/list").json() is None


def test_nodes_hold_the_documents_fields_and_states(client: httpx.Client) -> None:
    found = nodes(client)
    assert len(found) == 22
    assert {node["status"] for node in found} == NODE_STATES
    for node in found:
        assert node.keys() >= NODE_FIELDS | {"Id", "role", "gpus", "region"}
        assert "id" not in node
        assert node["role"].keys() == ROLES
        assert True in node["role"].values()
        codes = (node["initialize_state_status_code"], node["k8s_join_state_status_code"])
        assert codes in CODES[node["status"]]
        assert client.get(f"/gpuaas/node/{node['Id']}").json() == node
    for role in ROLES:
        assert any(node["role"][role] for node in found)


def test_pools_share_their_gpus_out(client: httpx.Client) -> None:
    pools = rows(client, "/gpuaas/1/pool/list")
    assert len(pools) == 8
    inventory = rows(client, "/gpuaas/1/pool/all_gpus")
    for pool in pools:
        assert pool["status"] in POOL_STATES
        assert 1 <= pool["sharing_ratio"] <= 10
        assert 10 <= pool["time_quantum_in_sec"] <= 120
        assert pool["security_level"] in ("low", "medium", "high")
        own = {gpu["uuid"] for gpu in inventory if gpu.get("pool_details", {}).get("id") == pool["id"]}
        assert {slot["uuid"] for slot in pool["gpus"]} == own
        assert len(pool["gpus"]) == len(own) * pool["sharing_ratio"] > 0
        assert client.get(f"/gpuaas/pool/{pool['id']}").json() == pool
    assert len({pool["status"] for pool in pools}) >= 4


def test_gpus_are_in_every_state_and_only_free_ones_available(client: httpx.Client) -> None:
    inventory = rows(client, "/gpuaas/1/pool/all_gpus")
    assert len(inventory) == 120
    assert len({gpu["uuid"] for gpu in inventory}) == 120
    assert {gpu["assignment_status"] for gpu in inventory} == GPU_STATES
    names = {node["Id"]: node["name"] for node in nodes(client)}
    for gpu in inventory:
        assert gpu["uuid"].startswith("GPU-")
        assert names[gpu["node_details"]["id"]] == gpu["node_details"]["name"]
        free = gpu["assignment_status"] in ("UNASSIGNED", "UNAVAILABLE")
        assert ("pool_details" in gpu) != free
    available = rows(client, "/gpuaas/1/pool/available_gpus")
    assert available
    assert {gpu["assignment_status"] for gpu in available} == {"UNASSIGNED"}
    ready = {node["Id"] for node in nodes(client) if node["status"] in ("healthy", "k8_initialized")}
    assert {gpu["node_details"]["id"] for gpu in available} <= ready


def test_gpus_and_keys_come_in_their_other_shapes_too(client: httpx.Client, cloud: HostedAI) -> None:
    keys = client.get("/gpuaas/node/3/ssh_keys").json()
    assert keys
    assert all(key.startswith("ssh-ed25519 ") for key in keys)
    cloud.flat_gpus = cloud.wrapped_keys = True
    assert rows(client, "/gpuaas/1/pool/all_gpus")[0].keys() >= {"gpuaas_node_id", "pool_id", "pool_name"}
    assert client.get("/gpuaas/node/3/ssh_keys").json() == {"public_keys": keys}


def test_regions_and_the_service(client: httpx.Client) -> None:
    regions = client.get("/gpuaas/list/regions").json()
    assert regions == client.get("/regions").json()
    assert [region["id"] for region in regions] == [1, 2]
    for region in regions:
        assert len(region["region_name"]) <= 12
        assert region["status"].keys() == {"gpuaas", "compute"}
    service = client.get("/gpuaas/1").json()
    assert client.get("/gpuaas").json() == [service]
    assert service.keys() == {
        "id", "region_id", "status", "k8s_api_server_port", "prometheus_reverse_tunnel_port", "created_at",
        "updated_at", "deleted_at",
    }  # fmt: skip


def test_logs_are_read_page_by_page(client: httpx.Client) -> None:
    whole = client.get("/gpuaas/node/3/logs", params={"per_page": 500}).json()
    assert whole["total_items"] == len(whole["items"]) > 50
    assert len(client.get("/gpuaas/node/3/logs").json()["items"]) == 50
    paged: list[object] = []
    for page in range(client.get("/gpuaas/node/3/logs", params={"per_page": 25}).json()["total_pages"]):
        body = client.get("/gpuaas/node/3/logs", params={"page": page, "per_page": 25}).json()
        assert (body["page"], body["per_page"]) == (page, 25)
        paged += body["items"]
    assert paged == whole["items"]
    assert client.get("/gpuaas/node/3/logs", params={"page": 99}).json()["items"] == []
    stamps = [line["timestamp"] for line in whole["items"]]
    assert stamps == sorted(stamps, reverse=True)


def test_pool_metrics_follow_their_grouping(client: httpx.Client) -> None:
    hourly = client.get("/gpuaas/pool/1/metrics").json()
    assert hourly == client.get("/gpuaas/pool/1/metrics", params={"time_grouping": "hourly"}).json()
    daily = client.get("/gpuaas/pool/1/metrics", params={"time_grouping": "daily"}).json()
    assert all(point["timestamp"].endswith("T00:00:00Z") for point in daily["data"])
    assert all(0 <= point["gpu_utilization"] <= 100 for point in hourly["data"] + daily["data"])
    assert_error(client.get("/gpuaas/pool/1/metrics", params={"time_grouping": "yearly"}), 400)


def test_storage_adds_up(client: httpx.Client) -> None:
    for node in nodes(client):
        body = client.get(f"/gpuaas/node/{node['Id']}/storage_metrics").json()
        assert body["used_mb"] + body["available_mb"] == body["total_mb"]
        assert min(body["used_mb"], body["available_mb"]) > 0


def test_scans_are_of_one_kind(client: httpx.Client) -> None:
    done = client.get("/gpuaas/node/scan_gpus/status", params={"scan_id": 1}).json()
    assert (done["status"], done["id"], len(done["resources"]["gpus"])) == ("completed", 1, 8)
    failed = client.get("/gpuaas/node/scan_gpus/status", params={"scan_id": 2}).json()
    assert (failed["status"], failed["resources"], bool(failed["error_msg"])) == ("failed", None, True)
    assert client.get("/gpuaas/node/scan_npus/status", params={"scan_id": 4}).json()["resources"]["npus"] == []
    assert_error(client.get("/gpuaas/node/scan_npus/status", params={"scan_id": 1}), 404)
    assert_error(client.get("/gpuaas/node/scan_gpus/status"), 400)


# -- errors --


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/gpuaas/node/list", 400),
        ("GET", "/gpuaas/node/list?region_id=", 400),
        ("GET", "/gpuaas/node/list?region_id=seoul", 400),
        ("GET", "/gpuaas/node/list?region_id=9", 404),
        ("GET", "/gpuaas/node/3/logs?page=-1", 400),
        ("GET", "/gpuaas/node/3/logs?per_page=0", 400),
        ("GET", "/gpuaas/node/99", 404),
        ("GET", "/gpuaas/pool/99", 404),
        ("GET", "/gpuaas/9", 404),
        ("GET", "/gpuaas/9/pool/list", 404),
        ("GET", "/gpuaas/9/pool/all_gpus", 404),
        ("GET", "/moods", 404),
        ("PATCH", "/gpuaas/1", 405),
        ("GET", "/login", 405),
    ],
)
def test_errors_have_the_panels_body(client: httpx.Client, method: str, path: str, status: int) -> None:
    assert_error(client.request(method, path), status)


def test_the_missing_parameter_is_named(client: httpx.Client) -> None:
    assert client.get("/gpuaas/node/list").json()["errors"][0]["field"] == "region_id"


# -- machines and time --


async def test_ssh_leads_into_every_node_by_the_key(client: httpx.Client, simulator: Simulator) -> None:
    node = next(node for node in nodes(client) if node["name"] == "gpu-worker-01")
    options: dict[str, Any] = {"port": node["port"], "username": node["username"], "known_hosts": None, "config": None}
    key = str(simulator.door.client_key_path)
    async with asyncssh.connect(node["node_ip"], client_keys=[key], **options) as connection:
        assert str((await connection.run("hostname")).stdout).strip() == "gpu-worker-01"
        assert len(str((await connection.run("nvidia-smi -L")).stdout).splitlines()) == len(node["gpus"]) == 8
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(node["node_ip"], client_keys=[asyncssh.generate_private_key("ssh-ed25519")], **options)
    assert len({node["port"] for node in nodes(client)}) == 22


def test_a_calm_world_stands_still(client: httpx.Client, clock: ManualClock) -> None:
    before = (nodes(client), rows(client, "/gpuaas/1/pool/list"), rows(client, "/gpuaas/1/pool/all_gpus"))
    clock.advance(3600)
    assert (nodes(client), rows(client, "/gpuaas/1/pool/list"), rows(client, "/gpuaas/1/pool/all_gpus")) == before


def test_the_other_world_is_always_up_to_something() -> None:
    clock = ManualClock(START)
    with Simulator(clock=clock, only=["hostedai"]) as simulator:
        cloud = simulator.world["hostedai"]
        assert isinstance(cloud, HostedAI)
        restless: set[tuple[str, ...]] = set()
        pool_states: set[str] = set()
        for _ in range(300):
            clock.advance(5)
            cloud.tick()
            nodes_now = [node.status for node in cloud.nodes.values()]
            restless.add((*nodes_now, *[gpu.status for gpu in cloud.gpus.values()]))
            pool_states |= {pool.status for pool in cloud.pools.values()}
            for gpu in cloud.gpus.values():
                assert gpu.pool_id is None or gpu.pool_id in cloud.pools
                assert gpu.status != "ASSIGNED" or gpu.pool_id is not None
                assert gpu.status != "UNASSIGNED" or gpu.pool_id is None
        assert len(restless) > 50
        assert pool_states == POOL_STATES
        assert 8 <= len(cloud.pools) <= 10


def test_fate_leaves_a_users_pool_and_an_emptied_panel_alone() -> None:
    with served(calm=False) as panel:
        cloud = panel.cloud
        order = {"sharing_ratio": 1, "time_quantum_in_sec": 30, "security_level": "low", "attach_gpu_ids": []}
        body = {"gpuaas_id": 1, "pool": order | {"pool_name": "mine"}}
        mine = panel.send("POST", "/gpuaas/pool/create", json=body).json()["id"]
        cloud.pools[mine].gpu_model = cloud.pools[5].gpu_model  # so that GPUs would fit into it
        for _ in range(300):
            panel.wait(4)
            cloud.tick()
            assert cloud.gpus_in_pool(cloud.pools[mine]) == []
        assert panel.pool(mine)["status"] == "ACTIVE"
        assert panel.send("GET", "/gpuaas/node/scan_gpus/status?scan_id=3").json()["status"] in ("completed", "failed")
        cloud.gpus.clear()
        cloud.pools.clear()
        for node in list(cloud.nodes.values()):
            if node.restless:
                del cloud.nodes[node.id]
        panel.wait(600)
        assert panel.rows("/gpuaas/1/pool/list") == []
