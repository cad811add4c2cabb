"""The charts of one or several rows on a screen: beside and below each other, or a table where they have no room."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from gputui.core.metrics import Measurements
from gputui.ui.charts.chart import LEAST_HEIGHT, Chart, ChartPen, Curve, Window
from gputui.ui.charts.table import table_lines
from gputui.ui.widgets.styles import Line

WIDE = 120
"""Cells from which two charts stand beside each other."""
LEAST_WIDTH = 44
_BETWEEN = 2
_HIGHEST = 24


@dataclass(frozen=True, slots=True)
class Measured:
    """What was read of one row, by its name; `why` there is nothing, if it could not be read."""

    name: str
    found: Measurements
    why: str = ""


class Board:
    """The charts of what was read, made anew with each reading; what a cursor changes is drawn quickly."""

    def __init__(self, rows: Sequence[Measured]) -> None:
        self.window = _window(rows)
        self.charts = tuple(_charts(rows, self.window))
        self.times = _times(rows, self.window)
        self._full = [chart for chart in self.charts if chart.has_readings]
        self._empty = [chart for chart in self.charts if not chart.has_readings]

    def lines(
        self, width: int, height: int, pen: ChartPen, cursor: float | None, *, as_table: bool = False
    ) -> list[Line]:
        """Return all lines for a window of that size; there may be more than have room."""
        if not self.charts:
            return [(("  nothing: the API has no readings for this", "dim"),)]
        if as_table or not self.has_room(width, height):
            return table_lines([row for chart in self.charts for row in chart.figures(cursor)], width)
        across, room, each = self._grid(width, height)
        drawn = [chart.lines(room, each, pen, cursor) for chart in self._full]
        lines = [line for at in range(0, len(drawn), across) for line in _beside(drawn[at : at + across])]
        return [*lines, *(chart.title(width, cursor) for chart in self._empty)]

    def prepare(self, width: int, height: int, pen: ChartPen) -> Iterator[None]:
        """Draw the curves for a window of that size one chart at a time: something else may be done in between."""
        _, room, each = self._grid(width, height)
        for chart in self._full if self.has_room(width, height) else ():
            chart.lines(room, each, pen, None)
            yield

    def _grid(self, width: int, height: int) -> tuple[int, int, int]:
        """How many charts stand beside each other, and the width and height of each."""
        across = 2 if width >= WIDE and len(self._full) > 1 else 1
        down = max(1, -(-len(self._full) // across))
        height -= len(self._empty)
        room = (width - _BETWEEN * (across - 1)) // across
        least = max((chart.least_height(room) for chart in self._full), default=LEAST_HEIGHT)
        return across, room, max(least, min(_HIGHEST if down > 1 else height, height // down))

    def has_room(self, width: int, height: int) -> bool:
        """Whether charts can be read in a window of that size."""
        return width >= LEAST_WIDTH and height >= LEAST_HEIGHT + 1

    def moved(self, cursor: float | None, by: int) -> float | None:
        """The time of a reading that many readings from the cursor; from the end where there is none."""
        if not self.times:
            return None
        at = len(self.times) if cursor is None else bisect_left(self.times, cursor)
        return self.times[min(len(self.times) - 1, max(0, at + by))]

    def kept(self, cursor: float | None) -> float | None:
        """The cursor, or the first time if the window has left it behind."""
        return cursor if cursor is None or not self.times else max(cursor, self.times[0])


def _window(rows: Sequence[Measured]) -> Window:
    """What was asked for, or else from the first point to the last."""
    starts, ends = [], []
    for row in rows:
        found = row.found
        times = [at for series in found.series for at, _ in series.points]
        starts += [found.start] if found.start is not None else times
        ends += [found.end] if found.end is not None else times
    start, end = min(starts, default=0.0), max(ends, default=0.0)
    end = end if end > start else start + 1.0
    moments = [row.found.at for row in rows if row.found.at is not None]
    return Window(start, end, max(moments, default=end))


def _charts(rows: Sequence[Measured], window: Window) -> Iterator[Chart]:
    """One chart for each label and unit, in the order in which they came."""
    curves: dict[tuple[str, str], list[Curve]] = {}
    for row in rows:
        for series in row.found.series:
            name = " ".join(filter(None, (row.name if len(rows) > 1 else "", series.part)))
            curves.setdefault((series.label, series.unit), []).append(Curve(name, series))
    for row in rows:
        if row.why:  # a row that could not be read is missed in every chart
            for known in curves.values():
                known.append(Curve(row.name, replace(known[0].series, points=(), limits=()), row.why))
    return (Chart(some, window) for some in curves.values())


def _times(rows: Iterable[Measured], window: Window) -> list[float]:
    times = {at for row in rows for series in row.found.series for at, _ in series.points}
    return sorted(at for at in times if window.start <= at <= window.end)


def _beside(drawn: Sequence[Sequence[Line]]) -> Iterator[Line]:
    for row in zip_longest(*drawn, fillvalue=()):
        parts = [*row[0]]
        for line in row[1:]:
            parts += [(" " * _BETWEEN, ""), *line]
        yield tuple(parts)
