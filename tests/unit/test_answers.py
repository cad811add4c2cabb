"""Answers as lines: logs, objects with their secrets starred, the newest figures of metrics."""

from __future__ import annotations

from gputui.core.actions import LogEntry
from gputui.core.metrics import Measurements, Series
from gputui.ui.inspect.answers import answer_lines
from gputui.ui.widgets.reader import Line


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_metrics_are_told_with_their_newest_value() -> None:
    series = Series("latency", "ms", ((0.0, 1.0), (60.0, None), (120.0, 3.0)))
    (line,) = texts(answer_lines(Measurements((series,)), frozenset(), 80))
    assert line.split() == ["latency", "3", "ms", "1–3"]


def test_that_there_is_nothing_is_said() -> None:
    assert "no readings" in texts(answer_lines(Measurements((Series("x", "", ()),)), frozenset(), 80))[0]
    for empty in (Measurements(()), (), None):
        assert "nothing" in texts(answer_lines(empty, frozenset(), 80))[0]


def test_a_log_keeps_its_order_and_levels() -> None:
    shown = texts(answer_lines((LogEntry(None, "error", "a"), LogEntry(0.0, "info", "b")), frozenset(), 80))
    assert "error" in shown[0] and "a" in shown[0]
    assert "b" in shown[1]


def test_an_object_is_shown_field_by_field_without_its_secrets() -> None:
    shown = "\n".join(texts(answer_lines({"a": [1, {"token": "hunter2"}]}, frozenset({"token"}), 80)))
    assert "hunter2" not in shown
    assert "a[1].token" in shown
