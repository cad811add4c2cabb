"""A second console over what an earlier one has kept of a toy cloud, which answers when the test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gputui.engine.cached.encoding import Account
from gputui.engine.cached.files import CachedFiles
from gputui.engine.cached.keeper import ListKeeper
from gputui.engine.store import Store, Tab
from gputui.ssh.places import SshPlaces
from gputui.ui.ssh_service import SshConfig
from tests.clocks import ManualClock
from tests.pilot.consoles import Wish, running
from tests.promises.toy_console import EVERY, TOY, Answering, ToyConsole
from tests.toy import Machine

STATES = {"a1": "ERROR", "a2": "STOPPED"}


def toy(*ids: str) -> Answering:
    return Answering({one: Machine(one, f"toy-{one}", STATES.get(one, "RUNNING")) for one in ids})


@asynccontextmanager
async def second_console(
    folder: Path, client: Answering, time: ManualClock, *, connects: bool = True
) -> AsyncIterator[ToyConsole]:
    """A console over what an earlier one has kept; the cloud answers once `client.free` is set."""
    files = CachedFiles(folder / "lists")

    async def load_all(store: Store) -> None:
        store.keep_lists(ListKeeper(files, lambda cloud: Account(cloud.provider.name, {})))
        if connects:
            store.connect("a", TOY, client)

    shells = SshConfig(SshPlaces(folder, folder / "known_hosts"))
    cached = {"a": tuple(files.read("a", TOY.name, {}, 0.0))}
    async with running(
        folder, [Tab("a", TOY.name, every=EVERY)], load_all, shells, Wish(size=(100, 24), notices=True), time, cached
    ) as (app, pilot):
        yield ToyConsole(app, pilot, None, None, folder, toys={"a": client}, time=time)


async def first_console(folder: Path, *ids: str) -> ManualClock:
    """Have a console read these machines (else a1 to a4), and end; three minutes later it is now."""
    time, client = ManualClock(), toy(*(ids or ("a1", "a2", "a3", "a4")))
    client.free.set()
    async with second_console(folder, client, time) as here:
        await here.until(lambda: here.store.machines("a"))
    time.advance(185)
    return time
