"""Datenfab's objects as in its document, with its mixed casing and its numbers as strings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from gputui.sim.datenfab.models import Instance, Region, Sku

UNSET = "0001-01-01T00:00:00Z"
PREFIX = "demo.cdc.datenfab.com/"


def stamp(at: float | None, timespec: str = "seconds") -> str:
    """Format RFC 3339 in Beijing time, or Go's zero time for None."""
    if at is None:
        return UNSET
    beijing = timezone(timedelta(hours=8))
    return datetime.fromtimestamp(at, UTC).astimezone(beijing).isoformat(timespec=timespec)


def region_body(region: Region) -> dict[str, object]:
    """One element of `GET /regions`."""
    return {
        "id": region.id,
        "region": region.title,
        "clusterName": region.cluster,
        "harborAddr": "images.neolink-ai.com",
        "howlerID": region.howler_id,
        "createdAt": stamp(region.created, "milliseconds"),
        "updatedAt": stamp(region.created, "milliseconds"),
    }


def sku_body(sku: Sku) -> dict[str, object]:
    """One element of `GET /skus/computings`."""
    return {
        "name": sku.gpu,
        "regionID": sku.region.id,
        "cpuArch": "x86-64",
        "cpuSeries": sku.cpu,
        "cpucores": sku.cores,
        "memoryCount": sku.memory,
        "cpuVendor": sku.cpu.split()[0],
        "gpuSeries": sku.gpu,
        "gpuProduct": sku.gpu,
        "gpuResourceKey": resource_key(sku),
        "gpuCounts": sku.gpus,
        "gpuMemory": sku.gpu_memory,
        "systemstorage": 30,
        "datastorage": 50,
        "skusID": sku.id,
        "regionName": sku.region.title,
        "clusterName": sku.region.cluster,
        "sellingType": sku.selling_type,
        "ratio": sku.ratio,
        "discountID": "10000",
        "discountStartTime": stamp(sku.region.created),
        "discountEndTime": stamp(sku.region.created + 500 * 86_400),
        "price": sku.price,
        "remainGPUCount": max(0, sku.left),
    }


def resource_key(sku: Sku) -> str:
    """Return the Kubernetes resource name of the card."""
    return f"nvidia.com/gpu-{sku.gpu.lower()}"


def instance_body(one: Instance, namespace: str) -> dict[str, object]:
    """Return an instance; `servers` and `Pods` are present only while it runs, as in the document."""
    body: dict[str, object] = {
        "name": one.name,
        "namespace": namespace,
        "Region": one.sku.region.cluster,
        "displayName": one.title,
        "description": "",
        "annotations": _annotations(one),
        "uid": one.uid,
    }
    if one.status == "Running":
        body["servers"] = _servers(one)
    body |= {
        "image": one.image,
        "replicas": 1,
        "resources": {
            "cpu": str(one.sku.cores),
            "memory": f"{one.sku.memory}Gi",
            "GPUNum": str(one.sku.gpus),
            "GPUType": one.sku.gpu,
        },
        "volumeMounts": _volumes(one),
        "creationTimestamp": stamp(one.created),
        "updateTimestamp": stamp(one.updated),
        "ScheduleStopTimestamp": UNSET,
        "status": one.status,
        "cost": {
            "CostType": one.sku.selling_type,
            "CostTime": one.cost_time,
            "DiscountID": "",
            "GPUSKUID": one.sku.id,
            "DiskSKUID": "1",
            "CouponID": one.coupon_id,
        },
    }
    if one.status == "Running":
        body["Pods"] = [
            {"Name": one.pod, "Containers": [{"Name": "worker"}], "nodeScheduled": one.machine, "ip": one.ip}
        ]
    return body


def _annotations(one: Instance) -> dict[str, str]:
    values = {
        "cost-coupon-id": one.coupon_id,
        "cost-discount-id": "",
        "cost-disk-sku-id": "1",
        "cost-gpu-sku-id": one.sku.id,
        "cost-order-id": one.order_id,
        "cost-time": one.cost_time,
        "cost-type": one.sku.selling_type,
        "description": "",
        "display-name": one.title,
        "gpu.machine": one.sku.gpu,
        "gpu.resource.key": resource_key(one.sku),
        "region": one.sku.region.cluster,
        "saveDataEnabled": "false",
        "unit-price": str(one.sku.price),
    }
    return {PREFIX + key: value for key, value in values.items()}


def _servers(one: Instance) -> dict[str, object]:
    gateway = f"http://{one.uid}.gw.neolink-ai.com"
    return {
        "Jupyterlab": f"{gateway}/jupyter?token={one.jupyter_token}",
        "Tensorboard": f"{gateway}/monitor",
        "SSH": {"sshAddr": f"ssh -p{one.port} root@{one.host}", "sshPassword": one.password},
    }


def _volumes(one: Instance) -> list[dict[str, object]]:
    return [
        {
            "PathInContainer": "/",
            "Type": "local-filesystem",
            "Size": 30,
            "PVCName": "",
            "displayName": "系统盘",
            "filesystemType": "system",
        },
        {
            "PathInContainer": one.mount,
            "Type": "shared-filesystem",
            # the disk is created with the instance: until then the cloud reports 0
            "Size": 0 if one.status == "Creating" else one.volume_size,
            "PVCName": one.volume,
            "displayName": f"磁盘-{one.volume}",
            "filesystemType": "data",
        },
    ]
