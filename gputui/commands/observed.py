"""Observed changes as lines and records, for `gputui watch` and `gputui get changes`."""

from __future__ import annotations

from datetime import UTC, datetime

from gputui.core.records import Record, rfc3339
from gputui.core.text import clean
from gputui.engine.history.records import ObservedChange

KEYS = (
    "at",
    "not_before",
    "profile",
    "provider",
    "view",
    "id",
    "name",
    "what",
    "before",
    "after",
    "health",
    "health_before",
    "operation",
)
"""The names of a record's fields, in their order."""


def observed_record(change: ObservedChange, provider: str | None) -> Record:
    """Return a change as JSON values: moments in RFC 3339; `not_before` is null unless nobody watched for a while."""
    before = None if change.not_before is None else _moment(change.not_before)
    values = (
        _moment(change.at),
        before,
        change.ref.profile,
        provider,
        change.ref.view,
        change.ref.id,
        change.name,
        change.what.value,
        change.before,
        change.after,
        change.health.word,
        change.health_before.word,
        change.key or None,
    )
    return dict(zip(KEYS, values, strict=True))


def line(change: ObservedChange) -> str:
    """Return a change as one line in ASCII but for names: local time with its offset, profile, name, what."""
    at = datetime.fromtimestamp(change.at, UTC).astimezone().isoformat(timespec="seconds")
    return clean(f"{at} {change.ref.profile} {change.name} {in_ascii(change)}")


def local_time(at: float) -> str:
    """Return a moment as tables show it: local, to the second."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def in_ascii(change: ObservedChange) -> str:
    """Return what changed, for output that may meet any encoding: `RUNNING -> ERROR (bad)`."""
    return change.text.replace("→", "->")


def _moment(at: float) -> str:
    return rfc3339(datetime.fromtimestamp(at, UTC))
