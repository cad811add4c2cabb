"""Logs by level, and what has gone of them between two readings."""

from __future__ import annotations

from gputui.core.actions import LogEntry
from gputui.ui.inspect.log_lines import LogLevel, counted, gone


def log(first: int, last: int) -> tuple[LogEntry, ...]:
    return tuple(LogEntry(float(at), ("info", "WARN", "error")[at % 3], f"line {at}") for at in range(first, last))


def test_levels_in_a_circle_each_with_its_lines() -> None:
    entries = log(0, 9)
    shown = [LogLevel.ALL, LogLevel.ALL.next, LogLevel.ALL.next.next]
    assert [len(level.of(entries)) for level in shown] == [9, 6, 3]
    assert shown[-1].next is LogLevel.ALL


def test_what_has_gone_at_the_beginning_is_counted() -> None:
    assert gone(log(0, 9), log(0, 12)) == 0
    assert gone(log(0, 9), log(4, 12)) == 4
    assert gone(log(0, 9), log(50, 60)) == 9
    assert gone((), log(0, 9)) == gone(log(0, 9), ()) == 0


def test_what_is_shown_is_said_with_its_numbers() -> None:
    entries = log(0, 9)
    assert counted(9, entries, LogLevel.ALL, 0) == "9 lines"
    assert counted(3, entries, LogLevel.ERRORS, 4) == "3 of 9 lines: errors, 4 older ones gone"
