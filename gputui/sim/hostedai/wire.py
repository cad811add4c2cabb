"""hosted·ai's response bodies; where its document is silent, as its own open-source client expects them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from gputui.sim.hostedai.models import Gpu, GpuaaS, LogLine, Node, Pool, Region, Role, Scan

ROLES: dict[str, Role] = {
    "is_controller_node": "controller",
    "is_worker_node": "worker",
    "is_gateway_service": "gateway",
    "is_storage_service": "storage",
}
STEPS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000}


def stamp(at: float) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def region_body(region: Region) -> dict[str, object]:
    """One region of the list."""
    body: dict[str, object] = {
        "id": region.id,
        "region_name": region.name,
        "address": region.address,
        "city": region.city,
        "country": region.country,
        "country_code": region.country_code,
        "zipcode": region.zipcode,
        "lat": region.lat,
        "lng": region.lon,
        "status": {"gpuaas": region.gpuaas, "compute": "none"},
        "accelerator_type": region.accelerator,
    }
    return body | ({"support_rdma": region.rdma} if region.rdma else {})


def node_body(node: Node, region: Region, gpus: Sequence[Gpu]) -> dict[str, object]:
    """Return one node, with `Id` in capitals as only nodes have it, the status word and its two codes."""
    initialised, joined = node.codes
    body: dict[str, object] = {
        "Id": node.id,
        **_record(node),
        "status": node.status,
        "initialize_state_status_code": initialised,
        "k8s_join_state_status_code": joined,
        "role": _roles(node),
        "gpus": [_slot(gpu) for gpu in gpus],
        "region": {
            "region_id": region.id,
            "region_name": region.name,
            "city": region.city,
            "country": region.country,
            "country_code": region.country_code,
            "is_enabled": region.gpuaas == "enabled",
            "accelerator_type": region.accelerator,
        },
    }
    if initialised == 2:  # the hardware is unknown before the first scan
        body |= {
            "nvidia_driver_version": node.driver,
            "total_memory_in_mb": node.memory_mb,
            "total_disk_in_mb": node.disk_mb,
            "cores": node.cores,
            "cpu_model": node.cpu_model,
        }
    return body


def node_record(node: Node) -> dict[str, object]:
    """Return the recorded values of a node, in the fields of the body that adds one."""
    return _record(node) | _roles(node)


def pool_body(pool: Pool, gpus: Sequence[Gpu]) -> dict[str, object]:
    """One pool; its `gpus` holds an entry for every shared slot, so a GPU appears `sharing_ratio` times."""
    body: dict[str, object] = {
        "id": pool.id,
        "gpuaas_id": pool.gpuaas_id,
        "pool_name": pool.name,
        "sharing_ratio": pool.sharing_ratio,
        "time_quantum_in_sec": pool.time_quantum,
        "security_level": pool.security,
        "status": pool.status,
        "gpus": [_slot(gpu) for gpu in gpus for _ in range(pool.sharing_ratio)],
    }
    if pool.gpu_model:
        body |= {"gpu_model_type": pool.gpu_model, "gpu_vendor_type": "NVIDIA"}
    return body | ({"pool_label": pool.label} if pool.label else {})


def gpu_body(gpu: Gpu, node: Node, pool: Pool | None, *, flat: bool) -> dict[str, object]:
    """Return one GPU of the inventory, its node and pool nested or flat: both forms were seen in practice."""
    body: dict[str, object] = {
        "id": gpu.id,
        "uuid": gpu.uuid,
        "vendor": "NVIDIA",
        "gpu_model": gpu.model,
        "memory_in_mb": gpu.memory_mb,
        "assignment_status": gpu.status,
    }
    if flat:
        return body | {
            "gpuaas_node_id": node.id,
            "pool_id": pool.id if pool else None,
            "pool_name": pool.name if pool else None,
        }
    body["node_details"] = {"id": node.id, "name": node.name}
    return body | ({"pool_details": {"id": pool.id, "name": pool.name}} if pool else {})


def service_body(service: GpuaaS) -> dict[str, object]:
    """The GPUaaS itself."""
    return {
        "id": service.id,
        "region_id": service.region_id,
        "status": service.status,
        "k8s_api_server_port": 6443,
        "prometheus_reverse_tunnel_port": 9100 + service.id,
        "created_at": stamp(service.created),
        "updated_at": stamp(service.updated),
        "deleted_at": None,
    }


def scan_body(scan: Scan) -> dict[str, object]:
    """Return the state of a hardware scan, with its findings once it is completed."""
    found = [
        {"uuid": gpu.uuid, "vendor": "NVIDIA", "gpu_model": gpu.model, "memory_in_mb": gpu.memory_mb}
        for gpu in scan.found
    ]
    resources = {
        "gpus": found if scan.kind == "gpu" else None,
        "npus": [] if scan.kind == "npu" else None,
        "hca_devices": [],
        "hca_device_info": None,
        "volume": None,
    }
    return {
        "id": scan.id,
        "scan_id": scan.id,
        "request_id": scan.request_id,
        "status": scan.status,
        "node_id": scan.node_id,
        "error_msg": scan.error,
        "resources": resources if scan.status == "completed" else None,
    }


def direct_scan_body(gpus: Sequence[Gpu]) -> dict[str, object]:
    """Return the findings of a scan at once, as hosted·ai's own client expects."""
    return {"gpus": [{"index": gpu.slot, "name": gpu.model, "memory": gpu.memory_mb, "uuid": gpu.uuid} for gpu in gpus]}


def log_body(lines: Sequence[LogLine], page: int, per_page: int) -> dict[str, object]:
    """One page of a node's log, newest first; pages count from 0."""
    newest_first = lines[::-1]
    items = [
        {"id": line.id, "timestamp": stamp(line.at), "level": line.level, "message": line.message}
        for line in newest_first[page * per_page : (page + 1) * per_page]
    ]
    return {
        "items": items,
        "page": page,
        "per_page": per_page,
        "total_items": len(lines),
        "total_pages": math.ceil(len(lines) / per_page),
    }


def metrics_body(pool: Pool, gpus: Sequence[Gpu], grouping: str, now: float) -> dict[str, object]:
    """Return two dozen points of a pool's utilisation, the same for the same pool and hour."""
    step = STEPS[grouping]
    last = int(now // step) * step
    memory = sum(gpu.memory_mb for gpu in gpus)
    data = []
    for at in range(last - 23 * step, last + 1, step):
        load = 0.0 if pool.status != "ACTIVE" else 55 + 40 * math.sin(at / step / 3.8 + pool.id)
        data.append(
            {
                "timestamp": stamp(at),
                "gpu_utilization": round(load, 1),
                "vram_used_mb": int(memory * (0.2 + load / 150)) if load else 0,
                "tflops": round(len(gpus) * load * 6.7, 1),
            }
        )
    return {"pool_id": pool.id, "time_grouping": grouping, "data": data}


def storage_body(node: Node) -> dict[str, object]:
    """Return the usage of a node's volume group."""
    used = node.disk_mb * (11 + 7 * (node.id % 11)) // 100
    return {
        "node_id": node.id,
        "volume_group": node.volume_group or "vg0",
        "total_mb": node.disk_mb,
        "used_mb": used,
        "available_mb": node.disk_mb - used,
    }


def _record(node: Node) -> dict[str, object]:
    return {
        "name": node.name,
        "region_id": node.region_id,
        "node_ip": node.host,
        "username": node.username,
        "port": node.port,
        "external_service_ip": node.external_ip,
        "volume_group": node.volume_group,
    }


def _roles(node: Node) -> dict[str, object]:
    return {flag: role in node.roles for flag, role in ROLES.items()}


def _slot(gpu: Gpu) -> dict[str, object]:
    return {
        "id": gpu.id,
        "gpu_id": str(gpu.slot),
        "uuid": gpu.uuid,
        "vendor": "NVIDIA",
        "gpu_model": gpu.model,
        "assignment_status": gpu.status,
    }
