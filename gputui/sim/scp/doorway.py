"""SSH to GPU nodes: this API returns addresses but no port, so each node listens on its own address at one port."""

from __future__ import annotations

from gputui.sim.scp.catalogue import products
from gputui.sim.scp.models import Node
from gputui.sim.ssh_listeners import SshListeners

ANCHOR = "127.10.0.1"


class Doorway:
    """Starts and stops listening for nodes as they come and go.

    All of 127/8 is this computer on Linux; on other systems the nodes exist but cannot be logged in to.
    """

    def __init__(self, door: SshListeners) -> None:
        self._door = door
        self.port = door.common_port(ANCHOR)
        self._open: dict[str, set[str]] = {}

    def follow(self, node: Node, *, gone: bool = False) -> None:
        """Listen at a node's private and public address while it has power."""
        powered = not gone and node.state not in ("STOPPED", "CREATING", "STARTING", "TERMINATED")
        wanted = {node.ip, *([node.nat.address] if node.nat else [])} if powered else set()
        before = self._open.pop(node.id, set())
        for host in before - wanted:
            self._door.close(self.port, host)
        for host in before & wanted:
            self._door.ail(self.port, node.ailment, host)
        now = (before & wanted) | {host for host in sorted(wanted - before) if self._let_in(node, host)}
        if now:
            self._open[node.id] = now

    def _let_in(self, node: Node, host: str) -> bool:
        model = next(product.gpu for product in products() if product.id == node.product_id)
        try:
            self._door.open(
                node.name,
                user="root",
                password=None,
                gpus=8,
                gpu_model=model,
                ailment=node.ailment,
                host=host,
                port=self.port,
            )
        except OSError:
            return False
        return True
