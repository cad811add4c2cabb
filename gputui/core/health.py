"""One small scale of health to which the states of all providers are mapped."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Health(Enum):
    """A health with its word and its two glyphs, readable without colour. Order of definition: worst first."""

    BAD = ("bad", "✖", "X")
    DEGRADED = ("degraded", "▲", "!")
    UNKNOWN = ("unknown", "?", "?")
    CHANGING = ("changing", "◌", "~")
    OFF = ("off", "○", "-")
    OK = ("ok", "●", "+")

    def __init__(self, word: str, glyph: str, ascii_glyph: str) -> None:
        self.word = word
        self.glyph = glyph
        self.ascii_glyph = ascii_glyph

    @property
    def rank(self) -> int:
        """0 for the worst, higher for better: the sort key."""
        return _RANK[self]

    @property
    def faulty(self) -> bool:
        """Whether a person should see to it: bad or degraded."""
        return self is Health.BAD or self is Health.DEGRADED

    @property
    def suspect(self) -> bool:
        """Whether it is a fault or may be one: bad, degraded or unknown, which stale and missing rows are too."""
        return self.faulty or self is Health.UNKNOWN


_RANK: Mapping[Health, int] = {health: rank for rank, health in enumerate(Health)}


def by_state(states: Mapping[str, Health], state: str) -> Health:
    """Look `state` up in a provider's table, ignoring case; a state that is missing there is unknown, never ok."""
    return states.get(state.upper(), Health.UNKNOWN)
