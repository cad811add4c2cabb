"""The targets of a change in words: folded into a line, and each by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from gputui.core.ranges import compressed
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.core.unique_names import Names
from gputui.ui.list.targets import called

MOST_COUNTED = 3
"""Different states or owners that are counted one by one; more are only said to be several."""
_ID = re.compile(r"[0-9a-fA-F]{12,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]+")


def folded(rows: Sequence[Row], view: AnyView) -> str:
    """`gpu-node-[001-005,012]   5 RUNNING, 1 ERROR   of kim`, in the order of the rows; one row is told in full."""
    if len(rows) == 1:
        return in_full(rows[0], view)
    names = Names({row.ref: row.name for row in rows}).within(row.ref for row in rows)
    owners = list(dict.fromkeys(filter(None, (owner(row, view) for row in rows))))
    return "   ".join(filter(None, (names, _counted(row.state for row in rows), _of(owners))))


def in_full(row: Row, view: AnyView, *more: str) -> str:
    """Return name, state, id and owner of a row, and what else is chosen for it."""
    return "   ".join(filter(None, (row.name, row.state, f"id {row.ref.id}", _of((owner(row, view),)), *more)))


def owner(row: Row, view: AnyView) -> str:
    """Return the owner's name; empty if there is none, or if the API only gives an id, which tells nobody anything."""
    text = view.owner(row.item) if view.owner is not None and row.item is not None else ""
    return "" if _ID.fullmatch(text) else text


def by_reason(out: Iterable[tuple[Row, str]]) -> dict[str, list[Row]]:
    """Return rows that are left out by the reason, in order."""
    found: dict[str, list[Row]] = {}
    for row, reason in out:
        found.setdefault(reason, []).append(row)
    return found


def names_of(rows: Sequence[Row]) -> str:
    """Return the folded names alone."""
    return compressed(row.name for row in rows)


def state_of_one(rows: Sequence[Row]) -> str:
    """Return the state of the only row; empty for several, and in a list without states."""
    return called(rows[0].state) if len(rows) == 1 else ""


def _counted(states: Iterable[str]) -> str:
    times = Counter(filter(None, states))
    if len(times) > MOST_COUNTED:
        (state, count), *_ = times.most_common(1)
        return f"{count} {state}, {times.total() - count} in {len(times) - 1} other states"
    return ", ".join(times if len(times) == 1 else (f"{count} {state}" for state, count in times.items()))


def _of(owners: Sequence[str]) -> str:
    if not any(owners):
        return ""
    return f"of {', '.join(owners)}" if len(owners) <= MOST_COUNTED else f"of {len(owners)} owners"
