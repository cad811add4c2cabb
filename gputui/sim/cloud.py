"""The interface of every simulated cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from starlette.types import ASGIApp

from gputui.sim.churn import Turns
from gputui.sim.scheduler import Scheduler


class Cloud(Protocol):
    """One provider's account with its machines."""

    name: str
    life: Scheduler

    def tick(self) -> None:
        """Bring the cloud up to the current time; its API calls this first on every request."""
        ...

    def profile(self, base_url: str) -> dict[str, object]:
        """Return the profile table of config.toml for this cloud at `base_url` (scheme, host and port, no path)."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """A cloud and its applications.

    `apps` are its HTTP APIs, each for its own port, without recording and faults, which the simulator wraps around
    them. `grow` adds machines, `begin` starts automatic events; without it only requests change anything.
    """

    cloud: Cloud
    apps: Mapping[str, ASGIApp]
    turns: Turns[Any]
    grow: Callable[[int, Random], None]
    begin: Callable[[], None]
