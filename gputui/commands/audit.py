"""`gputui audit`: the journal of changes, as a table or for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from gputui.commands import formats
from gputui.commands.context import CliContext
from gputui.config.profiles import load
from gputui.core.naming import did_you_mean
from gputui.core.spans import MOMENTS, moment
from gputui.engine.audit import AuditEntry, entries
from gputui.engine.journal_lines import read_records

TITLES = ("AT", "WHO", "PROFILE", "VERB", "TARGETS", "OUTCOME", "STATUS", "END")


def run_audit(output: str, since: str, profiles: Sequence[str], ctx: CliContext, *, headers: bool = True) -> int:
    """Write the changes since `since` (`90s 15m 1h 2d 1w`, or a date); all changes if it is empty."""
    try:
        after = moment(since, ctx.now()) if since else None
    except (ValueError, OverflowError):
        ctx.say(f"--since {since}: not {MOMENTS}")
        return 2
    path = ctx.places.audit
    unread = _Unread()
    try:
        found = entries(read_records(path, after, unread.line), after, unread.record)
    except OSError as error:
        ctx.say(f"the journal {path} cannot be read: {error.strerror}")
        return 2
    for complaint in unread.complaints():
        ctx.say(complaint)
    if strangers := [name for name in profiles if name not in {entry.profile for entry in found}]:
        known = {profile.name for profile in load(ctx.places.config_file, home=ctx.places.home).profiles}
        if unknown := [name for name in strangers if name not in known]:
            among = known.union(entry.profile for entry in found)
            meant = did_you_mean(unknown[0], sorted(among))
            ctx.say(f"neither the journal nor the configuration has a profile {unknown[0]}{meant}")
            return 2
    write_audit([entry for entry in found if not profiles or entry.profile in profiles], output, ctx.out, headers)
    return 0


class _Unread:
    """Journal content that is not a record of a change: counted per file, with the first line number."""

    def __init__(self) -> None:
        self._lines: dict[Path, list[int]] = {}
        self._records = 0

    def line(self, path: Path, number: int) -> None:
        self._lines.setdefault(path, []).append(number)

    def record(self) -> None:
        self._records += 1

    def complaints(self) -> Iterator[str]:
        for path, numbers in self._lines.items():
            which = f"line {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} lines, the first is {numbers[0]}"
            yield f"{path}: {which}: cannot be read and is left out"
        if self._records:
            yield f"{self._records} of the journal's records make no sense and are left out"


def write_audit(found: Sequence[AuditEntry], output: str, out: TextIO, headers: bool) -> None:
    """Write the entries in the format `output`."""
    if output == "json":
        formats.write_json([entry.record for entry in found], out)
    elif output == "jsonl":
        formats.write_jsonl([entry.record for entry in found], out)
    else:
        right = [title == "STATUS" for title in TITLES]
        formats.write_table(TITLES, [line(entry) for entry in found], out, right=right, headers=headers)


def line(entry: AuditEntry) -> tuple[str, ...]:
    """Return the table line of an entry: local time, and the problem after the outcome."""
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
