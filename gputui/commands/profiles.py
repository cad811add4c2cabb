"""From a profile of the configuration to its provider and an open connection, for every command and the console."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gputui.commands.context import CliContext
from gputui.commands.options import GlobalOptions
from gputui.config import providers
from gputui.config.document import ConfigError
from gputui.config.profiles import Config, Profile, load
from gputui.config.secrets import Secrets
from gputui.config.settings import Errors, Resolve, at, settings_of
from gputui.core.problem import Failed
from gputui.core.provider import Client, Provider, Settings


def load_config(options: GlobalOptions, ctx: CliContext) -> Config:
    """The configuration that the options name, else the usual one."""
    path = options.config.absolute() if options.config else ctx.places.config_file
    return load(path, home=ctx.places.home)


def resolver(config: Config, ctx: CliContext) -> Resolve:
    """How this process fetches the secrets of `config`."""
    return Secrets(ctx.environ, ctx.places.home, config.path.parent).resolve


def configured(options: GlobalOptions, ctx: CliContext) -> tuple[Config, tuple[Profile, ...]] | None:
    """The configuration and the profiles that a command is about, its errors said; None where there are none."""
    config = load_config(options, ctx)
    for error in config.errors:
        ctx.say(error)
    profiles = chosen(config, options.profiles)
    if isinstance(profiles, ConfigError):
        ctx.say(profiles)
        return None
    if not profiles and not config.errors:
        ctx.say(f"{config.path} has no profiles")
    return (config, profiles) if profiles else None


def chosen(config: Config, names: Sequence[str]) -> tuple[Profile, ...] | ConfigError:
    """The profiles of those names in the order of the file; all of them for none."""
    known = tuple(profile.name for profile in config.profiles)
    unknown = [name for name in names if name not in known]
    if unknown:
        return ConfigError(f"there is no profile {unknown[0]}", str(config.path), allowed=known)
    return tuple(profile for profile in config.profiles if not names or profile.name in names)


def load_provider(profile: Profile) -> Provider[Any] | Errors:
    """Import the provider of a profile, or say all that is known to be wrong with it."""
    if not profile.provider:
        return profile.errors
    provider = providers.load(profile.provider)
    return (*profile.errors, at(profile, provider)) if isinstance(provider, ConfigError) else provider


def connect(profile: Profile, provider: Provider[Any], settings: Settings) -> Client | Errors:
    """Make the client; nothing is sent yet."""
    try:
        client: Client = provider.connect(settings)
    except Failed as failed:
        return (at(profile, ConfigError(f"{failed.problem} {failed.problem.remedy}".rstrip())),)
    return client


@dataclass(frozen=True, slots=True)
class OpenedProfile:
    """A profile with its provider and its connection, which whoever opened it closes."""

    profile: Profile
    provider: Provider[Any]
    client: Client


async def opened(
    config: Config, profile: Profile, resolve: Resolve, read_only: bool | None = None
) -> OpenedProfile | Errors:
    """Load the provider and connect, or say what is wrong.

    `read_only` is what the command line asked for, None for nothing.
    """
    return await opened_with(load_provider(profile), config, profile, resolve, read_only)


async def opened_with(
    provider: Provider[Any] | Errors, config: Config, profile: Profile, resolve: Resolve, read_only: bool | None
) -> OpenedProfile | Errors:
    """Fetch the secrets (in a thread: they may ask a program) and connect with a provider that has been loaded."""
    if isinstance(provider, tuple):
        return provider
    held = config.holds_read_only(profile, read_only)
    settings = await asyncio.to_thread(settings_of, profile, provider, resolve, read_only=held)
    if isinstance(settings, tuple):
        return settings
    client = connect(profile, provider, settings)
    return client if isinstance(client, tuple) else OpenedProfile(profile, provider, client)
