"""The rows of all profiles that SSH may reach, for the commands that go there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gputui.commands.get import read_view
from gputui.commands.profiles import Opened, opened
from gputui.commands.records import Found
from gputui.commands.surroundings import Surroundings
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Resolve
from gputui.core.provider import SshTarget


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be meant, and the profile whose ssh table applies."""

    profile: Profile
    found: Found

    @property
    def target(self) -> SshTarget | str:
        """Where it is reached, or why it is not."""
        if self.found.row.item is None or self.found.view.ssh is None:
            return "this entry cannot be read"
        return self.found.view.ssh(self.found.row.item)

    def __str__(self) -> str:
        row = self.found.row
        return f"{row.ref.profile}/{row.ref.id}  {row.name}  {row.state}"


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a profile has to enter; `whole` unless some of it could not be read."""

    machines: list[Candidate]
    whole: bool


async def read_machines(config: Config, profile: Profile, resolve: Resolve, here: Surroundings) -> Candidates:
    """All rows of a profile that SSH may reach; what fails is said, and costs nobody else."""
    source = await opened(config, profile, resolve, read_only=True)
    if not isinstance(source, Opened):
        for error in source:
            here.say(error)
        return Candidates([], whole=False)
    try:
        views = [view for view in source.provider.views if view.ssh is not None]
        readings = await asyncio.gather(*(read_view(source, view, here) for view in views))
    finally:
        await source.client.aclose()
    for reading in readings:
        if reading.problem is not None:
            here.say(f"{profile.name}: {reading.problem}")
    machines = [Candidate(profile, found) for reading in readings for found in reading.found]
    return Candidates(machines, whole=all(reading.problem is None for reading in readings))


def distinct(machines: Sequence[Candidate]) -> list[Candidate]:
    """Each machine once: two views of a cloud may show the same one."""
    by_place: dict[object, Candidate] = {}
    for machine in machines:
        target = machine.target
        reached = isinstance(target, SshTarget)
        place = (target.host, target.port, target.user) if isinstance(target, SshTarget) else machine.found.row.ref
        by_place.setdefault((machine.profile.name, reached, place), machine)
    return list(by_place.values())
