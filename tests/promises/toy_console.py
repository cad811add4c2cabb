"""The real console over toy clouds, whose clock and whose answers the test owns: for what a list says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from gputui.core.gaps import Gap
from gputui.core.provider import Provider
from gputui.core.rows import Listing, Unreadable
from gputui.engine.store import Store, Tab
from gputui.ssh.places import SshPlaces
from gputui.ui.ssh_service import SshConfig
from tests.clocks import ManualClock, until
from tests.pilot.consoles import Console, Wish, running
from tests.toy import NODES, PROVIDER, Machine, ToyClient

EVERY = 5.0


@dataclass
class Answering(ToyClient):
    """A toy whose list may lack something, hold what cannot be read, or never come."""

    missing: tuple[Gap, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    ended: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def list(self) -> Listing[Machine]:
        try:
            listing = await super().list()
            await self.free.wait()
        finally:
            self.ended += 1
        return replace(listing, missing=self.missing, unreadable=self.unreadable)


VIEW = replace(NODES, fetch=Answering.list)
TOY = replace(PROVIDER, views=(VIEW,))


@dataclass
class ToyConsole(Console):
    """A console over the toys `a` and `b`, and the time it lives by."""

    toys: dict[str, Answering] = field(default_factory=dict)
    time: ManualClock = field(default_factory=ManualClock)

    async def read(self, *names: str) -> None:
        """Have these toys (all of them without any) read once more, and the screen drawn."""
        for name in names or self.toys:
            begun = self.toys[name].reads
            self.time.advance(0.01)
            self.store.clouds[name].refresh()
            await until(lambda name=name, begun=begun: self.toys[name].ended > begun)
        self.app.console_screen._redraw()
        await self.pilot.pause()

    def hang(self) -> None:
        """From now on no reading comes back."""
        for toy in self.toys.values():
            toy.free.clear()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and the console have looked at its clock."""
        self.time.advance(seconds)
        self.app.console_screen._tick()
        await self.pilot.pause()

    def health(self, name: str) -> str:
        """What the row of that name shows as its health."""
        return self.rows()[name].cells[1].text

    @property
    def places(self) -> dict[str, str]:
        """Every line around the table."""
        return {id: self.bar(id) for id in ("tabs", "views", "banner")}


@asynccontextmanager
async def toy_console(
    folder: Path,
    *,
    count: int = 6,
    size: tuple[int, int] = (120, 24),
    provider: Provider[Answering] = TOY,
    notices: bool = False,
) -> AsyncIterator[ToyConsole]:
    """Two profiles with `count` machines each, both read once; it begins on the fleet."""
    time = ManualClock()
    toys = {p: Answering({f"{p}{n}": Machine(f"{p}{n}", f"{p}-{n}") for n in range(count)}) for p in ("a", "b")}
    for toy in toys.values():
        toy.free.set()

    async def load_all(store: Store) -> None:
        for name, toy in toys.items():
            store.connect(name, provider, toy)

    shells = SshConfig(SshPlaces(folder, folder / "known_hosts"))
    tabs = [Tab(name, "toy", every=EVERY) for name in toys]
    wish = Wish(size=size, notices=notices)
    async with running(folder, tabs, load_all, shells, wish, time) as (app, pilot):
        here = ToyConsole(app, pilot, None, None, folder, toys=toys, time=time)
        await until(lambda: all(here.store.machines(name) for name in toys))
        await here.until(lambda: here.page.total_count == 2 * count)
        yield here
