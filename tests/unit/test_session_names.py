"""Which machine is meant by what is typed behind `:ssh`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gputui.core.health import Health
from gputui.core.provider import SshTarget
from gputui.core.rows import Ref, Row
from gputui.engine.cloud import Feed
from gputui.ui.ssh.session_names import named


def row(profile: str, id: str, name: str, host: str = "", view: str = "nodes") -> Row:
    return Row(Ref(profile, view, id), name, "RUNNING", Health.OK, (), item=host or f"10.0.0.{id}")


def deck_of(*rows: Row) -> Any:
    """As much of a deck as is asked: nodes and pods lead to machines, pools do not."""
    reached = SimpleNamespace(ssh=lambda item: SshTarget(item, 22, "root"))
    views = {"nodes": reached, "pods": reached, "pools": SimpleNamespace(ssh=None)}
    clouds = {}
    for profile in {one.ref.profile for one in rows}:
        mine = [one for one in rows if one.ref.profile == profile]
        shots = {
            Feed(view): SimpleNamespace(rows={one.ref: one for one in mine if one.ref.view == view}) for view in views
        }
        provider = SimpleNamespace(view=views.get)
        clouds[profile] = SimpleNamespace(provider=provider, snapshots=lambda shots=shots: shots)
    return SimpleNamespace(clouds=clouds)


DECK = deck_of(
    row("a", "1", "gpu-1"),
    row("a", "2", "gpu-2"),
    row("b", "7", "gpu-2", "10.9.9.9"),
    row("a", "3", "web", "10.0.0.3"),
    row("a", "p3", "web", "10.0.0.3", "pods"),
    row("a", "9", "pool-1", view="pools"),
)


@pytest.mark.parametrize(
    ("words", "id"), [("gpu-1", "1"), ("1", "1"), ("a/gpu-2", "2"), ("b/7", "7"), ("b/gpu-2", "7"), ("web", "3")]
)
def test_one_machine_is_meant(words: str, id: str) -> None:
    found = named(DECK, words)
    assert isinstance(found, Ref) and found.id == id


def test_two_of_one_name_are_said_with_what_tells_them_apart() -> None:
    words = str(named(DECK, "gpu-2"))
    assert words.startswith("2 machines are called gpu-2; say which: ")
    assert {"a/2", "b/7"} == set(words.rpartition(": ")[2].split(", "))


@pytest.mark.parametrize("words", ["gpu-3", "pool-1", "GPU-1"])
def test_what_is_not_there_is_said(words: str) -> None:
    assert str(named(DECK, words)).startswith(f"no machine is called {words}")
