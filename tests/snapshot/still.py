"""A console in which nothing depends on the machine or the day: one clock, which stands, and ports that stay."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import tomli_w

from gputui.commands.context import CliContext
from gputui.commands.profiles import load_provider, resolver
from gputui.config.paths import Places
from gputui.config.profiles import Config, load
from gputui.config.settings import settings_of
from gputui.core.provider import Provider
from gputui.core.rows import Snapshot
from gputui.engine.cloud import Feed
from gputui.engine.store import Store
from gputui.sim.serve import Simulator
from gputui.sim.ssh_listeners import LOOPBACK, Place, SshListeners
from gputui.ssh.places import SshPlaces
from gputui.ui.ssh_service import SshConfig
from tests.clocks import ManualClock
from tests.pilot.consoles import Console, Wish, running, tabs_of

MOMENT = datetime(2026, 3, 12, 14, 3, 11, tzinfo=UTC).timestamp()
NEVER = 100_000.0
"""Seconds between two readings: longer than any scene lasts, so that lists are read when woken, and only then."""


class PaperDoor(SshListeners):
    """Hands out addresses in the order they are asked for and opens none: nobody logs in to a picture."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._next_port = 31001

    def open(self, name: str, *, host: str = LOOPBACK, port: int = 0, **_: Any) -> Place:
        """The next port."""
        if not port:
            port, self._next_port = self._next_port, self._next_port + 1
        return (host, port)

    def common_port(self, host: str) -> int:
        """Always the same."""
        return 31000


@dataclass
class Still(Console):
    """A console at `time`, which clouds, clients and screen share."""

    time: ManualClock

    async def loaded(self) -> None:
        """Return when every profile is connected and every machine has been read."""
        await self.until(lambda: set(self.store.clouds) == set(self.store.tabs))
        for name in self.store.tabs:
            await self._read_at(name)

    async def let_pass(self, seconds: float, steps: int) -> None:
        """Let time go on in the clouds and look in, one cloud after the other, so that the order of events is fixed."""
        for _ in range(steps):
            self.time.advance(seconds / steps)
            for name, cloud in self.store.clouds.items():
                cloud.refresh()
                await self._read_at(name)

    async def _read_at(self, name: str) -> None:
        cloud, now = self.store.clouds[name], self.time.now()
        machines = [Feed(view.name) for view in cloud.provider.views if view.machine]

        def shots() -> list[Snapshot]:
            return [cloud.snapshot(feed) for feed in machines]

        await self.until(lambda: all(shot.taken_at == now or shot.problem for shot in shots()))
        problems = [str(shot.problem) for shot in shots() if shot.problem]
        assert not problems, f"{name}: {problems}"


async def never(store: Store) -> None:
    """Connect nothing: the console as it is before the first answer."""
    await asyncio.Event().wait()


Load = Callable[[Store], Awaitable[None]]


@asynccontextmanager
async def still(folder: Path, wish: Wish, *, calm: bool = True, load_all: Load | None = None) -> AsyncIterator[Still]:
    """The console over the seeded clouds at MOMENT; `load_all` replaces how the profiles are connected."""
    clock = ManualClock(MOMENT)
    with patch("gputui.sim.serve.SshListeners", PaperDoor):
        clouds = Simulator(calm=calm, clock=clock, only=wish.only)
    # Lists are read in a fixed order; what is changing in several of them would be read in any.
    alone = patch("gputui.engine.following.can_follow", lambda view, changing: False)
    with same_surroundings(), alone, clouds:
        wish.before(clouds)
        loaded = _written(folder, clouds, wish)
        places = Places(folder, folder / "state", folder)
        options = {profile.name: profile.ssh for profile in loaded.profiles}
        shells = SshConfig(SshPlaces(folder, places.known_hosts), options)
        tabs = tabs_of(loaded, replace(wish, every=NEVER))
        load_now = load_all or _loader(loaded, places, clock)
        async with running(folder, tabs, load_now, shells, wish, clock) as (app, pilot):
            app.animation_level = "none"
            yield Still(app, pilot, clouds, None, folder, clock)


def _written(folder: Path, clouds: Simulator, wish: Wish) -> Config:
    config = clouds.config()
    profiles: Any = config["profiles"]
    for name, changes in wish.profile_changes.items():
        profiles[name].update(changes)
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(tomli_w.dumps(config))
    return load(path, home=folder)


def _loader(loaded: Config, places: Places, clock: ManualClock) -> Load:
    resolve = resolver(loaded, CliContext({}, places, sys.stdout, sys.stderr))

    async def load_all(store: Store) -> None:
        for profile in loaded.profiles:
            provider = load_provider(profile)
            assert isinstance(provider, Provider)
            settings = settings_of(profile, provider, resolve)
            assert not isinstance(settings, tuple), settings
            connect: Any = provider.connect  # all ours take the time as a parameter beside their settings
            store.connect(profile.name, provider, connect(settings, now=clock.now))

    return load_all


@contextmanager
def same_surroundings() -> Iterator[None]:
    """The environment as on no machine in particular: UTC, and colours."""
    try:
        with patch.dict(os.environ, {"TZ": "UTC"}):
            os.environ.pop("NO_COLOR", None)
            time.tzset()
            yield
    finally:
        time.tzset()
