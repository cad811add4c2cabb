"""The states of hosted·ai's nodes, pools, GPUs, services and regions, and the node states meant by its codes."""

from __future__ import annotations

from collections.abc import Mapping

from gputui.core.health import Health

NODES: Mapping[str, Health] = {
    "UNINITIALIZED": Health.OFF,
    "INITIALIZING": Health.CHANGING,
    "INITIALIZED": Health.OK,
    "K8_INITIALIZING": Health.CHANGING,
    "K8_INITIALIZED": Health.OK,
    "HEALTHY": Health.OK,
    "ERROR": Health.BAD,
    "RESETTING": Health.CHANGING,
}
POOLS: Mapping[str, Health] = {
    "DEPLOYMENT_SCHEDULED": Health.CHANGING,
    "VM_CREATION": Health.CHANGING,
    "SETTING_UP": Health.CHANGING,
    "ACTIVE": Health.OK,
    "ERROR_WHILE_DEPLOYING": Health.BAD,
    "DELETING": Health.CHANGING,
}
GPUS: Mapping[str, Health] = {
    "UNASSIGNED": Health.OK,
    "ASSIGNED": Health.OK,
    "ASSIGNING": Health.CHANGING,
    "UNASSIGNING": Health.CHANGING,
    "UNAVAILABLE": Health.DEGRADED,
}
SERVICES: Mapping[str, Health] = {
    "GPUAAS_ACTIVE": Health.OK,
    "GPUAAS_INACTIVE": Health.OFF,
    "GPUAAS_INITIALIZING": Health.CHANGING,
    "GPUAAS_ENABLE_SETTING_UP": Health.CHANGING,
    "GPUAAS_ERROR_WHILE_ENABLING": Health.BAD,
}
REGIONS: Mapping[str, Health] = {"ENABLED": Health.OK, "DISABLED": Health.OFF, "NONE": Health.OFF}

_FAILED = -1
_LEAVING = -2
_DONE = 2
_INITIALIZATION = {0: "uninitialized", 1: "initializing"}
_JOINING = {1: "k8_initializing", 2: "healthy"}


def by_codes(initialization: int | None, joining: int | None) -> str:
    """The state given by a node's two codes; empty if they are unknown."""
    if initialization == _LEAVING:
        return "resetting"
    if _FAILED in (initialization, joining):
        return "error"
    if initialization == _DONE:
        return _JOINING.get(joining or 0, "initialized")
    if initialization is None and joining == _DONE:
        return "k8_initialized"
    return "" if initialization is None else _INITIALIZATION.get(initialization, "")
