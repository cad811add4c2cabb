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


@dataclass(frozen=True, slots=True)
class Pieces:
    """The long callbacks in the order of time, and the collector's pauses as (when, seconds, generation)."""

    pieces: Sequence[Piece]
    pauses: Sequence[tuple[float, float, int]]

    @classmethod
    def read(cls, report: Path) -> Pieces:
        """From what a watched console has written."""
        found = json.loads(report.read_text())
        return cls([Piece(*piece) for piece in found["pieces"]], [tuple(pause) for pause in found["pauses"]])

    def within(self, since: float, until: float) -> Pieces:
        """Those begun in that time."""
        pauses = [pause for pause in self.pauses if since <= pause[0] < until]
        return Pieces([piece for piece in self.pieces if since <= piece.at < until], pauses)

    @property
    def longest(self) -> float:
        """The longest piece, in milliseconds."""
        return 1000 * max((piece.seconds for piece in self.pieces), default=0.0)

    @property
    def longest_cpu(self) -> float:
        """The most CPU of a piece, in milliseconds: what other processes took is not in it."""
        return 1000 * max((piece.cpu for piece in self.pieces), default=0.0)

    @property
    def longest_pause(self) -> float:
        """The collector's longest pause, in milliseconds."""
        return 1000 * max((pause[1] for pause in self.pauses), default=0.0)

    def findings(self, least: float) -> Iterator[str]:
        """Each piece with so many seconds of CPU at least, the longest first, with where it was."""
        for piece in sorted(self.pieces, key=lambda piece: -piece.cpu):
            if piece.cpu >= least:
                often = Counter(piece.stacks).most_common(MOST_STACKS)
                where = "".join(f"    {count} × {stack}\n" for stack, count in often)
                yield f"{1000 * piece.cpu:.0f} ms CPU ({1000 * piece.seconds:.0f} ms) in {piece.name}\n{where}"
