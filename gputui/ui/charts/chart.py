"""One chart as lines: title, legend with the last values or those at the cursor, axes, limits and curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len

from gputui.core.metrics import Limit, Series, is_known, known, step, value_at
from gputui.ui.charts.plot import NOBODY, Area, Cell, plot
from gputui.ui.charts.scales import Scale, clock, time_ticks, unit_for, value_scale
from gputui.ui.widgets.bars import cut
from gputui.ui.widgets.styles import Line, Part, StyleName

LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LEAST_ROWS = 4
"""Lines of curves that can be read."""
LEAST_HEIGHT = _LEAST_ROWS + 2
"""Lines of a chart without a legend: title, curves, time."""
NONE = "–"
_CURVES: tuple[StyleName, ...] = ("curve-1", "curve-2", "curve-3", "curve-4")
_FAR = 4.0
"""A limit this many times above all readings is told, but does not flatten the curves."""
_MOST_LEGEND = 4
_LATE = 2
"""A last reading this many steps before the end of the window is not the present value."""
_LEAST_TICKS = 2
_TICK_ROWS = 3
"""Lines of curves for each tick of the value axis."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is shown, in epoch seconds; `now` is when it was read."""

    start: float
    end: float
    now: float

    @property
    def span(self) -> float:
        """Its length in seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Curve:
    """A series with what tells it from the others of its chart; `why` it has no readings, if that is known."""

    name: str
    series: Series
    why: str = ""


@dataclass(frozen=True, slots=True)
class ChartPen:
    """The characters that a terminal can draw."""

    limit: str
    cursor: str
    ascii_only: bool


UNICODE, ASCII = ChartPen("╌", "│", ascii_only=False), ChartPen("-", "|", ascii_only=True)


class Chart:
    """The curves of one label in a window of time; what does not depend on the cursor is computed once."""

    def __init__(self, curves: Sequence[Curve], window: Window) -> None:
        self.label = curves[0].series.label
        self.curves = curves[: len(LETTERS)]
        self.left_out = len(curves) - len(self.curves)
        self.window = window
        self._readings = [known(curve.series.points) for curve in self.curves]
        values = [value for readings in self._readings for _, value in readings]
        self.least, self.most = min(values, default=0.0), max(values, default=0.0)
        self.limits = _limits(self.curves)
        ceilings = [top for curve in self.curves if (top := curve.series.ceiling) is not None and is_known(top)]
        self.ceiling = max(ceilings, default=0.0) or None
        tops = [self.ceiling or 0.0, *(limit.value for limit in self.limits if self._near(limit))]
        self.unit = unit_for(curves[0].series.unit, max(self.most, *tops))
        self._top = max(self.most, *tops)
        self._drawn: tuple[tuple[int, int, bool], Area, list[list[Cell]]] | None = None

    @property
    def has_readings(self) -> bool:
        """Whether there is anything to draw."""
        return any(self._readings)

    def least_height(self, width: int) -> int:
        """How many lines it needs for a legend that tells all of its curves, if they are not very many."""
        return LEAST_HEIGHT + len(self._legend(width, _MOST_LEGEND, UNICODE, None))

    def lines(self, width: int, height: int, pen: ChartPen, cursor: float | None) -> list[Line]:
        """Return exactly `height` lines of `width` cells."""
        head = [self.title(width, cursor), *self._legend(width, max(1, height - LEAST_HEIGHT), pen, cursor)]
        rows = height - len(head) - 1
        labels = self._value_labels(rows)
        side = max(map(cell_len, labels.values()), default=1)
        gutter = 2 if len(self.curves) > 1 else 0
        area, cells = self._plotted(max(1, width - side - 1 - gutter), rows, pen)
        at = area.column(cursor) if cursor is not None else None
        ends, limits = self._ends(area, gutter), self._limit_rows(area)
        body = [
            (
                (f"{labels.get(row, ''):>{side}}{'┤' if row in labels else '│'}", "dim"),
                *_styled(cells[row], at, row in limits, pen),
                *ends.get(row, ((" " * gutter, ""),)),
            )
            for row in range(rows)
        ]
        return [*head, *body, self._times(side, area, gutter)]

    def title(self, width: int, cursor: float | None) -> Line:
        """The label and, of a single curve, its figures; that there are no readings."""
        unit = f" ({self.unit.name})" if self.unit.name else ""
        name = f" {cut(self.label, max(8, width // 2))}{unit}"
        if not self.has_readings:
            return _cut(((name, "head"), (f"   {self._why(0)}", "dim")), width)
        if len(self.curves) > 1:
            return _cut(((name, "head"),), width)
        figures = self._figures(cursor)
        while len(figures) > 1 and cell_len(name) + sum(map(cell_len, figures)) > width:
            figures.pop()
        return _cut(((name, "head"), ("".join(figures), "")), width)

    def _figures(self, cursor: float | None) -> list[str]:
        """What is told of a single curve, the most important first."""
        values = [value for _, value in self._readings[0]]
        now = self._value(0, cursor)
        when = "now" if cursor is None else clock(cursor, self.window.span)
        mean = sum(value / len(values) for value in values)  # divided first: the sum could be too large
        ends = (("least", min(values)), ("most", max(values)), ("mean", mean))
        told = [f"   {when} {NONE if now is None else self.unit.words(now)}"]
        return [*told, *(f"   {title} {self.unit.figure(value)}" for title, value in ends)]

    def figures(self, cursor: float | None) -> Iterator[tuple[str, str, str]]:
        """Yield for each curve its name, its value, and the least and the most of the window, for a table."""
        for which, curve in enumerate(self.curves):
            name = " ".join(filter(None, (self.label, curve.name)))
            values = [value for _, value in self._readings[which]]
            value = self._value(which, cursor)
            figure = self.unit.words(value) if value is not None else NONE if values else self._why(which)
            yield name, figure, f"{self.unit.figure(min(values))}–{self.unit.figure(max(values))}" if values else ""

    def _near(self, limit: Limit) -> bool:
        return limit.value <= _FAR * max(self.most, 1e-9)

    def _value(self, which: int, cursor: float | None) -> float | None:
        """The value at the cursor; without one the last reading, unless it was old when it was read."""
        points, readings = self.curves[which].series.points, self._readings[which]
        if cursor is not None:
            return value_at(points, cursor)
        if not readings or self.window.now - readings[-1][0] > _LATE * step(points) > 0:
            return None
        return readings[-1][1]

    def _why(self, which: int) -> str:
        return self.curves[which].why or "no readings"

    def _legend(self, width: int, most: int, pen: ChartPen, cursor: float | None) -> list[Line]:
        parts = [*self._entries(cursor), *(self._limit_entry(limit, pen) for limit in self.limits)]
        if self.left_out:
            parts.append(((f"{self.left_out} more are not drawn", "dim"),))
        return _flowed(parts, width, min(_MOST_LEGEND, most))

    def _entries(self, cursor: float | None) -> Iterator[Line]:
        if len(self.curves) == 1:
            return
        for which, curve in enumerate(self.curves):
            value = self._value(which, cursor)
            figure = (
                self.unit.figure(value) if value is not None else NONE if self._readings[which] else self._why(which)
            )
            yield (LETTERS[which], _style(which)), (f" {curve.name} ", "dim"), (figure, "strong")

    def _limit_entry(self, limit: Limit, pen: ChartPen) -> Line:
        return (pen.limit * 2, "degraded"), (f" {limit.label} ", "dim"), (self.unit.figure(limit.value), "")

    def _scale(self, rows: int) -> Scale:
        factor = self.unit.factor
        top = self.ceiling / factor if self.ceiling and self._top <= self.ceiling else None
        scale = value_scale(self.least / factor, self._top / factor, max(_LEAST_TICKS, rows // _TICK_ROWS), top)
        return Scale(scale.low * factor, scale.high * factor, tuple(tick * factor for tick in scale.ticks))

    def _value_labels(self, rows: int) -> dict[int, str]:
        scale = self._scale(rows)
        area = Area(1, rows, 0.0, 1.0, scale)
        return {area.row(tick): self.unit.figure(tick) for tick in scale.ticks}

    def _plotted(self, width: int, rows: int, pen: ChartPen) -> tuple[Area, list[list[Cell]]]:
        size = (width, rows, pen.ascii_only)
        if self._drawn is None or self._drawn[0] != size:
            area = Area(width, rows, self.window.start, self.window.end, self._scale(rows))
            curves = [curve.series.points for curve in self.curves]
            self._drawn = (size, area, plot(curves, area, letters=self._marks if pen.ascii_only else ""))
        return self._drawn[1], self._drawn[2]

    @property
    def _marks(self) -> str:
        return LETTERS if len(self.curves) > 1 else "*"

    def _limit_rows(self, area: Area) -> frozenset[int]:
        values = (limit.value for limit in self.limits)
        return frozenset(area.row(value) for value in values if area.scale.low <= value <= area.scale.high)

    def _ends(self, area: Area, gutter: int) -> dict[int, Line]:
        """The letters of the curves beside the rows in which they end."""
        ends: dict[int, list[int]] = {}
        for which, readings in enumerate(self._readings if gutter else ()):
            if readings:
                ends.setdefault(area.row(readings[-1][1]), []).append(which)
        return {
            row: ((LETTERS[first], _style(first)), ("+" if others else " ", "dim"))
            for row, (first, *others) in ends.items()
        }

    def _times(self, side: int, area: Area, gutter: int) -> Line:
        line = ["─"] * area.width
        free = 0
        for tick in time_ticks(area.start, area.end, area.width):
            at = max(0, min(area.width - len(tick.label), area.column(tick.at) - len(tick.label) // 2))
            if at >= free and len(tick.label) <= area.width:
                line[at : at + len(tick.label)] = tick.label
                free = at + len(tick.label) + 1
        return ((f"{'':>{side}}└{''.join(line)}{'':>{gutter}}", "dim"),)


def _limits(curves: Sequence[Curve]) -> tuple[Limit, ...]:
    """Each limit once; those of one label with several values say by its letter whose they are."""
    whose: dict[Limit, int] = {}
    for which, curve in enumerate(curves):
        for limit in curve.series.limits:
            if is_known(limit.value):
                whose.setdefault(limit, which)
    labels = Counter(limit.label for limit in whose)
    return tuple(
        limit if labels[limit.label] == 1 else Limit(f"{LETTERS[which]}: {limit.label}", limit.value)
        for limit, which in whose.items()
    )


def _style(which: int) -> StyleName:
    return _CURVES[which % len(_CURVES)]


def _styled(cells: Sequence[Cell], cursor: int | None, limit: bool, pen: ChartPen) -> Line:
    """One row of curves, with the limit behind them and the cursor through them."""
    parts: list[Part] = []
    for column, (char, which) in enumerate(cells):
        style: StyleName = _style(which) if which != NOBODY else "degraded" if limit else ""
        if which == NOBODY:
            char = pen.limit if limit else " "
        if column == cursor:
            char, style = pen.cursor if which == NOBODY and not limit else char, "cursor"
        parts.append((char, style))
    return tuple(("".join(char for char, _ in run), style) for style, run in _by_style(parts))


def _by_style(parts: Iterable[Part]) -> Iterator[tuple[StyleName, Iterator[Part]]]:
    return groupby(parts, key=lambda part: part[1])


def _flowed(entries: Sequence[Line], width: int, most: int) -> list[Line]:
    """The entries beside each other in at most `most` lines of `width` cells; how many have no room is said."""
    lines: list[list[Part]] = []
    used = width
    for at, entry in enumerate(entries):
        size = sum(cell_len(text) for text, _ in entry) + 2
        if used + size > width:
            if len(lines) == most:
                _say_more(lines[-1], used, width, len(entries) - at)
                break
            lines.append([(" ", "")])
            used = 1
        lines[-1] += [*entry, ("  ", "")]
        used += size
    return [_cut(line, width) for line in lines]


def _say_more(line: list[Part], used: int, width: int, left: int) -> None:
    words = f"+{left}"
    while line and used + len(words) > width:
        used -= cell_len(line.pop()[0])
    line.append((words, "dim"))


def _cut(line: Sequence[Part], width: int) -> Line:
    """The parts in exactly `width` cells."""
    parts: list[Part] = []
    left = width
    for text, style in line:
        size = cell_len(text)
        if size > left:
            parts.append((cut(text, left), style))
            left = 0
            break
        parts.append((text, style))
        left -= size
    return (*parts, (" " * left, ""))
