"""What changed shortly before this console began, as history has it: the first line of the latest changes."""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress

from gputui.engine.changes import Change
from gputui.engine.history.history import History, HistoryError
from gputui.engine.history.records import Span, What

SECONDS, MOST = 900.0, 20
_OF_A_STATE = (What.STATE, What.APPEARED, What.GONE)


async def earlier_changes(history: History, now: float, profiles: Container[str]) -> list[Change]:
    """The last changes of state before `now` (epoch seconds), newest first; none where history cannot be read."""
    with suppress(HistoryError):
        found = await history.changes(Span(now - SECONDS, now, most=MOST))
        return [
            Change(one.at, one.ref, one.name, one.before, one.after, one.health)
            for one in found
            if one.what in _OF_A_STATE and one.ref.profile in profiles
        ]
    return []
