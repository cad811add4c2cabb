"""hosted·ai's objects against our models, what odd ones do, and what the screen makes of them.

The document shows no reply at all: these are the shapes that its vendor's own programs read.
"""

from __future__ import annotations

from typing import Any

import pytest

from gputui.core.cells import EMPTY
from gputui.core.health import Health, by_state
from gputui.core.provider import SshTarget, View
from gputui.core.reading import columns, rows
from gputui.core.rows import Item, Listing
from gputui.providers.hostedai import states
from gputui.providers.hostedai.views import GPUS, NODES, POOLS, REGIONS, SERVICES
from gputui.providers.hostedai.wire import GpuPool, HostedNode, PhysicalGpu, Region, Service
from gputui.providers.wire import Wire, read_rows

# The two bodies that the document does show are requests; a server that echoes them adds the id.
ADDED_NODE: Any = {
    "Id": 3,
    "name": "gpu-worker-01",
    "region_id": 1,
    "node_ip": "192.168.1.100",
    "username": "admin",
    "port": 22,
    "is_controller_node": False,
    "is_worker_node": True,
    "is_gateway_service": False,
    "is_storage_service": False,
}
CREATED_POOL: Any = {
    "id": 5,
    "gpuaas_id": 1,
    "pool_name": "high-throughput-pool",
    "attach_gpu_ids": ["gpu-uuid-1", "gpu-uuid-2"],
    "sharing_ratio": 4,
    "time_quantum_in_sec": 30,
    "security_level": "medium",
    "status": "DEPLOYMENT_SCHEDULED",
}
SLOTS: Any = [
    {"id": 1, "gpu_id": "0", "uuid": "GPU-1", "vendor": "NVIDIA", "gpu_model": "H100", "assignment_status": "ASSIGNED"},
    {"id": 2, "gpu_id": "1", "uuid": "GPU-2", "vendor": "NVIDIA", "gpu_model": "H100", "assignment_status": "ASSIGNED"},
]
NODE: Any = {
    "Id": 7,
    "name": "gpu-node-07",
    "region_id": 1,
    "node_ip": "10.0.0.7",
    "username": "ubuntu",
    "port": 2222,
    "external_service_ip": None,
    "volume_group": "vg0",
    "status": "healthy",
    "initialize_state_status_code": 2,
    "k8s_join_state_status_code": 2,
    "role": {
        "is_controller_node": True,
        "is_worker_node": True,
        "is_gateway_service": False,
        "is_storage_service": False,
    },
    "gpus": SLOTS,
    "nvidia_driver_version": "570.86.15",
    "total_memory_in_mb": 2_097_152,
    "total_disk_in_mb": 15_728_640,
    "cores": 128,
    "cpu_model": "AMD EPYC",
    "region": {"region_id": 1, "region_name": "eu-west", "is_enabled": True},
}
POOL: Any = {
    "id": 2,
    "gpuaas_id": 1,
    "pool_name": "pool-2",
    "pool_label": "High Throughput",
    "sharing_ratio": 4,
    "time_quantum_in_sec": 30,
    "status": "ACTIVE",
    "gpu_model_type": "H100",
    "gpu_vendor_type": "NVIDIA",
    "security_level": "medium",
    "gpus": SLOTS * 4,
}
GPU: Any = {
    "id": 1,
    "uuid": "GPU-1",
    "vendor": "NVIDIA",
    "gpu_model": "H100",
    "memory_in_mb": 81_559,
    "assignment_status": "ASSIGNED",
    "node_details": {"id": 7, "name": "gpu-node-07"},
    "pool_details": {"id": 2, "name": "pool-2"},
}
FLAT_GPU: Any = {"uuid": "GPU-1", "assignment_status": "assigned", "gpuaas_node_id": 7, "pool_id": 2, "pool_name": "p"}
SERVICE: Any = {
    "id": 1,
    "region_id": 1,
    "status": "GPUAAS_ACTIVE",
    "k8s_api_server_port": 6443,
    "prometheus_reverse_tunnel_port": 9101,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-02T00:00:00Z",
    "deleted_at": None,
}
REGION: Any = {
    "id": 1,
    "region_name": "eu-west",
    "city": "Dublin",
    "country": "Ireland",
    "status": {"gpuaas": "enabled", "compute": "none"},
    "accelerator_type": "gpu",
}
MODELS: list[tuple[type[Wire], Any, set[str]]] = [
    (HostedNode, NODE, {"Id", "name"}),
    (HostedNode, ADDED_NODE, {"Id", "name"}),
    (GpuPool, POOL, {"id", "pool_name", "status"}),
    (GpuPool, CREATED_POOL, {"id", "pool_name", "status"}),
    (PhysicalGpu, GPU, {"uuid"}),
    (PhysicalGpu, FLAT_GPU, {"uuid"}),
    (Service, SERVICE, {"id"}),
    (Region, REGION, {"id"}),
]


def cells(view: View[Any, Any], value: Any) -> dict[str, Any]:
    row = next(iter(rows(view, "p", Listing((Item(value, {}),)))[0].values()))
    assert row.item is value, row.cells[-1].text
    return dict(zip((column.title for column in columns(view)), row.cells, strict=True))


@pytest.mark.parametrize(("model", "example", "needed"), MODELS)
def test_objects_come_out_as_they_went_in(model: type[Wire], example: Any, needed: set[str]) -> None:
    assert model.model_validate(example).model_dump(by_alias=True, exclude_unset=True) == example


@pytest.mark.parametrize(("model", "example", "needed"), MODELS)
def test_only_what_identifies_a_thing_is_needed(model: type[Wire], example: Any, needed: set[str]) -> None:
    bare = {key: value for key, value in example.items() if key in needed}
    nulls = {key: value if key in needed else None for key, value in example.items()}
    assert not read_rows(model, [bare, nulls, {**example, "brand_new": {"x": 1}}]).unreadable
    for key in needed:
        without = {name: value for name, value in example.items() if name != key}
        assert len(read_rows(model, [example, without]).unreadable) == 1


@pytest.mark.parametrize("key", ["Id", "id"])
@pytest.mark.parametrize("number", [7, "7"])
def test_a_nodes_id_comes_in_two_spellings(key: str, number: object) -> None:
    raw = {name: value for name, value in NODE.items() if name != "Id"} | {key: number}
    assert HostedNode.model_validate(raw).id == "7"


def test_a_node_shows_what_a_person_looks_for() -> None:
    shown = cells(NODES, HostedNode.model_validate(NODE))
    assert (shown["NAME"].text, shown["HEALTH"].text, shown["STATE"].text) == ("gpu-node-07", "● ok", "healthy")
    assert (shown["ROLE"].text, shown["GPU"].text, shown["GPU"].value) == ("ctl+wrk", "2×H100", 2)
    assert (shown["ADDRESS"].text, shown["REGION"].text) == ("10.0.0.7:2222", "eu-west")
    assert (shown["DRIVER"].text, shown["MEMORY"].text, shown["DISK"].text) == ("570.86.15", "2048 GB", "15360 GB")


def test_a_node_just_added_has_little_to_show() -> None:
    shown = cells(NODES, HostedNode.model_validate(ADDED_NODE))
    assert (shown["HEALTH"].text, shown["STATE"], shown["GPU"], shown["ROLE"]) == ("? unknown", EMPTY, EMPTY, EMPTY)
    assert shown["REGION"].text == "1"


@pytest.mark.parametrize(
    ("initialization", "joining", "state"),
    [
        (0, 0, "uninitialized"),
        (0, None, "uninitialized"),
        (1, 0, "initializing"),
        (1, None, "initializing"),
        (2, 0, "initialized"),
        (2, None, "initialized"),
        (2, 1, "k8_initializing"),
        (2, 2, "healthy"),
        (None, 2, "k8_initialized"),
        (-1, 0, "error"),
        (2, -1, "error"),
        (-2, 0, "resetting"),
        (-2, 2, "resetting"),
        (None, None, ""),
        (9, 0, ""),
        ("2", "2", "healthy"),
    ],
)
def test_two_codes_say_the_state_where_no_word_does(initialization: Any, joining: Any, state: str) -> None:
    codes = {"initialize_state_status_code": initialization, "k8s_join_state_status_code": joining}
    assert HostedNode.model_validate({**NODE, **codes, "status": None}).state == state
    assert HostedNode.model_validate({**NODE, **codes, "status": "resetting"}).state == "resetting"


@pytest.mark.parametrize(
    ("table", "state", "health"),
    [
        (states.NODES, "uninitialized", Health.OFF),
        (states.NODES, "initializing", Health.CHANGING),
        (states.NODES, "initialized", Health.OK),
        (states.NODES, "k8_initializing", Health.CHANGING),
        (states.NODES, "k8_initialized", Health.OK),
        (states.NODES, "healthy", Health.OK),
        (states.NODES, "error", Health.BAD),
        (states.NODES, "resetting", Health.CHANGING),
        (states.NODES, "dreaming", Health.UNKNOWN),
        (states.POOLS, "DEPLOYMENT_SCHEDULED", Health.CHANGING),
        (states.POOLS, "VM_CREATION", Health.CHANGING),
        (states.POOLS, "SETTING_UP", Health.CHANGING),
        (states.POOLS, "ACTIVE", Health.OK),
        (states.POOLS, "ERROR_WHILE_DEPLOYING", Health.BAD),
        (states.POOLS, "DELETING", Health.CHANGING),
        (states.GPUS, "UNASSIGNED", Health.OK),
        (states.GPUS, "assigned", Health.OK),
        (states.GPUS, "ASSIGNING", Health.CHANGING),
        (states.GPUS, "UNASSIGNING", Health.CHANGING),
        (states.GPUS, "UNAVAILABLE", Health.DEGRADED),
        (states.SERVICES, "GPUAAS_ERROR_WHILE_ENABLING", Health.BAD),
        (states.SERVICES, "GPUAAS_INACTIVE", Health.OFF),
        (states.REGIONS, "disabled", Health.OFF),
    ],
)
def test_every_documented_state_has_a_health(table: Any, state: str, health: Health) -> None:
    assert by_state(table, state) is health


@pytest.mark.parametrize(
    ("gpus", "ratio", "physical"),
    [
        (SLOTS * 4, 4, 2),
        (SLOTS, 1, 2),
        ([{"id": number} for number in range(8)], 4, 2),
        ([{"uuid": f"GPU-{number}"} for number in range(8)], 4, 2),
        (SLOTS, None, 2),
        (SLOTS, 0, 2),
        ([], 4, 0),
        (None, 4, None),
    ],
)
def test_a_pool_counts_physical_gpus(gpus: Any, ratio: Any, physical: int | None) -> None:
    assert GpuPool.model_validate({**POOL, "gpus": gpus, "sharing_ratio": ratio}).physical == physical


def test_a_pool_shows_its_label_and_how_it_shares() -> None:
    shown = cells(POOLS, GpuPool.model_validate(POOL))
    assert (shown["NAME"].text, shown["POOL NAME"].text) == ("High Throughput", "pool-2")
    assert (shown["GPU"].value, shown["RATIO"].text, shown["QUANTUM"].text) == (2, "4×", "30 s")
    assert (shown["SECURITY"].text, shown["MODEL"].text) == ("medium", "H100")


@pytest.mark.parametrize(("raw", "node", "pool"), [(GPU, "gpu-node-07", "pool-2"), (FLAT_GPU, "7", "p")])
def test_a_gpu_says_where_it_is_in_two_shapes(raw: Any, node: str, pool: str) -> None:
    gpu = PhysicalGpu.model_validate(raw)
    shown = cells(GPUS, gpu)
    assert (shown["STATE"].text, shown["NODE"].text, shown["POOL"].text) == ("ASSIGNED", node, pool)
    to_gpus, to_nodes = POOLS.children
    assert to_gpus.match(GpuPool.model_validate(POOL), gpu)
    assert not to_gpus.match(GpuPool.model_validate({**POOL, "id": 9}), gpu)
    assert to_nodes.match(GpuPool.model_validate(POOL), HostedNode.model_validate(NODE))
    assert not to_nodes.match(GpuPool.model_validate(POOL), HostedNode.model_validate(ADDED_NODE))
    (from_node,) = NODES.children
    assert from_node.match(HostedNode.model_validate(NODE), gpu)


def test_a_region_leads_to_its_nodes() -> None:
    region = Region.model_validate({**REGION, "id": "1"})
    to_nodes, to_services = REGIONS.children
    assert to_nodes.match(region, HostedNode.model_validate(NODE))
    assert not to_nodes.match(region, HostedNode.model_validate({**NODE, "region_id": None}))
    assert to_services.match(region, Service.model_validate(SERVICE))
    assert cells(REGIONS, region)["STATE"].text == "enabled"
    assert cells(SERVICES, Service.model_validate(SERVICE))["NAME"].text == "gpuaas-1"


def test_ssh_goes_to_the_nodes_address() -> None:
    assert NODES.ssh is not None
    assert NODES.ssh(HostedNode.model_validate(NODE)) == SshTarget("10.0.0.7", 2222, "ubuntu")
    assert NODES.ssh(HostedNode.model_validate({**NODE, "port": None, "username": None})) == SshTarget(
        "10.0.0.7", None, ""
    )
    assert NODES.ssh(HostedNode.model_validate({**NODE, "node_ip": ""})) == "the API gives no address for this node"


def test_an_ipv6_address_is_told_from_its_port() -> None:
    assert HostedNode.model_validate({**NODE, "node_ip": "fd00::7"}).address == "[fd00::7]:2222"
