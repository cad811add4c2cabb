"""Turn a profile of the configuration into its provider and an open connection, for every command and the console."""

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
from gputui.core.naming import did_you_mean
from gputui.core.problem import Failed
from gputui.core.provider import Client, Provider, Settings
from gputui.core.traffic import Traffic

NO_PROFILES = "has no profiles"


def load_config(options: GlobalOptions, ctx: CliContext) -> Config:
    """Load the configuration given by the options, or the default one."""
    path = options.config.absolute() if options.config else ctx.places.config_file
    return load(path, home=ctx.places.home)


def resolver(config: Config, ctx: CliContext) -> Resolve:
    """Return the resolver for the secrets of `config` in this process."""
    return Secrets(ctx.environ, ctx.places.home, config.path.parent).resolve


def configured(options: GlobalOptions, ctx: CliContext) -> tuple[Config, tuple[Profile, ...]] | None:
    """Return the configuration and the selected profiles; errors are reported. None if there is no profile."""
    config = load_config(options, ctx)
    for error in config.errors:
        ctx.say(error)
    profiles = chosen(config, options.profiles)
    if isinstance(profiles, ConfigError):
        ctx.say(profiles)
        return None
    if not profiles and not config.errors:
        ctx.say(ConfigError(NO_PROFILES, str(config.path)))
    return (config, profiles) if profiles else None


def chosen(config: Config, names: Sequence[str]) -> tuple[Profile, ...] | ConfigError:
    """Return the profiles with these names, in the order of the file; all of them if `names` is empty."""
    known = tuple(profile.name for profile in config.profiles)
    unknown = [name for name in names if name not in known]
    if unknown:
        message = f"there is no profile {unknown[0]}{did_you_mean(unknown[0], known)}"
        return ConfigError(message, str(config.path), allowed=known)
    return tuple(profile for profile in config.profiles if not names or profile.name in names)


def load_provider(profile: Profile) -> Provider[Any] | Errors:
    """Import the provider of a profile, or return the known errors of the profile."""
    if not profile.provider:
        return profile.errors
    provider = providers.load(profile.provider)
    return (*profile.errors, at(profile, provider)) if isinstance(provider, ConfigError) else provider


def connect(profile: Profile, provider: Provider[Any], settings: Settings) -> Client | Errors:
    """Create the client; nothing is sent yet."""
    try:
        client: Client = provider.connect(settings)
    except Failed as failed:
        return (at(profile, ConfigError(f"{failed.problem} {failed.problem.remedy}".rstrip())),)
    return client


@dataclass(frozen=True, slots=True)
class OpenedProfile:
    """A profile with its provider and its client; whoever opens it must close it."""

    profile: Profile
    provider: Provider[Any]
    client: Client
    traffic: Traffic


async def opened(
    config: Config, profile: Profile, resolve: Resolve, read_only: bool | None = None
) -> OpenedProfile | Errors:
    """Load the provider and connect, or return the errors.

    `read_only` is the choice on the command line, None without one.
    """
    return await opened_with(load_provider(profile), config, profile, resolve, read_only)


async def opened_with(
    provider: Provider[Any] | Errors, config: Config, profile: Profile, resolve: Resolve, read_only: bool | None
) -> OpenedProfile | Errors:
    """Fetch the secrets (in a thread: they may run a program) and connect with a loaded provider."""
    if isinstance(provider, tuple):
        return provider
    held = config.holds_read_only(profile, read_only)
    settings = await asyncio.to_thread(settings_of, profile, provider, resolve, read_only=held)
    if isinstance(settings, tuple):
        return settings
    client = connect(profile, provider, settings)
    return client if isinstance(client, tuple) else OpenedProfile(profile, provider, client, settings.traffic)
