"""`gputui audit`: the journal of changes made, as a table or for scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TextIO

from gputui.commands import formats
from gputui.commands.surroundings import Surroundings
from gputui.engine.audit import Entry, entries
from gputui.engine.journal_lines import read_records

TITLES = ("AT", "WHO", "PROFILE", "VERB", "TARGETS", "OUTCOME", "STATUS", "END")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def run_audit(output: str, since: str, profiles: Sequence[str], here: Surroundings, *, headers: bool = True) -> int:
    """Write the changes since `since` (`90s 15m 1h 2d 1w`, or a date); all where it is empty."""
    try:
        after = moment(since, here.now()) if since else None
    except ValueError:
        here.say(f"--since {since}: neither a span (90s, 15m, 1h, 2d, 1w) nor a date (2026-11-21, 2026-11-21T03:00Z)")
        return 2
    path = here.places.audit
    try:
        found = entries(read_records(path, after), after)
    except OSError as error:
        here.say(f"the journal {path} cannot be read: {error.strerror}")
        return 2
    write_audit([entry for entry in found if not profiles or entry.profile in profiles], output, here.out, headers)
    return 0


def write_audit(found: Sequence[Entry], output: str, out: TextIO, headers: bool) -> None:
    """The entries in that form."""
    if output == "json":
        formats.write_json([entry.record for entry in found], out)
    elif output == "jsonl":
        formats.write_jsonl([entry.record for entry in found], out)
    else:
        right = [title == "STATUS" for title in TITLES]
        formats.write_table(TITLES, [line(entry) for entry in found], out, right=right, headers=headers)


def line(entry: Entry) -> tuple[str, ...]:
    """An entry as the table shows it: local time, and the problem behind the outcome."""
    outcome = entry.outcome or "unknown"
    return (
        entry.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        entry.who,
        entry.profile,
        entry.verb,
        ", ".join(entry.targets),
        f"{outcome} ({entry.problem})" if entry.problem else outcome,
        "" if entry.status is None else str(entry.status),
        entry.end,
    )


def moment(text: str, now: float) -> datetime:
    """The moment that `--since` means. Raises ValueError. A date without a zone is local."""
    span = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    if span:
        return datetime.fromtimestamp(now, UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
    return datetime.fromisoformat(text).astimezone(UTC)
