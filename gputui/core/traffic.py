"""What has gone over the lines since the start: to each API, and to the terminal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_RECENT = 50


@dataclass(slots=True)
class ApiTraffic:
    """With one host: requests sent, those answered in full, bytes of the answers' bodies as they came."""

    requests: int = 0
    answered: int = 0
    received: int = 0
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    """Of the latest round trips, from sending a request to the last byte of its answer."""

    def answer(self, seconds: float) -> None:
        """Count an answer that took so long."""
        self.answered += 1
        self.seconds.append(seconds)

    @property
    def usual(self) -> float | None:
        """The median of the latest round trips, in seconds; None before the first."""
        return sorted(self.seconds)[len(self.seconds) // 2] if self.seconds else None


@dataclass(slots=True)
class Traffic:
    """That of one profile, by host: a cloud may have several services."""

    hosts: dict[str, ApiTraffic] = field(default_factory=dict)

    def to(self, host: str) -> ApiTraffic:
        """Return that with one host."""
        return self.hosts.setdefault(host, ApiTraffic())


@dataclass(frozen=True, slots=True)
class DrawnFrames:
    """What was sent to the terminal: frames and bytes; `skipped` are those it had not been ready for."""

    frames: int
    bytes: int
    skipped: int
