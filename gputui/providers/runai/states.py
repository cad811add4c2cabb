"""The health of Run:ai's workloads, pods, nodes, node pools, clusters and projects by state."""

from __future__ import annotations

from collections.abc import Mapping

from gputui.core.health import Health

PHASES: Mapping[str, Health] = {
    "CREATING": Health.CHANGING,
    "INITIALIZING": Health.CHANGING,
    "RESUMING": Health.CHANGING,
    "PENDING": Health.CHANGING,
    "DELETING": Health.CHANGING,
    "RUNNING": Health.OK,
    "UPDATING": Health.CHANGING,
    "STOPPED": Health.OFF,
    "STOPPING": Health.CHANGING,
    "DEGRADED": Health.DEGRADED,
    "FAILED": Health.BAD,
    "COMPLETED": Health.OFF,
    "TERMINATING": Health.CHANGING,
    "UNKNOWN": Health.UNKNOWN,
}
PODS: Mapping[str, Health] = {
    "PENDING": Health.CHANGING,
    "RUNNING": Health.OK,
    "SUCCEEDED": Health.OFF,
    "FAILED": Health.BAD,
}
NODES: Mapping[str, Health] = {"READY": Health.OK, "NOTREADY": Health.BAD}
NODE_POOLS: Mapping[str, Health] = {
    "CREATING": Health.CHANGING,
    "UPDATING": Health.CHANGING,
    "DELETING": Health.CHANGING,
    "EMPTY": Health.OFF,
    "UNSCHEDULABLE": Health.DEGRADED,
    "READY": Health.OK,
    "DELETED": Health.OFF,
}
CLUSTERS: Mapping[str, Health] = {
    "WAITINGTOCONNECT": Health.CHANGING,
    "CONNECTED": Health.OK,
    "DISCONNECTED": Health.BAD,
    "MISSINGPREREQUISITES": Health.BAD,
    "SERVICEISSUES": Health.DEGRADED,
}
PROJECTS: Mapping[str, Health] = {
    "CREATING": Health.CHANGING,
    "UPDATING": Health.CHANGING,
    "DELETING": Health.CHANGING,
    "DELETED": Health.OFF,
    "INITIALIZING": Health.CHANGING,
    "READY": Health.OK,
    "NOTREADY": Health.BAD,
}
