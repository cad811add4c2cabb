"""The five clouds together, created from one seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from gputui.sim.churn import USUAL, Churn, Rates
from gputui.sim.growing import SHARES, shared_out

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from gputui.sim.clock import Clock
    from gputui.sim.cloud import Cloud, Parts
    from gputui.sim.ssh_listeners import SshListeners

    Build = Callable[[Clock, Random, SshListeners], Parts]

VPC = "vpc"
# Cloud → the name of its profile, in the order of the tabs.
PROFILES = {"scp": "samsung", "nsml": "nsml", "hostedai": "hosted", "runai": "runai", "datenfab": "datenfab"}


class World:
    """Clouds by name; each has its own random source, so that they do not affect each other.

    `machines` is the total number of machines, if larger than the default; the initial ones do not depend on it. In a
    `calm` world only requests change anything, apart from the machines that `rates` changes.
    """

    def __init__(
        self,
        seed: int,
        clock: Clock,
        door: SshListeners,
        *,
        calm: bool,
        only: Sequence[str] | None = None,
        machines: int = 0,
        rates: Rates = USUAL,
    ) -> None:
        unknown = sorted(set(only or ()) - set(PROFILES))
        if unknown:
            raise ValueError(f"no such cloud: {', '.join(unknown)}; there are {', '.join(PROFILES)}")
        self._seed = seed
        self._parts = {
            name: build(clock, self._dice(name), door)
            for name, build in _builders().items()
            if only is None or name in only
        }
        self.clouds: dict[str, Cloud] = {name: parts.cloud for name, parts in self._parts.items()}
        self._grow(machines)
        for name, parts in self._parts.items():
            parts.cloud.life.pace = rates.pace
            if not calm:
                parts.begin()
            Churn(parts.cloud.life, parts.turns, rates, self._dice(f"{name}/churn")).begin()

    def __getitem__(self, name: str) -> Cloud:
        """Return the cloud of that name (`scp`, `nsml`, `hostedai`, `runai`, `datenfab`)."""
        return self.clouds[name]

    @property
    def apps(self) -> Mapping[str, ASGIApp]:
        """The HTTP APIs by cloud; SCP's VPC service is `vpc`."""
        return {name: app for parts in self._parts.values() for name, app in parts.apps.items()}

    @property
    def machines(self) -> int:
        """The number of machines in all clouds."""
        return sum(len(parts.turns.things()) for parts in self._parts.values())

    def _grow(self, machines: int) -> None:
        more = max(0, machines - self.machines)
        for name, count in shared_out(more, {name: SHARES[name] for name in self._parts}).items():
            self._parts[name].grow(count, self._dice(f"{name}/grown"))

    def _dice(self, name: str) -> Random:
        return Random(f"{self._seed}/{name}")  # noqa: S311 (dice)


def _builders() -> dict[str, Build]:
    """Return the builder of each cloud, which imports it, so that a simulator of one cloud imports only that one."""
    return {"scp": _scp, "nsml": _nsml, "hostedai": _hostedai, "runai": _runai, "datenfab": _datenfab}


def _scp(clock: Clock, dice: Random, door: SshListeners) -> Parts:
    from gputui.sim.cloud import Parts
    from gputui.sim.scp import api, events, growth, state, vpc

    cloud = state.Scp(clock, dice, door)
    apps = {cloud.name: api.api(cloud), VPC: vpc.vpc(cloud)}
    return Parts(cloud, apps, events.turns(cloud), partial(growth.grow, cloud), partial(events.begin, cloud))


def _nsml(clock: Clock, dice: Random, door: SshListeners) -> Parts:
    from gputui.sim.cloud import Parts
    from gputui.sim.nsml import api, events, growth, state

    cloud = state.Nsml(clock, dice, door)
    begin = partial(events.begin, cloud)
    return Parts(cloud, {cloud.name: api.api(cloud)}, events.turns(cloud), partial(growth.grow, cloud), begin)


def _hostedai(clock: Clock, dice: Random, door: SshListeners) -> Parts:
    from gputui.sim.cloud import Parts
    from gputui.sim.hostedai import api, events, growth, state

    cloud = state.HostedAI(clock, dice, door)
    apps = {cloud.name: api.build(cloud, state.BASE_PATH)}
    return Parts(cloud, apps, events.turns(cloud), partial(growth.grow, cloud), partial(events.begin, cloud))


def _runai(clock: Clock, dice: Random, door: SshListeners) -> Parts:
    from gputui.sim.cloud import Parts
    from gputui.sim.runai import api, events, growth, state

    cloud = state.RunAI(clock, dice)
    apps = {cloud.name: api.build(cloud)}
    return Parts(cloud, apps, events.turns(cloud), partial(growth.grow, cloud), partial(events.begin, cloud))


def _datenfab(clock: Clock, dice: Random, door: SshListeners) -> Parts:
    from gputui.sim.cloud import Parts
    from gputui.sim.datenfab import api, events, growth, state

    cloud = state.Datenfab(clock, dice, door)
    apps = {cloud.name: api.build(cloud, state.BASE_PATH)}
    return Parts(cloud, apps, events.turns(cloud), partial(growth.grow, cloud), partial(events.begin, cloud))
