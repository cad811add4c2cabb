"""The curves of a chart as characters: drawn with plotille's canvas in braille dots, or with letters in ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gputui.core.metrics import Point, runs
from gputui.ui.charts.scales import Scale

_BLANK = "\N{BRAILLE PATTERN BLANK}"
_ACROSS, _UP = 2, 4
"""Dots of one cell."""
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Area:
    """Where curves are drawn: cells, the window of time, and the scale of the values."""

    width: int
    height: int
    start: float
    end: float
    scale: Scale

    def column(self, at: float) -> int:
        """The cell across of a time."""
        return int(self.across(at)) // _ACROSS

    def row(self, value: float) -> int:
        """The cell down of a value."""
        return self.height - 1 - int(self.up(value)) // _UP

    def across(self, at: float) -> float:
        """The dot across of a time."""
        most = self.width * _ACROSS - 1
        return min(most, max(0, round((at - self.start) / max(1e-9, self.end - self.start) * most)))

    def up(self, value: float) -> float:
        """The dot up of a value; those off the scale are at its ends."""
        most = self.height * _UP - 1
        share = (value - self.scale.low) / (self.scale.high - self.scale.low)
        return min(most, max(0, round(min(1.0, max(0.0, share)) * most)))


Cell = tuple[str, int]
"""A character and the number of the curve that drew it (NOBODY: it is blank)."""


def plot(curves: Sequence[Sequence[Point]], area: Area, *, letters: str = "") -> list[list[Cell]]:
    """Return the rows of cells; where curves meet, their dots are joined, and the later one's style holds.

    With `letters`, each cell that a curve touches is its letter instead of dots.
    """
    cells: list[list[Cell]] = [[(" ", NOBODY)] * area.width for _ in range(area.height)]
    for which, points in enumerate(curves):
        for row, line in enumerate(_drawn(points, area)):
            for column, char in enumerate(line):
                if char != _BLANK:
                    before = cells[row][column][0]
                    cells[row][column] = (letters[which] if letters else _joined(before, char), which)
    return cells


def _drawn(points: Sequence[Point], area: Area) -> Iterator[str]:
    from plotille import Canvas  # only when a chart is drawn

    wide, high = area.width * _ACROSS, area.height * _UP
    canvas = Canvas(area.width, area.height, 0, 0, wide, high)
    inside = [point for point in points if area.start <= point[0] <= area.end]
    for run in runs(inside):
        dots = [(area.across(at), area.up(value)) for at, value in run]
        canvas.point(*dots[0])
        for one, other in pairwise(dots):
            canvas.line(*one, *other)
    yield from canvas.plot("\n").split("\n")


def _joined(one: str, other: str) -> str:
    """The dots of both characters."""
    return other if one == " " else chr(ord(one) | ord(other))
