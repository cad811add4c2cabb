"""As many connections as the system allows open files, with some left for everything else."""

from __future__ import annotations

import resource

import pytest

from gputui.ssh.connecting.open_files import FEWEST, KEPT_FREE, MOST, room_for_connections

NONE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "room"),
    [
        (1024, 4096, 4096, 4096 - KEPT_FREE),
        (1024, 1024, 1024, 1024 - KEPT_FREE),
        (1024, NONE, MOST + KEPT_FREE, MOST),
        (NONE, NONE, NONE, MOST),
        (1 << 20, 1 << 20, 1 << 20, MOST),
        (256, 256, 256, FEWEST),
    ],
)
def test_the_limit_is_raised(soft: int, hard: int, raised: int, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: limits.append(wanted))
    assert room_for_connections() == room
    assert limits[-1] == (raised, hard)


def test_a_system_that_refuses_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1 << 20))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert room_for_connections() == 1024 - KEPT_FREE
