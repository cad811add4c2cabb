"""The answer of a query as lines: a log, an object field by field, or the newest figures of metrics."""

from __future__ import annotations

from datetime import datetime

from gputui.core.actions import Answer, LogEntry
from gputui.core.cells import health_tone
from gputui.core.log_levels import gravity
from gputui.core.metrics import Measurements
from gputui.core.secret import masked
from gputui.ui.charts.board import Board, Measured
from gputui.ui.charts.chart import UNICODE
from gputui.ui.inspect.provider_fields import flat
from gputui.ui.widgets.styles import Line, StyleName


def answer_lines(answer: Answer, secrets: frozenset[str], width: int) -> list[Line]:
    """Return the lines of an answer for a screen of that width. An empty answer is reported as empty."""
    if isinstance(answer, Measurements):
        return Board([Measured("", answer)]).lines(width, 0, UNICODE, None)
    if isinstance(answer, tuple):
        return [_entry(entry) for entry in answer] or [(("  nothing: the log is empty", "dim"),)]
    pairs = list(flat(masked(answer, secrets), ""))
    if not pairs or pairs == [("", "null")]:
        return [(("  nothing: the reply is empty", "dim"),)]
    return [((f"  {name:<30} ", "dim"), (text, "")) for name, text in pairs]


def _entry(entry: LogEntry) -> Line:
    at = datetime.fromtimestamp(entry.at).strftime("%m-%d %H:%M:%S") if entry.at is not None else "–"
    return (f"  {at:<14} ", "dim"), (f"{entry.level:<8} ", _level_style(entry.level)), (entry.text, "")


def _level_style(level: str) -> StyleName:
    health = gravity(level)
    return "dim" if health is None else health_tone(health)
