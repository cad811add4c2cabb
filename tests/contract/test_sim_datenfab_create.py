"""Creating instances at the embedded Datenfab cloud, what there is to buy, and that all its endpoints are there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.datenfab.state import Datenfab
from gputui.sim.serve import Simulator
from tests.contract.shapes import differences
from tests.contract.test_sim_datenfab import CREATING, START, in_state, instances

Body = dict[str, Any]
HOST = "/clusters/host-cluster/instances"
# the eight of the document; its "Start Instance" says power_off in one line and power_on in the next
DOCUMENTED = (
    ("GET", "/regions"),
    ("GET", "/skus/computings"),
    ("POST", "/clusters/{clusterName}/instances"),
    ("GET", "/clusters/{clusterName}/instances"),
    ("GET", "/clusters/{clusterName}/instances/{name}"),
    ("POST", "/clusters/{clusterName}/instances/{name}/power_off"),
    ("POST", "/clusters/{clusterName}/instances/{name}/power_on"),
    ("DELETE", "/clusters/{clusterName}/instances"),
)


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
    # verify=False: reading the trusted certificates takes longer than all requests of a test, and all is on http.
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, verify=False) as ours:
        yield ours


def offer(client: httpx.Client, **wanted: object) -> dict[str, Any]:
    """The first thing on sale in the first region that is as wanted."""
    region = client.get("/regions").json()[0]["id"]
    skus = client.get("/skus/computings", params={"region_id": region}).json()
    found: dict[str, Any] = next(sku for sku in skus if all(sku[key] == value for key, value in wanted.items()))
    return found


@pytest.fixture
def body(client: httpx.Client, cloud: Datenfab) -> Body:
    """The body of the document's example, for this account."""
    sku = offer(client, name="4090", sellingType="1")
    return {
        "Cost": {"CostType": "1", "CouponID": "", "DiskSKUID": "1", "GPUSKUID": sku["skusID"], "CostTime": ""},
        "VolumeMount": [{"PathInContainer": "/root/data", "Size": 50, "Type": "shared-filesystem"}],
        "namespace": cloud.namespace,
        "displayName": "test1",
        "image": "images.neolink-ai.com/matrixdc/tensorflow:2.15.0-python3.10-cuda12.1.0-cudnn8-devel-ubuntu22.04",
        "Region": "",
    }


@pytest.mark.parametrize(("method", "path"), DOCUMENTED)
def test_every_documented_endpoint_is_served(client: httpx.Client, body: Body, method: str, path: str) -> None:
    _, _, cluster, _, name = in_state(client, "Running" if path.endswith("power_off") else "Shutdown").split("/")
    params = {"region_id": "x"} if "skus" in path else {"name": name} if method == "DELETE" else None
    json_body = body if path.endswith("instances") and method == "POST" else None
    target = path.format(clusterName="host-cluster" if json_body else cluster, name=name)
    answer = client.request(method, target, params=params, json=json_body)
    assert answer.status_code == 200, answer.text
    assert len(set(DOCUMENTED)) == 8


def test_a_new_instance_looks_as_documented_and_runs_by_and_by(
    client: httpx.Client, body: Body, clock: ManualClock
) -> None:
    answer = client.post(HOST, json=body)
    made, example = answer.json(), json.loads(CREATING)
    assert answer.status_code == 200
    assert differences(made, example) == []
    assert made.keys() == example.keys()
    assert (made["status"], made["displayName"], made["image"]) == ("Creating", "test1", body["image"])
    assert (made["volumeMounts"][1]["Size"], made["resources"]["GPUType"]) == (0, "4090")
    assert made["cost"] == {"DiscountID": "", **body["Cost"]}
    path = f"{HOST}/{made['name']}"
    assert client.get(path).json() == made
    assert instances(client)[0] == made
    clock.advance(7.9)
    assert client.get(path).json()["status"] == "Creating"
    clock.advance(0.1)
    running = client.get(path).json()
    assert (running["status"], running["volumeMounts"][1]["Size"]) == ("Running", 50)
    assert running["servers"]["SSH"]["sshPassword"]


def test_what_is_left_out_has_its_default(client: httpx.Client, body: Body, clock: ManualClock) -> None:
    del body["Region"], body["Cost"]["CouponID"], body["Cost"]["CostTime"]
    body["VolumeMount"] = [{}]
    made = client.post(HOST, json=body).json()
    clock.advance(8)
    data = client.get(f"{HOST}/{made['name']}").json()["volumeMounts"][1]
    assert (data["PathInContainer"], data["Size"], data["Type"]) == ("/root/data", 50, "shared-filesystem")


def test_a_disk_is_taken_as_the_table_says_too(client: httpx.Client, body: Body) -> None:
    body["VolumeMount"] = {"PathInContainer": "/data", "Size": 20, "Type": "shared-filesystem"}
    made = client.post(HOST, json=body)
    assert made.status_code == 200
    assert made.json()["volumeMounts"][1]["PathInContainer"] == "/data"


@pytest.mark.parametrize("region", ["北京一区", "host-cluster"])
def test_the_region_may_be_named(client: httpx.Client, body: Body, region: str) -> None:
    assert client.post(HOST, json=body | {"Region": region}).status_code == 200


@pytest.mark.parametrize(("selling", "time"), [("2", "1M"), ("4", "3D"), ("4", "2W")])
def test_what_is_paid_in_advance_says_for_how_long(client: httpx.Client, body: Body, selling: str, time: str) -> None:
    sku = offer(client, sellingType=selling)
    body["Cost"] |= {"CostType": selling, "GPUSKUID": sku["skusID"]}
    answer = client.post(HOST, json=body)
    assert (answer.status_code, "CostTime" in answer.json()["message"]) == (400, True)
    body["Cost"]["CostTime"] = time
    made = client.post(HOST, json=body)
    assert made.status_code == 200
    assert (made.json()["cost"]["CostTime"], made.json()["cost"]["CostType"]) == (time, selling)
    notes = {key.rpartition("/")[2]: value for key, value in made.json()["annotations"].items()}
    assert (notes["cost-time"], notes["unit-price"]) == (time, str(sku["price"]))


def test_a_thing_is_bought_as_it_is_sold(client: httpx.Client, body: Body) -> None:
    body["Cost"] |= {"CostType": "2", "CostTime": "1M"}  # of what is sold by the hour
    answer = client.post(HOST, json=body)
    assert (answer.status_code, "CostType" in answer.json()["message"]) == (400, True)


def test_a_coupon_is_for_pay_as_you_go_alone(client: httpx.Client, body: Body) -> None:
    body["Cost"]["CouponID"] = "spring"
    assert client.post(HOST, json=body).json()["cost"]["CouponID"] == "spring"
    sku = offer(client, sellingType="4")
    body["Cost"] |= {"CostType": "4", "GPUSKUID": sku["skusID"], "CostTime": "3D"}
    answer = client.post(HOST, json=body)
    assert (answer.status_code, "CouponID" in answer.json()["message"]) == (400, True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Cost", None), ("Cost", "1"), ("Cost.CostType", ""), ("Cost.CostType", 1), ("Cost.CostType", "5"),
        ("Cost.DiskSKUID", None), ("Cost.DiskSKUID", "2"), ("Cost.GPUSKUID", ""),
        ("Cost.GPUSKUID", "9999"), ("Cost.CostTime", "3"), ("Cost.CostTime", "3Y"), ("Cost.CostTime", "+3D"),
        ("Cost.CostTime", "0D"), ("Cost.CostTime", 3),
        ("VolumeMount", None), ("VolumeMount", []), ("VolumeMount", [{}, {}]), ("VolumeMount", ["/root/data"]),
        ("VolumeMount.0.Size", 0), ("VolumeMount.0.Size", "50"), ("VolumeMount.0.Size", True),
        ("VolumeMount.0.Size", None), ("VolumeMount.0.Type", "local-filesystem"),
        ("VolumeMount.0.PathInContainer", "data"),
        ("namespace", None), ("namespace", "somebody-else"), ("displayName", ""), ("displayName", 1), ("image", ""),
        ("Region", "上海二区"),
    ],
)  # fmt: skip
def test_what_the_table_does_not_allow_is_refused(client: httpx.Client, body: Body, path: str, value: object) -> None:
    *way, last = path.split(".")
    inner: Any = body
    for step in way:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    inner[last] = value
    before = instances(client)
    answer = client.post(HOST, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert path.split(".")[-1] in answer.json()["message"]
    assert instances(client) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}"])
def test_what_is_no_order_is_refused(client: httpx.Client, content: bytes) -> None:
    assert client.post(HOST, content=content).status_code == 400


def test_an_unknown_cluster_makes_nothing(client: httpx.Client, body: Body) -> None:
    assert client.post("/clusters/nowhere/instances", json=body).status_code == 404


def test_stock_is_taken_and_ends(client: httpx.Client, cloud: Datenfab, body: Body, clock: ManualClock) -> None:
    sku_id = body["Cost"]["GPUSKUID"]
    before = offer(client, skusID=sku_id)["remainGPUCount"]
    made = client.post(HOST, json=body).json()
    assert offer(client, skusID=sku_id)["remainGPUCount"] == before - 1
    next(sku for sku in cloud.skus if sku.id == sku_id).left = 0
    answer = client.post(HOST, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, 409)
    assert "sold out" in answer.json()["message"]
    clock.advance(8)
    path = f"{HOST}/{made['name']}"
    assert client.post(f"{path}/power_off").text == '"ok"'
    clock.advance(4)
    assert offer(client, skusID=sku_id)["remainGPUCount"] == 1  # what is off holds no GPU …
    assert client.post(HOST, json=body).status_code == 200  # … and another may take it
    assert client.post(f"{path}/power_on").status_code == 409
    assert client.get(path).json()["status"] == "Shutdown"


@pytest.mark.parametrize(
    ("asked", "seconds"), [({}, 4), ({"gracePeriodSeconds": 10}, 4), ({"gracePeriodSeconds": "1"}, 1)]
)
def test_grace_ends_the_wait_for_what_runs_inside(
    client: httpx.Client, clock: ManualClock, asked: Body, seconds: int
) -> None:
    path = in_state(client, "Running")
    assert client.post(f"{path}/power_off", json=asked).status_code == 200
    clock.advance(seconds - 0.1)
    assert client.get(path).json()["status"] == "ShuttingDown"
    clock.advance(0.1)
    assert client.get(path).json()["status"] == "Shutdown"


@pytest.mark.parametrize("grace", [-1, 1.5, "soon", True, "9" * 5000])
def test_grace_is_a_number_of_seconds(client: httpx.Client, grace: object) -> None:
    path = in_state(client, "Running")
    assert client.post(f"{path}/power_off", json={"gracePeriodSeconds": grace}).status_code == 400
    assert client.get(path).json()["status"] == "Running"
