"""What the level of a log line or event means."""

from __future__ import annotations

from gputui.core.health import Health

_LEVELS = {
    **dict.fromkeys(
        ("error", "err", "fatal", "critical", "crit", "emerg", "emergency", "alert", "panic", "failed"), Health.BAD
    ),
    **dict.fromkeys(("warning", "warn"), Health.DEGRADED),
}


def gravity(level: str) -> Health | None:
    """Bad for errors, degraded for warnings, whatever their spelling; None for any other level."""
    return _LEVELS.get(level.strip().casefold())
