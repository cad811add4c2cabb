"""Answers as lines: charts that say what they show, logs, objects with their secrets starred."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gputui.core.actions import LogEntry, Series
from gputui.ui.inspect.answers import answer_lines, number, spark
from gputui.ui.widgets.reader import Line


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_series_tells_its_figures_and_draws_them() -> None:
    series = Series("latency", "ms", ((0.0, 1.0), (60.0, None), (120.0, 3.0)))
    shown = "\n".join(texts(answer_lines((series,), frozenset(), 80)))
    assert "now 3 ms" in shown
    assert "least 1 ms" in shown
    assert "mean 2 ms" in shown
    assert "▃ █" in shown


def test_no_readings_is_said() -> None:
    assert "no readings" in "\n".join(texts(answer_lines((Series("x", "", ()),), frozenset(), 80)))
    assert "nothing" in texts(answer_lines((), frozenset(), 80))[0]
    assert "nothing" in texts(answer_lines(None, frozenset(), 80))[0]


def test_a_log_keeps_its_order_and_levels() -> None:
    shown = texts(answer_lines((LogEntry(None, "error", "a"), LogEntry(0.0, "info", "b")), frozenset(), 80))
    assert "error" in shown[0] and "a" in shown[0]
    assert "b" in shown[1]


def test_an_object_is_shown_field_by_field_without_its_secrets() -> None:
    shown = "\n".join(texts(answer_lines({"a": [1, {"token": "hunter2"}]}, frozenset({"token"}), 80)))
    assert "hunter2" not in shown
    assert "a[1].token" in shown


@given(st.lists(st.none() | st.floats(), max_size=200), st.integers(-5, 120))
def test_a_chart_never_leaves_its_room(values: list[float | None], width: int) -> None:
    assert len(spark(values, width)) <= max(1, width)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_figure_is_short(value: float) -> None:
    assert 0 < len(number(value)) <= 16
