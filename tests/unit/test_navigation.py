"""From place to place, also while profiles are still being connected."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gputui.ui.list.location import Location
from gputui.ui.shell.navigation import Navigation


class Provider:
    """Three views."""

    views = tuple(SimpleNamespace(name=name) for name in ("nodes", "pools", "images"))

    def view(self, name: str) -> Any:
        return next((view for view in self.views if view.name == name), None)


@pytest.mark.parametrize(("by", "view"), [(1, "pools"), (-1, "images")])
def test_a_tab_connected_a_moment_ago_has_a_next_view(by: int, view: str) -> None:
    """Between the connection and the word of it a key may come: the place does not know its view yet."""
    store: Any = SimpleNamespace(tabs={"lab": None}, clouds={})
    page: Any = SimpleNamespace(display=True, watch_feed=lambda: None, leave_feed=lambda: None)
    places = Navigation(store, lambda place: page, lambda page: None)
    places.tab(1)
    assert places.trail.here == Location("lab", "")
    store.clouds["lab"] = SimpleNamespace(provider=Provider())
    places.next_view(by)
    assert places.trail.here == Location("lab", view)
