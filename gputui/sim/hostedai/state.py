"""hosted·ai's panel and its objects: regions, nodes, pools and GPUs, and its authentication."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from random import Random
from typing import Literal, TypeVar

from gputui.sim.clock import Clock
from gputui.sim.hostedai import seeding, wire
from gputui.sim.hostedai.models import Accelerator, Changing, Gpu, GpuaaS, LogLine, Node, Pool, Refused, Region, Scan
from gputui.sim.scheduler import Scheduler
from gputui.sim.ssh_listeners import SshListeners

Auth = Literal["bearer", "x-api-key", "login"]
Shape = Literal["array", "items", "null", "alternate"]
Acknowledgement = Literal["object", "empty", "text"]
Refusal = Literal["coded", "error", "text", "accepted"]
Kind = Literal["node", "pool", "gpu", "scan", "service"]
BASE_PATH = "/api"
Thing = TypeVar("Thing")


class HostedAI:
    """The whole panel (design 2.7).

    `auth` is the accepted kind of login. `list_shape` is how lists are wrapped: a bare array, `{"items": […]}`, always
    `null`, or `alternate`: array and items by turns, `null` when empty, as the real panel does. `flat_gpus`,
    `wrapped_keys` and `direct_scans` select the other shapes seen for GPUs, SSH keys and GPU scans. `acknowledgement`
    is the response to a successful command: an object, nothing, or text that is not JSON. `refusal` is the response to
    an operation that is not possible now: 500 with the panel's own body, with only an `error`, with plain text, or 200
    with a code in the body.
    """

    name = "hostedai"

    def __init__(self, clock: Clock, random: Random, door: SshListeners) -> None:
        self.clock = clock
        self.random = random
        self.door = door
        self.life = Scheduler(clock, random)
        self.auth: Auth = "bearer"
        self.token = f"hai_{random.getrandbits(160):040x}"
        self.token_expires = clock.now() + 365 * seeding.DAY
        self.username = "admin"
        self.password = f"{random.getrandbits(64):016x}"
        self.session_seconds = 3600.0
        self.sessions: dict[str, float] = {}
        self._session_secret = random.randbytes(32)
        self.list_shape: dict[str, Shape] = {
            "nodes": "array",
            "pools": "alternate",
            "available_gpus": "items",
            "all_gpus": "alternate",
            "regions": "array",
            "services": "array",
        }
        self._listed: dict[str, int] = dict.fromkeys(self.list_shape, 0)
        self.flat_gpus = False
        self.wrapped_keys = False
        self.direct_scans = False
        self.acknowledgement: Acknowledgement = "object"
        self.refusal: Refusal = "coded"
        stock = seeding.stock(random, door, clock.now())
        self.regions = {region.id: region for region in stock.regions}
        self.services = {stock.service.id: stock.service}
        self.nodes = {node.id: node for node in stock.nodes}
        self.pools = {pool.id: pool for pool in stock.pools}
        self.gpus = {gpu.uuid: gpu for gpu in stock.gpus}
        self.scans = {scan.id: scan for scan in stock.scans}
        self._last: dict[Kind, int] = {
            "node": max(self.nodes),
            "pool": max(self.pools),
            "gpu": len(self.gpus),
            "scan": max(self.scans),
            "service": max(self.services),
        }

    def tick(self) -> None:
        """Run what is due."""
        self.life.tick()

    def profile(self, base_url: str) -> dict[str, object]:
        """Return the profile's keys in config.toml."""
        login = {"username": self.username, "password": self.password}
        return {
            "provider": "hostedai",
            "base_url": base_url.rstrip("/") + BASE_PATH,
            "auth": self.auth,
            **(login if self.auth == "login" else {"token": self.token}),
            "gpuaas_ids": list(self.services),
            "ssh": {
                "allow_local": True,
                "host_keys": "accept-new",
                "identity_file": str(self.door.client_key_path),
            },
        }

    def log_in(self, username: str, password: str) -> str:
        """Return a new session's token. Raises Refused with 401."""
        if (username, password) != (self.username, self.password):
            raise Refused(401, "invalid username or password")
        number = str(len(self.sessions)).encode()
        token = hmac.new(self._session_secret, number, hashlib.sha256).hexdigest()
        self.sessions[token] = self.clock.now() + self.session_seconds
        return token

    def authorised(self, authorization: str, api_key: str, cookie: str) -> bool:
        """Whether a request uses the accepted kind of login with valid credentials."""
        if self.auth == "login":
            return self.clock.now() < self.sessions.get(cookie, 0.0)
        scheme, _, token = authorization.partition(" ")
        given = api_key if self.auth == "x-api-key" else token.strip() if scheme.lower() == "bearer" else ""
        return given == self.token and self.clock.now() < self.token_expires

    def wrap(self, list_name: str, rows: Sequence[object]) -> object:
        """Return a list in the shape that is due."""
        shape = self.list_shape[list_name]
        if shape == "alternate":
            self._listed[list_name] += 1
            shape = "null" if not rows else "array" if self._listed[list_name] % 2 else "items"
        return {"array": list(rows), "items": {"items": list(rows)}, "null": None}[shape]

    def number(self, kind: Kind) -> int:
        """Return a new object's id; ids are never reused."""
        self._last[kind] += 1
        return self._last[kind]

    def region(self, region_id: int) -> Region:
        """Return a region. Raises Refused with 404."""
        return _found(self.regions, region_id, "region")

    def service(self, gpuaas_id: int) -> GpuaaS:
        """Return a GPUaaS. Raises Refused with 404."""
        return _found(self.services, gpuaas_id, "gpuaas")

    def service_in(self, region_id: int) -> GpuaaS | None:
        """Return the GPUaaS of a region, or None if it never had one."""
        return next((service for service in self.services.values() if service.region_id == region_id), None)

    def node(self, node_id: int) -> Node:
        """Return a node. Raises Refused with 404."""
        return _found(self.nodes, node_id, "node")

    def pool(self, pool_id: int) -> Pool:
        """Return a pool. Raises Refused with 404."""
        return _found(self.pools, pool_id, "pool")

    def scan(self, kind: Accelerator, scan_id: int) -> Scan:
        """Return a scan of that kind. Raises Refused with 404."""
        scan = _found(self.scans, scan_id, "scan")
        if scan.kind != kind:
            raise Refused(404, f"scan {scan_id} not found")
        return scan

    def nodes_in(self, region_id: int) -> list[Node]:
        """Return the nodes of a region. Raises Refused with 404 for an unknown one."""
        self.region(region_id)
        return [node for node in self.nodes.values() if node.region_id == region_id]

    def pools_of(self, gpuaas_id: int) -> list[Pool]:
        """Return the pools of a GPUaaS. Raises Refused with 404 for an unknown one."""
        self.service(gpuaas_id)
        return [pool for pool in self.pools.values() if pool.gpuaas_id == gpuaas_id]

    def gpus_of(self, gpuaas_id: int) -> list[Gpu]:
        """Return every GPU of a GPUaaS. Raises Refused with 404 for an unknown one."""
        region_id = self.service(gpuaas_id).region_id
        return [gpu for gpu in self.gpus.values() if self.nodes[gpu.node_id].region_id == region_id]

    def available_gpus(self, gpuaas_id: int) -> list[Gpu]:
        """Return the GPUs that can be added to a pool: in no pool, in a node that has joined."""
        ready = {node.id for node in self.nodes.values() if node.joined}
        return [gpu for gpu in self.gpus_of(gpuaas_id) if gpu.status == "UNASSIGNED" and gpu.node_id in ready]

    def gpus_in_node(self, node: Node) -> list[Gpu]:
        """Return the known GPUs of a node."""
        return [gpu for gpu in node.bays if gpu.uuid in self.gpus]

    def gpus_in_pool(self, pool: Pool) -> list[Gpu]:
        """Return the physical GPUs of a pool."""
        return [gpu for gpu in self.gpus.values() if gpu.pool_id == pool.id]

    def node_body(self, node: Node) -> dict[str, object]:
        """Return the JSON body of a node."""
        return wire.node_body(node, self.region(node.region_id), self.gpus_in_node(node))

    def pool_body(self, pool: Pool) -> dict[str, object]:
        """Return the JSON body of a pool."""
        return wire.pool_body(pool, self.gpus_in_pool(pool))

    def note(self, node: Node, level: str, message: str) -> None:
        """Add a line to a node's log."""
        node.log.append(LogLine(len(node.log) + 1, self.life.now, level, message))

    def later(self, thing: Changing, seconds: float, act: Callable[[], None]) -> None:
        """Run `act` after a delay unless the object's status has changed by then."""
        expected = thing.status

        def when_due() -> None:
            if thing.status == expected:
                act()

        self.life.after(seconds, when_due)


def _found(things: dict[int, Thing], number: int, kind: str) -> Thing:
    if number not in things:
        raise Refused(404, f"{kind} {number} not found")
    return things[number]
