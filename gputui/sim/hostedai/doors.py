"""The SSH doors of a panel's nodes: each listens where its record says, as far as that is on this computer."""

from __future__ import annotations

import contextlib
import ipaddress

from gputui.sim.hostedai.hardware import CARDS, SLOTS
from gputui.sim.hostedai.models import Node
from gputui.sim.ssh_listeners import SshListeners


def let_in(door: SshListeners, node: Node) -> None:
    """Open a node's door at its address; a port of 0 becomes the one given. Elsewhere than on loopback is none."""
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
    """Close a node's door and end the sessions there."""
    door.close(node.port, node.host)
