"""Connect the profiles of a console after its first frame, while it keeps drawing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gputui.commands.context import CliContext
from gputui.commands.profiles import load_provider, opened_with, resolver
from gputui.config.document import profile_problem
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Errors, Resolve
from gputui.core.clock import Clock
from gputui.core.provider import Provider
from gputui.engine.cached.encoding import Account
from gputui.engine.cached.files import CachedFiles
from gputui.engine.cached.keeper import ListKeeper
from gputui.engine.cached.lists import CachedList
from gputui.engine.history.history import History, NoHistory
from gputui.engine.store import Store

if TYPE_CHECKING:
    from gputui.ui.ssh_service import SshConfig

DAY = 86_400.0
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
        await store.complete_cached()
        config = await asyncio.to_thread(connectable)
        shells.options.update({profile.name: profile.ssh for profile in config.profiles if profile.name in store.tabs})
        await connect_all(store, config, ctx, read_only)
        await store.resume()

    return load


async def connect_all(store: Store, config: Config, ctx: CliContext, read_only: bool | None) -> None:
    """Connect the profiles of a store and begin to read them, keeping a history."""
    store.remember(history_of(config, ctx, store.clock))
    keep_lists(store, config, ctx)
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


def cached_lists(
    config: Config, profiles: Iterable[Profile], ctx: CliContext, now: float
) -> dict[str, tuple[CachedList, ...]]:
    """The machine lists that an earlier console has left, by profile, as old as history may be."""
    if not config.history_days:
        return {}
    files, since = CachedFiles(ctx.places.lists), now - config.history_days * DAY
    return {one.name: tuple(files.read(one.name, one.provider, one.own, since)) for one in profiles}


def keep_lists(store: Store, config: Config, ctx: CliContext) -> None:
    """Have the machine lists of a store kept for the next console; without history none are, nor stay."""
    files = CachedFiles(ctx.places.lists)
    if not config.history_days:
        files.clear()
        return
    tables = {profile.name: profile.own for profile in config.profiles}
    store.keep_lists(ListKeeper(files, lambda cloud: account(cloud.provider, tables.get(cloud.name, {}))))


def account(provider: Provider[Any], own: Mapping[str, Any]) -> Account:
    """Whose lists a profile with this table has: what it sets apart from its secrets."""
    return Account(provider.name, {one.name: own.get(one.name) for one in provider.settings if one.kind != "secret"})


async def _connect(
    store: Store, config: Config, profile: Profile, resolve: Resolve, read_only: bool | None, turn: asyncio.Lock
) -> None:
    """Connect one profile; its errors become the body of its tab."""
    provider = await _loaded(profile, turn)
    found = await opened_with(provider, config, profile, resolve, read_only)
    if isinstance(found, tuple):
        store.fail(profile.name, profile_problem(found))
        return
    store.connect(profile.name, found.provider, found.client, found.traffic)


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
