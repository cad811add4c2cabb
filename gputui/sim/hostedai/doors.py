"""The SSH servers of a panel's nodes: each listens at its recorded address, if that is on this computer."""

from __future__ import annotations

import contextlib
import ipaddress

from gputui.sim.hostedai.hardware import CARDS, SLOTS
from gputui.sim.hostedai.models import Node
from gputui.sim.ssh_listeners import SshListeners


def let_in(door: SshListeners, node: Node) -> None:
    """Listen at a node's address; a port of 0 becomes the assigned one. Addresses other than loopback are ignored."""
    if not ipaddress.ip_address(node.host).is_loopback:
        return
    with contextlib.suppress(OSError):
        node.host, node.port = door.open(
            node.name,
            user=node.username,
            password=None,
            gpus=SLOTS if node.card else 0,
            gpu_model=CARDS[node.card].model if node.card else "",
            ailment=node.ailment,
            host=node.host,
            port=node.port,
        )


def shut(door: SshListeners, node: Node) -> None:
    """Stop listening for a node and end its sessions."""
    door.close(node.port, node.host)
