"""Samsung Cloud Platform: the account's nodes and their operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from gputui.sim.clock import Clock
from gputui.sim.scheduler import Scheduler
from gputui.sim.scp import creation
from gputui.sim.scp.auth import Keys
from gputui.sim.scp.catalogue import is_online
from gputui.sim.scp.doorway import Doorway
from gputui.sim.scp.errors import Refused, not_found
from gputui.sim.scp.models import Fabric, Node, PublicIp
from gputui.sim.scp.order import Order
from gputui.sim.scp.seeding import seed_account
from gputui.sim.ssh_listeners import SshListeners

STARTING, STOPPING, EDITING, TERMINATING, CREATING = 6.0, 4.0, 5.0, 5.0, 12.0


class Scp:
    """The simulated Multi-node GPU Cluster service with its VPC service; the simulator sets `vpc_url`."""

    name = "scp"

    def __init__(self, clock: Clock, random: Random, door: SshListeners) -> None:
        self.clock = clock
        self.random = random
        self.life = Scheduler(clock, random)
        # Request ids have their own random source, so that the number of requests does not change what happens next.
        self.ids = Random(random.getrandbits(64))  # noqa: S311 (a world's dice, not secrets)
        self.keys = Keys("2sd2gg2agbdSD26svcD", "scp-secret-key-for-tests-0001")
        self.vpc_url: str | None = None
        self.roll_back_next = False
        self.roll_back_odds = 0.0
        self._key_path = door.client_key_path
        self._account = seed_account(random, clock.now())
        self.nodes, self.fabrics, self.ips = self._account.nodes, self._account.fabrics, self._account.ips
        self._doorway = Doorway(door)
        for node in self.nodes.values():
            self._doorway.follow(node)

    def tick(self) -> None:
        """Bring the account up to the current time."""
        self.life.tick()

    def profile(self, base_url: str) -> dict[str, object]:
        """Return the profile of config.toml for this account; SSH is by key, at the one port of all nodes."""
        return {
            "provider": "scp",
            "environment": "e",
            "region": "kr-west1",
            "access_key": self.keys.access,
            "secret_key": self.keys.secret,
            "base_url": base_url,
            **({"vpc_url": self.vpc_url} if self.vpc_url else {}),
            "ssh": {
                "user": "root",
                "port": self._doorway.port or 22,
                "identity_file": str(self._key_path),
                "allow_local": True,
                "host_keys": "accept-new",
            },
        }

    # -- reading ------------------------------------------------------------------------------------------------

    def node(self, id: str) -> Node:
        """Return the node with that id. Raises Refused if there is none."""
        if id not in self.nodes:
            raise not_found()
        return self.nodes[id]

    def fabric(self, id: str) -> Fabric:
        """Return the fabric with that id. Raises Refused if there is none."""
        if id not in self.fabrics:
            raise not_found()
        return self.fabrics[id]

    def members(self, fabric: Fabric) -> list[Node]:
        """Return the nodes of a fabric."""
        return [node for node in self.nodes.values() if node.fabric_id == fabric.id]

    def members_by_fabric(self) -> dict[str, list[Node]]:
        """Return the nodes of every fabric by its id."""
        found: dict[str, list[Node]] = {id: [] for id in self.fabrics}
        for node in self.nodes.values():
            found[node.fabric_id].append(node)
        return found

    # -- changing -----------------------------------------------------------------------------------------------

    def create(self, order: Order) -> list[str]:
        """Start creating nodes, and their fabric if it is new; return the nodes' ids."""
        made = creation.create(self._account, order, self.random, self.life.now)
        self.life.after(CREATING, lambda: self._finish(made))
        return [node.id for node in made]

    def move(self, ids: Sequence[str], before_id: str, after_id: str) -> None:
        """Move members of one fabric to another of the same node pool: all of those named, or none."""
        before, after = self.fabric(before_id), self.fabric(after_id)
        nodes = self._only(ids, ("RUNNING", "STOPPED"), "move")
        _check_move(nodes, before, after)
        for fabric in (before, after):
            fabric.state = "EDITING"
        for node in nodes:
            self._edit(node, partial(self._join, node, before, after))

    def start(self, ids: Sequence[str]) -> None:
        """Power on stopped nodes: all of those named, or none."""
        nodes = self._only(ids, ("STOPPED",), "start")
        for node in nodes:
            self._pass_through(node, "STARTING", STARTING, "RUNNING")

    def stop(self, ids: Sequence[str]) -> None:
        """Power off running nodes: all of those named, or none."""
        nodes = self._only(ids, ("RUNNING",), "stop")
        for node in nodes:
            self._pass_through(node, "STOPPING", STOPPING, "STOPPED")

    def delete(self, ids: Sequence[str]) -> None:
        """Delete nodes that are unlocked and not in transition; with its last node a fabric is deleted too."""
        nodes = self._only(ids, ("RUNNING", "STOPPED"), "delete")
        for node in nodes:
            if node.locked:
                raise Refused(400, "ResourceLocked", f"The GPU Node {node.name} is locked.")
        for node in nodes:
            self._enter(node, "TERMINATING")
            self.life.after(TERMINATING, self._ending(node))

    def lock(self, id: str, *, locked: bool) -> None:
        """Set a node's protection against deletion; may be repeated."""
        node = self.node(id)
        node.locked = locked
        node.modified = self.life.now

    def assign_nat(self, id: str, ip_id: str) -> None:
        """Assign a reserved public address to a node; sometimes the cloud silently rolls back."""
        node = self._only([id], ("RUNNING", "STOPPED"), "assign a public NAT IP to")[0]
        ip = self.ips.get(ip_id)
        if ip is None:
            raise not_found()
        if node.nat is not None:
            raise Refused(400, "InvalidRequest", f"The GPU Node {node.name} already uses a public NAT IP.")
        if not is_online(node.vpc_id):
            raise Refused(400, "InvalidRequest", "The VPC has no Internet Gateway.")
        if ip.state != "RESERVED":
            raise Refused(400, "InvalidRequest", f"The public IP {ip.address} is not in RESERVED state.")
        rolled_back = self.roll_back_next or (self.roll_back_odds > 0 and self.random.random() < self.roll_back_odds)
        self.roll_back_next = False
        self.roll_back_odds = 0.0
        ip.node = node
        self._edit(node, lambda: self._attach(node, ip, rolled_back))

    def release_nat(self, id: str) -> None:
        """Release a node's public address."""
        node = self._only([id], ("RUNNING", "STOPPED"), "release the public NAT IP of")[0]
        ip = node.nat
        if ip is None:
            raise Refused(400, "InvalidRequest", f"The GPU Node {node.name} does not use a public NAT IP.")
        self._edit(node, lambda: self._attach(node, ip, True))

    def take_up(self, fabric: Fabric, nodes: Sequence[Node]) -> None:
        """Add a fabric with existing nodes."""
        self.fabrics[fabric.id] = fabric
        for node in nodes:
            self.nodes[node.id] = node
            self._doorway.follow(node)

    def enter(self, node: Node, state: str) -> None:
        """Set a node's state without an operation, as incidents do."""
        if node.id in self.nodes:
            self._enter(node, state)

    # -- how it goes on -----------------------------------------------------------------------------------------

    def _only(self, ids: Sequence[str], states: Sequence[str], verb: str) -> list[Node]:
        nodes = [self.node(id) for id in dict.fromkeys(ids)]
        for node in nodes:
            if node.state not in states:
                raise Refused(400, "InvalidState", f"Cannot {verb} GPU Node {node.name} in {node.state} state.")
        return nodes

    def _enter(self, node: Node, state: str) -> None:
        node.state = state
        node.modified = self.life.now
        self._doorway.follow(node)

    def _finish(self, made: Sequence[Node]) -> None:
        for node in made:
            for ip in [ip for ip in self.ips.values() if ip.node is node]:
                self._attach(node, ip, False)
            self._enter(node, "RUNNING")
            fabric = self.fabrics[node.fabric_id]
            if fabric.state == "CREATING":
                fabric.state = "RUNNING"

    def _join(self, node: Node, before: Fabric, after: Fabric) -> None:
        node.fabric_id = after.id
        for fabric in (before, after):
            fabric.state, fabric.modified = "RUNNING", self.life.now

    def _pass_through(self, node: Node, by: str, seconds: float, to: str) -> None:
        self._enter(node, by)
        self.life.after(seconds, lambda: self._enter(node, to) if node.state == by else None)

    def _edit(self, node: Node, change: Callable[[], None]) -> None:
        before = node.state
        self._enter(node, "EDITING")

        def done() -> None:
            change()
            self._enter(node, before)

        self.life.after(EDITING, done)

    def _attach(self, node: Node, ip: PublicIp, free: bool) -> None:
        node.nat = None if free else ip
        ip.node = None if free else node
        ip.modified = self.life.now

    def _ending(self, node: Node) -> Callable[[], None]:
        def end() -> None:
            self._doorway.follow(node, gone=True)
            del self.nodes[node.id]
            if node.nat is not None:
                self._attach(node, node.nat, True)
            fabric = self.fabrics[node.fabric_id]
            if fabric.state == "RUNNING" and not self.members(fabric):  # while edited it may be given new members
                del self.fabrics[fabric.id]

        return end


def _check_move(nodes: Sequence[Node], before: Fabric, after: Fabric) -> None:
    """Raise Refused for an invalid move; a fabric emptied by a move remains, so that the nodes can move back."""
    if before is after or before.pool_id != after.pool_id:
        raise Refused(400, "InvalidRequest", "The Cluster Fabrics should be two of one Node Pool.")
    if before.product_id != after.product_id:
        raise Refused(400, "InvalidRequest", f"The Cluster Fabric {after.name} is of {after.server_type}.")
    for fabric in (before, after):
        if fabric.state != "RUNNING":
            raise Refused(400, "InvalidState", f"The Cluster Fabric {fabric.name} is in {fabric.state} state.")
    for node in nodes:
        if node.fabric_id != before.id:
            raise Refused(400, "InvalidRequest", f"The GPU Node {node.name} is not a member of {before.name}.")
