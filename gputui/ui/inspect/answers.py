"""The answer of a query as lines: figures over time as small charts, logs, or an object field by field."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from gputui.core.actions import Answer, LogEntry, Series
from gputui.core.secret import masked
from gputui.ui.inspect.details import flat
from gputui.ui.widgets.styles import Line, StyleName

_BARS = "▁▂▃▄▅▆▇█"
_LEVELS: dict[str, StyleName] = {
    **dict.fromkeys(("error", "err", "fatal", "critical", "crit", "emerg", "emergency", "alert", "panic"), "bad"),
    **dict.fromkeys(("warning", "warn"), "degraded"),
}
"""The style of a log line by its level, ignoring case; any other level is dim."""


def answer_lines(answer: Answer, secrets: frozenset[str], width: int) -> list[Line]:
    """Return the lines of an answer for a screen of that width. An empty answer is reported as empty."""
    if isinstance(answer, tuple):
        lines = [line for part in answer for line in _part(part, width)]
        return lines or [(("  nothing: the API has no readings for this", "dim"),)]
    pairs = list(flat(masked(answer, secrets), ""))
    if not pairs or pairs == [("", "null")]:
        return [(("  nothing: the reply is empty", "dim"),)]
    return [((f"  {name:<30} ", "dim"), (text, "")) for name, text in pairs]


def _part(part: Series | LogEntry, width: int) -> Iterator[Line]:
    if isinstance(part, LogEntry):
        at = datetime.fromtimestamp(part.at).strftime("%m-%d %H:%M:%S") if part.at is not None else "–"
        style = _LEVELS.get(part.level.strip().casefold(), "dim")
        yield ((f"  {at:<14} ", "dim"), (f"{part.level:<8} ", style), (part.text, ""))
        return
    yield from _chart(part, width)


def _chart(series: Series, width: int) -> Iterator[Line]:
    known = [value for _, value in series.points if value is not None and math.isfinite(value)]
    yield ((f"  {series.label}", "head"),)
    if not known:
        yield (("    no readings", "dim"),)
        yield (("", ""),)
        return
    unit = f" {series.unit}" if series.unit else ""
    figures = (("now", known[-1]), ("least", min(known)), ("most", max(known)), ("mean", _mean(known)))
    yield (("    " + "   ".join(f"{name} {number(value)}{unit}" for name, value in figures), ""),)
    yield ((f"    {spark([value for _, value in series.points], width - 8, series.ceiling)}", "key"),)
    first, last = series.points[0][0], series.points[-1][0]
    yield ((f"    {_clock(first)} to {_clock(last)}", "dim"),)
    yield (("", ""),)


def spark(values: Sequence[float | None], width: int, ceiling: float | None = None) -> str:
    """Return one character per value, or per mean of neighbours if they do not fit; unknown values leave a gap."""
    room = max(1, width)
    slots = min(room, len(values))
    means: list[float | None] = []
    for at in range(slots):
        some = values[at * len(values) // slots : (at + 1) * len(values) // slots]
        known = [value for value in some if value is not None and math.isfinite(value)]
        means.append(_mean(known) if known else None)
    top = ceiling or max((value for value in means if value is not None), default=0.0)
    return "".join(" " if value is None else _bar(value, top) for value in means)


def _mean(values: Sequence[float]) -> float:
    return sum(value / len(values) for value in values)  # divided first: the sum could overflow a float


def _bar(value: float, top: float) -> str:
    share = min(1.0, max(0.0, value / top)) if top > 0 else 0.0
    return _BARS[max(0, math.ceil(share * len(_BARS)) - 1)]


def number(value: float) -> str:
    """Format a figure with as few digits as useful."""
    if 1000 <= abs(value) < 1e15 or (value == int(value) and abs(value) < 1e15):
        return f"{value:.0f}"
    return f"{value:.3g}"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%m-%d %H:%M:%S")
