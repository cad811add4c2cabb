"""Checks what a provider's queries return: objects, logs and metrics of the right types, with every text cleaned."""

from __future__ import annotations

from gputui.core.actions import Answer, LogEntry, Watched
from gputui.core.fitting import a, each, figure, flag, json, nonsense, text, whole_text
from gputui.core.metrics import Limit, Measurements, Series

_LATEST = 1e11
"""The latest epoch seconds (the year 5138) that can be written as a date."""


def answer(value: object) -> Answer:
    """The result of a query."""
    if isinstance(value, Measurements):
        start, end, at = (None if at is None else _moment(at) for at in (value.start, value.end, value.at))
        return Measurements(each(value.series, _series), start, end, text(value.missing), at)
    if not isinstance(value, tuple):
        return json(value)
    return tuple(_entry(part) for part in value)


def _series(value: object) -> Series:
    given = a(Series, value)
    points = each(given.points, lambda point: (_moment(point[0]), figure(point[1])))
    words, limits = (text(given.label), text(given.unit)), each(given.limits, _limit)
    return Series(*words, points, figure(given.ceiling), text(given.part), limits)


def _limit(value: object) -> Limit:
    given = a(Limit, value)
    return Limit(text(given.label), _number(given.value))


def _entry(value: object) -> LogEntry:
    given = a(LogEntry, value)
    at = None if given.at is None else _moment(given.at)
    return LogEntry(at, text(given.level), whole_text(given.text))


def _moment(value: object) -> float:
    at = _number(value)
    if not abs(at) < _LATEST:
        raise nonsense(value, "epoch seconds")
    return at


def _number(value: object) -> float:
    known = figure(value)
    if known is None:
        raise nonsense(value, "a number")
    return known


def watched(value: object) -> Watched:
    """One reading of a running change."""
    given = a(Watched, value)
    return Watched(answer(given.answer), flag(given.over))
