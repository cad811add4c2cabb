"""Listeners: each hears everything until it stops, also while others are being told."""

from __future__ import annotations

from collections.abc import Callable

from gputui.core.listeners import Listeners


def test_all_hear_in_the_order_in_which_they_came_until_they_stop() -> None:
    changed: Listeners[[str, int]] = Listeners()
    heard: list[tuple[str, str, int]] = []
    stop = changed.add(lambda name, count: heard.append(("first", name, count)))
    changed.add(lambda name, count: heard.append(("second", name, count)))
    changed("a", 1)
    stop()
    stop()
    changed("b", count=2)
    assert heard == [("first", "a", 1), ("second", "a", 1), ("second", "b", 2)]


def test_one_that_stops_itself_keeps_nobody_else_from_hearing() -> None:
    changed: Listeners[[]] = Listeners()
    heard: list[str] = []
    stops: list[Callable[[], None]] = []
    stops.append(changed.add(lambda: (heard.append("once"), stops[0]())))
    changed.add(lambda: heard.append("always"))
    changed()
    changed()
    assert heard == ["once", "always", "always"]
