"""The body that creates an instance, parsed and checked by the rules of the document's table."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from gputui.sim.datenfab.models import Refused

PAY_AS_YOU_GO = "1"
COST_TYPES = (PAY_AS_YOU_GO, "2", "3", "4")  # … monthly, weekly, daily
DURATION = re.compile(r"[1-9][0-9]{0,3}[DWM]")
DISK_SKU = "1"
DISK_TYPE = "shared-filesystem"
Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Order:
    """A requested instance; whether the account has room for it is checked elsewhere."""

    sku_id: str
    cost_type: str
    cost_time: str
    coupon_id: str
    mount: str
    size: int
    namespace: str
    title: str
    image: str
    region: str


def order_of(content: bytes) -> Order:
    """Parse a request body. Raises Refused with 400 if it is invalid."""
    body = object_of(content)
    cost = body.get("Cost")
    if not isinstance(cost, dict):
        raise Refused(400, "Cost is required and is an object")
    if _text(cost, "DiskSKUID", required=True) != DISK_SKU:
        raise Refused(400, "DiskSKUID: there is only 1")
    disk = _disk(body.get("VolumeMount"))
    if _text(disk, "Type") not in ("", DISK_TYPE):
        raise Refused(400, f"Type: only {DISK_TYPE} is supported")
    return _checked(
        Order(
            sku_id=_text(cost, "GPUSKUID", required=True),
            cost_type=_text(cost, "CostType", required=True),
            cost_time=_text(cost, "CostTime"),
            coupon_id=_text(cost, "CouponID"),
            mount=_text(disk, "PathInContainer") or "/root/data",
            size=_size(disk),
            namespace=_text(body, "namespace", required=True),
            title=_text(body, "displayName", required=True),
            image=_text(body, "image", required=True),
            region=_text(body, "Region"),
        )
    )


def object_of(content: bytes) -> Body:
    """Return a request's JSON object, empty if there is no body. Raises Refused with 400."""
    if not content.strip():
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is not an object")
    return body


def _checked(order: Order) -> Order:
    if order.cost_type not in COST_TYPES:
        raise Refused(400, f"CostType: one of {', '.join(COST_TYPES)}")
    if order.cost_time and not DURATION.fullmatch(order.cost_time):
        raise Refused(400, "CostTime: a number and one of D, W, M, such as 3D")
    if order.cost_type != PAY_AS_YOU_GO and not order.cost_time:
        raise Refused(400, "CostTime is required for what is paid in advance")
    if order.cost_type != PAY_AS_YOU_GO and order.coupon_id:
        raise Refused(400, "CouponID: only for pay-as-you-go")
    if not order.mount.startswith("/"):
        raise Refused(400, "PathInContainer: an absolute path")
    return order


def _disk(mounts: object) -> Body:
    """Parse the disk: the table says an object, the example sends a list of one; both are accepted."""
    disk = mounts[0] if isinstance(mounts, list) and len(mounts) == 1 else mounts
    if not isinstance(disk, dict):
        raise Refused(400, "VolumeMount is required and is one disk")
    return disk


def _size(disk: Body) -> int:
    size = disk.get("Size", 50)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise Refused(400, "Size: a whole number of GB")
    return size


def _text(body: Body, name: str, *, required: bool = False) -> str:
    value = body.get(name)
    if required and value in (None, ""):
        raise Refused(400, f"{name} is required")
    if value is not None and not isinstance(value, str):
        raise Refused(400, f"{name} is not a string")
    return value or ""
