"""The health of projects, runs and nodes by state; the document lists hardly any states."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gputui.core.health import Health, by_state
from gputui.providers.nsml.wire import IN_PROGRESS, NsmlNode, NsmlProject, Run

_STATES: Mapping[str, Health] = MappingProxyType(
    {
        "RUNNING": Health.OK,
        IN_PROGRESS: Health.OK,
        "CREATED": Health.OK,
        "PENDING": Health.CHANGING,
        "CREATING": Health.CHANGING,
        "CHANGING": Health.CHANGING,
        "DELETING": Health.CHANGING,
        "COMPLETED": Health.OFF,
        "DELETED": Health.OFF,
    }
)


def _health(state: str) -> Health:
    now = state.upper()
    if "FAIL" in now or "ERROR" in now:
        return Health.BAD
    return by_state(_STATES, now)


def node_health(node: NsmlNode) -> Health:
    """The health of a node; one with an exit code above 0 is bad, whatever its state is called."""
    return Health.BAD if node.failed_with else _health(node.status)


def run_health(run: Run) -> Health:
    """The health of a run."""
    return _health(run.state)


def project_health(project: NsmlProject) -> Health:
    """The health of a project."""
    return _health(project.status or "")
