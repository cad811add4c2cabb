"""The states of a Datenfab instance: only two spellings are documented, so all are normalised."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gputui.core.health import Health

STARTING = "STARTING"
RUNNING = "RUNNING"
STOPPING = "STOPPING"
STOPPED = "STOPPED"
DELETING = "DELETING"
ERROR = "ERROR"

HEALTH: Mapping[str, Health] = {
    STARTING: Health.CHANGING,
    RUNNING: Health.OK,
    STOPPING: Health.CHANGING,
    STOPPED: Health.OFF,
    DELETING: Health.CHANGING,
    ERROR: Health.BAD,
}

_PHASES: Mapping[str, str] = {
    "creating": STARTING,
    "starting": STARTING,
    "pending": STARTING,
    "poweringon": STARTING,
    "running": RUNNING,
    "stopping": STOPPING,
    "shuttingdown": STOPPING,
    "poweringoff": STOPPING,
    "stopped": STOPPED,
    "shutdown": STOPPED,
    "poweroff": STOPPED,
    "poweredoff": STOPPED,
    "deleting": DELETING,
    "terminating": DELETING,
    "failed": ERROR,
    "error": ERROR,
}


def phase(status: str) -> str:
    """Which of the six phases `status` means, or `status` in capitals if it is none of them."""
    return _PHASES.get(re.sub(r"[\s_-]+", "", status).lower(), status.upper())
