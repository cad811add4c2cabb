"""Creates a Datenfab instance, from the list of instances or from an entry of the price list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gputui.core.actions import Action, Choice, Field, Inputs, Progress, Risk, reaches
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Request, path
from gputui.core.text import Json
from gputui.providers.datenfab import choices, rules
from gputui.providers.datenfab.choices import InstancePlace
from gputui.providers.datenfab.client import Instance, Offer
from gputui.providers.datenfab.states import DELETING, ERROR, RUNNING, STARTING, STOPPED, STOPPING, phase

KNOWN_IMAGES = "images.neolink-ai.com/matrixdc/"
"""Where the official images are: no call lists them."""
DISK_TYPE = "shared-filesystem"
_EFFECT = "An instance is made and billed from now on."


def _request(place: InstancePlace, sku: str, inputs: Inputs) -> Request:
    disk: Json = {
        "PathInContainer": str(inputs["path"]),
        "Size": int(inputs["size"]),
        "Type": DISK_TYPE,
    }
    body: Json = {
        "Cost": {
            "CostType": str(inputs["cost_type"]),
            "CouponID": str(inputs.get("coupon", "")),
            "DiskSKUID": str(inputs["disk_sku"]),
            "GPUSKUID": sku,
            "CostTime": str(inputs.get("duration", "")),
        },
        "VolumeMount": [disk],
        "namespace": str(inputs["namespace"]),
        "displayName": str(inputs["name"]),
        "image": str(inputs["image"]),
        "Region": place.title,
    }
    return Request("POST", path("clusters", place.cluster, "instances"), body=body)


def _of_inputs(_: Sequence[Instance], inputs: Inputs) -> Request:
    return _request(InstancePlace.of(str(inputs["region"])), str(inputs["sku"]), inputs)


def _of_offer(offers: Sequence[Offer], inputs: Inputs) -> Request:
    sku = offers[0].sku
    if sku.selling_type is not None and str(sku.selling_type) != inputs["cost_type"]:
        # Several rows share one form, which was filled in for the first of them.
        raise Failed(Problem(Cause.INPUT, f"{sku.name} {sku.id} is billed {sku.selling}: order it by itself"))
    return _request(InstancePlace(sku.cluster or "", offers[0].region_id, sku.region or ""), str(sku.id), inputs)


def _can(offer: Offer) -> str | None:
    return choices.sold_out(offer) if offer.sku.cluster else "the price list does not say in which cluster it is"


def _billed(offer: Offer) -> str:
    return "" if offer.sku.selling_type is None else str(offer.sku.selling_type)


def _prepaid(inputs: Inputs) -> bool:
    return inputs.get("cost_type") not in (None, rules.AS_YOU_GO)


def _as_you_go(inputs: Inputs) -> bool:
    return bool(inputs.get("cost_type") == rules.AS_YOU_GO)


def _check(inputs: Inputs) -> Mapping[str, str]:
    duration = inputs.get("duration")
    words = rules.duration_of(str(duration), str(inputs.get("cost_type"))) if duration else None
    return {"duration": words} if words else {}


def _cost(chosen: Mapping[str, Sequence[Choice]]) -> str:
    found = [choice.note for choice in chosen.get("cost_type", ())]
    return f"Price: {found[0]} ({choices.NO_UNIT})." if found else ""


def _phase(one: Instance) -> str:
    return phase(one.body.status)


def _made(one: Any, inputs: Inputs) -> Progress:
    """Progress, read from the instance, whichever list it was ordered from; done once it runs, or has run."""
    return reaches(_phase, (RUNNING, STOPPING, STOPPED), (STARTING,), (ERROR, DELETING))(one, inputs)


def _names(inputs: Inputs) -> Sequence[str]:
    return (str(inputs["name"]),)


_WHAT = (
    Field("region", "Region", "choice", choices=choices.regions),
    Field("sku", "Specification", "choice", choices=choices.skus, needs=("region",)),
    Field("cost_type", "Billed", "choice", rules.AS_YOU_GO, choices=choices.cost_types, needs=("region", "sku")),
)
_BILLED = Field("cost_type", "Billed", "choice", _billed, choices=choices.cost_types_of)
_REST = (
    Field("duration", "Paid ahead", check=rules.duration, when=_prepaid, help="3D, 2W or 1M: days, weeks or months"),
    Field("coupon", "Coupon", required=False, check=rules.coupon, when=_as_you_go),
    Field("name", "Name", check=rules.display_name),
    Field("image", "Image", default=KNOWN_IMAGES, check=rules.image, help="an official or a private one, with its tag"),
    Field("disk_sku", "Kind of disk", default="1", check=rules.disk_sku),
    Field("path", "Data disk at", default="/root/data", check=rules.mount),
    Field("size", "Size of the data disk", "int", "50", check=rules.between(1, rules.LARGEST_DISK), unit="GB"),
    Field("namespace", "Namespace", "choice", choices=choices.namespaces, help="the account that pays"),
)

NEW_INSTANCE: Action[Instance] = Action(
    "new",
    "New instance",
    Risk.DISRUPTS,
    request=_of_inputs,
    progress=_made,
    key="N",
    effect=_EFFECT,
    fields=(*_WHAT, *_REST),
    on="view",
    makes=_names,
    check=_check,
    cost=_cost,
    patience=1800,
)
NEW_OF_SKU: Action[Offer] = Action(
    "new",
    "New instance",
    Risk.DISRUPTS,
    request=_of_offer,
    blocked_reason=_can,
    progress=_made,
    key="N",
    effect=_EFFECT,
    fields=(_BILLED, *_REST),
    makes=_names,
    makes_in="instances",
    check=_check,
    cost=_cost,
    patience=1800,
)
