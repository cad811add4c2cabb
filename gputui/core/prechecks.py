"""Whether a verb may be done to a row and, if not, why: one rule and one text for keys, menu, dialog and sending.

A reason is a clause that can stand alone; `said_of` puts a name before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gputui.core.actions import Action, Query, one_at_a_time
from gputui.core.rows import Row

GONE = "it is gone"
UNREADABLE = "it is unreadable now"
NO_ROW = "no row is selected"
ONE_ROW = "of one row at a time"
ONE_AT_A_TIME = "one at a time"
_ABOUT_ITSELF = (GONE, UNREADABLE, "it is called ", "it was ")


def said_of(name: str, reason: str) -> str:
    """`toy-1 is gone`, `toy-1 (state is STOPPED)`: the reason with the name of its row."""
    return f"{name} {reason.removeprefix('it ')}" if reason.startswith(_ABOUT_ITSELF) else f"{name} ({reason})"


def renamed(name: str) -> str:
    """The reason when the same id now belongs to an item of another name."""
    return f"it is called {name} now"


def precheck(action: Action[Any], seen: Row, newest: Row | None, *, same_state: bool = False) -> str:
    """Why a change cannot be done to the row `seen` as it stands now; empty if it can.

    With `same_state`, it cannot either if the state is no longer the one that was confirmed.
    """
    if newest is None:
        return GONE
    if reason := _unusable(newest):
        return reason
    if newest.name != seen.name:
        return renamed(newest.name)
    if same_state and newest.state != seen.state:
        return f"it was {seen.state}, is {newest.state} now"
    return action.blocked_reason(newest.item) or _new_warning(action, seen, newest)


def _new_warning(action: Action[Any], seen: Row, newest: Row) -> str:
    """The warning that a row has now and did not have when the verb was chosen: nobody has agreed to that."""
    text = warning(action, newest)
    return "" if text and warning(action, seen) else text


def blocked(action: Action[Any], rows: Sequence[Row]) -> str:
    """Why a change cannot be asked for on these rows; empty if it can for at least one of them."""
    if action.on == "view":
        return ""
    if len(rows) > 1 and one_at_a_time(action):
        return ONE_AT_A_TIME
    first = NO_ROW
    for at, row in enumerate(rows):
        reason = _unusable(row) or action.blocked_reason(row.item)
        if not reason:
            return ""
        first = first if at else reason
    return first


def warning(action: Action[Any], row: Row) -> str:
    """What may go wrong with a change of a row as it is; empty if nothing is known."""
    return "" if row.item is None else action.warning(row.item) or ""


def without_doubtful(action: Action[Any], rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], tuple[tuple[Row, str], ...]]:
    """The rows without a warning, and the others with theirs: one request could be refused because of a single row.

    If all of them have a warning, all are returned as they are: that is what is wanted then.
    """
    doubtful = tuple((row, text) for row in rows if (text := warning(action, row)))
    if not doubtful or len(doubtful) == len(rows):
        return rows, ()
    left_out = {row.ref for row, _ in doubtful}
    return tuple(row for row in rows if row.ref not in left_out), doubtful


def unseen(query: Query[Any], rows: Sequence[Row]) -> str:
    """Why a query has nothing to show for these rows; empty if it has. Rows that may be gone can be queried."""
    if not rows or (len(rows) > 1 and not query.many):
        return ONE_ROW if rows else NO_ROW
    reasons = [unseen_of(query, row) for row in rows]
    return "" if "" in reasons else reasons[0]


def unseen_of(query: Query[Any], row: Row) -> str:
    """Why a query has nothing to show for one row; empty if it has."""
    return _unusable(row) if row.item is None else query.blocked_reason(row.item) or ""


def _unusable(row: Row) -> str:
    """Why no change at all can be done to a row."""
    return row.withheld or (UNREADABLE if row.item is None else "")
