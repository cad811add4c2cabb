"""The health of Samsung's nodes, fabrics and products by state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gputui.core.health import Health, by_state
from gputui.providers.scp.wire import Fabric, Product, ScpNode

_STATES: Mapping[str, Health] = MappingProxyType(
    {
        "RUNNING": Health.OK,
        "AVAILABLE": Health.OK,
        "STOPPED": Health.OFF,
        "TERMINATED": Health.OFF,
        "UNAVAILABLE": Health.OFF,
        "ERROR": Health.BAD,
        "UNKNOWN": Health.UNKNOWN,
    }
)


def changing(state: str | None) -> bool:
    """Whether the cloud is changing it: every state that ends in ING, except RUNNING."""
    now = (state or "").upper()
    return now.endswith("ING") and now != "RUNNING"


def health(state: str | None) -> Health:
    """The health of a state."""
    return Health.CHANGING if changing(state) else by_state(_STATES, state or "")


def node_health(node: ScpNode) -> Health:
    """The health of a node."""
    return health(node.state)


def fabric_health(fabric: Fabric) -> Health:
    """The health of a fabric: a running one with a faulty node is degraded."""
    own = health(fabric.state)
    faulty = any(health(node.state).faulty for node in fabric.gpu_node_details or ())
    return Health.DEGRADED if own is Health.OK and faulty else own


def product_health(product: Product) -> Health:
    """Whether a product can be ordered."""
    return health(product.state)
