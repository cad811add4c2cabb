"""Durations in words, for use in sentences."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

MOMENTS = "a span (90s, 15m, 2h, 3d, 1w), a time (14:00) or a date (2026-11-21, 2026-11-21T03:00Z)"
"""What `moment` takes, for a person."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def spoken(seconds: float) -> str:
    """`3 s`, `12 min`, `5 h`: whole units, rounded down."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"


def moment(text: str, now: float) -> datetime:
    """The moment that `--since` and `:since` mean. A date or a time without a zone is local, a time alone of today.

    Raises ValueError, and OverflowError if it is outside the calendar's range.
    """
    span = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    if span:
        return datetime.fromtimestamp(now, UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
    if clock:
        hour, minute, second = (int(part or 0) for part in clock.groups())
        today = datetime.fromtimestamp(now).replace(hour=hour, minute=minute, second=second, microsecond=0)
        yesterday = today - timedelta(days=1)
        return (today if today.timestamp() <= now else yesterday).astimezone(UTC)
    return datetime.fromisoformat(text).astimezone(UTC)
