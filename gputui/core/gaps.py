"""What a list is known to lack: parts that could not be read, entries past a limit, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gputui.core.problem import Problem

_TOLD = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """One part that a list lacks.

    `part` names what could not be read ("region busan"); it is empty for the list itself. `problem` says why, if that
    is known. `listed` of `total` entries were read of a part that was cut; without a total, nobody knows how many there
    are. `rows` is False if every row is there and only some information about the rows is missing.
    """

    part: str = ""
    problem: Problem | None = None
    listed: int | None = None
    total: int | None = None
    rows: bool = True

    @property
    def brief(self) -> str:
        """The gap, short enough for a tab."""
        return self._counts or f"{self.part} missing"

    def __str__(self) -> str:
        counts = f"only {self._counts} entries were read" if self._counts else ""
        return ": ".join(filter(None, (self.part, counts, str(self.problem) if self.problem else "")))

    @property
    def _counts(self) -> str:
        return "" if self.listed is None else f"{self.listed} of {'more' if self.total is None else self.total}"


def gaps_in_words(missing: Sequence[Gap]) -> str:
    """All gaps in one sentence: the first three and the number of the others; empty without any."""
    if not missing:
        return ""
    more = f" and {len(missing) - _TOLD} more" if len(missing) > _TOLD else ""
    return f"not complete: {', '.join(map(str, missing[:_TOLD]))}{more}"


def distinct(missing: Iterable[Gap]) -> tuple[Gap, ...]:
    """Each gap once, in order of first occurrence."""
    return tuple(dict.fromkeys(missing))
