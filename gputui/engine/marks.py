"""How an operation shows on the row of its target: sending, in progress, refused or failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from gputui.core.cells import EMPTY, Cell, Tone, lasting, verdict
from gputui.core.health import Health
from gputui.core.request import SendStatus
from gputui.core.rows import Row
from gputui.core.spans import spoken
from gputui.engine.fleet import has_verdict
from gputui.engine.operations import Operation

REFUSAL_SHOWN_SECONDS = 60.0
FRESH_SECONDS = 60.0
"""For this long after its end, a change keeps its target in sight."""


def with_operation(row: Row, operation: Operation, now: float) -> Row:
    """The row with its newest operation written at its state, or else at its name; its health is not ok meanwhile."""
    if operation.failed:
        return row if operation.seen else _with(row, _failure(row, operation), Health.DEGRADED, "bad")
    if operation.refused:
        words = f"{row.state} {operation.action.label.lower()} refused".strip()
        return _with(row, words, None, "degraded") if _refusal_shown(operation, now) else row
    if not operation.undecided(now):
        return row
    under_way = _under_way(operation, now)
    # In a narrow column the end of the text is cut off.
    words = f"{under_way}, {row.state}".removesuffix(", ") if operation.sending else f"{row.state} {under_way}".strip()
    return _with(row, words, Health.CHANGING, "changing")


def operation_cell(operation: Operation, now: float) -> Cell:
    """What is being done to its target and for how long, or its bad end until that was seen; else a dash."""
    label, sent, settled = operation.action.label, _time(operation.sent_at), operation.settled_at
    if operation.failed:
        return EMPTY if operation.seen else lasting(f"{label} failed", _time(settled or operation.sent_at), "bad")
    if operation.refused:
        return lasting(f"{label} refused", sent, "degraded") if _refusal_shown(operation, now) else EMPTY
    if not operation.undecided(now):
        return EMPTY
    lost = operation.send_status is SendStatus.UNKNOWN and not operation.began
    return lasting(f"{label}?" if lost else f"{label}…", sent, "changing")


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def lingers(operation: Operation, now: float) -> bool:
    """Whether a filter must not hide the target: the change is open, fresh, or has failed and nobody has seen that."""
    if operation.settled_at is None or (operation.failed and not operation.seen):
        return True
    return now - operation.settled_at < FRESH_SECONDS


def changes_by_itself(operation: Operation, now: float) -> bool:
    """Whether the operation's text on the row may change by the clock alone."""
    return operation.open or _refusal_shown(operation, now) or operation.undecided(now)


def _refusal_shown(operation: Operation, now: float) -> bool:
    settled = operation.settled_at
    return operation.refused and settled is not None and now - settled < REFUSAL_SHOWN_SECONDS


def _failure(row: Row, operation: Operation) -> str:
    what = "rolled back" if "rolled back" in operation.end else "failed"
    return f"{what}, {row.state}".removesuffix(", ")


def _under_way(operation: Operation, now: float) -> str:
    verb = operation.action.label.lower()
    if operation.sending:
        return operation.outcome_at(now)
    if operation.send_status is SendStatus.UNKNOWN and not operation.began:
        return f"{verb}?"
    return f"{verb}… {spoken(now - operation.sent_at)}" if operation.slow(now) else f"{verb}…"


def _with(row: Row, words: str, health: Health | None, tone: Tone) -> Row:
    cells = list(row.cells)
    at = next((at for at, cell in enumerate(cells) if at and row.state and cell.value == row.state), None)
    if at is None:
        cells[0] = replace(cells[0], text=f"{cells[0].text} {words}", tone=tone)
    else:
        cells[at] = Cell(words, cells[at].value, tone)
    if health is None or row.health.faulty or not has_verdict(row):
        return replace(row, cells=tuple(cells))
    cells[1] = verdict(health)
    return replace(row, health=health, cells=tuple(cells))
