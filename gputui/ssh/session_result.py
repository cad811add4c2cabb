"""How a session ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import Enum

NOT_CONNECTED = 255
"""The exit status of ssh itself, if the connection and not the command failed."""


class EndReason(Enum):
    """The ways a session ends or leaves the terminal."""

    EXITED = "exited"
    DISCONNECTED = "disconnected"
    DETACHED = "detached"
    LOST = "lost"
    HUNG_UP = "hung up"


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The end of a session on a terminal: the remote exit status if there is one, the reason as text, the duration."""

    exit_status: int | None
    reason: str
    seconds: float
    how: EndReason = EndReason.EXITED

    @property
    def code(self) -> int:
        """The exit code for a shell: the remote one, 0 if the person left, otherwise 255."""
        if self.exit_status is not None:
            return self.exit_status
        return 0 if self.how in (EndReason.DISCONNECTED, EndReason.DETACHED) else NOT_CONNECTED


def lasted(seconds: float) -> str:
    """Format a duration: `8 s`, `12 min`, `3 h 5 min`, `2 d 1 h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def status_of_signal(name: str) -> int:
    """Return the exit status that shells use for a death by signal, from its SSH name: `TERM` is 143."""
    number = getattr(signal, f"SIG{name}", None)
    return 128 + int(number) if isinstance(number, signal.Signals) else NOT_CONNECTED
