"""The verbs that take a change back: each is a verb of the same view, and taken back by the first in turn."""

from __future__ import annotations

import pytest

from gputui.config import providers
from gputui.core.provider import Provider
from gputui.core.reading import AnyView
from gputui.sim.serve import PROFILES


def _views(cloud: str) -> tuple[AnyView, ...]:
    provider = providers.load(cloud)
    assert isinstance(provider, Provider)
    return provider.views


@pytest.mark.parametrize("cloud", PROFILES)
def test_opposites_are_each_others(cloud: str) -> None:
    for view in _views(cloud):
        opposite = {action.name: action.opposite for action in view.actions if action.opposite}
        assert opposite == {name: other for other, name in opposite.items()}


def test_what_starts_locks_and_assigns_has_an_opposite() -> None:
    named = {action.name for cloud in PROFILES for view in _views(cloud) for action in view.actions if action.opposite}
    assert {"start", "stop", "lock", "unlock", "assign_ip", "release_ip", "assign_gpus", "free_gpus"} <= named
