"""Request bodies, checked field by field by the document's rules; all errors are reported together."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import TypeVar

from starlette.requests import Request

from gputui.sim.hostedai.models import Complaint, NodeOrder, PoolOrder, Refused, Security, WrongField
from gputui.sim.hostedai.wire import ROLES

RATIOS = (1, 10)
QUANTA = (10, 120)
PORTS = (1, 65_535)
NUMBERS = (1, 2**31 - 1)
SECURITY_LEVELS: tuple[Security, ...] = ("low", "medium", "high")
Choice = TypeVar("Choice", bound=str)
Value = TypeVar("Value")


class Form:
    """The fields of one JSON object. An invalid field reads as a harmless value until `check` raises Refused.

    null counts as missing, and unknown fields are ignored.
    """

    def __init__(self, given: Mapping[str, object], complaints: list[Complaint] | None = None) -> None:
        self._given = given
        self._complaints: list[Complaint] = [] if complaints is None else complaints

    def check(self) -> None:
        """Raise Refused with 400 if a requested field is missing or invalid."""
        if self._complaints:
            field, message = self._complaints[0]
            raise Refused(400, f"{field} {message}", *self._complaints)

    def wrong(self, field: str, message: str) -> None:
        """Add an error for a field."""
        self._complaints.append((field, message))

    def over(self, recorded: Mapping[str, object]) -> Form:
        """Return this form merged over the recorded values: missing fields keep theirs."""
        given = {name: value for name, value in self._given.items() if value is not None}
        return Form({**recorded, **given})

    def text(self, name: str, *, blank: bool = False) -> str:
        """Read a text; if it may be `blank`, it may also be missing."""
        value = self._take(name, "" if blank else None)
        if isinstance(value, str) and (blank or value.strip()):
            return value
        return self._fail(name, value, "must be a text" if blank else "must be a text that is not empty", "")

    def address(self, name: str, *, blank: bool = False) -> str:
        """Read an IP address that a machine can have."""
        value = self.text(name, blank=blank)
        if value and not _is_host(value):
            self.wrong(name, "must be the IP address of a machine")
        return value

    def whole(self, name: str, limits: tuple[int, int]) -> int:
        """Read an integer within limits; 4.0 is accepted, true is not."""
        value = self._take(name)
        least, most = limits
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is int and least <= value <= most:
            return value
        return self._fail(name, value, f"must be a whole number from {least} to {most}", least)

    def flag(self, name: str) -> bool:
        """Read a boolean; missing is false."""
        value = self._take(name, False)
        return value if isinstance(value, bool) else self._fail(name, value, "must be true or false", False)

    def choice(self, name: str, allowed: tuple[Choice, ...]) -> Choice:
        """Read one of several words."""
        value = self._take(name)
        found = next((word for word in allowed if word == value), None)
        return found or self._fail(name, value, f"must be one of {', '.join(allowed)}", allowed[0])

    def uuids(self, name: str, least: int) -> list[str]:
        """Read a list of distinct texts."""
        value = self._take(name)
        texts = [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []
        if isinstance(value, list) and len(set(texts)) == len(value) >= least:
            return texts
        return self._fail(name, value, f"must be a list of at least {least} GPU uuids, each once", [])

    def part(self, name: str) -> Form:
        """Read a nested object; its errors are reported with these, unless it is missing."""
        value = self._take(name)
        if isinstance(value, dict):
            return Form(value, self._complaints)
        self._fail(name, value, "must be an object", None)
        return Form({})

    def _take(self, name: str, default: object = None) -> object:
        value = self._given.get(name)
        return default if value is None else value

    def _fail(self, name: str, value: object, message: str, harmless: Value) -> Value:
        self.wrong(name, "is required" if value is None else message)
        return harmless


def _is_host(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast)


async def form_of(request: Request) -> Form:
    """Return the JSON object of a request."""
    try:
        given = json.loads(await request.body())
    except ValueError:
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(given, dict):
        raise Refused(400, "the body is not an object")
    return Form(given)


def number(request: Request, name: str, default: int | None = None) -> int:
    """Return an integer of the query. Raises Refused with 400 if invalid, or missing without a default."""
    given = request.query_params.get(name)
    if given is None and default is not None:
        return default
    if given is None or not (given.isascii() and given.isdecimal()):
        raise WrongField(name, "is required and a whole number")
    return int(given)


def pool_order(form: Form) -> PoolOrder:
    """Parse the body of `POST /gpuaas/pool/create` and `/gpuaas/pool/add`."""
    pool = form.part("pool")
    order = PoolOrder(
        gpuaas_id=form.whole("gpuaas_id", NUMBERS),
        name=pool.text("pool_name"),
        uuids=pool.uuids("attach_gpu_ids", least=0),
        sharing_ratio=pool.whole("sharing_ratio", RATIOS),
        time_quantum=pool.whole("time_quantum_in_sec", QUANTA),
        security=pool.choice("security_level", SECURITY_LEVELS),
    )
    form.check()
    return order


def gpu_uuids(form: Form) -> list[str]:
    """Parse the body of `POST …/add_gpus` and `…/remove_gpus`."""
    uuids = form.uuids("gpu_uuids", least=1)
    form.check()
    return uuids


def node_order(form: Form) -> NodeOrder:
    """Parse the body of `POST /gpuaas/node/add`, or of `PUT …/edit` merged over the recorded node."""
    roles = frozenset(role for flag, role in ROLES.items() if form.flag(flag))
    order = NodeOrder(
        name=form.text("name"),
        region_id=form.whole("region_id", NUMBERS),
        host=form.address("node_ip"),
        port=form.whole("port", PORTS),
        username=form.text("username"),
        roles=roles,
        external_ip=form.address("external_service_ip", blank=True) or None,
        volume_group=form.text("volume_group", blank=True) or None,
    )
    if not roles:
        form.wrong("is_worker_node", "or another role must be true")
    if "gateway" in roles and not order.external_ip:
        form.wrong("external_service_ip", "is required for a gateway node")
    form.check()
    return order


def join_order(form: Form) -> tuple[int, int]:
    """Parse the body of `POST /gpuaas/node/join`: node and region."""
    order = form.whole("joinee_node_id", NUMBERS), form.whole("region_id", NUMBERS)
    form.check()
    return order
