"""The five clouds together, grown from one seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from random import Random

from gputui.sim.clock import Clock
from gputui.sim.cloud import Cloud
from gputui.sim.door import SshDoor

# Name → module and class; imported when built, so that a simulator of one cloud loads one.
CLOUDS = {
    "scp": ("gputui.sim.scp.state", "Scp"),
    "nsml": ("gputui.sim.nsml.state", "Nsml"),
    "hostedai": ("gputui.sim.hostedai.state", "HostedAI"),
    "runai": ("gputui.sim.runai.state", "RunAI"),
    "datenfab": ("gputui.sim.datenfab.state", "Datenfab"),
}


class World:
    """Clouds by name; each has its own dice, so that one does not change another's fate."""

    def __init__(
        self, seed: int, clock: Clock, door: SshDoor, *, calm: bool, only: Sequence[str] | None = None
    ) -> None:
        unknown = sorted(set(only or ()) - set(CLOUDS))
        if unknown:
            raise ValueError(f"no such cloud: {', '.join(unknown)}; there are {', '.join(CLOUDS)}")
        self.clouds: dict[str, Cloud] = {}
        for name, (module, cls) in CLOUDS.items():
            if only is None or name in only:
                build: Callable[..., Cloud] = getattr(import_module(module), cls)
                self.clouds[name] = build(clock, Random(f"{seed}/{name}"), door, calm=calm)  # noqa: S311 (dice)

    def __getitem__(self, name: str) -> Cloud:
        """The cloud of that name (`scp`, `nsml`, `hostedai`, `runai`, `datenfab`)."""
        return self.clouds[name]
