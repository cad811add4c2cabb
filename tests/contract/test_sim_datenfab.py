"""The embedded Datenfab cloud keeps what its document says: headers, shapes, states and what each state allows."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import asyncssh
import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.datenfab.state import Datenfab
from gputui.sim.serve import Simulator
from tests.contract.shapes import differences

START = 1_760_000_000.0
DAY = 86_400.0

REGIONS = """[{"id":"14c5a9e3-0d09-4aa0-99d3-c096b80cceaa","region":"北京一区","clusterName":"host-cluster",
"harborAddr":"images.neolink-ai.com","howlerID":"69e377a7-99d1-cca0-ef58-cfce14a336b2",
"createdAt":"2024-07-15T12:00:23.227+08:00","updatedAt":"2024-07-15T12:00:23.227+08:00"}]"""
SKUS = """[{"name":"H20","regionID":"14c5a9e3-0d09-4aa0-99d3-c096b80cceaa","cpuArch":"x86-64","cpuSeries":"Inter Xeon",
"cpucores":24,"memoryCount":192,"cpuVendor":"Inter","gpuSeries":"H20","gpuProduct":"H20",
"gpuResourceKey":"nvidia.com/gpu-h20","gpuCounts":1,"gpuMemory":96,"systemstorage":30,"datastorage":50,"skusID":"2",
"regionName":"北京一区","clusterName":"host-cluster","sellingType":"1","ratio":0.48,"discountID":"10000",
"discountStartTime":"2024-08-15T15:26:38+08:00","discountEndTime":"2024-10-01T00:05:00+08:00","price":10,
"remainGPUCount":8}]"""
CREATING = """{"name":"instance-ccffxxxx","namespace":"xxx","Region":"host-cluster","displayName":"test1",
"description":"",
"annotations":{"demo.cdc.datenfab.com/cost-coupon-id":"","demo.cdc.datenfab.com/cost-discount-id":"",
"demo.cdc.datenfab.com/cost-disk-sku-id":"1","demo.cdc.datenfab.com/cost-gpu-sku-id":"66",
"demo.cdc.datenfab.com/cost-order-id":"94b9e467-9d34-45bf-8e8f-e04115cf58b4","demo.cdc.datenfab.com/cost-time":"",
"demo.cdc.datenfab.com/cost-type":"1","demo.cdc.datenfab.com/description":"",
"demo.cdc.datenfab.com/display-name":"test1","demo.cdc.datenfab.com/gpu.machine":"4090",
"demo.cdc.datenfab.com/gpu.resource.key":"nvidia.com/gpu-4090","demo.cdc.datenfab.com/region":"host-cluster",
"demo.cdc.datenfab.com/saveDataEnabled":"false","demo.cdc.datenfab.com/unit-price":"250"},
"uid":"8d40c2e6-a0b0-45c2-9b40-a0de065104f5",
"image":"images.neolink-ai.com/matrixdc/tensorflow:2.15.0-python3.10-cuda12.1.0-cudnn8-devel-ubuntu22.04","replicas":1,
"resources":{"cpu":"16","memory":"96Gi","GPUNum":"1","GPUType":"4090"},
"volumeMounts":[{"PathInContainer":"/","Type":"local-filesystem","Size":30,"PVCName":"","displayName":"系统盘",
"filesystemType":"system"},{"PathInContainer":"/root/data","Type":"shared-filesystem","Size":0,
"PVCName":"volume-920020f7","displayName":"磁盘-volume-920020f7","filesystemType":"data"}],
"creationTimestamp":"2024-09-02T18:34:33+08:00","updateTimestamp":"0001-01-01T00:00:00Z",
"ScheduleStopTimestamp":"0001-01-01T00:00:00Z","status":"Creating",
"cost":{"CostType":"1","CostTime":"","DiscountID":"","GPUSKUID":"66","DiskSKUID":"1","CouponID":""}}"""
RUNNING_ONLY = """{"servers":{"Jupyterlab":
"http://8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gw.neolink-ai.com/jupyter?token=7d27443c5718e75bee2da9f92fe6a50c",
"Tensorboard":"http://8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gw.neolink-ai.com/monitor",
"SSH":{"sshAddr":"ssh -p30099 root@8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gws.demo.cdc.datenfab.com",
"sshPassword":"kEyIX5R2dqJD"}},
"Pods":[{"Name":"instance-ccff84c2-dd6nm","Containers":[{"Name":"worker"}],"nodeScheduled":"gpu-4090-03",
"ip":"172.31.213.79"}]}"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(clock=clock, calm=True, only=["datenfab"]) as running:
        yield running


@pytest.fixture
def cloud(simulator: Simulator) -> Datenfab:
    found = simulator.world["datenfab"]
    assert isinstance(found, Datenfab)
    return found


@pytest.fixture
def client(simulator: Simulator, cloud: Datenfab) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"bearer {cloud.token}", "namespace": cloud.namespace}
    base_url = str(cloud.profile(simulator.urls["datenfab"])["base_url"])
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, verify=False) as ours:
        yield ours


def instances(client: httpx.Client, cluster: str = "host-cluster") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/clusters/{cluster}/instances").json()["nodes"]
    return found


def in_state(client: httpx.Client, status: str) -> str:
    """The path of an instance in that state."""
    for cluster in ("host-cluster", "east-cluster"):
        for one in instances(client, cluster):
            if one["status"] == status:
                return f"/clusters/{cluster}/instances/{one['name']}"
    raise AssertionError(f"no instance is {status}")


def delete(client: httpx.Client, path: str) -> httpx.Response:
    collection, _, name = path.rpartition("/")
    return client.delete(collection, params={"name": name})


@pytest.mark.parametrize(
    ("token", "namespace"),
    [
        (None, "{namespace}"),
        ("bearer {token}", None),
        ("bearer wrong", "{namespace}"),
        ("bearer {token}", "somebody-else"),
        ("{token}", "{namespace}"),
        ("Basic {token}", "{namespace}"),
        ("bearer", "{namespace}"),
    ],
)
def test_both_headers_have_to_be_there_and_right(
    client: httpx.Client, cloud: Datenfab, token: str | None, namespace: str | None
) -> None:
    right = {"token": cloud.token, "namespace": cloud.namespace}
    given = {"Authorization": token, "namespace": namespace}
    headers = {name: value.format(**right) for name, value in given.items() if value is not None}
    reply = httpx.get(f"{client.base_url}regions", headers=headers)
    assert reply.status_code == 401
    assert reply.json()["code"] == 401
    assert isinstance(reply.json()["message"], str)


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(client: httpx.Client, cloud: Datenfab, scheme: str) -> None:
    assert client.get("/regions", headers={"Authorization": f"{scheme} {cloud.token}"}).status_code == 200


def test_a_token_ends_after_3650_days(client: httpx.Client, clock: ManualClock) -> None:
    clock.advance(3650 * DAY - 1)
    assert client.get("/regions").status_code == 200
    clock.advance(1)
    assert client.get("/regions").status_code == 401


def test_regions_and_skus_look_as_documented(client: httpx.Client) -> None:
    regions = client.get("/regions").json()
    assert differences(regions, json.loads(REGIONS)) == []
    assert len({region["clusterName"] for region in regions}) == 2
    for region in regions:
        skus = client.get("/skus/computings", params={"region_id": region["id"]}).json()
        assert differences(skus, json.loads(SKUS)) == []
        assert {sku["regionID"] for sku in skus} == {region["id"]}
    assert client.get("/skus/computings", params={"region_id": "nowhere"}).json() == []
    assert client.get("/skus/computings").status_code == 400


def test_an_instance_being_created_looks_as_documented(client: httpx.Client) -> None:
    body = client.get(in_state(client, "Creating")).json()
    assert differences(body, json.loads(CREATING)) == []
    assert body.keys() == json.loads(CREATING).keys()
    assert body["volumeMounts"][1]["Size"] == 0
    assert body["updateTimestamp"] == "0001-01-01T00:00:00Z"


def test_a_running_instance_looks_as_documented(client: httpx.Client) -> None:
    example = json.loads(CREATING) | json.loads(RUNNING_ONLY)
    path = in_state(client, "Running")
    body = client.get(path).json()
    assert differences(body, example) == []
    assert body.keys() == example.keys()
    assert body["Region"] == path.split("/")[2]


def test_only_running_instances_have_servers_and_pods(client: httpx.Client) -> None:
    everything = instances(client) + instances(client, "east-cluster")
    assert {one["status"] for one in everything} == {
        "Creating", "Starting", "Running", "ShuttingDown", "Shutdown", "Deleting", "Failed",
    }  # fmt: skip
    for one in everything:
        assert ("servers" in one, "Pods" in one) == (one["status"] == "Running",) * 2


def test_the_list_says_whether_it_is_whole(client: httpx.Client, cloud: Datenfab) -> None:
    whole = client.get("/clusters/host-cluster/instances").json()
    assert (whole["hasNextPage"], whole["totalCount"]) == (False, len(whole["nodes"]))
    cloud.shown = 5
    cut = client.get("/clusters/host-cluster/instances").json()
    assert (cut["hasNextPage"], cut["totalCount"], len(cut["nodes"])) == (True, whole["totalCount"], 5)


def test_an_instance_is_powered_off_and_on_again(client: httpx.Client, clock: ManualClock) -> None:
    path = in_state(client, "Running")
    body = {"gracePeriodSeconds": 10, "needSnapshot": True, "imageName": "image1", "tag": "v1.1.0"}
    reply = client.post(f"{path}/power_off", json=body)
    assert (reply.status_code, reply.text) == (200, '"ok"')
    assert client.get(path).json()["status"] == "ShuttingDown"
    clock.advance(3.9)
    assert client.get(path).json()["status"] == "ShuttingDown"
    clock.advance(0.1)
    assert client.get(path).json()["status"] == "Shutdown"
    assert client.post(f"{path}/power_on").text == '"ok"'
    assert client.get(path).json()["status"] == "Starting"
    clock.advance(5.9)
    assert client.get(path).json()["status"] == "Starting"
    clock.advance(0.1)
    assert "servers" in client.get(path).json()


def test_a_deleted_instance_is_gone_after_a_while(client: httpx.Client, clock: ManualClock) -> None:
    path = in_state(client, "Shutdown")
    assert delete(client, path).text == '"ok"'
    assert client.get(path).json()["status"] == "Deleting"
    clock.advance(4)
    assert client.get(path).status_code == 404
    assert path.rpartition("/")[2] not in {one["name"] for one in instances(client)}


@pytest.mark.parametrize(
    ("verb", "allowed"),
    [("power_off", ("Running",)), ("power_on", ("Shutdown",)), ("delete", ("Shutdown", "Failed"))],
)
def test_each_change_needs_its_state(client: httpx.Client, verb: str, allowed: tuple[str, ...]) -> None:
    for status in ("Creating", "Starting", "Running", "ShuttingDown", "Shutdown", "Deleting", "Failed"):
        path = in_state(client, status)
        reply = delete(client, path) if verb == "delete" else client.post(f"{path}/{verb}")
        assert reply.status_code == (200 if status in allowed else 409), status
        if reply.status_code == 409:
            assert reply.json()["code"] == 409
            assert status in reply.json()["message"]
            assert client.get(path).json()["status"] == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{}", 200),
        (b'{"gracePeriodSeconds": "10", "needSnapshot": "True", "imageName": "a", "tag": "b"}', 200),
        (b'{"gracePeriodSeconds": "", "needSnapshot": "", "imageName": "", "tag": ""}', 200),
        (b'{"gracePeriodSeconds": 10, "needSnapshot": false}', 200),
        (b'{"gracePeriodSeconds": "soon"}', 400),
        (b'{"needSnapshot": "perhaps"}', 400),
        (b"[1]", 400),
        (b"{", 400),
    ],
)
def test_power_off_reads_its_body_leniently(client: httpx.Client, body: bytes, status: int) -> None:
    path = in_state(client, "Running")
    assert client.post(f"{path}/power_off", content=body).status_code == status
    assert client.get(path).json()["status"] == ("ShuttingDown" if status == 200 else "Running")


def test_a_snapshot_is_saved_only_when_asked_for(client: httpx.Client, cloud: Datenfab) -> None:
    client.post(f"{in_state(client, 'Running')}/power_off", json={"needSnapshot": False, "imageName": "no"})
    assert cloud.saved_images == []
    client.post(f"{in_state(client, 'Running')}/power_off", json={"needSnapshot": True, "imageName": "a", "tag": "b"})
    assert cloud.saved_images == ["a:b"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/clusters/nowhere/instances", 404),
        ("GET", "/clusters/host-cluster/instances/instance-00000000", 404),
        ("POST", "/clusters/host-cluster/instances/instance-00000000/power_off", 404),
        ("DELETE", "/clusters/host-cluster/instances", 400),
        ("GET", "/disks", 404),
        ("PUT", "/regions", 405),
        ("POST", "/clusters/host-cluster/instances/x/reboot", 404),
    ],
)
def test_what_is_not_there_is_said_in_json(client: httpx.Client, method: str, path: str, status: int) -> None:
    reply = client.request(method, path)
    assert reply.status_code == status
    assert reply.json()["code"] == status
    assert reply.json()["message"]


def ssh_place(client: httpx.Client, path: str) -> tuple[str, str, int, str]:
    ssh = client.get(path).json()["servers"]["SSH"]
    found = re.fullmatch(r"ssh -p(\d+) (\w+)@(\S+)", ssh["sshAddr"])
    assert found is not None
    return found[3], found[2], int(found[1]), ssh["sshPassword"]


async def test_ssh_leads_into_a_running_instance_and_nowhere_once_it_is_off(
    client: httpx.Client, clock: ManualClock
) -> None:
    path = in_state(client, "Running")
    host, user, port, password = ssh_place(client, path)
    options: dict[str, Any] = {"username": user, "known_hosts": None, "client_keys": None, "config": None}
    async with asyncssh.connect(host, port, password=password, **options) as connection:
        assert str((await connection.run("whoami")).stdout).strip() == "root"
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(host, port, password=password + "x", **options)
    client.post(f"{path}/power_off")
    clock.advance(4)
    assert client.get(path).json()["status"] == "Shutdown"
    with pytest.raises(ConnectionRefusedError), socket.create_connection((host, port), timeout=5):
        pass


def test_powering_off_gives_the_gpus_back(client: httpx.Client, clock: ManualClock) -> None:
    path = in_state(client, "Running")
    sku_id = client.get(path).json()["cost"]["GPUSKUID"]
    gpus = int(client.get(path).json()["resources"]["GPUNum"])

    def left() -> int:
        regions = [region["id"] for region in client.get("/regions").json()]
        skus = [sku for one in regions for sku in client.get("/skus/computings", params={"region_id": one}).json()]
        return next(int(sku["remainGPUCount"]) for sku in skus if sku["skusID"] == sku_id)

    before = left()
    client.post(f"{path}/power_off")
    clock.advance(4)
    assert left() == before + gpus


def test_a_calm_world_stands_still_and_the_other_does_not(client: httpx.Client, clock: ManualClock) -> None:
    before = instances(client)
    clock.advance(3600)
    assert instances(client) == before
    restless_clock = ManualClock(START)
    with Simulator(clock=restless_clock, only=["datenfab"]) as simulator:
        cloud = simulator.world["datenfab"]
        assert isinstance(cloud, Datenfab)
        seen = set()
        for _ in range(200):
            restless_clock.advance(5)
            cloud.tick()
            seen.add(tuple((one.name, one.status) for one in cloud.instances.values()))
        assert len(seen) > 50
        assert 20 < len(cloud.instances) < 40


def test_the_same_seed_gives_the_same_world(client: httpx.Client) -> None:
    names = [one["uid"] for one in instances(client)]
    with Simulator(clock=ManualClock(START), calm=True, only=["datenfab"]) as again:
        cloud = again.world["datenfab"]
        assert isinstance(cloud, Datenfab)
        assert [one.uid for one in cloud.instances_of("host-cluster")] == names
    with Simulator(seed=8, clock=ManualClock(START), calm=True, only=["datenfab"]) as other:
        cloud = other.world["datenfab"]
        assert isinstance(cloud, Datenfab)
        assert [one.uid for one in cloud.instances_of("host-cluster")] != names
