"""A profile of a configuration, opened as the commands and the console open it."""

from __future__ import annotations

from gputui.commands.context import CliContext
from gputui.commands.profiles import OpenedProfile, opened, resolver
from gputui.config.profiles import Config


async def open_first(config: Config, *, read_only: bool | None = None) -> OpenedProfile:
    """The provider and an open connection of its first profile."""
    found = await opened(config, config.profiles[0], resolver(config, CliContext.of_process()), read_only)
    assert isinstance(found, OpenedProfile), found
    return found
