"""From one snapshot to the next: which rows stay, which came, and which are not taken to be gone yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gputui.core.problem import Cause, Problem
from gputui.core.reading import AnyView, rows
from gputui.core.rows import Ghost, Listing, Ref, Row, Snapshot
from gputui.engine.fleet import LOST, as_lost, as_unread

MISSING_KEPT = 600.0
"""Seconds for which a row is kept that is missing from an incomplete list."""
LOST_LEAST = 3
"""Fewer rows than this may disappear at once without a second reading."""


def take(
    before: Snapshot, view: AnyView, profile: str, listing: Listing[Any], started: float, provider: str = ""
) -> Snapshot:
    """The snapshot after a reading that began at `started` (epoch seconds) and gave `listing`.

    A row equal in every respect stays the same object, and so does the mapping if all rows do. A list in which no entry
    can be read, because of the cloud or a bug of the provider, is a problem; the known rows are then kept.
    """
    return taken(before, listing, *rows(view, profile, listing, before.rows, provider), started)


def taken(
    before: Snapshot, listing: Listing[Any], found: Mapping[Ref, Row], duplicates: int, started: float
) -> Snapshot:
    """The same for rows already made of the listing; unchanged ones are the same objects as in `before`."""
    same = found is before.rows
    unreadable = before.unreadable if same else sum(row.item is None for row in found.values())
    if found and unreadable == len(found):
        return _unreadable(before, found, started, Cause.BUG if listing.items else Cause.REPLY)
    confirmed = sum(1 for ref, ghost in before.ghosts.items() if ghost.row.withheld == LOST and ref not in found)
    partial = any(gap.rows for gap in listing.missing)
    ghosts: Mapping[Ref, Ghost] = before.ghosts
    if ghosts or not same:
        ghosts = _unread(before, found, started) if partial else _lost(before, found, started)
    return Snapshot(
        found,
        started,
        before.every,
        missing=listing.missing,
        ghosts=ghosts,
        gone=0 if partial else confirmed,
        duplicates=duplicates,
        unreadable=unreadable,
    )


def _unreadable(before: Snapshot, found: Mapping[Ref, Row], started: float, cause: Cause) -> Snapshot:
    first = next(iter(found.values()))
    many = f"none of its {len(found)} entries can be read" if len(found) > 1 else "its only entry cannot be read"
    why = first.cells[-1].text if len(first.cells) > 1 else ""
    problem = Problem(cause, f"{many}{f': {why}' if why else ''}")
    if any(row.item is not None for row in before.known.values()):
        return replace(before, problem=problem)
    return Snapshot(found, started, before.every, problem, before.failed_since, unreadable=len(found))


def _unread(before: Snapshot, new: Mapping[Ref, Row], now: float) -> dict[Ref, Ghost]:
    """Rows missing from a list that is known to be incomplete: kept for a while, then taken to be gone."""
    ghosts = {
        ref: before.ghosts.get(ref) or Ghost(as_unread(row), now) for ref, row in before.known.items() if ref not in new
    }
    return {ref: ghost for ref, ghost in ghosts.items() if now - ghost.since < MISSING_KEPT}


def _lost(before: Snapshot, new: Mapping[Ref, Row], now: float) -> dict[Ref, Ghost]:
    """Rows missing from a list that lost most of them at once: kept until the next reading confirms it.

    If only a few are missing, they are gone; so are those that were already missing from the previous reading.
    """
    absent = [row for ref, row in before.known.items() if ref not in new and row.item is not None and not row.withheld]
    if len(absent) < LOST_LEAST:
        return {}
    candidates = sum(row.item is not None and not row.withheld for row in before.known.values())
    here_unreadable = {row.ref.id[1:] for row in new.values() if row.item is None}
    lost = [row for row in absent if not {row.ref.id, row.name} & here_unreadable]
    if len(lost) < LOST_LEAST or len(lost) * 2 <= candidates:
        return {}
    return {row.ref: Ghost(as_lost(row), now) for row in lost}
