"""Durations in words, for use in sentences."""

from __future__ import annotations


def spoken(seconds: float) -> str:
    """`3 s`, `12 min`, `5 h`: whole units, rounded down."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"
