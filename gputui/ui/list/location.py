"""A place in the console: a tab, a view in it, and for a drill-down the parent row."""

from __future__ import annotations

from dataclasses import dataclass

from gputui.core.rows import Ref

FLEET = ""


@dataclass(frozen=True, slots=True)
class Location:
    """`tab` is a profile's name, or FLEET; `view` is empty until the profile's provider is loaded."""

    tab: str
    view: str = ""
    parent: Ref | None = None


class NavHistory:
    """The visited places, with a position in them: back, forward, and the previous one."""

    def __init__(self, start: Location) -> None:
        self._places = [start]
        self._at = 0

    @property
    def here(self) -> Location:
        """The current place."""
        return self._places[self._at]

    def go(self, place: Location) -> None:
        """Add a place after the current one; places ahead are dropped."""
        if place != self.here:
            self._places = [*self._places[: self._at + 1], place][-100:]
            self._at = len(self._places) - 1

    def settle(self, place: Location) -> None:
        """Replace the current place without a step, when a tab's first view becomes known."""
        self._places[self._at] = place

    def step(self, by: int) -> Location | None:
        """Move through the history; None at its ends."""
        if not 0 <= self._at + by < len(self._places):
            return None
        self._at += by
        return self.here

    @property
    def recent(self) -> list[Location]:
        """Return the other places that were visited, each once, the last one first."""
        newest = [*reversed(self._places[: self._at]), *reversed(self._places[self._at + 1 :])]
        return [place for place in dict.fromkeys(newest) if place != self.here]

    @property
    def previous(self) -> Location | None:
        """Return the place visited before this one."""
        return self._places[self._at - 1] if self._at else None
