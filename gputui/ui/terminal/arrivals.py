"""When typed keys have arrived, and whether all of them were handed on: pasted letters must be told from typed ones.

A busy machine lets the thread that reads the terminal wait between two letters; what came meanwhile came at once.
"""

from __future__ import annotations

import select

BEFORE = 0.0
"""The moment of what was typed before anything was read, and so before there was anything to see."""
LONGEST_BUSY = 0.05
"""Seconds for which the reading thread may have been too busy; no two keys of a person follow as fast."""


class Arrivals:
    """Counts the looks at the terminal, and those whose keys the app was given; each side counts in its own thread."""

    def __init__(self) -> None:
        self._at = BEFORE
        self._there = False
        self._looks = self._given = 0

    def ask(self, terminal: int) -> None:
        """Note before waiting for input whether there is some already: that has come while nobody looked."""
        self._there = _has_input(terminal)

    def look(self, now: float) -> float:
        """Return when the input has arrived that was asked for and is there now; it must be given to the app next."""
        if not self._there or (self._at != BEFORE and now - self._at > LONGEST_BUSY):
            self._at = now
        self._looks += 1
        return self._at

    def given(self) -> None:
        """The app has what the oldest look has read."""
        self._given += 1

    def unread(self, terminal: int) -> bool:
        """Whether the terminal has sent what the app was not given yet."""
        return self._looks != self._given or _has_input(terminal)


def _has_input(terminal: int) -> bool:
    return bool(select.select((terminal,), (), (), 0)[0])
