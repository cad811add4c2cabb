"""The rows of all profiles that SSH may reach, for the commands that go there."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from gputui.commands.get import read_view
from gputui.commands.profiles import Opened, opened
from gputui.commands.records import Found
from gputui.commands.surroundings import Surroundings
from gputui.config.profiles import Config, Profile
from gputui.config.settings import Resolve
from gputui.core.problem import Failed
from gputui.ssh.machine import Machine, machine_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be meant, and the profile whose ssh table applies."""

    profile: Profile
    found: Found

    def machine(self) -> Machine:
        """The machine behind it. Raises Failed where SSH leads to none."""
        return machine_of(self.found.row, self.found.view, self.profile.ssh)

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
        for complaint in reading.complaints:
            here.say(f"{profile.name}: {complaint}")
    machines = [Candidate(profile, found) for reading in readings for found in reading.found]
    return Candidates(machines, whole=all(reading.whole for reading in readings))


def distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each machine once: two views of a cloud may show the same one. Those that SSH does not lead to are all there."""
    found: dict[Hashable, Candidate] = {}
    for candidate in candidates:
        found.setdefault(_place(candidate), candidate)
    return list(found.values())


def _place(candidate: Candidate) -> Hashable:
    try:
        return candidate.machine().place
    except Failed:
        return candidate.found.row.ref
