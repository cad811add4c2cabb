"""What the frame asks of every embedded cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from starlette.types import ASGIApp

from gputui.sim.churn import Turns
from gputui.sim.scheduler import Scheduler


class Cloud(Protocol):
    """One provider's account with its machines: what there is, and what may be done to it."""

    name: str
    life: Scheduler

    def tick(self) -> None:
        """Bring the cloud up to the clock; its API calls this before anything else on every request."""
        ...

    def profile(self, base_url: str) -> dict[str, object]:
        """The table of config.toml that reaches this cloud at `base_url` (scheme, host and port, no path)."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """A cloud with what the frame puts round it.

    `apps` are its HTTP APIs, each for a port of its own, without recording and faults: the frame puts those round them.
    `grow` adds so many machines, `begin` lets things happen by themselves; without it only what requests ask for does.
    """

    cloud: Cloud
    apps: Mapping[str, ASGIApp]
    turns: Turns[Any]
    grow: Callable[[int, Random], None]
    begin: Callable[[], None]
