"""Puts rows that were read without their list into its snapshot, which stays as old as the list is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from gputui.core.rows import Ref, Row, Snapshot


def laid_over(before: Snapshot, found: Mapping[Ref, Row], gone: Collection[Ref], started: float) -> Snapshot:
    """The snapshot with what a narrow reading that began at `started` (epoch seconds) has `found`, without the `gone`.

    Only rows that the list has are touched: new rows and their order come from the list. If nothing is newer than what
    is known, the same object is returned.
    """
    if before.taken_at is None or started < before.taken_at:
        return before
    refs = [ref for ref in (*found, *gone) if ref in before.rows and before.alone.get(ref, started) <= started]
    if not refs:
        return before
    rows = dict(before.rows)
    for ref in refs:
        if ref in found:
            rows[ref] = found[ref] if _differs(rows[ref], found[ref]) else rows[ref]
        else:
            del rows[ref]
    same = len(rows) == len(before.rows) and all(rows[ref] is before.rows[ref] for ref in refs)
    alone = {**before.alone, **dict.fromkeys(refs, started)}
    return replace(before, rows=before.rows if same else rows, alone=alone, gone=0)


def still_newer(before: Snapshot, after: Snapshot) -> Snapshot:
    """The snapshot of a list, with rows read alone since its reading began kept as they were read."""
    taken_at = after.taken_at
    if taken_at is None or taken_at == before.taken_at:
        return after
    alone = {ref: at for ref, at in before.alone.items() if at > taken_at}
    if not alone:
        return after
    rows = dict(after.rows)
    for ref in alone:
        if ref in before.rows:
            rows[ref] = before.rows[ref]
        else:
            rows.pop(ref, None)
    ghosts = {ref: ghost for ref, ghost in after.ghosts.items() if ref not in alone}
    return replace(after, rows=rows, ghosts=ghosts, alone=alone)


def _differs(before: Row, row: Row) -> bool:
    """Whether anything that is shown, or that verbs depend on, has changed."""
    try:
        return before != row or bool(before.item != row.item)
    except Exception:  # noqa: BLE001 - objects of a provider may not be comparable
        return True
