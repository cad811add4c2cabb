"""The networks of nodes: those of the VPC service, their subnets and their Internet gateways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from gputui.providers.scp.addresses import VPC
from gputui.providers.scp.client import ScpClient
from gputui.providers.scp.wire import InternetGateway, Subnet, Vpc

T = TypeVar("T", Vpc, Subnet, InternetGateway)
NOT_FOR_NODES = "VPC_ENDPOINT"
_NO_DOOR = ("CREATING", "DELETING", "DELETED", "ERROR")
"""States of a gateway that does not work; those of a working one are not documented."""


async def vpcs(client: ScpClient) -> list[Vpc]:
    """The networks that are ready. Raises Failed."""
    return await _ready(client, Vpc, "/v1/vpcs", "vpcs", {})


async def subnets(client: ScpClient, vpc: str) -> list[Subnet]:
    """The ready subnets of a network that can have nodes. Raises Failed."""
    found = await _ready(client, Subnet, "/v1/subnets", "subnets", {"vpc_id": vpc})
    return [subnet for subnet in found if subnet.vpc_id in (None, vpc) and subnet.type != NOT_FOR_NODES]


async def is_online(client: ScpClient, vpc: str) -> bool:
    """Whether a network has an Internet gateway, without which no public address works in it. Raises Failed."""
    found = await _read(client, InternetGateway, "/v1/internet-gateways", "internet_gateways", {"vpc_id": vpc})
    return any(gateway.vpc_id in (None, vpc) and gateway.state not in _NO_DOOR for gateway in found)


async def _ready(client: ScpClient, model: type[T], where: str, key: str, query: Mapping[str, str]) -> list[T]:
    return [one for one in await _read(client, model, where, key, query) if one.state in (None, "ACTIVE")]


async def _read(client: ScpClient, model: type[T], where: str, key: str, query: Mapping[str, str]) -> list[T]:
    return [item.value for item in (await client.paged(model, where, key, query, VPC)).items]
