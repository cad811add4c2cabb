"""The rows of all profiles that SSH may reach, for the commands that use SSH."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gputui.commands.context import CliContext
from gputui.commands.get import read_view
from gputui.commands.profiles import OpenedProfile, opened, resolver
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Resolve
from gputui.core.records import Found
from gputui.core.ssh_options import SshOptions
from gputui.ssh.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Reachable:
    """Rows that SSH may reach, and the SSH options of each profile; `whole` unless something could not be read."""

    found: tuple[Found, ...]
    options: dict[str, SshOptions]
    whole: bool

    def candidate(self, found: Found) -> Candidate:
        """Return one of the rows with its view and SSH options."""
        return Candidate(found.row, found.view, self.options[found.row.ref.profile])

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Return all candidates."""
        return tuple(map(self.candidate, self.found))


async def read_reachable(config: Config, profiles: Sequence[Profile], ctx: CliContext) -> Reachable:
    """Read all profiles at once; a failure is reported and does not affect other profiles."""
    secrets = resolver(config, ctx)
    readings = await asyncio.gather(*(_read(config, profile, secrets, ctx) for profile in profiles))
    return Reachable(
        tuple(found for each, _ in readings for found in each),
        {profile.name: profile.ssh for profile in profiles},
        all(whole for _, whole in readings),
    )


async def _read(config: Config, profile: Profile, resolve: Resolve, ctx: CliContext) -> tuple[tuple[Found, ...], bool]:
    """Return all rows of a profile that SSH may reach, and whether the lists are complete."""
    source = await opened(config, profile, resolve, read_only=True)
    if not isinstance(source, OpenedProfile):
        for error in source:
            ctx.say(error)
        return (), False
    try:
        views = [view for view in source.provider.views if view.ssh is not None]
        readings = await asyncio.gather(*(read_view(source, view, ctx) for view in views))
    finally:
        await source.client.aclose()
    for reading in readings:
        for complaint in reading.complaints:
            ctx.say(f"{profile.name}: {complaint}")
    return tuple(found for reading in readings for found in reading.found), all(reading.whole for reading in readings)
