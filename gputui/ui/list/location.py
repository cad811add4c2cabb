"""Where the console is looking: a tab, a view in it, and for a drill-down the row it hangs from."""

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
    """The places one has been to, with a position in them: back, forward, and the one before."""

    def __init__(self, start: Location) -> None:
        self._places = [start]
        self._at = 0

    @property
    def here(self) -> Location:
        """The present place."""
        return self._places[self._at]

    def go(self, place: Location) -> None:
        """Add a place after the present one; what lay ahead is forgotten."""
        if place != self.here:
            self._places = [*self._places[: self._at + 1], place][-100:]
            self._at = len(self._places) - 1

    def settle(self, place: Location) -> None:
        """Put `place` where we are without a step: a tab has learnt its first view."""
        self._places[self._at] = place

    def step(self, by: int) -> Location | None:
        """Move along the trail; None at its ends."""
        if not 0 <= self._at + by < len(self._places):
            return None
        self._at += by
        return self.here

    @property
    def previous(self) -> Location | None:
        """The place before this one."""
        return self._places[self._at - 1] if self._at else None
