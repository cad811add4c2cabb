"""Connecting the profiles of a console, one after the other between frames, after the first of them is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gputui.commands.context import CliContext
from gputui.commands.profiles import opened, resolver
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Resolve
from gputui.core.problem import Cause, Problem
from gputui.engine.store import Store
from gputui.ui.ssh_service import SshConfig


def loader(
    connectable: Callable[[], Config],
    shells: SshConfig,
    ctx: CliContext,
    read_only: bool | None,
    begun: Callable[[], None],
) -> Callable[[Store], Awaitable[None]]:
    """What the console runs after its first frame. `begun` is called first; `connectable` may block."""

    async def load(store: Store) -> None:
        begun()
        config = await asyncio.to_thread(connectable)
        profiles = [profile for profile in config.profiles if profile.name in store.tabs]
        shells.options.update({profile.name: profile.ssh for profile in profiles})
        resolve = resolver(config, ctx)
        await asyncio.gather(*(_connect(store, config, profile, resolve, read_only) for profile in profiles))
        await store.resume()

    return load


async def _connect(store: Store, config: Config, profile: Profile, resolve: Resolve, read_only: bool | None) -> None:
    """Connect one profile; what is wrong with it becomes its tab's body."""
    await asyncio.sleep(0)  # a frame may be drawn between two imports
    found = await opened(config, profile, resolve, read_only)
    if isinstance(found, tuple):
        rest = f" (and {len(found) - 1} more: gputui config check)" if len(found) > 1 else ""
        store.fail(profile.name, Problem(Cause.CONFIG, f"{found[0]}{rest}"))
        return
    store.connect(profile.name, found.provider, found.client)
