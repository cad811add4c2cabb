"""Connecting the profiles of a console, one after the other between frames, after the first of them is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gputui.commands.profiles import opened, resolver
from gputui.commands.surroundings import Surroundings
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Resolve
from gputui.core.problem import Cause, Problem
from gputui.engine.deck import Deck
from gputui.ui.ssh_service import Shells


def loader(
    connectable: Callable[[], Config],
    shells: Shells,
    here: Surroundings,
    read_only: bool | None,
    begun: Callable[[], None],
) -> Callable[[Deck], Awaitable[None]]:
    """What the console runs after its first frame. `begun` is called first; `connectable` may block."""

    async def load(deck: Deck) -> None:
        begun()
        config = await asyncio.to_thread(connectable)
        profiles = [profile for profile in config.profiles if profile.name in deck.tabs]
        shells.options.update({profile.name: profile.ssh for profile in profiles})
        resolve = resolver(config, here)
        await asyncio.gather(*(_connect(deck, config, profile, resolve, read_only) for profile in profiles))
        await deck.resume()

    return load


async def _connect(deck: Deck, config: Config, profile: Profile, resolve: Resolve, read_only: bool | None) -> None:
    """Connect one profile; what is wrong with it becomes its tab's body."""
    await asyncio.sleep(0)  # a frame may be drawn between two imports
    found = await opened(config, profile, resolve, read_only)
    if isinstance(found, tuple):
        rest = f" (and {len(found) - 1} more: gputui config check)" if len(found) > 1 else ""
        deck.fail(profile.name, Problem(Cause.CONFIG, f"{found[0]}{rest}"))
        return
    deck.connect(profile.name, found.provider, found.client)
