"""Datenfab's documented examples against our models, what odd objects do, and what the screen makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gputui.core.actions import Progress
from gputui.core.cells import EMPTY
from gputui.core.health import Health, by_state
from gputui.core.provider import SshTarget
from gputui.core.reading import columns, rows
from gputui.core.rows import Item, Listing
from gputui.core.secret import Secret
from gputui.core.text import Json
from gputui.providers.datenfab import ssh
from gputui.providers.datenfab.actions import ACTIONS
from gputui.providers.datenfab.client import Instance, Offer
from gputui.providers.datenfab.states import HEALTH, phase
from gputui.providers.datenfab.views import CLUSTERS, INSTANCES, SKUS
from gputui.providers.datenfab.wire import DatenfabRegion, InstanceBody, Sku, count, number, quantity
from gputui.providers.wire import Wire, read_rows

REGION: Any = json.loads("""
{"id": "14c5a9e3-0d09-4aa0-99d3-c096b80cceaa", "region": "北京一区", "clusterName": "host-cluster", "harborAddr":
"images.neolink-ai.com", "howlerID": "69e377a7-99d1-cca0-ef58-cfce14a336b2", "createdAt":
"2024-07-15T12:00:23.227+08:00", "updatedAt": "2024-07-15T12:00:23.227+08:00"}
""")

SKU: Any = json.loads("""
{"name": "H20", "regionID": "14c5a9e3-0d09-4aa0-99d3-c096b80cceaa", "cpuArch": "x86-64", "cpuSeries":
"Inter Xeon", "cpucores": 24, "memoryCount": 192, "cpuVendor": "Inter", "gpuSeries": "H20", "gpuProduct":
"H20", "gpuResourceKey": "nvidia.com/gpu-h20", "gpuCounts": 1, "gpuMemory": 96, "systemstorage": 30,
"datastorage": 50, "skusID": "2", "regionName": "北京一区", "clusterName": "host-cluster", "sellingType": "1",
"ratio": 0.48, "discountID": "10000", "discountStartTime": "2024-08-15T15:26:38+08:00", "discountEndTime":
"2024-10-01T00:05:00+08:00", "price": 10, "remainGPUCount": 8}
""")

CREATING: Any = json.loads("""
{"name": "instance-ccffxxxx", "namespace": "xxx", "Region": "host-cluster", "displayName": "test1",
"description": "", "annotations": {"demo.cdc.datenfab.com/cost-coupon-id": "",
"demo.cdc.datenfab.com/cost-discount-id": "", "demo.cdc.datenfab.com/cost-disk-sku-id": "1",
"demo.cdc.datenfab.com/cost-gpu-sku-id": "66", "demo.cdc.datenfab.com/cost-order-id":
"94b9e467-9d34-45bf-8e8f-e04115cf58b4", "demo.cdc.datenfab.com/cost-time": "",
"demo.cdc.datenfab.com/cost-type": "1", "demo.cdc.datenfab.com/description": "",
"demo.cdc.datenfab.com/display-name": "test1", "demo.cdc.datenfab.com/gpu.machine": "4090",
"demo.cdc.datenfab.com/gpu.resource.key": "nvidia.com/gpu-4090", "demo.cdc.datenfab.com/region":
"host-cluster", "demo.cdc.datenfab.com/saveDataEnabled": "false", "demo.cdc.datenfab.com/unit-price": "250"},
"uid": "8d40c2e6-a0b0-45c2-9b40-a0de065104f5", "image":
"images.neolink-ai.com/matrixdc/tensorflow:2.15.0-python3.10-cuda12.1.0-cudnn8-devel-ubuntu22.04", "replicas":
1, "resources": {"cpu": "16", "memory": "96Gi", "GPUNum": "1", "GPUType": "4090"}, "volumeMounts": [{
"PathInContainer": "/", "Type": "local-filesystem", "Size": 30, "PVCName": "", "displayName": "系统盘",
"filesystemType": "system"}, {"PathInContainer": "/root/data", "Type": "shared-filesystem", "Size": 0,
"PVCName": "volume-920020f7", "displayName": "磁盘-volume-920020f7", "filesystemType": "data"}],
"creationTimestamp": "2024-09-02T18:34:33+08:00", "updateTimestamp": "0001-01-01T00:00:00Z",
"ScheduleStopTimestamp": "0001-01-01T00:00:00Z", "status": "Creating", "cost": {"CostType": "1", "CostTime":
"", "DiscountID": "", "GPUSKUID": "66", "DiskSKUID": "1", "CouponID": ""}}
""")

RUNNING: Any = json.loads("""
{"name": "instance-ccffxxxx", "namespace": "xxx", "Region": "host-cluster", "displayName": "test1",
"description": "", "annotations": {"demo.cdc.datenfab.com/cost-coupon-id": "",
"demo.cdc.datenfab.com/cost-discount-id": "", "demo.cdc.datenfab.com/cost-disk-sku-id": "1",
"demo.cdc.datenfab.com/cost-gpu-sku-id": "66", "demo.cdc.datenfab.com/cost-order-id":
"94b9e467-9d34-45bf-8e8f-e04115cf58b4", "demo.cdc.datenfab.com/cost-time": "",
"demo.cdc.datenfab.com/cost-type": "1", "demo.cdc.datenfab.com/description": "",
"demo.cdc.datenfab.com/display-name": "test1", "demo.cdc.datenfab.com/gpu.machine": "4090",
"demo.cdc.datenfab.com/gpu.resource.key": "nvidia.com/gpu-4090", "demo.cdc.datenfab.com/region":
"host-cluster", "demo.cdc.datenfab.com/saveDataEnabled": "false", "demo.cdc.datenfab.com/unit-price": "250"},
"uid": "8d40c2e6-a0b0-45c2-9b40-a0de065104f5", "servers": {"Jupyterlab":
"http://8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gw.neolink-ai.com/jupyter?token=7d27443c5718e75bee2da9f92fe6a50c",
"Tensorboard": "http://8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gw.neolink-ai.com/monitor", "SSH": {"sshAddr":
"ssh -p30099 root@8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gws.demo.cdc.datenfab.com", "sshPassword":
"kEyIX5R2dqJD"}}, "image":
"images.neolink-ai.com/matrixdc/tensorflow:2.15.0-python3.10-cuda12.1.0-cudnn8-devel-ubuntu22.04", "replicas":
1, "resources": {"cpu": "16", "memory": "96Gi", "GPUNum": "1", "GPUType": "4090"}, "volumeMounts": [{
"PathInContainer": "/", "Type": "local-filesystem", "Size": 30, "PVCName": "", "displayName": "系统盘",
"filesystemType": "system"}, {"PathInContainer": "/root/data", "Type": "shared-filesystem", "Size": 50,
"PVCName": "volume-920020f7", "displayName": "磁盘-volume-920020f7", "filesystemType": "data"}],
"creationTimestamp": "2024-09-02T18:34:33+08:00", "updateTimestamp": "0001-01-01T00:00:00Z",
"ScheduleStopTimestamp": "0001-01-01T00:00:00Z", "status": "Running", "cost": {"CostType": "1", "CostTime":
"", "DiscountID": "", "GPUSKUID": "66", "DiskSKUID": "1", "CouponID": ""}, "Pods": [{"Name":
"instance-ccff84c2-dd6nm", "Containers": [{"Name": "worker"}], "nodeScheduled": "gpu-4090-03", "ip":
"172.31.213.79"}]}
""")

DETAILS: Any = json.loads("""
{"name": "instance-4ca9xxxx", "namespace": "xxx", "Region": "host-cluster", "displayName": "test1",
"description": "", "annotations": {"demo.cdc.datenfab.com/cost-coupon-id": "",
"demo.cdc.datenfab.com/cost-discount-id": "", "demo.cdc.datenfab.com/cost-disk-sku-id": "1",
"demo.cdc.datenfab.com/cost-gpu-sku-id": "66", "demo.cdc.datenfab.com/cost-order-id":
"cf4c99ff-cf7f-4c86-8f15-87cf5fb2ba14", "demo.cdc.datenfab.com/cost-time": "",
"demo.cdc.datenfab.com/cost-type": "1", "demo.cdc.datenfab.com/description": "",
"demo.cdc.datenfab.com/display-name": "test1", "demo.cdc.datenfab.com/gpu.machine": "4090",
"demo.cdc.datenfab.com/gpu.resource.key": "nvidia.com/gpu-4090", "demo.cdc.datenfab.com/region":
"host-cluster", "demo.cdc.datenfab.com/unit-price": "250"}, "uid": "a7d2cbab-591d-4482-95ea-2df994ed1b22",
"servers": {"Jupyterlab":
"http://a7d2cbab-591d-4482-95ea-2df994ed1b22.gw.neolink-ai.com/jupyter?token=23a7676a0d18451dee9c08c3649a8288",
"Tensorboard": "http://a7d2cbab-591d-4482-95ea-2df994ed1b22.gw.neolink-ai.com/monitor", "SSH": {"sshAddr":
"ssh -p30379 root@a7d2cbab-591d-4482-95ea-2df994ed1b22.gws.demo.cdc.datenfab.com", "sshPassword":
"RuRbjZLWklIC"}}, "image":
"images.neolink-ai.com/matrixdc/tensorflow:2.15.0-python3.10-cuda12.1.0-cudnn8-devel-ubuntu22.04", "replicas":
1, "resources": {"cpu": "16", "memory": "96Gi", "GPUNum": "1", "GPUType": "4090"}, "volumeMounts": [{
"PathInContainer": "/", "Type": "local-filesystem", "Size": 30, "PVCName": "", "displayName": "系统盘",
"filesystemType": "system"}, {"PathInContainer": "/root/data", "Type": "shared-filesystem", "Size": 50,
"PVCName": "volume-ed087526", "displayName": "磁盘-volume-ed087526", "filesystemType": "data"}],
"creationTimestamp": "2024-09-02T22:15:13+08:00", "updateTimestamp": "0001-01-01T00:00:00Z",
"ScheduleStopTimestamp": "0001-01-01T00:00:00Z", "status": "Running", "cost": {"CostType": "1", "CostTime":
"", "DiscountID": "", "GPUSKUID": "66", "DiskSKUID": "1", "CouponID": ""}, "Pods": [{"Name":
"instance-4ca97f58-6m9nv", "Containers": [{"Name": "worker"}], "nodeScheduled": "gpu-4090-03", "ip":
"172.31.213.103"}]}
""")

START, STOP, DELETE = ACTIONS


def read(raw: Any) -> Instance:
    return Instance(InstanceBody.model_validate(raw), "host-cluster", "北京一区")


def cells(instance: Instance) -> dict[str, Any]:
    row = next(iter(rows(INSTANCES, "p", Listing((Item(instance, {}),)))[0].values()))
    return dict(zip((column.title for column in columns(INSTANCES)), row.cells, strict=True))


@pytest.mark.parametrize(
    ("model", "example"),
    [(DatenfabRegion, REGION), (Sku, SKU), (InstanceBody, CREATING), (InstanceBody, RUNNING), (InstanceBody, DETAILS)],
)
def test_the_documents_examples_come_out_as_they_went_in(model: type[Wire], example: Json) -> None:
    assert model.model_validate(example).model_dump(by_alias=True, exclude_unset=True) == example


def test_a_running_instance_shows_what_a_person_looks_for() -> None:
    shown = cells(read(RUNNING))
    assert (shown["NAME"].text, shown["HEALTH"].text, shown["STATE"].text) == ("test1", "● ok", "Running")
    assert (shown["GPU"].text, shown["GPU"].value) == ("1×4090", 1)
    assert shown["REGION"].text == "北京一区"
    assert shown["COST"].text == "hourly 250"
    assert shown["SSH"].text == "8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gws.demo.cdc.datenfab.com:30099"
    assert shown["NODE"].text == "gpu-4090-03"
    assert shown["AGE"].value.isoformat() == "2024-09-02T18:34:33+08:00"
    assert (shown["DISK"].text, shown["CPU"].text, shown["MEMORY"].text) == ("80 GB", "16", "96Gi")
    assert (shown["POD IP"].text, shown["ID"].text) == ("172.31.213.79", "instance-ccffxxxx")


def test_an_instance_in_creation_has_no_servers_and_no_pods() -> None:
    shown = cells(read(CREATING))
    assert (shown["HEALTH"].text, shown["SSH"], shown["NODE"]) == ("◌ changing", EMPTY, EMPTY)
    assert read(CREATING).body.disk == 30


def test_secrets_are_not_in_the_repr_of_what_was_read() -> None:
    shown = repr(read(RUNNING))
    assert "kEyIX5R2dqJD" not in shown
    assert "7d27443c5718e75bee2da9f92fe6a50c" not in shown


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ("Creating", Health.CHANGING),
        ("Starting", Health.CHANGING),
        ("Running", Health.OK),
        ("Shutting Down", Health.CHANGING),
        ("ShuttingDown", Health.CHANGING),
        ("shutting_down", Health.CHANGING),
        ("Shutdown", Health.OFF),
        ("power-off", Health.OFF),
        ("Deleting", Health.CHANGING),
        ("Failed", Health.BAD),
        ("Hibernated", Health.UNKNOWN),
        ("", Health.UNKNOWN),
    ],
)
def test_states_are_read_however_they_are_spelled(status: str, health: Health) -> None:
    assert by_state(HEALTH, phase(status)) is health
    assert cells(read({**RUNNING, "status": status}))["STATE"].text == (status or EMPTY.text)


def test_two_clusters_may_share_a_name() -> None:
    body = InstanceBody.model_validate(RUNNING)
    one, other = Instance(body, "host-cluster", "a"), Instance(body, "east-cluster", "b")
    shown, duplicates = rows(INSTANCES, "p", Listing((Item(one, {}), Item(other, {}))))
    assert (len(shown), duplicates) == (2, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"servers": None},
        {"servers": {"SSH": None, "Jupyterlab": None}},
        {"Pods": None},
        {"Pods": [{}]},
        {"resources": None},
        {"resources": {"GPUNum": 8, "GPUType": 4090, "cpu": 16, "memory": None}},
        {"annotations": None},
        {"volumeMounts": [{"Size": "fifty"}]},
        {"cost": None},
        {"displayName": None},
        {"creationTimestamp": "yesterday"},
        {"new": {"field": []}},
    ],
)
def test_what_is_odd_or_absent_costs_no_row(change: dict[str, Any]) -> None:
    listing = read_rows(InstanceBody, [{**RUNNING, **change}])
    assert not listing.unreadable
    cells(read({**RUNNING, **change}))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("16", 16), (16, 16), ("0.5", 0.5), ("500m", 0.5), ("96Gi", 96 * 2**30), ("1.5Gi", 3 * 2**29),
        ("2G", 2 * 10**9), ("128Mi", 2**27), ("", None), (None, None), ("many", None), ("1e3", None),
        ("-1", None), ("1 Gi", None), ("9" * 400, None),
    ],
)  # fmt: skip
def test_quantities_are_numbers(text: Any, amount: float | None) -> None:
    assert quantity(text) == amount


def test_what_stands_in_one_text_is_also_there_by_itself() -> None:
    fields = {field.name: field.value(read(RUNNING)) for field in INSTANCES.fields}
    assert fields == {
        "gpu_count": 1,
        "gpu_model": "4090",
        "billed": "hourly",
        "unit_price": 250,
        "cpu_count": 16,
        "memory_bytes": 96 * 2**30,
        "node_list": fields["node_list"],
        "pod_ip_list": fields["pod_ip_list"],
    }
    bare = {field.name: field.value(read({"name": "a", "status": "Creating"})) for field in INSTANCES.fields}
    assert bare == {name: [] if name.endswith("_list") else None for name in fields}


def test_numbers_may_come_as_numbers_too() -> None:
    shown = cells(read({**RUNNING, "resources": {"GPUNum": 8, "GPUType": 4090}}))
    assert (shown["GPU"].text, shown["GPU"].value) == ("8×4090", 8)


def test_a_row_without_name_stands_beside_the_good_ones() -> None:
    listing = read_rows(InstanceBody, [RUNNING, {"uid": "u-1", "status": "Running"}, "?"])
    assert [item.value.name for item in listing.items] == ["instance-ccffxxxx"]
    assert [(entry.id, "name" in entry.reason) for entry in listing.unreadable] == [("u-1", True), ("entry 3", False)]


@pytest.mark.parametrize(
    ("value", "whole", "finite"),
    [("1", 1, 1), (0.5, None, 0.5), ("x", None, None), ("inf", None, None), ("nan", None, None), (None, None, None)],
)
def test_numbers_are_read_from_texts(value: Any, whole: int | None, finite: float | None) -> None:
    assert (count(value), number(value)) == (whole, finite)


def test_ssh_takes_the_documented_form() -> None:
    host = "8d40c2e6-a0b0-45c2-9b40-a0de065104f5.gws.demo.cdc.datenfab.com"
    assert ssh.target(read(RUNNING)) == SshTarget(host, 30099, "root", Secret("kEyIX5R2dqJD"))


@pytest.mark.parametrize("command", ["ssh -p30099 root@127.0.0.1", "ssh -p 30099 root@127.0.0.1"])
def test_ssh_takes_a_space_behind_the_option(command: str) -> None:
    assert ssh.parsed(command) == ("127.0.0.1", 30099, "root")


@pytest.mark.parametrize(
    "command",
    [
        "",
        "ssh root@host",
        "ssh -p30099 root@host; rm -rf /",
        "ssh -p30099 root@host -oProxyCommand=x",
        "ssh -p30099 -oProxyCommand=x root@host",
        "ssh -p30099 root@-oProxyCommand=x",
        "ssh -p30099 -l@host",
        "ssh -p0 root@host",
        "ssh -p65536 root@host",
        "ssh -p30099 root@host\n",
        " ssh -p30099 root@host",
        "ssh -p３００ root@host",
        "ssh -p30099 root@host␊",
    ],
)
def test_ssh_takes_nothing_else(command: str) -> None:
    raw = {**RUNNING, "servers": {"SSH": {"sshAddr": command, "sshPassword": "p"}}}
    assert isinstance(ssh.target(read(raw)), str)
    assert cells(read(raw))["SSH"] == EMPTY


def test_ssh_says_why_not() -> None:
    assert ssh.target(read({**RUNNING, "status": "Shutdown"})) == "state is Shutdown: SSH works while it is Running"
    assert "no SSH address" in str(ssh.target(read({**RUNNING, "servers": None})))
    failed = {**RUNNING, "status": "Failed", "servers": None}
    assert ssh.target(read(failed)) == "state is Failed: SSH works while it is Running"


@pytest.mark.parametrize("status", ["Failed", "Expired", "Starting", "什么"])
def test_where_the_api_gives_an_address_there_is_a_way_in_whatever_the_state_is_called(status: str) -> None:
    assert isinstance(ssh.target(read({**RUNNING, "status": status})), SshTarget)


def test_actions_build_the_documented_requests() -> None:
    one = read(RUNNING)
    at = "/clusters/host-cluster/instances"
    on, off, gone = (action.request([one], {}) for action in ACTIONS)
    assert (on.method, on.path, on.query, on.body) == ("POST", f"{at}/instance-ccffxxxx/power_on", {}, None)
    assert (off.method, off.path) == ("POST", f"{at}/instance-ccffxxxx/power_off")
    assert off.body == {"gracePeriodSeconds": 10, "needSnapshot": False}
    assert (gone.method, gone.path, gone.query) == ("DELETE", at, {"name": "instance-ccffxxxx"})


def test_actions_say_why_not() -> None:
    running, off, failed = (read({**RUNNING, "status": status}) for status in ("Running", "Shutdown", "Failed"))
    assert [action.blocked_reason(running) for action in (STOP, DELETE)] == [None, "state is Running: power off first"]
    assert [action.blocked_reason(off) for action in (START, DELETE)] == [None, None]
    assert START.blocked_reason(running) == "state is Running: only a Shutdown instance can be powered on"
    assert STOP.blocked_reason(off) == "state is Shutdown: only a Running instance can be powered off"
    assert [action.warning(failed) for action in (START, STOP, DELETE)] == [
        "state is Failed: documented for Shutdown only, it may be refused",
        "state is Failed: documented for Running only, it may be refused",
        "state is Failed: documented for Shutdown only, it may be refused",
    ]


@pytest.mark.parametrize("status", ["Failed", "Expired", "Creating", "Deleting", "Shutting Down", "", "什么"])
def test_what_the_document_does_not_forbid_is_offered_with_a_warning(status: str) -> None:
    one = read({**RUNNING, "status": status})
    assert [action.blocked_reason(one) for action in ACTIONS] == [None, None, None]
    assert all(action.warning(one) for action in ACTIONS)


def test_what_is_documented_needs_no_warning() -> None:
    running, off = (read({**RUNNING, "status": status}) for status in ("Running", "Shutdown"))
    assert [START.warning(off), STOP.warning(running), DELETE.warning(off)] == [None, None, None]


def test_progress_is_read_off_the_state() -> None:
    def at(status: str) -> Instance:
        return read({**RUNNING, "status": status})

    assert [START.progress(at(status), {}) for status in ("Shutdown", "Starting", "Running", "Failed")] == [
        Progress.WAITING,
        Progress.GOING,
        Progress.DONE,
        Progress.CONTRADICTED,
    ]
    assert [STOP.progress(at(status), {}) for status in ("Running", "ShuttingDown", "Shutdown")] == [
        Progress.WAITING,
        Progress.GOING,
        Progress.DONE,
    ]
    assert [DELETE.progress(at("Shutdown"), {}), DELETE.progress(at("Deleting"), {}), DELETE.progress(None, {})] == [
        Progress.WAITING,
        Progress.GOING,
        Progress.DONE,
    ]


def test_a_discount_counts_only_in_its_window() -> None:
    sku = Sku.model_validate(SKU)
    within, behind = 1_725_000_000.0, 1_730_000_000.0  # 2024-08-30 and 2024-10-27
    assert (sku.discount(within), sku.discount(behind)) == (0.48, None)
    row = next(iter(rows(SKUS, "p", Listing((Item(Offer(sku, "r", 0.48), SKU),)))[0].values()))
    shown = dict(zip((column.title for column in columns(SKUS)), row.cells, strict=True))
    assert (shown["GPU"].text, shown["FREE"].value, shown["PRICE"].value) == ("1×H20", 8, 10)
    assert (shown["DISCOUNT"].text, shown["BILLED"].text) == ("×0.48", "hourly")


def test_a_region_leads_to_its_instances_and_its_offers() -> None:
    region = DatenfabRegion.model_validate(REGION)
    instances, skus = CLUSTERS.children
    assert instances.match(region, read(RUNNING))
    assert not instances.match(region, Instance(read(RUNNING).body, "east-cluster", "b"))
    assert skus.match(region, Offer(Sku.model_validate(SKU), region.id, None))
