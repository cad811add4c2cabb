"""`:ops` and `:audit`: the operations of this console with their progress, and the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gputui.engine.audit import AuditEntry
from gputui.engine.operations import Operation
from gputui.ui.widgets.reader import Line, Reader
from gputui.ui.widgets.styles import StyleName

if TYPE_CHECKING:
    from gputui.ui.host import Host

NEWEST = 500


def show_operations(host: Host) -> None:
    """Show the operations of this console, with live updates. Failed ones then count as seen."""
    operations, clock = host.store.operations, host.store.clock

    def lines() -> list[Line]:
        operations.saw()
        return operation_lines(operations.everything(), clock.now())

    reader = Reader("changes of this console", lines())
    host.push_screen(reader)
    reader.set_interval(1.0, lambda: reader.pages.show(lines()))


async def show_audit(host: Host) -> None:
    """Show the journal of all changes, newest first."""
    journal = host.store.journal
    try:
        found = await journal.entries()
    except OSError as error:
        host.notify(f"the journal cannot be read: {error.strerror}", severity="error", markup=False)
        return
    host.push_screen(Reader(f"journal {journal.path}", audit_lines(found)))


def operation_lines(operations: Iterable[Operation], now: float) -> list[Line]:
    """Return the operations since the start, newest first; open and failed ones are highlighted."""
    lines: list[Line] = []
    for one in sorted(operations, key=lambda one: one.sent_at, reverse=True):
        at = datetime.fromtimestamp(one.sent_at).strftime("%H:%M:%S")
        target = f"{one.ref.profile} {one.name}"
        failed: StyleName = "bad" if one.failed else ""
        named: StyleName = "key" if one.open else failed
        lines.append(((f"  {at}  ", "dim"), (f"{target:<36} ", named), (one.words_at(now), failed)))
    return lines or [(("  no change has been made since the start", "dim"),)]


def audit_lines(found: Sequence[AuditEntry]) -> list[Line]:
    """Return the newest journal entries, newest first: when, who, what, and the outcome."""
    lines: list[Line] = []
    for entry in reversed(found[-NEWEST:]):
        at = entry.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        what = f"{entry.verb} {', '.join(entry.targets)}"
        came = entry.outcome or "unknown"
        problem = f" ({entry.problem})" if entry.problem else ""
        end = f" → {entry.end}" if entry.end else ""
        lines.append(
            ((f"  {at}  ", "dim"), (f"{entry.who}  {entry.profile}  ", "key"), (f"{what}: {came}{problem}{end}", ""))
        )
    if len(found) > NEWEST:
        lines.append(((f"  and {len(found) - NEWEST} older ones: gputui audit", "dim"),))
    return lines or [(("  the journal is empty: nothing has been changed", "dim"),)]
