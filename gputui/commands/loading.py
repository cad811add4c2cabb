"""Connect the profiles of a console after its first frame, while it keeps drawing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from gputui.commands.context import CliContext
from gputui.commands.profiles import load_provider, opened_with, resolver
from gputui.config.document import profile_problem
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Errors, Resolve
from gputui.core.clock import Clock
from gputui.core.provider import Provider
from gputui.engine.history.history import History, NoHistory
from gputui.engine.store import Store

if TYPE_CHECKING:
    from gputui.ui.ssh_service import SshConfig

TURN_SECONDS = 3.0
NETWORK = "gputui.net.transport"


def loader(
    connectable: Callable[[], Config],
    shells: SshConfig,
    ctx: CliContext,
    read_only: bool | None,
    begun: Callable[[], None],
) -> Callable[[Store], Awaitable[None]]:
    """Return what the console runs after its first frame. `begun` is called first; `connectable` may block."""

    async def load(store: Store) -> None:
        begun()
        config = await asyncio.to_thread(connectable)
        shells.options.update({profile.name: profile.ssh for profile in config.profiles if profile.name in store.tabs})
        await connect_all(store, config, ctx, read_only)
        await store.resume()

    return load


async def connect_all(store: Store, config: Config, ctx: CliContext, read_only: bool | None) -> None:
    """Connect the profiles of a store and begin to read them, keeping a history."""
    store.remember(history_of(config, ctx, store.clock))
    profiles = [profile for profile in config.profiles if profile.name in store.tabs]
    resolve = resolver(config, ctx)
    turn = asyncio.Lock()
    await asyncio.gather(*(_connect(store, config, profile, resolve, read_only, turn) for profile in profiles))


def history_of(config: Config, ctx: CliContext, clock: Clock) -> History:
    """The history that the configuration wants; nothing is opened yet."""
    if not config.history_days:
        return NoHistory()
    from gputui.engine.history.sqlite import SqliteHistory  # with sqlite3: not before the first frame

    return SqliteHistory(ctx.places.history, clock.now, days=config.history_days, megabytes=config.history_megabytes)


async def _connect(
    store: Store, config: Config, profile: Profile, resolve: Resolve, read_only: bool | None, turn: asyncio.Lock
) -> None:
    """Connect one profile; its errors become the body of its tab."""
    provider = await _loaded(profile, turn)
    found = await opened_with(provider, config, profile, resolve, read_only)
    if isinstance(found, tuple):
        store.fail(profile.name, profile_problem(found))
        return
    store.connect(profile.name, found.provider, found.client)


async def _loaded(profile: Profile, turn: asyncio.Lock) -> Provider[Any] | Errors:
    """Import a provider in a thread, yielding to the loop every five milliseconds, as an import takes 200 in all.

    Imports run one after the other, so that the first tab has rows first; none waits long for one that hangs.
    """
    try:
        await asyncio.wait_for(turn.acquire(), TURN_SECONDS)
    except TimeoutError:
        return await asyncio.to_thread(_load, profile)
    try:
        return await asyncio.to_thread(_load, profile)
    finally:
        turn.release()


def _load(profile: Profile) -> Provider[Any] | Errors:
    """Import a provider, and, if it uses our network layer, what its first request needs."""
    provider = load_provider(profile)
    if NETWORK in sys.modules:
        from gputui.net.ahead import make_ready

        make_ready(profile.ca_file, profile.client_cert)
    return provider
