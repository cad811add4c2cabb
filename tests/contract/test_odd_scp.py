"""Samsung's forms against replies that the documents allow and the embedded cloud does not give."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gputui.core.raw import raw_json
from gputui.core.text import Json
from gputui.providers.scp import choices
from gputui.providers.scp.client import ScpClient
from gputui.sim.faults import Fault
from gputui.sim.serve import VPC
from tests.contract.test_scp_actions import Served, client, served

__all__ = ["client", "served"]


def answered(body: Json) -> Fault:
    return Fault("status", status=200, body=json.dumps(body).encode())


async def offered(client: ScpClient, fabric: Any) -> list[str]:
    joined = choices.Joined(fabric["id"], fabric["cluster_name"]).value
    images = (item.value for item in (await client.images("kr-west1")).items)
    image = next(one.id for one in images if one.name == "Ubuntu 24.04 for BM")  # all server types run it
    return [choice.label for choice in await choices.products(client, None, {"image_id": image, "fabric": joined})]


async def test_a_fabric_whose_server_type_is_not_in_the_price_list_can_be_joined(
    served: Served, client: ScpClient
) -> None:
    """As in the document: its fabric is of product f90e8ef5… and s1v8m32_metal, its price list has only SCALE."""
    fabric = next(raw_json(item.raw) for item in (await client.fabrics()).items)
    assert isinstance(fabric, dict)
    assert len(await offered(client, fabric)) == 1, "where the two agree, its own only"
    odd = {**fabric, "product_id": "not-in-the-list", "server_type": "s1v8m32_metal"}
    served.simulator.faults["scp"].always(answered({"count": 1, "cluster_fabrics": [odd]}), match="cluster-fabrics?")
    assert await offered(client, odd) == ["g2c96h8_metal", "g3c128b8_metal"]
    assert await offered(client, {**odd, "id": "gone"}) == []


@pytest.mark.parametrize(
    ("state", "works"), [("ACTIVE", True), ("ATTACHED", True), (None, True), ("DELETING", False), ("ERROR", False)]
)
async def test_a_gateway_works_unless_its_state_says_that_it_does_not(
    served: Served, client: ScpClient, state: str | None, works: bool
) -> None:
    gateway: Json = {"id": "igw", "name": "igw", "state": state, "type": "IGW", "vpc_id": "vpc"}
    reply = answered({"count": 1, "page": 0, "size": 100, "internet_gateways": [gateway]})
    served.simulator.faults[VPC].always(reply, match="internet-gateways")
    assert bool(await choices.public_ips(client, None, {"vpc_id": "vpc"})) is works
