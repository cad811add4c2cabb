"""What is loaded ahead of its first use costs no pause of the collector."""

from __future__ import annotations

import gc

import pytest

import gputui.ui.preload


def test_what_the_start_has_left_is_not_looked_through_while_ssh_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(gputui.ui.preload, "_NEEDED", ("no.such.module",))
    monkeypatch.setattr(gputui.ui.preload, "load_ssh", lambda: left.append(len(gc.get_objects(generation=2))))
    gc.collect()
    assert gc.get_objects(generation=2)
    try:
        gputui.ui.preload._settle(reached=True)
        assert left == [0]
    finally:
        gc.unfreeze()
