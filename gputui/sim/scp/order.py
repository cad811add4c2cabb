"""The body of POST /v1/gpu-nodes, and the rules that do not depend on the account."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from gputui.sim.scp.bodies import Fields

NODE_NAME = re.compile(r"[a-z][a-z0-9-]{1,22}[a-z0-9]")
FABRIC_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,13}[a-zA-Z0-9]")
PASSWORD = re.compile(r"(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9])(?=.*[@$!%*#&])[A-Za-z0-9@$!%*#&]{9,20}")
ROOT = re.compile("root")
LONGEST_SCRIPT = 16384
FEWEST_AT_FIRST, MOST_AT_ONCE = 2, 5
MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256


@dataclass(frozen=True, slots=True)
class Server:
    """One of the requested nodes; without an address it is assigned one."""

    name: str
    ip: str | None
    public_ip_id: str | None
    product_id: str


@dataclass(frozen=True, slots=True)
class Order:
    """Requested nodes, in an existing fabric (`fabric_id`) or a new one. The password is checked and not stored."""

    fabric_id: str | None
    fabric_name: str
    pool_id: str
    image_id: str
    init_script: str
    locked: bool
    region: str
    subnet_id: str
    vpc_id: str
    servers: tuple[Server, ...]


def order_of(body: Fields) -> Order:
    """Parse a request body. Raises Refused if it is invalid."""
    fabric = body.part("cluster_fabric_details")
    wanted = Order(
        fabric_id=fabric.text_or_null("cluster_fabric_id", required=True),
        fabric_name=fabric.text("cluster_fabric_name", FABRIC_NAME),
        pool_id=fabric.text("node_pool_id"),
        image_id=body.text("image_id"),
        init_script=body.text_or_null("init_script") or "",
        locked=body.flag("lock_enabled"),
        region=body.text("region_id"),
        servers=tuple(_server(server) for server in body.parts("server_details")),
        subnet_id=body.text("subnet_id"),
        vpc_id=body.text("vpc_id"),
    )
    body.text("os_user_id", ROOT, "os_user_id should be root for a Linux image")
    body.text(
        "os_user_password",
        PASSWORD,
        "os_user_password should be 9 to 20 of A-Z, a-z, 0-9 and @$!%*#&, with one of each at least",
    )
    _check_tags(body)
    if len(wanted.init_script) > LONGEST_SCRIPT:
        body.complain(f"String should have at most {LONGEST_SCRIPT} characters")
    body.settle()
    _check_number(body, wanted)
    body.settle()
    return wanted


def _server(server: Fields) -> Server:
    name, ip = server.text("gpu_node_name", NODE_NAME), server.text_or_null("ip_address")
    public = server.text_or_null("public_ip_address_id") or None
    uses_nat = server.flag("nat_enabled", required=True)
    if uses_nat and public is None:
        server.complain("public_ip_address_id is required when nat_enabled is true")
    return Server(name, ip or None, public if uses_nat else None, server.text("server_type_id"))


def _check_tags(body: Fields) -> None:
    tags = body.parts("tags")
    if len(tags) > MOST_TAGS:
        body.complain(f"List should have at most {MOST_TAGS} items after validation, not {len(tags)}")
    for tag in tags:
        for name, most in (("key", LONGEST_KEY), ("value", LONGEST_VALUE)):
            if len(tag.text_or_null(name) or "") > most:
                body.complain(f"String should have at most {most} characters")


def _check_number(body: Fields, wanted: Order) -> None:
    """Check the number: a new fabric needs at least two nodes; an existing one may grow by one."""
    count, fewest = len(wanted.servers), 1 if wanted.fabric_id else FEWEST_AT_FIRST
    if count < fewest:
        body.complain(f"List should have at least {fewest} items after validation, not {count}")
    if count > MOST_AT_ONCE:
        body.complain(f"List should have at most {MOST_AT_ONCE} items after validation, not {count}")
    for what in (lambda server: server.name, lambda server: server.ip, lambda server: server.public_ip_id):
        _check_once(body, wanted, what)


def _check_once(body: Fields, wanted: Order, what: Callable[[Server], str | None]) -> None:
    given = [value for value in map(what, wanted.servers) if value is not None]
    if len(set(given)) < len(given):
        body.complain("Names and addresses should be given once only")
