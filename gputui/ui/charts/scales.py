"""The scales of a chart: units that read well, round ticks on the value axis, and ticks of local time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

_PREFIXES = {
    "B": (1024.0, ("B", "KiB", "MiB", "GiB", "TiB", "PiB")),
    "MB": (1000.0, ("MB", "GB", "TB", "PB")),
    "ms": (1000.0, ("ms", "s")),
}
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 30, 90, 180, 365, 730, 3650)),
)
"""Seconds between two ticks of time."""
_APART = 4
"""Cells between two labels of time, at least."""
_PARTS = 4
"""Between two ticks, the scale may end at as many round values."""
_NEARLY = 1e-9
_MOST = 1e300
"""Values beyond this are drawn at the edge: their sums and steps would be infinite."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What values are divided by to be shown, and the name of what they are then."""

    factor: float
    name: str

    def figure(self, value: float) -> str:
        """A value as text, without the name."""
        return number(value / self.factor)

    def words(self, value: float) -> str:
        """A value as text with its unit: `71%`, `5.4 GiB`."""
        return f"{self.figure(value)}{'' if self.name in ('', '%') else ' '}{self.name}"


def unit_for(unit: str, top: float) -> Unit:
    """The unit in which values up to `top` are shown with few digits."""
    base, names = _PREFIXES.get(unit, (1.0, (unit,)))
    factor = 1.0
    for name in names:
        if abs(top) < base * factor or name == names[-1]:
            return Unit(factor, name)
        factor *= base
    raise AssertionError("the last name is taken for all that is left")


def number(value: float) -> str:
    """Format a figure with as few digits as useful."""
    if 1000 <= abs(value) < 1e15 or (value == int(value) and abs(value) < 1e15):
        return f"{value:.0f}"
    return f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Scale:
    """The value axis: its ends, and the ticks between them."""

    low: float
    high: float
    ticks: tuple[float, ...]


def value_scale(least: float, most: float, ticks: int, top: float | None = None) -> Scale:
    """A scale from 0 (or below) to a round value not below `most`, or to `top` where nothing is higher; round ticks.

    There are `ticks` of them at most beside the first, and at least one.
    """
    low, high = max(-_MOST, min(0.0, least)), min(_MOST, max(0.0, most))
    if top is not None and high < top <= _MOST:
        high = top
    if high <= low:
        high = low + 1.0
    step = _round_step((high - low) / max(1, ticks))
    part = step / _PARTS
    ends = math.floor(low / part + _NEARLY) * part, max(1, math.ceil(high / part - _NEARLY)) * part
    first, last = math.ceil(ends[0] / step - _NEARLY), math.floor(ends[1] / step + _NEARLY)
    return Scale(*ends, tuple(at * step for at in range(first, last + 1)))


def _round_step(least: float) -> float:
    """The smallest round number (1, 2, 2.5, 5 of some power of ten) that is not less than this."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-300)))
    return next((power * by for by in _ROUND if power * by >= least * (1 - 1e-9)), power * _ROUND[-1])


@dataclass(frozen=True, slots=True)
class TimeTick:
    """One tick of time, and its label."""

    at: float
    label: str


def time_ticks(start: float, end: float, width: int) -> tuple[TimeTick, ...]:
    """Round local times between the ends, as many as have room in `width` cells with their labels."""
    span = max(1.0, end - start)
    step = next((step for step in _STEPS if _fits(step, span, width)), _STEPS[-1])
    offset = datetime.fromtimestamp(start).astimezone().utcoffset()
    shift = offset.total_seconds() if offset is not None else 0.0
    first = math.ceil((start + shift) / step) * step - shift
    count = math.floor((end - first) / step) + 1
    return tuple(TimeTick(at, _label(at, step, span)) for at in (first + n * step for n in range(max(0, count))))


def _fits(step: int, span: float, width: int) -> bool:
    longest = 8 if step < _MINUTE else 7 if step >= 30 * _DAY else 5
    return span / step * (longest + _APART) <= width


def _label(at: float, step: int, span: float) -> str:
    moment = datetime.fromtimestamp(at)
    if step >= 30 * _DAY:
        return f"{moment:%Y-%m}"
    if step >= _DAY or (span > 12 * _HOUR and (moment.hour, moment.minute) == (0, 0)):
        return f"{moment:%m-%d}"
    return f"{moment:%H:%M:%S}" if step < _MINUTE else f"{moment:%H:%M}"


def clock(at: float, span: float) -> str:
    """A local time in a window of `span` seconds: with the date if that is longer than half a day."""
    return f"{datetime.fromtimestamp(at):{'%m-%d %H:%M' if span > 12 * _HOUR else '%H:%M:%S'}}"
