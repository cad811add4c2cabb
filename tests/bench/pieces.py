"""What a watched loop was busy with, read from its report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MOST_STACKS = 8


class Piece(NamedTuple):
    """One callback of the loop: when it began, how long it took, how much of that was CPU, what and where it was."""

    at: float
    seconds: float
    cpu: float
    name: str
    stacks: Sequence[str]


class Pause(NamedTuple):
    """One collection of garbage: when it began, how long it took, and how much of that was CPU."""

    at: float
    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """The long callbacks and the collector's pauses, in the order of time.

    What counts is their CPU: on a busy machine the seconds are mostly those of other processes.
    """

    pieces: Sequence[Piece]
    pauses: Sequence[Pause]

    @classmethod
    def read(cls, report: Path) -> Pieces:
        """From what a watched console has written."""
        found = json.loads(report.read_text())
        return cls([Piece(*piece) for piece in found["pieces"]], [Pause(*pause) for pause in found["pauses"]])

    def within(self, since: float, until: float) -> Pieces:
        """Those begun in that time."""
        pauses = [pause for pause in self.pauses if since <= pause.at < until]
        return Pieces([piece for piece in self.pieces if since <= piece.at < until], pauses)

    @property
    def longest(self) -> tuple[float, float]:
        """The most CPU of a piece and the longest seconds of one, in milliseconds."""
        return _most(self.pieces)

    @property
    def longest_pause(self) -> tuple[float, float]:
        """The most CPU of a pause of the collector and the longest seconds of one, in milliseconds."""
        return _most(self.pauses)

    def findings(self, least: float) -> Iterator[str]:
        """Each piece with so many seconds of CPU at least, the longest first, with where it was."""
        for piece in sorted(self.pieces, key=lambda piece: -piece.cpu):
            if piece.cpu >= least:
                often = Counter(piece.stacks).most_common(MOST_STACKS)
                where = "".join(f"    {count} × {stack}\n" for stack, count in often)
                yield f"{1000 * piece.cpu:.0f} ms CPU ({1000 * piece.seconds:.0f} ms) in {piece.name}\n{where}"


def _most(these: Sequence[Piece] | Sequence[Pause]) -> tuple[float, float]:
    cpu, seconds = (max((getattr(one, name) for one in these), default=0.0) for name in ("cpu", "seconds"))
    return 1000 * cpu, 1000 * seconds
