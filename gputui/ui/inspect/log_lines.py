"""Which entries of a log are shown, by their level, and which have gone since it was read before."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from gputui.core.actions import LogEntry
from gputui.core.health import Health
from gputui.core.log_levels import gravity


class LogLevel(Enum):
    """The least level that is shown: its name, and the healths that it keeps (none: everything)."""

    ALL = ("all levels", frozenset[Health]())
    WARNINGS = ("warnings and errors", frozenset({Health.DEGRADED, Health.BAD}))
    ERRORS = ("errors", frozenset({Health.BAD}))

    def __init__(self, words: str, kept: frozenset[Health]) -> None:
        self.words = words
        self.kept = kept

    @property
    def next(self) -> LogLevel:
        """The one after it, in a circle."""
        levels = list(LogLevel)
        return levels[(levels.index(self) + 1) % len(levels)]

    def of(self, entries: Sequence[LogEntry]) -> tuple[LogEntry, ...]:
        """The entries of this level."""
        return tuple(one for one in entries if not self.kept or gravity(one.level) in self.kept)


def gone(before: Sequence[LogEntry], after: Sequence[LogEntry]) -> int:
    """How many entries at the beginning of a log are no longer in it; all of them if nothing of it is left."""
    if not before or not after:
        return 0
    first = next((at for at, one in enumerate(before) if one == after[0]), None)
    return len(before) if first is None and before[-1] not in after else first or 0


def counted(shown: int, entries: Sequence[LogEntry], level: LogLevel, dropped: int) -> str:
    """What of a log is shown, in words."""
    told = f"{shown:,} of {len(entries):,} lines: {level.words}" if level is not LogLevel.ALL else f"{shown:,} lines"
    return f"{told}, {dropped:,} older ones gone" if dropped else told
